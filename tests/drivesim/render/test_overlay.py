"""Layers of labels over the pictures of a drive: each layer draws what it says where it is."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.errors import ConfigError
from drivesim.render.annotate import SPACE
from drivesim.render.overlay import CAMERA_LAYERS, RASTER_LAYERS, over_camera, over_raster
from drivesim.sensors.truth.futures import Tracks

CAMERA = {"width": 240, "height": 135, "channels": ["rgb"]}
BEV = {"type": "bev", "resolution_m": 0.5}


@pytest.fixture(scope="module")
def drive():
    """Picture, raster, labels, configs and futures of one moment."""
    env = gym.make("drivesim/Highway-v0", map_count=1, sensors=[CAMERA, BEV])
    observation, _ = env.reset(seed=7)
    simulation, tracks = env.unwrapped.simulation, Tracks()
    for step in range(60):
        if step == 40:
            labels = env.unwrapped.labels()
            kept = {name: labels[name] for name in labels}
            picture, raster = (
                observation["camera"].copy(),
                simulation.rig.sensors[1].pane({"semantic": observation["bev"]}),
            )
        tracks.add(simulation.world.state)
        observation = env.step(env.unwrapped.labels()["expert_action"])[0]
    return picture, raster, kept, simulation.config.sensors, tracks.futures().position[40, 0]


@pytest.mark.parametrize("layer", CAMERA_LAYERS)
def test_every_layer_of_a_camera_draws(drive, layer):
    picture, _, labels, sensors, futures = drive
    before = picture.copy()
    drawn = over_camera(picture, labels, sensors[0], (layer,), futures=futures)
    assert (drawn != picture).any()
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("layer", RASTER_LAYERS)
def test_every_layer_of_a_raster_draws_at_any_size(drive, layer):
    _, raster, labels, sensors, futures = drive
    large = np.repeat(np.repeat(raster, 3, axis=0), 3, axis=1)
    for picture in (raster, large):
        assert (over_raster(picture, labels, sensors[1], (layer,), futures=futures) != picture).any()


def test_boxes_from_above_lie_on_the_road_users_of_the_raster(drive):
    _, raster, labels, sensors, _ = drive
    black = np.zeros((raster.shape[0] * 4, raster.shape[1] * 4, 3), np.uint8)
    drawn = over_raster(black, labels, sensors[1], ("boxes",))
    # Only the outlines of cars within the raster's rim are looked at, not their numbers.
    config = sensors[1]
    inside = labels["objects_valid"] & (np.abs(labels["objects_position"][:, 1]) < config.side_m - 3.0)
    inside &= (labels["objects_position"][:, 0] < config.ahead_m - 4.0) & (
        labels["objects_position"][:, 0] > -config.behind_m + 4
    )
    assert inside.any()
    for ahead, left in labels["objects_position"][inside]:
        row, column = (config.ahead_m - ahead) / 0.5 * 4, (config.side_m - left) / 0.5 * 4
        assert drawn[int(row), int(column)].any()


def test_space_is_tinted_where_the_label_says(drive):
    picture, _, labels, sensors, _ = drive
    drawn = over_camera(picture, labels, sensors[0], ("space",))
    greener = (drawn.astype(int) - picture)[labels["camera_space"]] @ np.sign(np.array(SPACE) - 100)
    assert (greener >= 0).mean() > 0.95
    far = np.ones(labels["camera_space"].shape, bool)
    far[labels["camera_space"].any(axis=1).argmax() - 4 :] = False
    np.testing.assert_array_equal(drawn[far], picture[far])


def test_no_layer_is_the_picture_and_an_unknown_one_is_refused(drive):
    picture, raster, labels, sensors, _ = drive
    assert over_camera(picture, labels, sensors[0], ()) is picture
    with pytest.raises(ConfigError, match="did you mean 'boxes'"):
        over_camera(picture, labels, sensors[0], ("boxs",))
    with pytest.raises(ConfigError, match="layers"):
        over_raster(raster, labels, sensors[1], ("boxes_3d",))
