import math

import numpy as np
import pytest

from drivesim.render.moment import between, load_into, moment_of
from drivesim.state import ActorKind, allocate_state


def moved(state, **columns):
    """A later moment of world 0 with columns of slot 0 changed."""
    state.worlds.tick[0] += 1
    for name, value in columns.items():
        getattr(state.actors, name)[0, 0] = value
    return moment_of(state, 0)


def test_a_moment_does_not_follow_the_state(state):
    moment = moment_of(state, 0)
    state.actors.x[0, 0] = 99.0
    state.episode.end[0, 0] = 2
    assert moment.actors.x[0] == 50.0
    assert moment.end == 0


def test_the_plan_is_in_the_world_frame(state):
    state.actors.yaw[0, 0] = math.pi / 2
    plan = moment_of(state, 0).plan
    assert plan[0] == pytest.approx((50.0, 5.0), abs=1e-5)
    assert plan[5] == pytest.approx((50.0, 30.0), abs=1e-5)


def test_a_world_that_does_not_exist_is_named(state):
    with pytest.raises(IndexError, match="world_index: expected 0 to 0, got 3"):
        moment_of(state, 3)


def test_halfway_lies_in_the_middle(state):
    before = moment_of(state, 0)
    after = moved(state, x=52.0, y=1.0, yaw=0.2, speed=20.0)
    middle = between(before, after, 0.5)
    assert (middle.actors.x[0], middle.actors.y[0]) == pytest.approx((51.0, 0.5))
    assert middle.actors.yaw[0] == pytest.approx(0.1)
    assert middle.actors.speed[0] == pytest.approx(10.0)
    assert middle.time_s == pytest.approx(0.05)
    assert middle.plan[0] == pytest.approx((before.plan[0] + after.plan[0]) / 2)


def test_a_heading_turns_the_short_way(state):
    state.actors.yaw[0, 0] = 3.1
    before = moment_of(state, 0)
    middle = between(before, moved(state, yaw=-3.1), 0.5)
    assert abs(math.remainder(middle.actors.yaw[0] - math.pi, math.tau)) < 1e-5


def test_whoever_was_replaced_does_not_glide(state):
    before = moment_of(state, 0)
    assert between(before, moved(state, x=80.0), 0.5).actors.x[0] == 80.0
    state.actors.x[0, 0] = 50.0
    before = moment_of(state, 0)
    assert between(before, moved(state, x=51.0, kind=ActorKind.VAN), 0.5).actors.x[0] == 51.0


def test_a_new_episode_is_shown_at_once(state):
    before = moment_of(state, 0)
    state.worlds.key[0] = 7
    after = moved(state, x=50.5)
    assert between(before, after, 0.1) is after


def test_a_moment_loads_into_a_state_of_its_own(state):
    state.actors.look[0, 0] = 9
    before = moment_of(state, 0)
    middle = between(before, moved(state, x=52.0), 0.25)
    other = allocate_state(world=1, slot=4)
    address = other.actors.x.ctypes.data
    load_into(other, middle)
    assert other.actors.x.ctypes.data == address
    assert other.actors.x.dtype == np.float32
    assert other.actors.x[0, 0] == np.float32(50.5)
    assert other.actors.look[0, 0] == 9
