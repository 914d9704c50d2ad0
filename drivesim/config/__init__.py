"""Frozen, keyword-only configs, checked where they are built."""

from drivesim.config.base import from_dict, load, replace, save, to_dict
from drivesim.config.presets import ENV_PRESETS, SENSOR_PRESETS, env_config_from, sensors_from
from drivesim.config.sensors import (
    CAMERA_CHANNELS,
    SENSOR_TYPES,
    CameraConfig,
    Channel,
    SensorConfig,
    cameras_of,
    register_sensor,
    telephoto,
)
from drivesim.config.simulation import (
    ACTION_TYPES,
    GENERATORS,
    EnvConfig,
    MapConfig,
    MapSource,
    RewardConfig,
    TaskConfig,
    TrafficConfig,
    VehicleConfig,
)

__all__ = [
    "ACTION_TYPES",
    "CAMERA_CHANNELS",
    "ENV_PRESETS",
    "GENERATORS",
    "SENSOR_PRESETS",
    "SENSOR_TYPES",
    "CameraConfig",
    "Channel",
    "EnvConfig",
    "MapConfig",
    "MapSource",
    "RewardConfig",
    "SensorConfig",
    "TaskConfig",
    "TrafficConfig",
    "VehicleConfig",
    "cameras_of",
    "env_config_from",
    "from_dict",
    "load",
    "register_sensor",
    "replace",
    "save",
    "sensors_from",
    "telephoto",
    "to_dict",
]
