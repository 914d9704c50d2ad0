"""Sensor configs, one file a kind. Importing one imports no sensor: the table names where each is."""

from drivesim.config.sensors.base import (
    LATENCY_MAX_S,
    RATE_MAX_HZ,
    SENSOR_TYPES,
    Channel,
    SensorConfig,
    SensorType,
    register_sensor,
)
from drivesim.config.sensors.camera import CAMERA_CHANNELS, CameraConfig, cameras_of, telephoto
from drivesim.config.sensors.faults import (
    ANY_SENSOR,
    FAULT_KINDS,
    FaultConfig,
    FaultKind,
    fault_names,
    register_fault,
)
from drivesim.config.sensors.radar import RADAR_MODELS, RadarConfig, RadarDevice, nuscenes_radars

SENSOR_TYPES |= {
    "camera": SensorType(CameraConfig, "drivesim.sensors.camera.sensor:Camera"),
    "radar": SensorType(RadarConfig, "drivesim.sensors.radar.sensor:Radar"),
}

__all__ = [
    "ANY_SENSOR",
    "CAMERA_CHANNELS",
    "FAULT_KINDS",
    "LATENCY_MAX_S",
    "RADAR_MODELS",
    "RATE_MAX_HZ",
    "SENSOR_TYPES",
    "CameraConfig",
    "Channel",
    "FaultConfig",
    "FaultKind",
    "RadarConfig",
    "RadarDevice",
    "SensorConfig",
    "SensorType",
    "cameras_of",
    "fault_names",
    "nuscenes_radars",
    "register_fault",
    "register_sensor",
    "telephoto",
]
