"""KITTI's object detection benchmark: `training/` of the left colour camera, the right one, lidar and OXTS.

```
training/image_2/000012.png    the rig's first camera; image_3 the second, where it looks the same way
training/label_2/000012.txt    road users that show, in image_2
training/calib/000012.txt      P0 to P3, R0_rect, Tr_velo_to_cam, Tr_imu_to_velo
training/velodyne/000012.bin   float32 x forward, y left, z up, reflectance 0 to 1 of the rig's first lidar
training/oxts/000012.txt       KITTI raw: position, attitude, velocity, acceleration of the car
training/semantic/, depth_2/   Semantic ids, and depth in 1/256 m (0 beyond 255 m), as in KITTI's other benchmarks
ImageSets/trainval.txt         numbers of the frames; train.txt and val.txt by drives
```

A frame's number is drive * frames of a whole drive + frame, so that numbers have gaps behind drives that ended early.
Camera coordinates are those of the first camera: P0 = P2, and R0_rect is the unit matrix. Boxes are upright in them, as
KITTI's are: a camera that is not level sees them tilted.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drivesim.config import CameraConfig, GnssConfig, LidarConfig, SensorConfig
from drivesim.errors import ConfigError
from drivesim.export.calibration import PIXEL_CENTRE, ego_from_sensor, intrinsic, inverse
from drivesim.export.drive import Drive, Frame, slots
from drivesim.export.folder import write_bytes
from drivesim.export.pictures import png
from drivesim.semantics import Semantic

ROOT = "training"
NUMBERS_MAX = 1_000_000
DEPTH_STEPS, DEPTH_MAX_M = 256.0, 255.0
TYPES = {
    Semantic.CAR: "Car", Semantic.TRUCK: "Truck", Semantic.BUS: "Misc", Semantic.TRAIN: "Tram",
    Semantic.PEDESTRIAN: "Pedestrian", Semantic.RIDER: "Cyclist", Semantic.BICYCLE: "Cyclist",
    Semantic.MOTORCYCLE: "Misc",
}  # fmt: skip
VAN_LENGTH_M = 5.1
"""Cars from this length and `VAN_HEIGHT_M` up are KITTI's vans."""
VAN_HEIGHT_M = 1.9
VALIDATION_EVERY = 5
"""Every so many-th drive is in val.txt."""
_EARTH_M = 6378137.0
_BOXED = ("valid", "position", "yaw", "box", "box_visible", "pixels", "truncation", "occluded", "alpha")


class KittiWriter:
    """Writes a drive's frames."""

    def __init__(self, folder: Path, drive: Drive) -> None:
        self.folder, self.drive = folder, drive
        if not drive.cameras:
            raise ConfigError("sensors: KITTI needs a camera, got none")
        if (drive.number + 1) * drive.frames_max > NUMBERS_MAX:
            raise ConfigError(f"drives: KITTI numbers at most {NUMBERS_MAX:,} frames; record fewer drives or frames")
        self.camera = drive.cameras[0]
        self.right = next((each for each in drive.cameras[1:] if _looks_alike(each, self.camera)), None)
        lidars = [each for each in drive.sensors if isinstance(each, LidarConfig) and "points" in each.channels]
        self.lidar = lidars[0] if lidars else None
        self.gnss = next((each for each in drive.sensors if isinstance(each, GnssConfig)), None)
        self._calibration = self._calibrated()

    @staticmethod
    def labels(sensors: tuple[SensorConfig, ...]) -> tuple[str, ...]:
        """Labels that it writes."""
        camera = next((each.name for each in sensors if isinstance(each, CameraConfig) and "rgb" in each.channels), "")
        pictures = [f"{camera}_{name}" for name in ("semantic", "depth")] if camera else []
        boxes = [f"{camera}_objects_{name}" for name in _BOXED] if camera else []
        return ("objects_valid", "objects_semantic", "objects_size", *pictures, *boxes)

    def add(self, frame: Frame) -> None:
        """Adds a frame."""
        if not frame.is_key:
            return
        name = f"{self.drive.number * self.drive.frames_max + frame.number:06d}"
        self._write("image_2", f"{name}.png", png(frame.observation[self.camera.name]))
        if self.right is not None:
            self._write("image_3", f"{name}.png", png(frame.observation[self.right.name]))
        self._write("semantic", f"{name}.png", png(frame.labels[f"{self.camera.name}_semantic"]))
        depth = frame.labels[f"{self.camera.name}_depth"]
        steps = np.where(depth <= DEPTH_MAX_M, np.round(depth * DEPTH_STEPS), 0.0).astype(np.uint16)
        self._write("depth_2", f"{name}.png", png(steps))
        if self.lidar is not None:
            points, valid = frame.observation[self.lidar.name], frame.observation.get(f"{self.lidar.name}_valid")
            kept = points if valid is None else points[valid > 0]
            self._write("velodyne", f"{name}.bin", np.ascontiguousarray(kept, "<f4").tobytes())
        self._write("label_2", f"{name}.txt", self._labels(frame).encode())
        self._write("calib", f"{name}.txt", self._calibration.encode())
        self._write("oxts", f"{name}.txt", self._oxts(frame).encode())

    def close(self) -> dict[str, Any]:
        """Nothing that is not in files."""
        return {}

    def _write(self, folder: str, name: str, data: bytes) -> None:
        file = self.folder / ROOT / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def _labels(self, frame: Frame) -> str:
        labels, camera = frame.labels, self.camera.name
        lines = []
        for slot in slots(labels):
            of = {name: labels[f"{camera}_objects_{name}"][slot] for name in _BOXED}
            if not of["valid"] or not of["pixels"]:
                continue
            length, width, height = labels["objects_size"][slot].tolist()
            kind = TYPES[Semantic(int(labels["objects_semantic"][slot]))]
            if kind == "Car" and length >= VAN_LENGTH_M and height >= VAN_HEIGHT_M:
                kind = "Van"
            x, y, z = of["position"].tolist()
            numbers = (
                float(of["truncation"]), int(of["occluded"]), float(of["alpha"]),
                *(of["box"].astype(float) - PIXEL_CENTRE).tolist(), height, width, length, x, y + 0.5 * height, z,
                float(of["yaw"]),
            )  # fmt: skip
            lines.append(" ".join([kind, *(str(n) if isinstance(n, int) else f"{n:.4f}" for n in numbers)]) + "\n")
        return "".join(lines)

    def _calibrated(self) -> str:
        camera_from_ego = inverse(ego_from_sensor(self.camera))
        p2 = np.hstack([intrinsic(self.camera), np.zeros((3, 1))])
        p3 = p2
        if self.right is not None:
            right_from_camera = inverse(ego_from_sensor(self.right)) @ ego_from_sensor(self.camera)
            p3 = intrinsic(self.right) @ right_from_camera[:3]
        ego_from_lidar = np.eye(4) if self.lidar is None else ego_from_sensor(self.lidar)
        matrices = {
            "P0": p2, "P1": p3, "P2": p2, "P3": p3, "R0_rect": np.eye(3),
            "Tr_velo_to_cam": (camera_from_ego @ ego_from_lidar)[:3], "Tr_imu_to_velo": inverse(ego_from_lidar)[:3],
        }  # fmt: skip
        return "".join(
            f"{name}: {' '.join(f'{value:.12e}' for value in matrix.ravel())}\n" for name, matrix in matrices.items()
        )

    def _oxts(self, frame: Frame) -> str:
        """KITTI raw's 30 numbers; latitude and longitude by the Mercator projection that KITTI's own tools undo."""
        pose, origin = frame.pose, self.gnss
        latitude, longitude, altitude = (
            (origin.origin_latitude_deg, origin.origin_longitude_deg, origin.origin_altitude_m)
            if origin is not None
            else (49.0, 8.43, 115.0)
        )
        scale = math.cos(math.radians(latitude)) * _EARTH_M
        east = scale * math.radians(longitude) + pose.x
        north = scale * math.log(math.tan(math.radians(90.0 + latitude) / 2.0)) + pose.y
        lat = math.degrees(2.0 * math.atan(math.exp(north / scale))) - 90.0
        lon = math.degrees(east / scale)
        cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
        along, aside = pose.acceleration, pose.speed * pose.yaw_rate
        values = [
            lat, lon, altitude, 0.0, 0.0, pose.yaw, pose.speed * sin, pose.speed * cos, pose.speed, 0.0, 0.0,
            along, aside, 9.81, along, aside, 9.81, 0.0, 0.0, pose.yaw_rate, 0.0, 0.0, pose.yaw_rate, 0.02, 0.01,
        ]  # fmt: skip
        return " ".join([*(f"{value:.12g}" for value in values), "4", "10", "4", "4", "0"]) + "\n"


def assemble(folder: Path, request: dict[str, Any], records: Sequence[dict[str, Any]]) -> None:
    """Writes `ImageSets`."""
    sets: dict[str, list[str]] = {"train": [], "val": []}
    for record in records:
        first = record["number"] * request["frames_max"]
        which = "val" if record["number"] % VALIDATION_EVERY == VALIDATION_EVERY - 1 else "train"
        sets[which] += [f"{first + frame:06d}\n" for frame in range(record["frames"])]
    sets["trainval"], sets["test"] = sorted(sets["train"] + sets["val"]), []
    for name, lines in sets.items():
        write_bytes(folder / "ImageSets" / f"{name}.txt", "".join(lines).encode())


def _looks_alike(one: CameraConfig, other: CameraConfig) -> bool:
    same = ("width", "height", "yaw_deg", "pitch_deg", "roll_deg", "focal")
    return all(getattr(one, name) == getattr(other, name) for name in same)
