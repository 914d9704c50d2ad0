"""An event from outside the packages: counted, ending the episode, costing score, in `info` and in snapshots."""

import numpy as np
import pytest

from drivesim.envs import DriveEnv, DriveVectorEnv
from drivesim.extensions import Extensions, ExtraEvent, StepView

LIMIT_M_S = 12.0


def speeding(step: StepView) -> np.ndarray:
    return step.state.actors.speed[:, :1] > LIMIT_M_S


SPEEDING = Extensions(events=(ExtraEvent(name="speeding", function=speeding, ends=True, coefficient=0.5),))
FULL = np.tile(np.float32([0.0, 1.0]), (2, 1))


def make(**how) -> DriveVectorEnv:
    return DriveVectorEnv(num_envs=2, map_count=1, sensors="none", autoreset_mode="Disabled", **how)


def test_it_ends_the_episode_by_its_name_and_lowers_the_score():
    env, plain = make(extensions=SPEEDING), make()
    env.reset(seed=0), plain.reset(seed=0)
    state = env.simulation.world.state
    for each in (env, plain):
        each.simulation.world.state.actors.speed[:, 0] = 8.0
        each.simulation.world.decide()
    for _ in range(100):
        _, _, terminated, _, info = env.step(FULL)
        _, _, _, _, unaware = plain.step(FULL)
        if terminated.all():
            break
    assert info["end_reason"].tolist() == ["speeding", "speeding"]
    assert info["speeding_count"].tolist() == [1, 1]
    assert info["driving_score"] == pytest.approx(unaware["driving_score"] / 1.5, rel=1e-5)
    assert "speeding_count" not in unaware
    assert state.events.speed[:, 0, -1] == pytest.approx([LIMIT_M_S] * 2, abs=0.5)
    assert state.events.time[:, 0, -1] == pytest.approx(state.worlds.tick * 0.1)


def test_it_is_part_of_a_snapshot():
    env = make(extensions=SPEEDING)
    env.reset(seed=0)
    env.simulation.world.state.actors.speed[:, 0] = 20.0
    before = env.snapshot()
    env.step(FULL)
    assert env.simulation.world.state.events.count[:, 0, -1].tolist() == [1, 1]
    env.restore(before)
    assert env.simulation.world.state.events.count[:, 0, -1].tolist() == [0, 0]


def test_a_single_environment_knows_it_too():
    env = DriveEnv(map_count=1, sensors="none", extensions=SPEEDING)
    env.reset(seed=0)
    env.simulation.world.state.actors.speed[:, 0] = 20.0
    _, _, terminated, _, info = env.step(np.float32([0.0, 1.0]))
    assert terminated and info["end_reason"] == "speeding" and info["speeding_count"] == 1
