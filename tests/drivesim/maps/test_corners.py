import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.maps.corners import BESIDE_M, CURVATURES, SHARPNESS, Corner, Pavement, turned
from drivesim.maps.network import Area, AreaKind, Lane, RoadNetwork

OUT_M = 12.0


def sharp_turn(turn: float) -> Lane:
    """A lane that goes 12 m east, turns on the spot by an angle (but for 0.5 m), and goes on for 12 m."""
    s = np.linspace(0.0, 2.0 * OUT_M, 97)
    heading = np.clip((s - OUT_M) / 0.5 + 0.5, 0.0, 1.0) * turn
    step = np.diff(s)[:, None] * np.stack((np.cos(heading), np.sin(heading)), axis=1)[1:]
    width = np.full(len(s), 3.2)
    return Lane(
        points=np.concatenate((np.zeros((1, 2)), np.cumsum(step, axis=0))), heading=heading,
        curvature=np.gradient(heading, s), width=width, edge_left=0.5 * width, edge_right=0.5 * width,
        oncoming_left=np.full(len(s), np.inf), length=2.0 * OUT_M, speed_limit=8.0, junction=0,
    )  # fmt: skip


def square(half: float, kind: AreaKind = AreaKind.DRIVABLE) -> Area:
    corners = half * np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    return Area(polygon=corners + np.array([OUT_M, 0.0]), kind=kind)


def pavement(lane: Lane, *areas: Area) -> Pavement:
    return Pavement(RoadNetwork(name="", seed=0, lanes=(lane,), areas=areas))


@given(st.floats(0.55, 2.5), st.floats(2.0, 40.0), st.floats(2.0, 40.0), st.floats(-3.0, 3.0), st.booleans())
def test_turns_lead_from_the_one_line_to_the_other_and_bend_no_more_than_they_may(turn, before, after, heading, left):
    turn = turn if left else -turn
    corner = Corner(np.array([3.0, -2.0]), heading, turn, before, after)
    angles = np.array([heading, heading + turn])
    end = corner.start + np.array([before, after]) @ np.stack((np.cos(angles), np.sin(angles)), axis=1)
    lines = list(corner.lines())
    assert lines or min(before, after) < 2.0 + max(1.0, np.tan(0.5 * abs(turn))) / CURVATURES[-1] * 2.0
    for line in lines:
        np.testing.assert_allclose(line[-1, :2], end, atol=0.01)
        np.testing.assert_allclose(line[[0, -1], 2], [heading, heading + turn], atol=1e-9)
        inner = line[1:-1]
        step = np.hypot(*np.diff(inner[:, :2], axis=0).T)
        bend = np.diff(inner[:, 2]) / step
        assert np.abs(bend).max() < CURVATURES[-1] * 1.01
        assert np.abs(np.diff(bend) / step[1:]).max() < SHARPNESS * 1.1


@pytest.mark.parametrize("turn", [-2.0, -1.57, 1.57, 2.0])
def test_a_turn_on_the_spot_becomes_one_that_a_car_drives_where_all_is_paved(turn):
    lane = sharp_turn(turn)
    found = turned(lane, pavement(lane, square(30.0)), (4.0, 4.0), (True, True))
    assert found is not None
    assert np.abs(np.diff(found.heading)).max() / (found.length / 96) == pytest.approx(CURVATURES[0], rel=0.02)
    np.testing.assert_allclose(found.points[[0, -1]], lane.points[[0, -1]], atol=1e-9)
    np.testing.assert_allclose(found.heading[[0, -1]], lane.heading[[0, -1]], atol=1e-9)


def test_a_turn_stays_on_asphalt():
    lane = sharp_turn(1.57)
    # An island fills the inner side of the corner, but for the lane itself.
    inner = Area(polygon=np.array([(0.0, 1.7), (10.3, 1.7), (10.3, 12.0), (0.0, 12.0)]), kind=AreaKind.CURB)
    assert turned(lane, pavement(lane, square(30.0), inner), (4.0, 4.0), (True, True)) is None
    free = turned(lane, pavement(lane, square(30.0)), (4.0, 4.0), (True, True))
    assert free is not None
    away = np.maximum(inner.polygon[0, 1] - free.points[:, 1], free.points[:, 0] - 10.3)
    assert away.min() < BESIDE_M


def test_a_turn_that_begins_before_the_junction_stays_in_its_lane_unless_a_kerb_is_beside_it():
    lane = sharp_turn(1.57)
    assert turned(lane, pavement(lane, square(30.0)), (11.0, 11.0), (True, True)) is not None
    assert turned(lane, pavement(lane, square(30.0)), (11.0, 11.0), (False, False)) is None


def test_what_is_no_corner_is_left_alone():
    straight = dataclasses.replace(sharp_turn(0.3), junction=0)
    assert turned(straight, pavement(straight, square(30.0)), (0.0, 0.0), (True, True)) is None
