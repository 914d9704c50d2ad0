"""Every number of every config has a range, and what is outside is refused by name."""

import dataclasses

import pytest

from drivesim.config import (
    CameraConfig,
    EnvConfig,
    MapConfig,
    RewardConfig,
    TaskConfig,
    TrafficConfig,
    VehicleConfig,
)
from drivesim.errors import ConfigError

CONFIGS = (CameraConfig, EnvConfig, MapConfig, RewardConfig, TaskConfig, TrafficConfig, VehicleConfig)
NUMBERS = [
    (config, field.name)
    for config in CONFIGS
    for field in dataclasses.fields(config)
    if isinstance(field.default, int | float) and not isinstance(field.default, bool)
]
INTEGERS = [(config, name) for config, name in NUMBERS if isinstance(getattr(config(), name), int)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e9, "1"], ids=repr)
@pytest.mark.parametrize(("config", "name"), NUMBERS, ids=lambda part: getattr(part, "__name__", part))
def test_a_number_out_of_its_range_is_refused_by_name(config, name, value):
    with pytest.raises(ConfigError, match=rf"{config.__name__}\.{name}: expected"):
        config(**{name: value})


@pytest.mark.parametrize(("config", "name"), INTEGERS, ids=lambda part: getattr(part, "__name__", part))
def test_a_count_is_an_integer(config, name):
    with pytest.raises(ConfigError, match=rf"{config.__name__}\.{name}: expected an integer"):
        config(**{name: getattr(config(), name) + 0.5})


@pytest.mark.parametrize(
    ("config", "name", "value", "nearest"),
    [
        (MapConfig, "generator", "highwy", "highway"),
        (VehicleConfig, "model", "dinamic", "dynamic"),
        (EnvConfig, "action_type", "discret", "discrete"),
        (CameraConfig, "channels", ("rgb", "dept"), "depth"),
        (CameraConfig, "type", "camra", "camera"),
    ],
)
def test_an_unknown_choice_is_refused_with_the_nearest(config, name, value, nearest):
    with pytest.raises(ConfigError, match=rf"{config.__name__}\.{name}: unknown value .* did you mean '{nearest}'"):
        config(**{name: value})


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("pixels", [0, -4, 3, 4097, 64.0])
def test_an_impossible_picture_size_is_refused(side, pixels):
    with pytest.raises(ConfigError, match=rf"CameraConfig\.{side}: expected an integer in \[4, 4096\], got"):
        CameraConfig(**{side: pixels})


def test_a_camera_without_channels_or_with_one_twice_is_refused():
    with pytest.raises(ConfigError, match="at least one channel"):
        CameraConfig(channels=())
    with pytest.raises(ConfigError, match="repeated channel"):
        CameraConfig(channels=("rgb", "rgb"))


@pytest.mark.parametrize("name", ["", "front camera", "1st", "a/b"])
def test_a_camera_name_is_an_identifier(name):
    with pytest.raises(ConfigError, match=r"CameraConfig\.name: expected an identifier"):
        CameraConfig(name=name)


def test_channels_arrive_under_the_camera_name():
    camera = CameraConfig(name="left")
    assert [camera.key(channel) for channel in ("rgb", "depth")] == ["left", "left_depth"]


@pytest.mark.parametrize(("pitch", "roll", "level"), [(0.0, 0.0, True), (1.0, 0.0, False), (0.0, -1.0, False)])
def test_a_camera_is_level_without_pitch_and_roll(pitch, roll, level):
    assert CameraConfig(pitch_deg=pitch, roll_deg=roll).is_level is level


@pytest.mark.parametrize(
    "sensors",
    [
        (CameraConfig(), CameraConfig()),
        (CameraConfig(channels=("depth",)), CameraConfig(name="camera_depth")),
        (CameraConfig(name="route"),),
        (CameraConfig(name="ego"),),
    ],
    ids=["same-name", "name-of-a-channel", "route", "ego"],
)
def test_an_observation_key_belongs_to_one_sensor(sensors):
    with pytest.raises(ConfigError, match="is taken twice; rename a sensor"):
        EnvConfig(sensors=sensors)


def test_the_step_follows_from_the_rate():
    assert EnvConfig(control_rate_hz=20).step_s == 0.05
