"""The ground close by: colours between texels, worked out by hand; small pictures know nothing of it."""

import numpy as np
import pytest

from drivesim.config import CameraConfig, telephoto
from drivesim.maps.materials import Material, shade
from drivesim.sensors.camera.optics import level_optics, ray_optics
from tests.reference.views import asphalt, camera_at_origin, frames_of, maps_of, state_of


@pytest.mark.parametrize("size", [(64, 64), (128, 64), (96, 96), (128, 72)])
def test_small_pictures_have_no_pixels_to_magnify(size):
    config = CameraConfig(width=size[0], height=size[1])
    is_small = size[1] * 0.625 < 1.51 / 0.025
    assert (level_optics(config).magnified_row == config.height) == is_small
    assert (ray_optics(config).is_magnified.sum() == 0) == is_small
    assert level_optics(telephoto()).magnified_row == 32


def test_large_pictures_magnify_from_the_row_whose_pixels_are_a_quarter_of_a_texel_wide():
    config = CameraConfig(width=960, height=540)
    # 1.51 m over the drop to a row is what a pixel covers there: 2.5 cm at 60.4 px below the horizon at 202.5.
    assert level_optics(config).magnified_row == 263
    pixels = ray_optics(config).is_magnified.reshape(540, 960)
    assert pixels[263:].all()
    assert not pixels[:263].any()


@pytest.mark.parametrize("pitch_deg", [0.0, 1e-4], ids=["level", "rays"])
def test_colours_go_evenly_from_texel_to_texel_and_classes_do_not(pitch_deg):
    # The camera looks east over a line at y = 0.1 between ground and paint.
    picture = asphalt()
    picture[1025:] = shade(Material.WHITE_PAINT, 200.0)
    config = camera_at_origin(
        width=960, height=540, focal_px=(480.0,), pitch_deg=pitch_deg, channels=("rgb", "semantic", "depth")
    )
    frames = frames_of(config, maps_of(picture=picture), state_of())
    row = 520
    depth = 1.5 * 480.0 / (row + 0.5 - 270.0)
    left = -(np.arange(960) + 0.5 - 480.0) * depth / 480.0
    light = frames["rgb"][0, row].astype(float).mean(axis=-1)
    dark, bright = light[left < 0.0].mean(), light[left > 0.2].mean()
    assert bright - dark > 50.0
    # Texel centres lie 5 cm on either side of the line.
    expected = dark + (bright - dark) * np.clip((left - 0.05) / 0.1, 0.0, 1.0)
    near = np.abs(left) < 0.4
    assert np.abs(light - expected)[near].max() < 2.5
    classes = frames["semantic"][0, row]
    edge = np.abs(left - 0.1) < 0.002
    assert len(np.unique(classes[(left > 0.0) & (left < 0.1) & ~edge])) == 1
    assert len(np.unique(classes[(left > 0.1) & (left < 0.3) & ~edge])) == 1
    assert len(np.unique(classes[near])) == 2
