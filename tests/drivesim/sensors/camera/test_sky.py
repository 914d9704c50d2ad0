"""Sky pictures are those of the reference, painted only where a camera looks and for suns that shine."""

import numpy as np
import pytest

from drivesim.config import telephoto
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.camera.sky import SUN_HEIGHTS, SkyPictures
from tests.reference.sky import sky


@pytest.mark.parametrize("index", [0, 3, 6])
def test_the_sky_is_that_of_the_reference(index):
    pictures = SkyPictures(256, 64)
    pictures.paint(np.array([index]))
    words = pictures.sky.color.reshape(len(SUN_HEIGHTS), 64, 256)[index]
    painted = np.stack([words >> shift & 255 for shift in (0, 8, 16)], axis=-1).astype(np.float64)
    expected, haze = sky(64, 256, float(SUN_HEIGHTS[index]))
    assert np.abs(painted - np.clip(expected, 0.0, 255.0)).max() <= 0.5 + 1e-6
    lanes = int(pictures.sky.haze[index])
    assert [lanes & 255, lanes >> 19 & 255, lanes >> 38 & 255] == np.rint(haze).tolist()


def test_fewer_rows_are_the_lowest_of_the_same_picture():
    whole, part = SkyPictures(256, 64), SkyPictures(256, 10)
    for pictures in (whole, part):
        pictures.paint(np.array([2, 2]))
    low = whole.sky.color.reshape(len(SUN_HEIGHTS), 64, 256)[:, :10]
    np.testing.assert_array_equal(part.sky.color.reshape(len(SUN_HEIGHTS), 10, 256), low)
    assert not low[[0, 1, 3, 4, 5, 6]].any()


def test_a_telephoto_paints_no_more_sky_than_a_wide_camera_for_its_size():
    texels = {fov: Camera(telephoto(fov_deg=fov), 1)._sky.sky.picture_size for fov in (80.0, 20.0, 5.0)}
    assert texels[20.0] <= 1.5 * 2.0 * texels[80.0] * np.tan(np.radians(40.0)) / np.tan(np.radians(10.0))
    assert texels[5.0] <= texels[20.0]
