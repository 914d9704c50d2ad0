"""Sensor configs, one file a kind. Importing one imports no sensor: the table names where each is."""

from drivesim.config.sensors.base import (
    LATENCY_MAX_S,
    RATE_MAX_HZ,
    SENSOR_TYPES,
    Channel,
    SensorConfig,
    SensorType,
    applicable_faults,
    register_sensor,
)
from drivesim.config.sensors.bev import BEV_CHANNELS, BevConfig
from drivesim.config.sensors.camera import CAMERA_CHANNELS, CameraConfig, cameras_of, telephoto
from drivesim.config.sensors.camera_faults import CAMERA_FAULTS, CORRUPTIONS
from drivesim.config.sensors.faults import (
    ANY_SENSOR,
    DELIVERY_FAULTS,
    FAULT_KINDS,
    NEEDS_STAMPS,
    SEVERITY_MAX,
    VEHICLE,
    FaultConfig,
    FaultKind,
    fault_names,
    register_fault,
)
from drivesim.config.sensors.lidar import LIDAR_CHANNELS, LIDAR_MODELS, LidarConfig
from drivesim.config.sensors.motion import GnssConfig, ImuConfig, OdometryColumn, OdometryConfig
from drivesim.config.sensors.radar import RADAR_MODELS, RadarConfig, RadarDevice, nuscenes_radars

SENSOR_TYPES |= {
    "bev": SensorType(BevConfig, "drivesim.sensors.bev.sensor:BirdsEye"),
    "camera": SensorType(CameraConfig, "drivesim.sensors.camera.sensor:Camera"),
    "lidar": SensorType(LidarConfig, "drivesim.sensors.lidar.sensor:Lidar"),
    "radar": SensorType(RadarConfig, "drivesim.sensors.radar.sensor:Radar"),
    "imu": SensorType(ImuConfig, "drivesim.sensors.motion.imu:Imu"),
    "gnss": SensorType(GnssConfig, "drivesim.sensors.motion.gnss:Gnss"),
    "odometry": SensorType(OdometryConfig, "drivesim.sensors.motion.odometry:Odometry"),
}

__all__ = [
    "ANY_SENSOR",
    "BEV_CHANNELS",
    "CAMERA_CHANNELS",
    "CAMERA_FAULTS",
    "CORRUPTIONS",
    "DELIVERY_FAULTS",
    "FAULT_KINDS",
    "LATENCY_MAX_S",
    "LIDAR_CHANNELS",
    "LIDAR_MODELS",
    "NEEDS_STAMPS",
    "RADAR_MODELS",
    "RATE_MAX_HZ",
    "SENSOR_TYPES",
    "SEVERITY_MAX",
    "VEHICLE",
    "BevConfig",
    "CameraConfig",
    "Channel",
    "FaultConfig",
    "FaultKind",
    "GnssConfig",
    "ImuConfig",
    "LidarConfig",
    "OdometryColumn",
    "OdometryConfig",
    "RadarConfig",
    "RadarDevice",
    "SensorConfig",
    "SensorType",
    "applicable_faults",
    "cameras_of",
    "fault_names",
    "nuscenes_radars",
    "register_fault",
    "register_sensor",
    "telephoto",
]
