import dataclasses
from pathlib import Path

import numpy as np
import pytest

from agents.evaluate import run_suite
from agents.interface import load_agent
from agents.learned import LearnedAgent
from drivesim import assets
from drivesim.tasks.suites import SUITES

MODELS = sorted(assets.path("models").glob("*.safetensors"))
LIMIT_BYTES = 8_000_000


ENVS = {"highway": "highway", "lane": "lane", "senses": "highway", "town": "town"}
"""What each drives."""


@dataclasses.dataclass(frozen=True)
class Least:
    """What each must reach on roads it has never seen."""

    roads: int = 20
    success: float = 0.9
    miou: float = 0.75
    offset_m: float = 0.14
    """Not least but greatest: mean error of the lane's offset."""


LEAST = {
    "highway": Least(),
    "lane": Least(),
    "senses": Least(miou=0.6),
    "town": Least(roads=10, success=0.3, offset_m=0.8),
}
"""One that learnt four weathers and faults in the same time sees a clear day less sharply; towns are harder."""


def test_there_are_those_that_the_pages_name():
    assert [file.stem for file in MODELS] == list(ENVS)


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_each_is_small_and_has_a_card_with_the_command_that_trained_it(file: Path):
    assert file.stat().st_size <= LIMIT_BYTES
    card = file.with_suffix(".md").read_text(encoding="utf-8")
    assert f"drivesim train --env {ENVS[file.stem]}" in card


def observed(tick: int, agent: LearnedAgent) -> dict[str, np.ndarray]:
    """Two worlds: grey roads under a bright sky, each with a bright line that wanders."""
    seen: dict[str, np.ndarray] = {
        "ego": np.zeros((2, 8), np.float32),
        "command": np.array([[0.0, 5.0, 1.5, 1.5], [1.0, 2.0, 2.5, 2.5]], np.float32),
    }
    seen["ego"][:, 0] = 1.0 + 0.3 * np.arange(2) + 0.02 * tick
    for camera in agent.sensors:
        row, column = np.mgrid[0 : camera.height, 0 : camera.width]
        horizon, pictures = 24 * camera.height // 64, []
        for world in range(2):
            line = camera.width * (0.5 + 0.04 * world - 0.01 * tick) + (row - 24) * (0.3 - 0.5 * world)
            grey = np.where(row < horizon, 200, 90 + row // 2)
            grey = np.where((np.abs(column - line) < 3) & (row >= horizon), 240, grey)
            pictures.append(np.stack([grey, grey - 5 * world, grey + 10], axis=-1))
        seen[camera.name] = np.stack(pictures).astype(np.uint8)
    return seen


# What they said to these pictures in float32 to the code that trained them, two worlds each.
SAID = {
    "lane": {
        "action": [[-0.0705302, -0.2728496], [-0.0342447, -0.2274733]],
        "target_speed": [8.8172035, 12.1802139],
        "lane_offset": [0.0823188, 0.2962917],
        "lane_heading": [0.0102286, 0.0253663],
        "lead_distance": [17.976503, 17.724905],
    },
    "highway": {
        "action": [[0.0258837, -0.1238644], [0.0028329, 0.104521]],
        "target_speed": [10.0090847, 14.4180841],
        "lane_offset": [-1.0760912, 0.0510264],
        "lane_heading": [-0.0136311, -0.0205081],
        "lead_distance": [12.762835, 17.04118],
    },
    "town": {
        "action": [[-0.0783059, -0.4155452], [-0.0522576, -0.6033151]],
        "target_speed": [7.6756382, 9.1734791],
        "lane_offset": [-0.2569842, -0.084211],
        "lane_heading": [-0.0281185, -0.0023268],
        "lead_distance": [41.6805115, 40.7253914],
    },
}
CLASSES = {
    "lane": {1: 2347, 3: 94, 9: 1, 11: 1643, 24: 11},
    "highway": {1: 2233, 3: 105, 11: 1268, 14: 382, 24: 108},
    "town": {1: 375, 3: 16, 11: 1520, 14: 1236, 24: 949},
}
"""Pixels of both worlds that they took for each class, by CARLA id."""


@pytest.mark.parametrize("file", [file for file in MODELS if file.stem in SAID], ids=lambda file: file.stem)
def test_each_says_what_it_said_when_it_was_trained(file: Path):
    agent = LearnedAgent.load(file, device="cpu", precision="fp32")
    agent.reset(2)
    for tick in range(6):
        agent.act(observed(tick, agent), {})
    said = agent.explain()
    for name, expected in SAID[file.stem].items():
        np.testing.assert_allclose(said[name], expected, rtol=1e-5, atol=1e-5, err_msg=name)
    ids, counts = np.unique(said["semantic"], return_counts=True)
    found = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    assert found.keys() == CLASSES[file.stem].keys()
    # A pixel between two classes may fall to either side where another machine rounds differently.
    assert all(abs(found[name] - count) <= 2 for name, count in CLASSES[file.stem].items())


@pytest.mark.slow
@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_each_drives_roads_it_has_never_seen(file: Path):
    least = LEAST[file.stem]
    suite = dataclasses.replace(SUITES[ENVS[file.stem]], road_count=least.roads)
    result = run_suite(load_agent(str(file)), suite, threads=2, labelled=True)
    assert result.success.mean >= least.success
    assert result.perception["semantic_miou"] >= least.miou
    assert result.perception["lane_offset_mae_m"] <= least.offset_m
