"""A head from outside the packages: the sharpest bend ahead, from its label to its row in the window."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from torch.nn.functional import mse_loss

from agents.checkpoint import load_network
from agents.evaluate import run_suite
from agents.heads import Head, Loss, Quantity, TextRow, Truth
from agents.heads.metrics import mean_absolute
from agents.imitation import train
from agents.interface import load_agent
from agents.learned import LearnedAgent
from agents.network import NetworkConfig, SceneReadout
from agents.recipe import TrainArgs
from agents.report import write_report
from agents.watching import RecordArgs, record
from drivesim.tasks.suites import SUITES


def sharpest_bend(truth: Truth) -> np.ndarray:
    """The curvature ahead of greatest size [1/100 m], float32 (world,)."""
    curvature = truth.labels["lane_curvature"]
    sharpest = np.abs(curvature).argmax(axis=1)
    return 100.0 * curvature[np.arange(len(curvature)), sharpest]


BEND = Head(
    name="bend",
    build=lambda config, heads: SceneReadout(config, 1),
    labels=(Quantity(name="bend", unit="1/100 m", mirror=-1.0, source=sharpest_bend),),
    losses=(
        Loss(name="bend", weight=0.1, meaning="its square", function=lambda x, label: mse_loss(x[:, 0], label["bend"])),
    ),
    explain=lambda x: {"bend": x[:, 0].detach().float().cpu().numpy()},
    metrics=(mean_absolute("bend_mae", "mean error of the sharpest bend ahead [1/100 m]", "bend"),),
    panes=(TextRow(title="bend", needs=("bend",), text=lambda said: f"{said['bend']:+.1f} /100 m"),),
)

# All of the above is what a user writes; what follows trains, evaluates, reports and shows it.

NAME = "tests.extending.test_perception_head"


class Driver(LearnedAgent):
    """What a user names with `--agent`."""

    file = Path()

    def __init__(self) -> None:
        super().__init__(load_network(self.file, heads=(BEND,))[0])


@pytest.fixture(scope="module")
def training(tmp_path_factory) -> tuple[TrainArgs, list[dict[str, float]]]:
    """A short training with the head, and the numbers it logged."""
    args = TrainArgs(
        out=str(tmp_path_factory.mktemp("bend")),
        updates=12,
        worlds=4,
        batch=8,
        dense_batch=2,
        replay_ticks=12,
        round_ticks=6,
        map_count=1,
        learning_rate=1e-2,
        device="cpu",
        heads=(f"{NAME}:BEND",),
        network=NetworkConfig(height=32, width=64, channels=(4, 8, 8, 8), scene=16, hidden=16, dense=8),
    )
    numbers: list[dict[str, float]] = []
    Driver.file = train(args, on_round=lambda report: numbers.append(report.scalars)).checkpoint
    return args, numbers


def test_it_is_learnt_and_measured_beside_the_others(training):
    _, numbers = training
    assert numbers[-1]["loss/bend"] > 0.0
    assert numbers[-1]["metric/bend_mae"] > 0.0
    assert numbers[-1]["loss/total"] > 0.1 * numbers[-1]["loss/bend"]


def test_a_training_with_it_goes_on_from_its_checkpoint(training):
    args, _ = training
    train(dataclasses.replace(args, updates=14, resume=True))
    assert "bend" in load_network(Path(args.out) / "last.safetensors", heads=(BEND,))[0].declared


def test_it_is_scored_on_a_suite_and_stands_in_the_report(training, tmp_path):
    result = run_suite(Driver(), dataclasses.replace(SUITES["lane"], road_count=1), labelled=True)
    assert result.perception["bend_mae"] > 0.0
    assert "bend_mae" in write_report([result], tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow  # two drives are prepared from scratch
def test_the_window_has_a_row_for_it(training, tmp_path):
    def panes(agent: str, folder: Path) -> np.ndarray:
        out = str(folder / "drive.mp4")
        record(RecordArgs(agent=agent, video=out, frames=str(folder), duration_s=0.1, fps=10, road=3))
        frame = np.asarray(cv2.imread(str(folder / "frame-00000.png")))
        return frame[:, 3 * frame.shape[1] // 4 :]

    with_row, without = panes(f"{NAME}:Driver", tmp_path / "with"), panes(str(Driver.file), tmp_path / "without")
    changed = np.flatnonzero((with_row != without).any(axis=(1, 2)))
    assert len(changed) > 10
    assert changed.min() > len(without) // 2, "one row more below the cameras, which show the same"


def test_who_does_not_know_it_drives_the_same_without_it(training):
    observation = {
        "camera": np.full((2, 32, 64, 3), 90, np.uint8),
        "ego": np.ones((2, 8), np.float32),
        "command": np.ones((2, 4), np.float32),
    }
    knowing, ignorant = Driver(), load_agent(str(Driver.file))
    for agent in (knowing, ignorant):
        agent.reset(2)
    assert np.array_equal(knowing.act(observation, {}), ignorant.act(observation, {}))
    assert "bend" in knowing.explain()
    assert ignorant.explain is not None and "bend" not in ignorant.explain()
