"""A head from outside the packages: the sharpest bend ahead, from its label to its row in the window."""

import dataclasses
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from torch.nn.functional import mse_loss

from agents.checkpoint import load_network
from agents.cli import main
from agents.heads import Head, Loss, Quantity, TextRow, Truth
from agents.heads.metrics import mean_absolute
from agents.imitation import train
from agents.interface import load_driver
from agents.network import NetworkConfig, SceneReadout
from agents.recipe import TrainArgs
from agents.watching.training_folder import TrainingFolder


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


HEADS = (f"{NAME}:BEND",)


class Training(NamedTuple):
    """A short training with the head."""

    args: TrainArgs
    numbers: list[dict[str, float]]
    """What it logged."""
    checkpoint: str


@pytest.fixture(scope="module")
def training(tmp_path_factory) -> Training:
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
        heads=HEADS,
        network=NetworkConfig(height=32, width=64, channels=(4, 8, 8, 8), scene=16, hidden=16, dense=8),
    )
    numbers: list[dict[str, float]] = []
    checkpoint = train(args, on_round=lambda report: numbers.append(report.scalars)).checkpoint
    return Training(args, numbers, str(checkpoint))


def test_it_is_learnt_and_measured_beside_the_others(training):
    numbers = training.numbers
    assert numbers[-1]["loss/bend"] > 0.0
    assert numbers[-1]["metric/bend_mae"] > 0.0
    assert numbers[-1]["loss/total"] > 0.1 * numbers[-1]["loss/bend"]


def test_a_training_with_it_goes_on_from_its_checkpoint(training):
    args = training.args
    train(dataclasses.replace(args, updates=14, resume=True))
    assert "bend" in load_network(Path(args.out) / "last.safetensors", heads=(BEND,))[0].declared


def test_it_is_scored_on_a_suite_and_stands_in_the_report(training, tmp_path):
    words = ["--agent", training.checkpoint, "--roads", "1", "--device", "cpu", "--quiet", "--out", str(tmp_path)]
    assert main(["eval", *words, "--heads", *HEADS]) == 0
    (result,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert result["perception"]["bend_mae"] > 0.0
    assert "bend_mae" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow  # two drives are prepared from scratch
def test_the_window_has_a_row_for_it(training, tmp_path):
    def panes(folder: Path, heads: tuple[str, ...]) -> np.ndarray:
        words = ["--agent", training.checkpoint, "--video", str(folder / "drive.mp4"), "--frames", str(folder)]
        words += ["--duration-s", "0.1", "--fps", "10", "--road", "3"]
        assert main(["record", *words, *(("--heads", *heads) if heads else ())]) == 0
        frame = np.asarray(cv2.imread(str(folder / "frame-00000.png")))
        return frame[:, 3 * frame.shape[1] // 4 :]

    with_row, without = panes(tmp_path / "with", HEADS), panes(tmp_path / "without", ())
    changed = np.flatnonzero((with_row != without).any(axis=(1, 2)))
    assert len(changed) > 10
    assert changed.min() > len(without) // 2, "one row more below the cameras, which show the same"


def test_who_does_not_know_it_drives_the_same_without_it(training):
    observation = {
        "camera": np.full((2, 32, 64, 3), 90, np.uint8),
        "ego": np.ones((2, 8), np.float32),
        "command": np.ones((2, 4), np.float32),
    }
    knowing = load_driver(training.checkpoint, device="cpu", heads=(BEND,))
    ignorant = load_driver(training.checkpoint, device="cpu")
    for agent in (knowing, ignorant):
        agent.reset(2)
    assert np.array_equal(knowing.act(observation, {}), ignorant.act(observation, {}))
    assert knowing.explain is not None and "bend" in knowing.explain()
    assert ignorant.explain is not None and "bend" not in ignorant.explain()


def test_the_window_on_a_training_knows_it(training):
    folder = TrainingFolder(Path(training.args.out), heads=(BEND,))
    driver = folder.load("last.safetensors")
    assert driver is not None and BEND in driver.heads
