"""Steps are swept: whoever meets between two control steps has met."""

import math

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, replace
from drivesim.kernels.views import view
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.state import EndReason, allocate_state
from drivesim.state.bodies import pose_between
from drivesim.state.events import NOBODY, SCENERY
from drivesim.world.contacts import first_contact
from drivesim.world.step import World
from tests.reference.roads import country

f32 = np.float32


def state_of(*cars):
    """Cars that each moved from one (x, y, yaw) to another, 4.5 m by 1.8 m, axle in the middle."""
    state = allocate_state(world=1, slot=len(cars))
    a = state.actors
    for slot, (before, after) in enumerate(cars):
        a.kind[0, slot], a.length[0, slot], a.width[0, slot], a.rear[0, slot] = 1, 4.5, 1.8, 2.25
        a.before_x[0, slot], a.before_y[0, slot], a.before_yaw[0, slot] = before
        a.x[0, slot], a.y[0, slot], a.yaw[0, slot] = after
    return state


@pytest.fixture(scope="module")
def maps():
    post = Scenery(kind=SceneryKind.POST, x=130.0, y=30.0, length=0.1, width=0.1)
    return MapBank.bare([country(scenery=(post,))]).arrays


def contact(maps, state):
    other, share = first_contact(view(maps), view(state), 0, 0)
    return int(other), float(share)


EAST = ((0.0, 0.0, 0.0), (50.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("other", "share"),
    [
        # Closing at 100 m per step from 60 m: bumpers meet after (60 - 4.5) / 100.
        pytest.param(((60.0, 0.0, math.pi), (10.0, 0.0, math.pi)), 0.555, id="head-on"),
        # Crossing from the right at the middle of both ways.
        pytest.param(((25.0, -25.0, math.pi / 2), (25.0, 25.0, math.pi / 2)), 0.437, id="crossing"),
        pytest.param(((60.0, 2.0, math.pi), (10.0, 2.0, math.pi)), None, id="beside-each-other"),
        pytest.param(((-10.0, 0.0, 0.0), (40.0, 0.0, 0.0)), None, id="following"),
        pytest.param(((25.0, -60.0, math.pi / 2), (25.0, -10.0, math.pi / 2)), None, id="too-late"),
    ],
)
def test_cars_that_meet_within_a_step_by_hand(maps, other, share):
    found, when = contact(maps, state_of(EAST, other))
    if share is None:
        assert found == NOBODY and when == np.inf
    else:
        assert found == 1 and when == pytest.approx(share, abs=0.02)


def test_a_post_that_is_driven_over_within_a_step_is_met(maps):
    run = ((100.0, 30.0, 0.0), (160.0, 30.0, 0.0))
    found, when = contact(maps, state_of(run))
    assert found == SCENERY and when == pytest.approx((30.0 - 2.25) / 60.0, abs=0.05)
    assert contact(maps, state_of(((100.0, 33.0, 0.0), (160.0, 33.0, 0.0))))[0] == NOBODY


@pytest.mark.parametrize("turn", [0.6, -0.3, 0.0])
def test_the_pose_between_two_lies_on_the_arc(turn):
    radius = 30.0 / turn if turn else math.inf
    end = (radius * math.sin(turn), radius * (1.0 - math.cos(turn)), turn) if turn else (30.0, 0.0, 0.0)
    state = state_of(((0.0, 0.0, 0.0), end))
    for share in (0.25, 0.5, 0.9):
        x, y, yaw = pose_between(state.actors, 0, 0, f32(share))
        angle = turn * share
        expected = (radius * math.sin(angle), radius * (1.0 - math.cos(angle))) if turn else (30.0 * share, 0.0)
        assert (float(x), float(y)) == pytest.approx(expected, abs=0.35)
        assert float(yaw) == pytest.approx(angle, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("rate_hz", [1, 2, 5])
def test_no_car_passes_through_another_at_a_low_control_rate(rate_hz):
    config = replace(
        ENV_PRESETS["highway"], sensors=(), control_rate_hz=rate_hz, physics_substeps=50 // rate_hz,
        traffic={"car_count": 20}, map={"count": 2},
    )  # fmt: skip
    world = World(MapBank.build(config.map, threads=2), config, 32)
    world.reset(seed=0)
    actors, ends = world.state.actors, world.state.episode.end[:, 0]
    full = world.state.plan.expert_action[:, 0].copy()
    passed = met = 0
    for _ in range(40 * rate_hz):
        before = {name: getattr(actors, name).copy() for name in ("kind", "x", "y", "yaw", "look")}
        running = (ends == EndReason.RUNNING).copy()
        full[:] = world.state.plan.expert_action[:, 0]
        full[:, 1] = 1.0
        world.step(full)
        met += int((running & (ends == EndReason.COLLISION)).sum())
        for w in np.flatnonzero(running & (ends == EndReason.RUNNING)):
            same = (before["kind"][w] > 0) & (actors.kind[w] > 0) & (before["look"][w] == actors.look[w])
            for slot in np.flatnonzero(same[1:]) + 1:
                passed += overlap_between(before, actors, w, slot)
        world.reset(mask=ends != EndReason.RUNNING)
    assert met > 10
    assert passed == 0


def overlap_between(before, actors, w, slot) -> bool:
    """Whether two cars that moved in straight lines shared more than 0.5 m of their boxes, at 40 instants."""
    if np.hypot(before["x"][w, slot] - before["x"][w, 0], before["y"][w, slot] - before["y"][w, 0]) > 120.0:
        return False
    for share in np.linspace(0.0, 1.0, 40):
        boxes = []
        for each in (0, slot):
            turn = math.remainder(float(actors.yaw[w, each] - before["yaw"][w, each]), math.tau)
            yaw = before["yaw"][w, each] + share * turn
            ahead = actors.length[w, each] / 2 - actors.rear[w, each]
            x = before["x"][w, each] + share * (actors.x[w, each] - before["x"][w, each]) + ahead * math.cos(yaw)
            y = before["y"][w, each] + share * (actors.y[w, each] - before["y"][w, each]) + ahead * math.sin(yaw)
            boxes.append((x, y, yaw, actors.length[w, each] - 0.5, actors.width[w, each] - 0.5))
        (ax, ay, ayaw, al, aw), (bx, by, byaw, bl, bw) = boxes
        gaps = []
        for axis in (ayaw, ayaw + math.pi / 2, byaw, byaw + math.pi / 2):
            along = abs((bx - ax) * math.cos(axis) + (by - ay) * math.sin(axis))
            reach = sum(
                length / 2 * abs(math.cos(axis - yaw)) + width / 2 * abs(math.sin(axis - yaw))
                for length, width, yaw in ((al, aw, ayaw), (bl, bw, byaw))
            )
            gaps.append(along - reach)
        if max(gaps) < 0.0:
            return True
    return False
