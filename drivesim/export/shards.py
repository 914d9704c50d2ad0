"""Our own format: WebDataset shards, one uncompressed tar a drive.

`shards/drive-000000.tar` holds, for every labelled frame, files that share the key `000000_000012` (drive, frame):

| file | what |
|---|---|
| `.json` | time, car, calibration of the drive's first frame, road users with boxes in every camera, numbers |
| `.<camera>.jpg` | colours |
| `.<camera>_semantic.png` | `Semantic` ids, uint8 |
| `.<camera>_instance.png` | slot + 1 of the road user, from 256 up scenery, uint16 |
| `.<camera>_depth.npy` | along the optical axis [m], float16; 1000 for the sky |
| `.<sensor>.npy` | what any other sensor delivered |
| `.<sensor>_<channel>.npy` | its further channels |
"""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from drivesim.config import CameraConfig, SensorConfig
from drivesim.export.calibration import ego_from_sensor, intrinsic
from drivesim.export.drive import Drive, Frame, class_name, instance_name, json_ready, sensor_dicts, slots
from drivesim.export.pictures import jpeg, png

FOLDER = "shards"
PICTURES = ("depth", "semantic", "instance")
_IN_PICTURE = ("box", "box_visible", "pixels", "truncation", "visibility", "occluded")
_OBJECTS = ("position", "yaw", "velocity", "size", "semantic", "track")
_POINTS = ("lidar_points", "radar_points")


def key_of(drive: int, frame: int) -> str:
    """Key of a frame in its shard; it has no dot, which would end it."""
    return f"{drive:06d}_{frame:06d}"


class ShardWriter:
    """Writes a drive's shard into a folder."""

    def __init__(self, folder: Path, drive: Drive) -> None:
        self.drive = drive
        (folder / FOLDER).mkdir()
        self._tar = tarfile.open(folder / FOLDER / f"{drive.name}.tar", "w", format=tarfile.USTAR_FORMAT)

    @staticmethod
    def labels(sensors: tuple[SensorConfig, ...]) -> tuple[str, ...]:
        """Labels that it writes."""
        cameras = [sensor.name for sensor in sensors if isinstance(sensor, CameraConfig)]
        kinds = {sensor.type for sensor in sensors}
        return (
            "objects_valid", *(f"objects_{name}" for name in _OBJECTS),
            *(f"objects_{name}" for name in _POINTS if name.partition("_")[0] in kinds),
            *(f"{camera}_{picture}" for camera in cameras for picture in PICTURES),
            *(f"{camera}_objects_{name}" for camera in cameras for name in ("valid", *_IN_PICTURE)),
        )  # fmt: skip

    def add(self, frame: Frame) -> None:
        """Adds a frame; those without labels are left out."""
        if not frame.is_key:
            return
        key = key_of(self.drive.number, frame.number)
        self._add(f"{key}.json", json.dumps(self._description(frame), separators=(",", ":")).encode())
        for sensor in self.drive.sensors:
            if isinstance(sensor, CameraConfig):
                self._add_camera(key, sensor, frame)
                continue
            for channel in sensor.delivered():
                self._add(f"{key}.{channel.key}.npy", _npy(frame.observation[channel.key]))

    def close(self) -> dict[str, Any]:
        """Ends the shard; what the record of the drive keeps of it."""
        self._tar.close()
        return {}

    def _add_camera(self, key: str, camera: CameraConfig, frame: Frame) -> None:
        name = camera.name
        if "rgb" in camera.channels:
            self._add(f"{key}.{name}.jpg", jpeg(frame.observation[name], self.drive.quality))
        self._add(f"{key}.{name}_semantic.png", png(frame.labels[f"{name}_semantic"]))
        self._add(f"{key}.{name}_instance.png", png(frame.labels[f"{name}_instance"]))
        self._add(f"{key}.{name}_depth.npy", _npy(frame.labels[f"{name}_depth"].astype(np.float16)))

    def _add(self, name: str, data: bytes) -> None:
        # Every other field of the header stays at its default, so that equal frames are equal bytes.
        header = tarfile.TarInfo(name)
        header.size = len(data)
        self._tar.addfile(header, io.BytesIO(data))

    def _description(self, frame: Frame) -> dict[str, Any]:
        drive, labels = self.drive, frame.labels
        described: dict[str, Any] = {
            "drive": drive.number, "frame": frame.number, "time_s": frame.time_us / 1e6,
            "stamp_us": frame.stamp_us(drive), "ego": frame.pose._asdict(), "numbers": json_ready(frame.numbers),
            "objects": [self._object(labels, slot) for slot in slots(labels)],
        }  # fmt: skip
        if frame.number == 0:
            described["about"] = {
                "env": drive.env, "seed": drive.seed, "road": drive.road, "key_ticks": drive.key_ticks,
                "step_s": drive.step_s, "sensors": sensor_dicts(drive.sensors),
                "calibration": {each.name: _calibration(each) for each in drive.sensors},
            }  # fmt: skip
        return described

    def _object(self, labels: Any, slot: int) -> dict[str, Any]:
        described = {name: labels[f"objects_{name}"][slot] for name in _OBJECTS}
        described |= {name: labels[f"objects_{name}"][slot] for name in _POINTS if f"objects_{name}" in labels}
        described["slot"], described["class"] = slot, class_name(described["semantic"])
        described["instance"] = instance_name(self.drive, labels, slot)
        described["cameras"] = {
            camera.name: {name: labels[f"{camera.name}_objects_{name}"][slot] for name in _IN_PICTURE}
            for camera in self.drive.of_type("camera")
            if labels[f"{camera.name}_objects_valid"][slot]
        }
        return json_ready(described)


def _calibration(sensor: SensorConfig) -> dict[str, Any]:
    described = {"type": sensor.type, "ego_from_sensor": json_ready(ego_from_sensor(sensor))}
    if isinstance(sensor, CameraConfig):
        described |= {
            "intrinsic": json_ready(intrinsic(sensor)), "width": sensor.width, "height": sensor.height,
            "lens": sensor.lens, "distortion": list(sensor.distortion),
        }  # fmt: skip
    return described


def _npy(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(values), allow_pickle=False)
    return stream.getvalue()
