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
    VEHICLE,
    FaultConfig,
    FaultKind,
    fault_names,
    register_fault,
)
from drivesim.config.sensors.motion import GnssConfig, ImuConfig, OdometryColumn, OdometryConfig

SENSOR_TYPES |= {
    "camera": SensorType(CameraConfig, "drivesim.sensors.camera.sensor:Camera"),
    "imu": SensorType(ImuConfig, "drivesim.sensors.motion.imu:Imu"),
    "gnss": SensorType(GnssConfig, "drivesim.sensors.motion.gnss:Gnss"),
    "odometry": SensorType(OdometryConfig, "drivesim.sensors.motion.odometry:Odometry"),
}

__all__ = [
    "ANY_SENSOR",
    "CAMERA_CHANNELS",
    "FAULT_KINDS",
    "LATENCY_MAX_S",
    "RATE_MAX_HZ",
    "SENSOR_TYPES",
    "VEHICLE",
    "CameraConfig",
    "Channel",
    "FaultConfig",
    "FaultKind",
    "GnssConfig",
    "ImuConfig",
    "OdometryColumn",
    "OdometryConfig",
    "SensorConfig",
    "SensorType",
    "cameras_of",
    "fault_names",
    "register_fault",
    "register_sensor",
    "telephoto",
]
