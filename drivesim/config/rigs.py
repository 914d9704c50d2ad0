"""Whole rigs of known cars, scaled to modest pictures: `sensors="nuscenes"` and others.

Poses are those of the sensors on the real cars; pictures are smaller, and show the same.
"""

import math
from typing import Any, NamedTuple

from drivesim.config.sensors import (
    CAMERA_CHANNELS,
    LIDAR_CHANNELS,
    BevConfig,
    CameraConfig,
    GnssConfig,
    ImuConfig,
    LidarConfig,
    OdometryConfig,
    RadarConfig,
    SensorConfig,
    nuscenes_radars,
    telephoto,
)


class Pose(NamedTuple):
    """Angles of a sensor as `SensorConfig` counts them [deg]."""

    yaw_deg: float
    """Left positive."""
    pitch_deg: float
    """Nose-down."""
    roll_deg: float
    """Clockwise seen from behind."""


def pose_from_quaternion(w: float, x: float, y: float, z: float) -> Pose:
    """Angles of a camera from the rotation of its frame (right, down, ahead) into the ego frame (ahead, left, up).

    Args:
        w: Real part first, as nuScenes and most of robotics have it.
        x: Imaginary parts.
        y: Second.
        z: Third.
    """
    norm = math.sqrt(w * w + x * x + y * y + z * z)
    w, x, y, z = w / norm, x / norm, y / norm, z / norm
    # Columns of the rotation matrix: where the camera's axes point in the ego frame.
    right = (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y))
    ahead = (2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y))
    yaw = math.atan2(ahead[1], ahead[0])
    pitch = math.asin(min(max(-ahead[2], -1.0), 1.0))
    # Of a camera with the same axis and no roll: right is level, down lies in the upright plane.
    level = (math.sin(yaw), -math.cos(yaw), 0.0)
    below = (-math.sin(pitch) * math.cos(yaw), -math.sin(pitch) * math.sin(yaw), -math.cos(pitch))
    roll = math.atan2(_dot(right, below), _dot(right, level))
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def _dot(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return sum(one * other for one, other in zip(a, b, strict=True))


class MountedCamera(NamedTuple):
    """A camera on a real car, in the words of its calibration."""

    name: str
    """Of the sensor."""
    position: tuple[float, float, float]
    """Ahead of the rear axle, left, up [m]."""
    rotation: tuple[float, float, float, float]
    """Quaternion w, x, y, z: camera frame (right, down, ahead) to ego frame (ahead, left, up)."""
    size: tuple[int, int]
    """Of its pictures [px]."""
    focal: float
    """[px]"""
    centre: tuple[float, float]
    """Principal point [px], counted from the centre of the first pixel, as OpenCV does."""


NUSCENES_CAMERAS = (
    MountedCamera(
        "cam_front", (1.70079, 0.01595, 1.51096), (0.4998, -0.5030, 0.4998, -0.4974), (1600, 900), 1266.417,
        (816.267, 491.507),
    ),
    MountedCamera(
        "cam_front_right", (1.55085, -0.49340, 1.49575), (0.20603, -0.20269, 0.68245, -0.67136), (1600, 900), 1260.847,
        (807.968, 495.334),
    ),
    MountedCamera(
        "cam_front_left", (1.52388, 0.49463, 1.50932), (0.67573, -0.67363, 0.21214, -0.21123), (1600, 900), 1272.598,
        (826.615, 479.752),
    ),
    MountedCamera(
        "cam_back", (0.02833, 0.00345, 1.57910), (0.50379, -0.49740, -0.49419, 0.50455), (1600, 900), 809.221,
        (829.220, 481.778),
    ),
    MountedCamera(
        "cam_back_left", (1.03569, 0.48480, 1.59097), (0.69242, -0.70316, -0.11648, 0.11203), (1600, 900), 1256.741,
        (792.113, 492.776),
    ),
    MountedCamera(
        "cam_back_right", (1.01488, -0.48057, 1.56240), (0.12281, -0.13240, -0.70043, 0.69050), (1600, 900), 1259.514,
        (807.253, 501.196),
    ),
)  # fmt: skip
"""The six cameras of a nuScenes car (`calibrated_sensor.json`), in their order in the data set's papers."""
_AHEAD = (0.5, -0.5, 0.5, -0.5)
"""A level camera that looks ahead."""


def camera_from(
    mounted: MountedCamera, *, width: int, height: int, is_level: bool = False, **options: Any
) -> CameraConfig:
    """The config of a camera on a real car, with pictures of `width` columns that show as much from side to side.

    Pixels stay square: other proportions show more or less above and below.

    Args:
        mounted: Its calibration.
        width: [px]
        height: [px]
        is_level: Without its tilt, a degree or so; a shift of the principal point keeps the horizon where it was. Level
            cameras are drawn several times as fast.
        **options: Further fields of `CameraConfig`.
    """
    scale = width / mounted.size[0]
    pose = pose_from_quaternion(*mounted.rotation)
    focal = scale * mounted.focal
    # OpenCV's principal points are half a pixel less than ours.
    centre_x = scale * (mounted.centre[0] + 0.5)
    centre_y = 0.5 * height + scale * (mounted.centre[1] + 0.5 - 0.5 * mounted.size[1])
    if is_level:
        centre_y -= focal * math.tan(math.radians(pose.pitch_deg))
        pose = Pose(pose.yaw_deg, 0.0, 0.0)
    x, y, z = mounted.position
    return CameraConfig(
        name=mounted.name, width=width, height=height, focal_px=(focal,), principal_x=centre_x / width,
        principal_y=centre_y / height, x_m=x, y_m=y, z_m=z, yaw_deg=pose.yaw_deg, pitch_deg=pose.pitch_deg,
        roll_deg=pose.roll_deg, **options,
    )  # fmt: skip


def nuscenes_cameras(
    *, width: int = 128, height: int = 72, is_level: bool = False, **options: Any
) -> tuple[CameraConfig, ...]:
    """The six cameras of nuScenes: 70 degrees to the front and to the sides, 110 to the back; see `camera_from`."""
    return tuple(
        camera_from(each, width=width, height=height, is_level=is_level, **options) for each in NUSCENES_CAMERAS
    )


def nuscenes(**options: Any) -> tuple[SensorConfig, ...]:
    """The sensors of a nuScenes car (Renault Zoe): cameras, a lidar on the roof, five radars, motion.

    Arguments as of `nuscenes_cameras`. The lidar has 360 columns of its 1,084; everything but the receiver measures at
    every step. With `is_level=True` its cameras lose their tilt of a degree or less and are drawn four times as fast.
    """
    return (
        *nuscenes_cameras(**options),
        LidarConfig(channels=("points", "valid", "ring")),
        *nuscenes_radars(),
        ImuConfig(),
        GnssConfig(),
        OdometryConfig(),
    )


def openpilot(*, width: int = 128, height: int = 80, **options: Any) -> tuple[SensorConfig, ...]:
    """A comma three on the windscreen: a road camera of 40 degrees and a wide one of 119.

    Beside them are its inertial unit and receiver, and the car's own radar and odometry. openpilot takes the pictures
    of both for those of pinholes (`common/transformations/camera.py`).
    """
    place, size, centre = (1.5, 0.0, 1.22), (1928, 1208), (963.5, 603.5)
    road = MountedCamera("camera_road", place, _AHEAD, size, 2648.0, centre)
    wide = MountedCamera("camera_wide", place, _AHEAD, size, 567.0, centre)
    cameras = (camera_from(each, width=width, height=height, **options) for each in (road, wide))
    radar = RadarConfig(model="LRR", x_m=3.4, z_m=0.5)
    return (*cameras, radar, ImuConfig(x_m=1.5, z_m=1.22), GnssConfig(), OdometryConfig())


def kitti(*, width: int = 160, height: int = 48, **options: Any) -> tuple[SensorConfig, ...]:
    """The sensors of KITTI's car: the rectified colour stereo pair, a lidar, and the OXTS unit as IMU and receiver.

    The cameras are 0.54 m apart: disparity is focal length * 0.54 m / depth.
    """
    size, centre = (1242, 375), (609.56, 172.85)
    left = MountedCamera("camera_left", (1.03, 0.27, 1.65), _AHEAD, size, 721.54, centre)
    right = MountedCamera("camera_right", (1.03, -0.27, 1.65), _AHEAD, size, 721.54, centre)
    cameras = (camera_from(each, width=width, height=height, **options) for each in (left, right))
    lidar = LidarConfig(model="HDL-64E", x_m=0.76, z_m=1.73, channels=("points", "valid"))
    return (*cameras, lidar, ImuConfig(model="stim300", z_m=0.93), GnssConfig(model="rtk", z_m=0.93))


def carla_leaderboard(*, width: int = 128, height: int = 96, **options: Any) -> tuple[SensorConfig, ...]:
    """What the CARLA leaderboard allows: three cameras of 100 degrees as its agents have, lidar, radar, motion.

    CARLA's origin, the middle of the car, lies 1.4 m ahead of the rear axle, and its y and yaw count to the right.
    """
    places = (("camera_left", 0.4, 45.0), ("camera", 0.0, 0.0), ("camera_right", -0.4, -45.0))
    cameras = (
        CameraConfig(
            name=name,
            width=width,
            height=height,
            fov_deg=100.0,
            principal_y=0.5,
            x_m=2.1,
            y_m=y,
            z_m=1.6,
            yaw_deg=yaw,
            **options,
        )
        for name, y, yaw in places
    )
    return (
        *cameras,
        LidarConfig(model="CARLA", x_m=1.4, z_m=2.5, channels=("points", "valid")),
        RadarConfig(model="LRR", x_m=3.4, z_m=0.5, range_m=100.0),
        ImuConfig(x_m=1.4),
        GnssConfig(x_m=1.4),
        OdometryConfig(),
    )  # fmt: skip


def all_kinds() -> tuple[SensorConfig, ...]:
    """One sensor of every kind and every lens, with every channel."""
    return (
        CameraConfig(channels=CAMERA_CHANNELS),
        telephoto(),
        CameraConfig(
            name="camera_fisheye", lens="fisheye", fov_deg=190.0, principal_y=0.5, x_m=2.0, z_m=1.2, pitch_deg=20.0
        ),
        LidarConfig(channels=LIDAR_CHANNELS),
        RadarConfig(),
        ImuConfig(),
        GnssConfig(),
        OdometryConfig(),
        BevConfig(),
    )


RIGS: dict[str, tuple[SensorConfig, ...]] = {
    "nuscenes": nuscenes(),
    "nuscenes_level": nuscenes(is_level=True),
    "openpilot": openpilot(),
    "kitti": kitti(),
    "carla_leaderboard": carla_leaderboard(),
    "all": all_kinds(),
}
"""Rigs by the name under which `sensors=` takes them."""
