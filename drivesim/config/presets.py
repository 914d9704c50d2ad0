"""Named configs and sensor rigs."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drivesim.config.base import from_dict, load_values, replace
from drivesim.config.rigs import RIGS
from drivesim.config.sensors import CameraConfig, SensorConfig, telephoto
from drivesim.config.simulation import EnvConfig, MapConfig, MapFileConfig, MapSource, TaskConfig, TrafficConfig
from drivesim.config.weather import weather_from
from drivesim.errors import ConfigError, check_choice

ENV_PRESETS: dict[str, EnvConfig] = {
    "lane": EnvConfig(map=MapConfig(generator="country_road", length_m=500.0)),
    "highway": EnvConfig(
        map=MapConfig(generator="highway", length_m=800.0),
        traffic=TrafficConfig(car_count=12),
    ),
    "town": EnvConfig(
        map=MapConfig(generator="town", length_m=400.0),
        traffic=TrafficConfig(
            car_count=14,
            pedestrian_count=8,
            cyclist_count=2,
            parked_count=8,
            bus_share=0.05,
            emergency_share=0.03,
        ),
        task=TaskConfig(time_base_s=300.0, time_speed_fraction=0.1, blocked_s=180.0, route_deviation_m=30.0),
    ),
}

SENSOR_PRESETS: dict[str, tuple[SensorConfig, ...]] = {
    "none": (),
    "front": (CameraConfig(),),
    "front_small": (CameraConfig(width=64, height=64),),
    "front_labelled": (CameraConfig(channels=("rgb", "depth", "semantic")),),
    "front_tele": (CameraConfig(), telephoto()),
    "surround": (
        CameraConfig(),
        CameraConfig(name="camera_left", x_m=1.5, y_m=0.5, yaw_deg=55.0),
        CameraConfig(name="camera_right", x_m=1.5, y_m=-0.5, yaw_deg=-55.0),
        CameraConfig(name="camera_back", x_m=0.0, yaw_deg=180.0, fov_deg=110.0),
    ),
    **RIGS,
}


def sensors_from(value: str | SensorConfig | dict[str, Any] | Sequence[Any]) -> tuple[SensorConfig, ...]:
    """A rig from a preset name, one sensor, or a list of sensors; a sensor is a config or a dictionary.

    Raises:
        ConfigError: An unknown preset, sensor type or key; the nearest name is given.
    """
    if isinstance(value, str):
        return SENSOR_PRESETS[check_choice("sensors", value, SENSOR_PRESETS)]
    if isinstance(value, SensorConfig | dict):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ConfigError(f"sensors: expected a preset name, a sensor or a list of them, got {value!r}")
    rig = []
    for index, item in enumerate(value):
        if isinstance(item, dict):
            item = from_dict(SensorConfig, item, path=f"sensors[{index}]")
        if not isinstance(item, SensorConfig):
            raise ConfigError(f"sensors[{index}]: expected a dictionary or a sensor's config, got {item!r}")
        rig.append(item)
    return tuple(rig)


def map_from(value: Any) -> MapConfig | MapFileConfig | MapSource | dict[str, Any]:
    """Maps from the name of an OpenDRIVE file, or from a dictionary that names a type; all else as it is.

    Raises:
        ConfigError: An unknown type or key; the nearest name is given.
    """
    if isinstance(value, str | os.PathLike):
        return MapFileConfig(path=os.fspath(value))
    if isinstance(value, dict) and value.get("type", "procedural") != "procedural":
        return from_dict(MapFileConfig, value, path="map")
    return value


def env_config_from(value: str | dict[str, Any] | EnvConfig | os.PathLike[str], *, base: EnvConfig) -> EnvConfig:
    """An environment config from a preset name, a config, or a dictionary or JSON file of changes to `base`.

    Raises:
        ConfigError: An unknown preset or key, or a value out of range.
        FileFormatError: The file is missing or not JSON.
    """
    if isinstance(value, EnvConfig):
        return value
    if isinstance(value, os.PathLike) or (isinstance(value, str) and _is_file_name(value)):
        value = load_values(value)
    if isinstance(value, dict):
        changes = dict(value)
        if "sensors" in changes:
            changes["sensors"] = sensors_from(changes["sensors"])
        if "map" in changes:
            changes["map"] = map_from(changes["map"])
        if "weather" in changes:
            changes["weather"] = weather_from(changes["weather"])
        return replace(base, **changes)
    if not isinstance(value, str):
        raise ConfigError(f"config: expected a preset name, a JSON file, a dictionary or an EnvConfig, got {value!r}")
    return ENV_PRESETS[check_choice("config", value, ENV_PRESETS)]


def _is_file_name(text: str) -> bool:
    """Whether a text means a file rather than a preset: it ends like one, has a folder, or is there."""
    return text not in ENV_PRESETS and (
        text.lower().endswith(".json") or Path(text).name != text or os.path.isfile(text)
    )
