import numpy as np
import pytest

from drivesim.maps.network import RoadNetwork
from drivesim.maps.opendrive import load_map
from tests.reference.opendrive_files import geometry, joined, lane, road, section, write

BEND = geometry('<arc curvature="-0.01"/>', x=100.0, y=-3.5)
"""A ramp that leaves beside the second lane of a road along the x axis."""


def direct(*connections: str) -> str:
    return f'<junction id="9" type="direct">{"".join(connections)}</junction>'


def connection(incoming: int, linked: int, *pairs: tuple[int, int], contact: str = "start", more: str = "") -> str:
    links = "".join(f'<laneLink from="{first}" to="{second}"{more}/>' for first, second in pairs)
    roads = f'incomingRoad="{incoming}" linkedRoad="{linked}" contactPoint="{contact}"'
    return f'<connection id="0" {roads}>{links}</connection>'


def lane_at(network: RoadNetwork, start: tuple[float, float], end: tuple[float, float]) -> int:
    """Number of the lane between two places."""
    wanted = np.array([start, end])
    apart = [np.hypot(*(each.points[[0, -1]] - wanted).T).max() for each in network.lanes]
    assert min(apart) < 0.01
    return int(np.argmin(apart))


def test_roads_part_at_a_direct_junction_without_a_road_across(tmp_path):
    network, report = load_map(
        write(
            tmp_path,
            road(1, sections=section(lane(1), lane(-1), lane(-2)), link=joined("junction", 9)),
            road(2, plan=geometry(x=100.0), link=joined("junction", 9, end="predecessor")),
            road(3, plan=BEND, sections=section(lane(-1)), link=joined("junction", 9, end="predecessor")),
            direct(connection(1, 3, (-2, -1)), connection(1, 2, (1, 1), (-1, -1))),
        )
    )
    inner, outer = lane_at(network, (0.0, -1.75), (100.0, -1.75)), lane_at(network, (0.0, -5.25), (100.0, -5.25))
    ahead, back = lane_at(network, (100.0, -1.75), (200.0, -1.75)), lane_at(network, (200.0, 1.75), (100.0, 1.75))
    (ramp,) = {*range(6)} - {inner, outer, ahead, back, lane_at(network, (100.0, 1.75), (0.0, 1.75))}
    assert network.lanes[inner].successors == (ahead,)
    assert network.lanes[outer].successors == (ramp,)
    assert network.lanes[back].successors == (lane_at(network, (100.0, 1.75), (0.0, 1.75)),)
    assert not network.junctions
    assert not report.left_out
    assert not report.repairs


def test_lanes_that_overlap_at_a_direct_junction_fork(tmp_path):
    ramp = geometry('<arc curvature="-0.01"/>', x=100.0)
    network, _ = load_map(
        write(
            tmp_path,
            road(1, sections=section(lane(-1)), link=joined("junction", 9)),
            road(2, plan=geometry(x=100.0), sections=section(lane(-1)), link=joined("junction", 9, end="predecessor")),
            road(3, plan=ramp, sections=section(lane(-1)), link=joined("junction", 9, end="predecessor")),
            direct(*(connection(1, k, (-1, -1), more=' overlapZone="40"') for k in (2, 3))),
            minor=8,
        )
    )
    straight = lane_at(network, (100.0, -1.75), (200.0, -1.75))
    fork = network.lanes[lane_at(network, (0.0, -1.75), (100.0, -1.75))]
    assert len(fork.successors) == 2
    assert fork.successors[0] == straight


@pytest.mark.parametrize("from_ramp", [True, False])
def test_roads_join_at_a_direct_junction_whichever_of_them_is_called_incoming(tmp_path, from_ramp):
    x, y = 100.0 - 100.0 * np.sin(1.0), -3.5 + 100.0 * (1.0 - np.cos(1.0))
    onto = geometry('<arc curvature="0.01"/>', x=x, y=y, hdg=-1.0)
    link = connection(3, 2, (-1, -2)) if from_ramp else connection(2, 3, (-2, -1), contact="end")
    network, report = load_map(
        write(
            tmp_path,
            road(1, link=joined("junction", 9)),
            road(2, plan=geometry(x=100.0), sections=section(lane(1), lane(-1), lane(-2)),
                 link=joined("junction", 9, end="predecessor")),
            road(3, plan=onto, sections=section(lane(-1)), link=joined("junction", 9)),
            direct(link, connection(1, 2, (1, 1), (-1, -1))),
        )
    )  # fmt: skip
    outer = lane_at(network, (100.0, -5.25), (200.0, -5.25))
    (ramp,) = [each for each in network.lanes if outer in each.successors]
    assert abs(ramp.heading[0] + 1.0) < 0.01
    assert network.lanes[lane_at(network, (200.0, 1.75), (100.0, 1.75))].successors
    assert not report.repairs
