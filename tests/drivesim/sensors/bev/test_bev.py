"""The bird's-eye sensor against numbers worked out by hand, a slow raster in float64, and itself in other batches."""

import copy
import math

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import BEV_CHANNELS, BevConfig, CameraConfig, MapConfig
from drivesim.errors import ConfigError
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.semantics import SEMANTIC_COLOR, Semantic
from drivesim.sensors.bev.raster import ROUND_KINDS, SCENERY_SEMANTIC
from drivesim.sensors.bev.sensor import BirdsEye
from drivesim.sensors.camera.parts import SCENERY_MODEL, SCENERY_VARIANTS, PartColumn, parts
from drivesim.state import ActorKind, WorldState
from drivesim.state.kinds import KINDS
from tests.reference.bev import raster
from tests.reference.views import frames_of as camera_frames_of
from tests.reference.views import maps_of, put, state_of, traffic_on

SEMANTIC_OF_KIND = [0, *(kind.semantic for kind in KINDS)]
ALL = BevConfig(ahead_m=10.0, behind_m=6.0, side_m=5.0, resolution_m=1.0, channels=BEV_CHANNELS)


def frames_of(config, maps, state, threads=1):
    sensor = BirdsEye(config, len(state.worlds.map), driver_count=state.drivers.slot.shape[1])
    launcher = Launcher(threads)
    sensor.update(maps, state, launcher)
    launcher.close()
    return sensor.frames


def test_a_car_ahead_and_to_the_left_is_up_and_to_the_left_and_the_ego_is_not_there():
    state = state_of()
    # A truck of 4 m by 2 m: its rear bumper 5 m ahead, its middle 2 m to the left.
    put(state, 0, 2, 5.0, 2.0, kind=ActorKind.TRUCK, size=(4.0, 2.0, 3.0))
    frames = frames_of(ALL, maps_of(), state)
    rows, columns = np.nonzero(frames["instance"][0])
    # Row 0 covers 9 to 10 m ahead, column 0 covers 4 to 5 m to the left.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (1, 4, 2, 3)
    assert (frames["instance"][0][1:5, 2:4] == 3).all()
    assert (frames["semantic"][0][1:5, 2:4] == Semantic.TRUCK).all()
    assert np.count_nonzero(frames["semantic"][0] == Semantic.ROAD) == 16 * 10 - 8
    assert frames["drivable"].all(), "the ground below it is road"


def test_the_ego_is_shown_where_asked_for_and_the_raster_turns_with_sensor_and_car():
    config = BevConfig(
        ahead_m=4.0, behind_m=4.0, side_m=4.0, resolution_m=0.5, ego=True, yaw_deg=90.0, channels=("instance",)
    )
    state = state_of()
    put(state, 0, 0, 30.0, -20.0, 0.7)
    rows, columns = np.nonzero(frames_of(config, maps_of(), state)["instance"][0] == 1)
    # It looks to the car's left: 3.6 m of car lie to the right of the rear axle, 0.9 m to the left; 1.8 m wide.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 9, 6, 14)


def test_what_is_higher_is_on_top():
    tree = Scenery(kind=SceneryKind.TREE, x=6.0, y=0.0, length=4.0, width=4.0, height=8.0)
    bush = Scenery(kind=SceneryKind.BUSH, x=6.0, y=-4.0, length=2.0, width=2.0, height=1.0)
    state = state_of()
    put(state, 0, 1, 3.0, 0.0, size=(6.0, 2.0, 1.5))
    put(state, 0, 2, 5.0, -4.0, size=(2.0, 2.0, 1.5))
    semantic = frames_of(ALL, maps_of(scenery=[tree, bush]), state)["semantic"][0]
    # Within 2 m of (6, 0) the tree hides the car; the car hides the bush.
    assert semantic[10 - 6 - 1, 5] == semantic[10 - 5 - 1, 4] == Semantic.VEGETATION
    assert semantic[10 - 4, 5] == semantic[10 - 8 - 1, 5] == Semantic.CAR
    assert (semantic[3:5, 8:10] == Semantic.CAR).all()


@pytest.mark.parametrize(
    ("generator", "changes"),
    [
        ("highway", {"resolution_m": 0.25}),
        ("highway", {"resolution_m": 0.5, "x_m": 3.0, "y_m": -1.0, "yaw_deg": 35.0, "ego": True}),
        ("country_road", {"resolution_m": 0.8}),
    ],
)
def test_every_cell_is_that_of_a_slow_raster(generator, changes):
    maps = MapBank.build(MapConfig(generator=generator, start=7, count=2, length_m=300.0)).arrays
    state = traffic_on(maps, worlds=2, slots=9, seed=5)
    config = BevConfig(**{"ahead_m": 24.0, "behind_m": 16.0, "side_m": 16.0, "channels": BEV_CHANNELS, **changes})
    frames = frames_of(config, maps, state)
    for world in range(2):
        expected, clear = raster(config, maps, state, world, SEMANTIC_OF_KIND)
        assert clear.mean() > 0.9
        for channel in BEV_CHANNELS:
            np.testing.assert_array_equal(frames[channel][world][clear], expected[channel][clear], err_msg=channel)


def test_scenery_has_the_class_and_the_number_that_cameras_give_it():
    table = parts()
    for kind in SceneryKind:
        for variant in range(int(SCENERY_VARIANTS[kind])):
            model = int(SCENERY_MODEL[kind]) + variant
            classes = set(table.row[table.first[model] : table.first[model + 1], PartColumn.SEMANTIC].astype(int))
            allowed = {SCENERY_SEMANTIC[kind]}
            allowed |= {Semantic.FENCE} if kind == SceneryKind.WALL else set()
            allowed |= {Semantic.POLE} if kind == SceneryKind.SIGN else set()
            assert classes <= allowed, kind
    assert len(ROUND_KINDS) == 3
    walls = [Scenery(kind=SceneryKind.BUILDING, x=14.0 + 30 * k, y=8.0 * k, length=4.0, width=4.0) for k in range(2)]
    maps, state = maps_of(scenery=walls), state_of()
    seen = camera_frames_of(CameraConfig(channels=("instance",)), maps, state)["instance"][0]
    config = BevConfig(ahead_m=60.0, behind_m=0.0, side_m=12.0, channels=("instance",))
    assert set(np.unique(frames_of(config, maps, state)["instance"])) == set(np.unique(seen)) == {0, 256, 257}


@pytest.fixture(scope="module")
def scene():
    maps = MapBank.build(MapConfig(generator="highway", start=40, count=3, length_m=300.0)).arrays
    return maps, traffic_on(maps, worlds=9, slots=10, seed=3)


def test_a_raster_does_not_depend_on_the_batch_the_threads_or_the_other_channels(scene):
    maps, state = scene
    config = BevConfig(channels=BEV_CHANNELS)
    together, threaded = frames_of(config, maps, state), frames_of(config, maps, state, threads=2)
    for world in (0, 4, 8):
        part = WorldState(*(type(group)(*(array[[world]].copy() for array in group)) for group in state))
        alone = frames_of(config, maps, part)
        for channel in BEV_CHANNELS:
            np.testing.assert_array_equal(together[channel][world], alone[channel][0])
    for channel in BEV_CHANNELS:
        np.testing.assert_array_equal(together[channel], threaded[channel])
        np.testing.assert_array_equal(
            together[channel], frames_of(BevConfig(channels=(channel,)), maps, state)[channel]
        )


def test_worlds_that_are_not_due_keep_their_raster_and_a_copy_has_rasters_of_its_own(scene):
    maps, state = scene
    sensor = BirdsEye(BevConfig(), 9)
    sensor.update(maps, state, Launcher())
    before = sensor.frames["semantic"].copy()
    sensor.frames["semantic"][:] = 99
    sensor.update(maps, state, Launcher(), np.arange(9) == 4)
    assert (sensor.frames["semantic"][4] == before[4]).all()
    assert (sensor.frames["semantic"][[0, 8]] == 99).all()
    other = copy.deepcopy(sensor)
    other.update(maps, state, Launcher())
    assert (other.frames["semantic"] == before).all()
    assert (sensor.frames["semantic"][0] == 99).all()


def test_it_is_in_the_observation_of_an_environment():
    env = gym.make(
        "drivesim/Lane-v0", map_count=1, sensors=[{"type": "bev", "rate_hz": 5.0, "channels": ["drivable", "semantic"]}]
    )
    observation, _ = env.reset(seed=0)
    assert observation in env.observation_space
    assert observation["bev"].shape == (128, 64)
    assert set(np.unique(observation["bev_drivable"])) == {0, 1}
    assert observation["bev_age"].tolist() == [0.0]


def test_its_pane_shows_classes_in_their_colours_and_tells_neighbours_apart():
    sensor = BirdsEye(ALL, 1)
    semantic = np.array([[1, 14]], np.uint8)
    assert (sensor.pane({"semantic": semantic})[0, 1] == SEMANTIC_COLOR[14]).all()
    assert sensor.pane({"drivable": np.array([[0, 1]], np.uint8)}).tolist() == [[[0, 0, 0], [255, 255, 255]]]
    shades = sensor.pane({"instance": np.arange(4, dtype=np.uint16)[None]})[0]
    assert len(np.unique(shades, axis=0)) == 4
    assert not shades[0].any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"z_m": 1.0}, r"BevConfig\.z_m: expected 0, since it looks straight down"),
        ({"resolution_m": 0.01}, r"BevConfig\.resolution_m: expected a value in \[0.05, 5\]"),
        ({"ahead_m": 5.0, "behind_m": -6.0}, r"expected ahead_m \+ behind_m to be 1 to 2048 cells, got -2"),
        ({"side_m": 300.0, "resolution_m": 0.1}, "expected 2 side_m to be 1 to 2048 cells, got 6000"),
        ({"channels": ("semantics",)}, "did you mean 'semantic'"),
        ({"channels": ()}, "expected at least one channel"),
        ({"channels": ("instance", "instance")}, "repeated channel"),
        ({"ego": 1}, r"BevConfig\.ego: expected True or False, got 1"),
    ],
)
def test_wrong_configs_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        BevConfig(**changes)


def test_cells_are_square_and_as_many_as_fit():
    config = BevConfig(ahead_m=10.0, behind_m=2.5, side_m=math.pi, resolution_m=0.5)
    assert (config.rows, config.columns) == (25, 13)
