import dataclasses

import numpy as np
import pytest

from drivesim.maps.ease import SHIFT_MAX_M, eased, is_tight
from drivesim.maps.network import Lane, RoadNetwork, Route
from drivesim.maps.opendrive import load_map
from tests.reference.networks import four_way
from tests.reference.opendrive_files import geometry, joined, lane, road, section, write

RADIUS = 4.0
SAME = '<predecessor id="-1"/><successor id="-1"/>'


@pytest.fixture
def corner(tmp_path) -> RoadNetwork:
    """A lane that turns by 90 degrees on an arc of 4 m between two straight roads."""
    quarter = 0.5 * np.pi * RADIUS
    across = road(
        3, plan=geometry(f'<arc curvature="{1 / RADIUS}"/>', x=100.0, length=quarter),
        sections=section(lane(-1, link=SAME)),
        link=joined("road", 1, "end", end="predecessor") + joined("road", 2, "start"), junction=9,
    )  # fmt: skip
    network, _ = load_map(
        write(
            tmp_path,
            road(1, sections=section(lane(-1)), link=joined("junction", 9)),
            road(2, plan=geometry(x=100.0 + RADIUS, y=RADIUS, hdg=np.pi / 2), sections=section(lane(-1))),
            across,
            '<junction id="9"><connection id="0" incomingRoad="1" connectingRoad="3" contactPoint="start">'
            '<laneLink from="-1" to="-1"/></connection></junction>',
        )
    )
    return network


def bend(each: Lane) -> float:
    heading = np.unwrap(each.heading)
    return float(np.abs(np.diff(heading)).max() / (each.length / (len(each.points) - 1)))


def jump(each: Lane) -> float:
    """Greatest change of curvature over 1 m [1/m], the lanes before and behind being straight."""
    step = each.length / (len(each.points) - 1)
    curvature = np.concatenate(([0.0], np.diff(np.unwrap(each.heading)) / step, [0.0]))
    apart = max(round(1.0 / step), 1)
    return float(np.abs(curvature[apart:] - curvature[:-apart]).max())


def distance(points: np.ndarray, network: RoadNetwork) -> np.ndarray:
    lines = np.concatenate([each.points for each in network.lanes])
    return np.hypot(*(points[:, None] - lines[None]).transpose(2, 0, 1)).min(axis=1)


def test_a_sudden_bend_begins_earlier_and_becomes_gradual(corner):
    (before,) = [each for each in corner.lanes if each.junction == 0]
    (after,) = [each for each in eased(corner).lanes if each.junction == 0]
    assert bend(before) == pytest.approx(1.0 / (RADIUS + 1.75), rel=0.1)
    assert is_tight(before)
    assert bend(after) < 0.21
    assert jump(after) < 0.7 * jump(before)
    assert after.length > before.length


def test_lines_stay_near_and_edges_where_they_are(corner):
    after = eased(corner)
    for each in after.lanes:
        assert distance(each.points, corner).max() < SHIFT_MAX_M + 0.3
        normal = np.stack((-np.sin(each.heading), np.cos(each.heading)), axis=1)
        edge = each.points + each.edge_left[:, None] * normal
        assert distance(edge, corner)[3:-3] == pytest.approx(1.75, abs=0.12)


def test_places_along_lanes_stay_where_they_are(corner):
    first = next(k for k, each in enumerate(corner.lanes) if each.points[0, 0] == 0.0)
    last = next(k for k, each in enumerate(corner.lanes) if not each.successors)
    route = Route(start_lane=first, start_s=12.0, goal_lane=last, goal_s=60.0)
    after = eased(dataclasses.replace(corner, routes=(route,)))
    (moved,) = after.routes

    def at(network, number, s):
        each = network.lanes[number]
        along = np.linspace(0.0, each.length, len(each.points))
        return [np.interp(s, along, each.points[:, axis]) for axis in (0, 1)]

    np.testing.assert_allclose(at(after, first, moved.start_s), at(corner, first, 12.0), atol=1e-6)
    np.testing.assert_allclose(at(after, last, moved.goal_s), at(corner, last, 60.0), atol=1e-6)


def test_lanes_that_a_car_can_follow_are_left_alone():
    network = four_way()
    gentle = [k for k, each in enumerate(network.lanes) if not is_tight(each)]
    assert gentle
    alone = dataclasses.replace(network.lanes[gentle[0]], successors=(), left=-1, right=-1, junction=-1)
    straight = RoadNetwork(name="a", seed=0, lanes=(alone,))
    assert eased(straight) is straight
