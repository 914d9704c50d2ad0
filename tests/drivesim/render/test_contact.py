"""Contact sheets: where pictures lie on them, and a sensor in every weather."""

import numpy as np
import pytest

from drivesim.errors import ConfigError
from drivesim.kernels.launch import Launcher
from drivesim.render.contact import WEATHERS, contact_sheet, set_weather, weather_sheet
from drivesim.sensors.camera.sensor import Camera
from tests.reference.views import camera_at_origin, maps_of, state_of


def test_pictures_lie_row_by_row_below_their_names():
    pictures = [(str(shade), np.full((10, 20, 3), shade, np.uint8)) for shade in (50, 100, 150)]
    sheet = contact_sheet(pictures, columns=2, scale=2)
    assert sheet.shape == (2 * 38, 2 * 42, 3)
    assert (sheet[16:36, 42:82] == 100).all()
    assert (sheet[54:74, 0:40] == 150).all()


def test_pictures_of_two_shapes_are_refused():
    with pytest.raises(ConfigError, match="one shape"):
        contact_sheet([("a", np.zeros((2, 2, 3), np.uint8)), ("b", np.zeros((3, 2, 3), np.uint8))], columns=2)


def test_the_sun_stands_where_the_driver_is_told():
    state = state_of()
    state.actors.yaw[0, 0] = np.pi / 2
    set_weather(state, 0, {"sun_altitude_deg": 30.0, "sun_bearing_deg": 90.0})
    np.testing.assert_allclose(state.weather.sun[0], (-np.cos(np.pi / 6), 0.0, 0.5), atol=1e-6)


def test_a_sheet_shows_every_weather_and_leaves_the_state_as_it_was():
    state = state_of()
    state.weather.wetness[:] = 0.25
    camera = Camera(camera_at_origin(width=24, height=16, channels=("rgb",)), 1)
    sheet = weather_sheet(camera, "rgb", maps_of(), state, Launcher(), columns=5)
    assert sheet.shape == (3 * 34, 5 * 26, 3)
    assert len(WEATHERS) == 14
    assert state.weather.wetness[0] == 0.25
    assert not state.weather.sun.any()
    assert sheet[16:32, :24].mean() > 3.0 * sheet[34 + 16 : 34 + 32, :24].mean()
