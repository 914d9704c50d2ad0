"""MCAP files that Foxglove shows: `mcap/drive-000000.mcap`, a file a drive.

| topic | schema |
|---|---|
| `/tf` | FrameTransforms: world, ego, and a frame of its own for every sensor |
| `/camera/<name>/image`, `calibration`, `boxes` | CompressedImage, CameraCalibration, ImageAnnotations of the truth |
| `/lidar/<name>/points`, `/radar/<name>/points` | PointCloud |
| `/gnss/<name>/fix`, `/imu/<name>`, `/odometry/<name>` | LocationFix, drivesim.Imu, drivesim.Odometry |
| `/gt/boxes`, `/gt/pose` | SceneUpdate of all road users and PoseInFrame of the car, in the world |
"""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from drivesim.config import CameraConfig, ImuConfig, OdometryColumn, SensorConfig
from drivesim.export.calibration import ego_from_sensor, intrinsic, quaternion, yaw_quaternion
from drivesim.export.drive import Drive, Frame, class_name, instance_name, json_ready, slots
from drivesim.export.foxglove_schemas import SCHEMAS
from drivesim.export.mcap import McapFile
from drivesim.export.pictures import jpeg
from drivesim.semantics import SEMANTIC_COLOR

FOLDER = "mcap"
FLOAT32, LINE_LOOP, DELETE_ALL = 7, 2, 1
"""Numbers of Foxglove's enumerations."""
RADAR_FIELDS = ("x", "y", "z", "velocity", "velocity_compensated", "rcs", "snr")


class McapWriter:
    """Writes a drive's file."""

    def __init__(self, folder: Path, drive: Drive) -> None:
        self.drive = drive
        (folder / FOLDER).mkdir()
        self._file = McapFile(folder / FOLDER / f"{drive.name}.mcap")
        self._topics: set[str] = set()
        self._fixes: dict[str, int] = {}
        """When the last position of each receiver was taken [us]."""

    @staticmethod
    def labels(sensors: tuple[SensorConfig, ...]) -> tuple[str, ...]:
        """Labels that it writes."""
        cameras = [each.name for each in sensors if isinstance(each, CameraConfig) and "rgb" in each.channels]
        return (
            "objects_valid", "objects_semantic", "objects_track", "objects_size", "world_objects_position",
            "world_objects_yaw", "world_objects_velocity",
            *(f"{camera}_objects_{name}" for camera in cameras for name in ("pixels", "box_visible")),
        )  # fmt: skip

    def add(self, frame: Frame) -> None:
        """Adds a frame."""
        if not frame.is_key:
            return
        self._add_transforms(frame)
        writers: dict[str, Callable[[Any, Frame], None]] = {
            "lidar": self._add_lidar, "radar": self._add_radar, "imu": self._add_imu, "gnss": self._add_gnss,
            "odometry": self._add_odometry,
        }  # fmt: skip
        for camera in self.drive.cameras:
            self._add_camera(camera, frame)
        for sensor in self.drive.sensors:
            if sensor.type in writers:
                writers[sensor.type](sensor, frame)
        self._add_truth(frame)

    def close(self) -> dict[str, Any]:
        """Ends the file."""
        self._file.close()
        return {}

    def _send(self, topic: str, schema: str, frame: Frame, body: dict[str, Any], *, ago_s: float = 0.0) -> None:
        name = schema if "." in schema else f"foxglove.{schema}"
        if topic not in self._topics:
            self._topics.add(topic)
            self._file.channel(topic, name, SCHEMAS[name])
        time_ns = 1000 * frame.stamp_us(self.drive) - round(1e9 * ago_s)
        self._file.message(topic, time_ns, json.dumps(body, separators=(",", ":")).encode())

    def _stamp(self, frame: Frame, ago_s: float = 0.0) -> dict[str, int]:
        time_ns = 1000 * frame.stamp_us(self.drive) - round(1e9 * ago_s)
        return {"sec": time_ns // 10**9, "nsec": time_ns % 10**9}

    def _add_transforms(self, frame: Frame) -> None:
        stamp, pose = self._stamp(frame), frame.pose
        transforms = [_transform(stamp, "world", "ego", [pose.x, pose.y, 0.0], yaw_quaternion(pose.yaw))]
        for sensor in self.drive.sensors:
            matrix = ego_from_sensor(sensor)
            transforms.append(_transform(stamp, "ego", sensor.name, matrix[:3, 3].tolist(), quaternion(matrix[:3, :3])))
        self._send("/tf", "FrameTransforms", frame, {"transforms": transforms})

    def _add_camera(self, camera: CameraConfig, frame: Frame) -> None:
        stamp, name = self._stamp(frame), camera.name
        topic, head = f"/camera/{name}", {"timestamp": stamp, "frame_id": name}
        data = jpeg(frame.observation[name], self.drive.quality)
        self._send(f"{topic}/image", "CompressedImage", frame, {**head, "data": _base64(data), "format": "jpeg"})
        matrix = intrinsic(camera)
        model = "rational_polynomial" if len(camera.distortion) == 8 else "plumb_bob"
        size = 4 if camera.lens == "fisheye" else 8 if len(camera.distortion) == 8 else 5
        calibration = {
            **head, "width": camera.width, "height": camera.height,
            "distortion_model": "kannala_brandt" if camera.lens == "fisheye" else model,
            "D": [*camera.distortion, *[0.0] * (size - len(camera.distortion))], "K": matrix.ravel().tolist(),
            "R": np.eye(3).ravel().tolist(), "P": np.hstack([matrix, np.zeros((3, 1))]).ravel().tolist(),
        }  # fmt: skip
        self._send(f"{topic}/calibration", "CameraCalibration", frame, calibration)
        points, texts = [], []
        for slot in slots(frame.labels):
            if not frame.labels[f"{name}_objects_pixels"][slot]:
                continue
            left, top, right, bottom = json_ready(frame.labels[f"{name}_objects_box_visible"][slot])
            corners = [{"x": x, "y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
            color = _color(frame.labels["objects_semantic"][slot])
            points.append(
                {
                    "timestamp": stamp, "type": LINE_LOOP, "points": corners, "outline_color": color,
                    "outline_colors": [], "fill_color": {**color, "a": 0.0}, "thickness": 1.0,
                }
            )  # fmt: skip
            texts.append(
                {
                    "timestamp": stamp, "position": corners[0], "text": self._title(frame, slot), "font_size": 5.0,
                    "text_color": {"r": 1.0, "g": 1.0, "b": 1.0, "a": 1.0}, "background_color": color,
                }
            )  # fmt: skip
        self._send(f"{topic}/boxes", "ImageAnnotations", frame, {"circles": [], "points": points, "texts": texts})

    def _add_lidar(self, sensor: SensorConfig, frame: Frame) -> None:
        points = frame.observation.get(sensor.name)
        if points is None or points.ndim != 2:
            return
        valid = frame.observation.get(f"{sensor.name}_valid")
        kept = points[np.any(points[:, :3], axis=1) if valid is None else valid > 0]
        self._cloud(f"/lidar/{sensor.name}/points", sensor, frame, kept, ("x", "y", "z", "intensity"))

    def _add_radar(self, sensor: SensorConfig, frame: Frame) -> None:
        rows = frame.observation[sensor.name]
        rows = rows[rows[:, 0] > 0.0]
        place = np.stack([rows[:, 0] * np.cos(rows[:, 1]), rows[:, 0] * np.sin(rows[:, 1]), 0.0 * rows[:, 0]], axis=1)
        self._cloud(f"/radar/{sensor.name}/points", sensor, frame, np.hstack([place, rows[:, 2:]]), RADAR_FIELDS)

    def _cloud(self, topic: str, sensor: Any, frame: Frame, rows: np.ndarray, names: tuple[str, ...]) -> None:
        fields = [{"name": name, "offset": 4 * number, "type": FLOAT32} for number, name in enumerate(names)]
        data = np.ascontiguousarray(rows, "<f4").tobytes()
        body = {
            "timestamp": self._stamp(frame), "frame_id": sensor.name,
            "pose": _pose([0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]),
            "point_stride": 4 * len(names), "fields": fields, "data": _base64(data),
        }  # fmt: skip
        self._send(topic, "PointCloud", frame, body)

    def _add_imu(self, sensor: ImuConfig, frame: Frame) -> None:
        samples = frame.observation[sensor.name]
        age = float(frame.observation.get(f"{sensor.name}_age", np.zeros(1))[0])
        for number, sample in enumerate(json_ready(samples)):
            ago = age + (len(samples) - 1 - number) / sensor.sample_rate_hz
            body = {
                "timestamp": self._stamp(frame, ago), "frame_id": sensor.name, "specific_force": _vector(sample[:3]),
                "angular_rate": _vector(sample[3:]),
            }  # fmt: skip
            self._send(f"/imu/{sensor.name}", "drivesim.Imu", frame, body, ago_s=ago)

    def _add_gnss(self, sensor: SensorConfig, frame: Frame) -> None:
        if not frame.observation[f"{sensor.name}_valid"][0]:
            return
        age = float(frame.observation.get(f"{sensor.name}_age", np.zeros(1))[0])
        taken_us = frame.time_us - round(1e6 * age)
        # A receiver is slower than the frames: a position is told of once.
        if self._fixes.get(sensor.name) == taken_us:
            return
        self._fixes[sensor.name] = taken_us
        latitude, longitude, altitude = frame.observation[sensor.name].tolist()
        body = {
            "timestamp": self._stamp(frame, age), "frame_id": sensor.name, "latitude": latitude, "longitude": longitude,
            "altitude": altitude, "position_covariance": [0.0] * 9, "position_covariance_type": 0,
        }  # fmt: skip
        self._send(f"/gnss/{sensor.name}/fix", "LocationFix", frame, body)

    def _add_odometry(self, sensor: SensorConfig, frame: Frame) -> None:
        values = json_ready(frame.observation[sensor.name])
        names = {column.name.lower(): values[column] for column in OdometryColumn}
        body = {"timestamp": self._stamp(frame), "frame_id": sensor.name, **names}
        self._send(f"/odometry/{sensor.name}", "drivesim.Odometry", frame, body)

    def _add_truth(self, frame: Frame) -> None:
        stamp, labels = self._stamp(frame), frame.labels
        entities = []
        for slot in slots(labels):
            length, width, height = json_ready(labels["objects_size"][slot])
            velocity = json_ready(labels["world_objects_velocity"][slot])
            cube = {
                "pose": _pose(
                    json_ready(labels["world_objects_position"][slot]),
                    yaw_quaternion(float(labels["world_objects_yaw"][slot])),
                ),
                "size": {"x": length, "y": width, "z": height},
                "color": {**_color(labels["objects_semantic"][slot]), "a": 0.6},
            }
            about = {"class": class_name(labels["objects_semantic"][slot]), "speed": f"{math.hypot(*velocity):.2f}"}
            empty = dict.fromkeys(("arrows", "spheres", "cylinders", "lines", "triangles", "texts", "models"), ())
            entities.append(
                {
                    "timestamp": stamp, "frame_id": "world", "id": instance_name(self.drive, labels, slot),
                    "lifetime": {"sec": 0, "nsec": 0}, "frame_locked": False,
                    "metadata": [{"key": key, "value": value} for key, value in about.items()],
                    "cubes": [cube], **empty,
                }
            )  # fmt: skip
        deletions = [{"timestamp": stamp, "type": DELETE_ALL, "id": ""}]
        self._send("/gt/boxes", "SceneUpdate", frame, {"deletions": deletions, "entities": entities})
        pose = _pose([frame.pose.x, frame.pose.y, 0.0], yaw_quaternion(frame.pose.yaw))
        self._send("/gt/pose", "PoseInFrame", frame, {"timestamp": stamp, "frame_id": "world", "pose": pose})

    def _title(self, frame: Frame, slot: int) -> str:
        return f"{class_name(frame.labels['objects_semantic'][slot])} {int(frame.labels['objects_track'][slot])}"


def _vector(values: Any) -> dict[str, float]:
    return dict(zip("xyz", map(float, values), strict=True))


def _pose(position: list[float], wxyz: list[float]) -> dict[str, Any]:
    w, x, y, z = wxyz
    return {"position": _vector(position), "orientation": {"x": x, "y": y, "z": z, "w": w}}


def _transform(stamp: dict[str, int], parent: str, child: str, place: list[float], wxyz: list[float]) -> dict[str, Any]:
    pose = _pose(place, wxyz)
    return {
        "timestamp": stamp, "parent_frame_id": parent, "child_frame_id": child, "translation": pose["position"],
        "rotation": pose["orientation"],
    }  # fmt: skip


def _color(semantic: Any) -> dict[str, float]:
    red, green, blue = (SEMANTIC_COLOR[int(semantic)] / 255.0).round(3).tolist()
    return {"r": red, "g": green, "b": blue, "a": 1.0}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
