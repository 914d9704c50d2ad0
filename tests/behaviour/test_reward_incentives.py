"""What pays: the expert's return exceeds that of every way not to drive, at every control rate."""

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, replace
from drivesim.maps.bank import MapBank
from drivesim.state import EndReason
from drivesim.world.step import World

WORLDS = 16


@pytest.fixture(scope="module")
def banks():
    return {
        name: MapBank.build(replace(ENV_PRESETS[name].map, count=3, length_m=400.0), threads=2)
        for name in ("lane", "highway")
    }


def paced(action, state, speed):
    """The expert's steering at a speed of one's own."""
    action[:, 1] = np.clip(0.5 * (speed - state.actors.speed[:, 0]), -1.0, 1.0)
    return action


def stand(action, state, time):
    return paced(action, state, 0.0)


def creep(action, state, time):
    return paced(action, state, 0.5)


def crawl_at_the_goal(action, state, time):
    near = state.navigation.remaining[:, 0] < 80.0
    return np.where(near[:, None], paced(action.copy(), state, 0.15), action)


def circle(action, state, time):
    return np.tile(np.float32([0.6, 0.2]), (len(action), 1))


def weave(action, state, time):
    action[:, 0] += 0.12 * np.sin(2.5 * time)
    return action


def brake_again_and_again(action, state, time):
    action[:, 1] = 1.0 if time % 4.0 < 2.0 else -1.0
    return action


def crash_early(action, state, time):
    return np.tile(np.float32([-1.0, 1.0]), (len(action), 1))


def drive(bank, name, policy=None, rate_hz=10):
    """Returns and metres driven of each world's episode, and how it ended."""
    config = replace(
        ENV_PRESETS[name], sensors=(), control_rate_hz=rate_hz, physics_substeps=max(1, 50 // rate_hz),
        traffic={"car_count": 0},
    )  # fmt: skip
    world = World(bank, config, WORLDS)
    world.reset(seed=0)
    state, total, tick = world.state, np.zeros(WORLDS), 0
    while (state.episode.end == EndReason.RUNNING).any():
        action = state.plan.expert_action[:, 0].copy()
        if policy is not None:
            action = policy(action, state, tick / rate_hz)
        world.step(action)
        total += state.episode.reward[:, 0].sum(axis=1, dtype=np.float64)
        tick += 1
    return total, state.episode.distance_m[:, 0].copy(), state.episode.end[:, 0].copy()


@pytest.mark.slow  # fifteen drives to the time limit
@pytest.mark.parametrize("rate_hz", [5, 10, 50])
@pytest.mark.parametrize("name", ["lane", "highway"])
def test_the_expert_earns_far_more_than_any_way_not_to_drive(banks, name, rate_hz):
    best, _, ends = drive(banks[name], name, rate_hz=rate_hz)
    assert (ends == EndReason.SUCCESS).all()
    degenerate = (stand, creep, crawl_at_the_goal, circle, brake_again_and_again, crash_early)
    for policy in degenerate:
        total, _, _ = drive(banks[name], name, policy, rate_hz)
        assert (total < 0.8 * best).all(), (policy.__name__, float((total / best).max()))
    total, _, _ = drive(banks[name], name, weave, rate_hz)
    assert (total < 0.95 * best).all(), float((total / best).max())


@pytest.mark.parametrize("name", ["lane", "highway"])
def test_a_metre_earns_the_same_at_every_control_rate(banks, name):
    per_metre = []
    for rate_hz in (5, 10, 50):
        total, metres, _ = drive(banks[name], name, rate_hz=rate_hz)
        per_metre.append(total.sum() / metres.sum())
    assert max(per_metre) < 1.1 * min(per_metre)


@pytest.mark.parametrize("policy", [stand, creep, crash_early])
def test_what_gets_nowhere_earns_nothing(banks, policy):
    total, _, _ = drive(banks["lane"], "lane", policy)
    assert (total < 0.0).all()
