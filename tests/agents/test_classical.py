import dataclasses

import numpy as np
import pytest

from agents.classical import ClassicalAgent, LaneFilter
from agents.evaluate import run_suite
from drivesim.tasks.suites import SUITES


def boundaries(offset, slope, curvature, width):
    x = np.linspace(4.0, 30.0, 40)
    centre = offset + slope * x + 0.5 * curvature * x**2
    return np.concatenate([np.stack([x, centre + side * width / 2], axis=1) for side in (1.0, -1.0)])


def test_the_filter_finds_the_lane_whose_boundaries_it_is_shown():
    lane = LaneFilter()
    for _ in range(20):
        lane.update(boundaries(0.4, -0.02, 0.003, 3.4))
    np.testing.assert_allclose(lane.mean, [0.4, -0.02, 0.003, 3.4], atol=0.03)


def test_driving_on_moves_the_lane_by_the_cars_own_motion():
    # y(x) = 0.1 x + 0.005 x^2; 2 m on, the offset is 0.2 + 0.02 and the slope 0.1 + 0.02, less the 0.03 rad turned.
    lane = LaneFilter()
    lane.mean[:] = (0.0, 0.1, 0.01, 3.5)
    lane.predict(2.0, 0.03)
    np.testing.assert_allclose(lane.mean, [0.22, 0.09, 0.01, 3.5])


def test_points_of_something_else_move_nothing():
    lane = LaneFilter()
    before = lane.mean.copy()
    assert lane.update(np.array([[10.0, 6.0], [12.0, -7.0], [15.0, 0.0], [20.0, 9.0]])) == 0
    np.testing.assert_array_equal(lane.mean, before)


def test_two_painted_lines_are_found_where_they_are():
    # A level camera at 1.51 m, focal 64 px, horizon at row 24: row v sees the ground at 1.51 * 64 / (v + 0.5 - 24).
    agent = ClassicalAgent()
    picture = np.full((64, 128, 3), 90, np.uint8)
    for row in range(28, 64):
        depth = 1.51 * 64.0 / (row + 0.5 - 24.0)
        for lateral in (1.75, -1.75):
            left, right = (64.0 - (lateral + edge) * 64.0 / depth for edge in (0.075, -0.075))
            if 2 <= left and right < 126:
                picture[row, int(left) : int(right) + 1] = 255
    points = agent.markings(picture)
    assert len(points) > 20
    # Painting on whole pixels moves the line by up to one, the filter by half of one.
    pixel_m = (points[:, 0] - 1.7) / 64.0
    assert (np.abs(np.abs(points[:, 1]) - 1.75) <= 1.5 * pixel_m).all()


def test_three_unseen_roads_are_driven_without_learning():
    result = run_suite(ClassicalAgent(), dataclasses.replace(SUITES["lane"], road_count=3), threads=1)
    assert result.success.mean == pytest.approx(1.0)
