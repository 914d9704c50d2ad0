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
from drivesim.config.sensors.bev import BEV_CHANNELS, BevConfig
from drivesim.config.sensors.camera import CAMERA_CHANNELS, CameraConfig, cameras_of, telephoto
from drivesim.config.sensors.faults import (
    ANY_SENSOR,
    FAULT_KINDS,
    FaultConfig,
    FaultKind,
    fault_names,
    register_fault,
)

SENSOR_TYPES |= {
    "bev": SensorType(BevConfig, "drivesim.sensors.bev.sensor:BirdsEye"),
    "camera": SensorType(CameraConfig, "drivesim.sensors.camera.sensor:Camera"),
}

__all__ = [
    "ANY_SENSOR",
    "BEV_CHANNELS",
    "CAMERA_CHANNELS",
    "FAULT_KINDS",
    "LATENCY_MAX_S",
    "RATE_MAX_HZ",
    "SENSOR_TYPES",
    "BevConfig",
    "CameraConfig",
    "Channel",
    "FaultConfig",
    "FaultKind",
    "SensorConfig",
    "SensorType",
    "cameras_of",
    "fault_names",
    "register_fault",
    "register_sensor",
    "telephoto",
]
