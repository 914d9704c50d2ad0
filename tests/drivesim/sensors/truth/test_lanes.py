"""Lane lines against a road set by hand, against the map's own markings, and in the picture."""

import numpy as np
import pytest

from drivesim.config import CameraConfig, MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.network import (
    Area,
    AreaKind,
    Lane,
    Marking,
    MarkingColor,
    MarkingType,
    RoadNetwork,
    Route,
)
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.truth.lanes import AHEAD_M, lane_labels, picture_lanes
from drivesim.sensors.truth.paint import BESIDE_M, PaintTables, paint_of
from drivesim.state import ActorKind, allocate_state
from tests.reference.views import put

FAR_LEFT, LEFT, RIGHT, FAR_RIGHT = range(4)


def straight(y, **links):
    ones = np.ones(201)
    return Lane(
        points=np.column_stack([np.linspace(0.0, 200.0, 201), np.full(201, y)]), heading=0.0 * ones,
        curvature=0.0 * ones, width=3.5 * ones, edge_left=(6.0 - y) * ones, edge_right=(y + 2.5) * ones,
        oncoming_left=np.inf * ones, length=200.0, speed_limit=20.0, **links,
    )  # fmt: skip


def line(y, kind, color=MarkingColor.WHITE, first=-10.0, last=210.0):
    points = np.column_stack([np.linspace(first, last, 23), np.full(23, y)])
    return Marking(points=points, type=kind, color=color)


@pytest.fixture(scope="module")
def bank():
    """Two lanes to the east at y = 0 and 3.5; solid yellow at y = 5.2, broken at 1.75, nothing on the right."""
    network = RoadNetwork(
        name="two lanes",
        seed=0,
        lanes=(straight(0.0, left=1), straight(3.5, right=0)),
        markings=(
            line(5.2, MarkingType.SOLID, MarkingColor.YELLOW),
            line(1.75, MarkingType.BROKEN, last=80.0),
            line(1.70, MarkingType.SOLID, first=80.0),
            line(-1.75 - BESIDE_M - 0.05, MarkingType.SOLID),
            Marking(points=np.array([(100.0, -1.75), (100.0, 1.75)]), type=MarkingType.STOP_LINE),
        ),
        areas=(Area(polygon=np.array([(-10, -2.5), (210, -2.5), (210, 6), (-10, 6.0)]), kind=AreaKind.DRIVABLE),),
        routes=(Route(start_lane=0, start_s=1.0, goal_lane=0, goal_s=190.0),),
    )
    return MapBank.from_networks([network])


def state_on(lane, s, x, y, yaw=0.0):
    state = allocate_state(world=1, slot=3)
    put(state, 0, 0, x, y, yaw)
    state.actors.lane[0, 0], state.actors.s[0, 0] = lane, s
    return state


def labels_of(bank, state):
    paint = PaintTables().of(state.worlds.map.tolist(), bank.arrays, bank.network)
    return lane_labels(bank.arrays, state, paint, Launcher())


def test_the_lines_of_a_straight_road_are_where_they_are_painted(bank):
    labels = labels_of(bank, state_on(0, 60.0, 60.0, 0.5))
    for index, y in ((FAR_LEFT, 5.2), (RIGHT, -1.75)):
        np.testing.assert_allclose(labels.line[0, index, :, 0], AHEAD_M, atol=1e-4)
        np.testing.assert_allclose(labels.line[0, index, :, 1], y - 0.5, atol=1e-5)
    before = AHEAD_M < 19.0
    np.testing.assert_allclose(labels.line[0, LEFT, before, 1], 1.25, atol=1e-5)
    np.testing.assert_allclose(labels.line[0, LEFT, AHEAD_M > 21.0, 1], 1.20, atol=1e-5)
    assert labels.line_valid[0].all(axis=-1).tolist() == [True, True, True, False]
    assert not labels.line[0, FAR_RIGHT].any()
    assert (labels.line_type[0, LEFT] == np.where(AHEAD_M < 20.0, MarkingType.BROKEN, MarkingType.SOLID)).all()
    assert set(labels.line_type[0, FAR_LEFT]) == {MarkingType.SOLID}
    assert set(labels.line_color[0, FAR_LEFT]) == {MarkingColor.YELLOW}
    assert not labels.line_type[0, RIGHT].any(), "the nearest line there is none of the lane's"
    np.testing.assert_allclose(labels.center[0, :2, :, 1], [[3.0], [-0.5]] * np.ones(len(AHEAD_M)), atol=1e-5)
    assert labels.center_valid[0].all(axis=-1).tolist() == [True, True, False]
    np.testing.assert_allclose(labels.edge[0, :, :, 1], [[5.5], [-3.0]] * np.ones(len(AHEAD_M)), atol=1e-5)


def test_lines_end_with_the_road_and_turn_with_the_car(bank):
    # On the left lane, 190 m along, facing back: what is ahead along the lane lies behind the car.
    labels = labels_of(bank, state_on(1, 190.0, 190.0, 3.5, np.pi))
    there = (AHEAD_M >= -190.0) & (AHEAD_M <= 10.0)
    for valid in (labels.line_valid[0, :3], labels.edge_valid[0], labels.center_valid[0, 1:]):
        np.testing.assert_array_equal(valid[-1], there)
    np.testing.assert_allclose(labels.line[0, LEFT, there, 0], -AHEAD_M[there], atol=1e-3)
    np.testing.assert_allclose(labels.line[0, LEFT, there, 1], -1.7, atol=1e-3)
    assert labels.line_valid[0, FAR_RIGHT][there].all()
    assert not labels.line_valid[0, FAR_LEFT].any()


def distance_to(points, polyline):
    """Of points, shape (point, 2), from a polyline, shape (corner, 2) [m]."""
    start, way = polyline[:-1], np.diff(polyline, axis=0)
    share = ((points[:, None] - start) * way).sum(axis=-1) / np.maximum((way**2).sum(axis=-1), 1e-12)
    foot = start + np.clip(share, 0.0, 1.0)[..., None] * way
    return np.linalg.norm(points[:, None] - foot, axis=-1).min(axis=1)


@pytest.mark.parametrize("generator", ["highway", "country_road"])
def test_painted_lines_of_generated_roads_are_those_of_the_map(generator):
    bank = MapBank.build(MapConfig(generator=generator, start=3, count=2, length_m=400.0))
    lanes, rng = bank.arrays.lanes, np.random.default_rng(4)
    painted = total = 0
    for number in range(2):
        slot = bank.arrays.slot_of[number]
        network = bank.network(number)
        for lane in rng.choice(np.arange(lanes.map_first[slot], lanes.map_end[slot]), 4):
            row = int(rng.integers(lanes.point_first[lane], lanes.point_first[lane + 1] - 1))
            x, y, yaw = (float(v) for v in lanes.point[row, :3])
            state = state_on(lane, (row - lanes.point_first[lane]) * lanes.step[lane], x, y, yaw)
            state.worlds.map[:] = number
            labels = labels_of(bank, state)
            turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
            for index in range(4):
                valid = labels.line_valid[0, index]
                kinds, colors = labels.line_type[0, index], labels.line_color[0, index]
                total += valid.sum()
                for kind, color in {*zip(kinds[valid].tolist(), colors[valid].tolist(), strict=True)} - {(0, 0)}:
                    chosen = valid & (kinds == kind) & (colors == color)
                    points = labels.line[0, index][chosen].astype(np.float64) @ turn.T + (x, y)
                    of_kind = [m.points for m in network.markings if m.type == kind and m.color == color]
                    away = np.min([distance_to(points, each) for each in of_kind], axis=0)
                    # Between the points of a lane, and where one line ends and another begins, some centimetres.
                    assert np.percentile(away, 90) < 0.03
                    assert away.max() < 0.25
                    painted += chosen.sum()
    assert painted > 0.9 * total > 500


def test_tables_are_made_once_per_map_and_follow_the_maps_in_memory(bank):
    asked = []

    def network(number):
        asked.append(number)
        return bank.network(number)

    tables = PaintTables()
    one = tables.of([0, 0], bank.arrays, network)
    two = tables.of([0], bank.arrays, network)
    assert asked == [0]
    assert one.offset is two.offset
    assert one.first.tolist() == [0] + [-1] * (len(bank.arrays.lanes.map_first) - 1)
    alone = paint_of(bank.network(0), bank.arrays, int(bank.arrays.slot_of[0]))
    np.testing.assert_array_equal(alone.offset, one.offset)


def test_in_the_picture_lines_are_hidden_behind_road_users(bank):
    config = CameraConfig(channels=("instance",), width=320, height=160)
    state = state_on(0, 60.0, 60.0, 0.0)
    put(state, 0, 1, 75.0, 1.0, kind=ActorKind.TRUCK)
    camera = Camera(config, 1)
    camera.update(bank.arrays, state, Launcher())
    labels = labels_of(bank, state)
    seen = picture_lanes(config, labels, camera.frames)
    ahead = AHEAD_M > config.x_m
    # Focal length 160 px, principal point (160, 60), eye 1.51 m high: the right line, 1.75 m to the right.
    depth = AHEAD_M[ahead] - config.x_m
    np.testing.assert_allclose(seen.line[0, RIGHT, ahead, 0], 160.0 + 160.0 * 1.75 / depth, rtol=1e-4)
    np.testing.assert_allclose(seen.line[0, RIGHT, ahead, 1], 60.0 + 160.0 * 1.51 / depth, rtol=1e-4)
    assert np.isnan(seen.line[0, RIGHT, ~ahead]).all() and np.isnan(seen.line[0, FAR_RIGHT]).all()
    inside = ahead & (AHEAD_M > config.x_m + 160.0 * 1.51 / 100.0)
    np.testing.assert_array_equal(seen.line_valid[0, RIGHT], inside)
    # The truck stands on the line between the lanes from 15 to 26 m ahead, from y = -0.25 to 2.25, and hides that line
    # from there on. At its rear, 13.3 m from the eye, the right line is hidden from where 1.75 * 13.3 / depth < 0.25.
    visible, near = seen.line_visible[0, LEFT], inside & (AHEAD_M < 14.0)
    assert visible[near].all()
    # Between the road and its chassis one sees a little further.
    assert not visible[(AHEAD_M > 20.0) & (AHEAD_M < 110.0)].any()
    assert seen.line_visible[0, RIGHT][inside & (AHEAD_M < 90.0)].all()
    assert not seen.line_visible[0, RIGHT][inside & (AHEAD_M > 100.0)].any()


def test_a_car_that_has_left_the_road_has_no_lines(bank):
    state = state_on(0, 60.0, 60.0, 0.5)
    state.actors.kind[0, 0] = ActorKind.NONE
    for values in labels_of(bank, state):
        assert not values.any()
