"""Driven cars keep to their lanes where bends are tight, begin at once, or are crept through."""

import numpy as np
import pytest

from drivesim.maps.network import RoadNetwork, Route
from drivesim.state import EndReason
from tests.reference.drive import Drive, arc_lane
from tests.reference.networks import BOX_M, LEFT, RIGHT, SIDE_M, four_way


def bend(radius: float, degrees: float, speed_limit: float = 8.0) -> RoadNetwork:
    """A street that turns left by an arc without any transition, as OpenDRIVE files have them."""
    length = radius * np.radians(degrees)
    before = arc_lane((0.0, 0.0, 0.0), 40.0, 0.0, successors=(1,), road=0, speed_limit=speed_limit)
    arc = arc_lane((40.0, 0.0, 0.0), length, 1.0 / radius, successors=(2,), road=1, speed_limit=speed_limit)
    after = arc_lane((*arc.points[-1], arc.heading[-1]), 40.0, 0.0, road=2, speed_limit=speed_limit)
    route = Route(start_lane=0, start_s=5.0, goal_lane=2, goal_s=30.0)
    return RoadNetwork(name="bend", seed=0, lanes=(before, arc, after), routes=(route,))


@pytest.mark.parametrize(("radius", "degrees"), [(6.0, 90.0), (11.0, 45.0)])
def test_a_bend_that_begins_at_once_is_driven_within_the_lane(radius, degrees):
    drive = Drive(bend(radius, degrees))
    drive.put(0, 0, 5.0, 8.0)
    offset = drive.run(60.0, watch=lambda drive: (drive.actors.d[0, 0],))
    assert drive.episode.end[0, 0] == EndReason.SUCCESS
    assert np.abs(offset).max() < 0.7


def test_who_creeps_round_a_bend_stays_on_its_lane():
    drive = Drive(bend(11.0, 60.0))
    drive.put(0, 1, 1.0, 0.5, speed_max=0.6)
    offset = drive.run(15.0, watch=lambda drive: (drive.actors.d[0, 0],))
    assert drive.actors.s[0, 0] > 6.0
    assert np.abs(offset).max() < 0.35


@pytest.mark.parametrize("turn", [RIGHT, LEFT])
def test_on_a_way_across_the_nose_is_hardly_farther_out_than_the_tail_is_in(turn):
    drive = Drive(four_way(), route=turn)
    radius = BOX_M - SIDE_M if turn == RIGHT else BOX_M + SIDE_M
    side = -1.0 if turn == RIGHT else 1.0
    middle = np.array([-BOX_M, side * BOX_M])
    drive.put(0, 0, 40.0, 5.0)

    def place(drive: Drive) -> tuple[float, float, float]:
        actors = drive.actors
        nose = float(actors.length[0, 0] - actors.rear[0, 0])
        x, y, yaw = (float(getattr(actors, name)[0, 0]) for name in ("x", "y", "yaw"))
        front = np.hypot(x + nose * np.cos(yaw) - middle[0], y + nose * np.sin(yaw) - middle[1])
        return float(actors.lane[0, 0]), front - radius, float(actors.s[0, 0]) + nose

    log = drive.run(30.0, watch=place)
    outside = log[(log[:, 0] == 8 + turn) & (log[:, 2] < 0.5 * np.pi * radius), 1]
    swing = 0.5 * 3.6**2 / radius
    assert outside.max() < 0.8 * swing
