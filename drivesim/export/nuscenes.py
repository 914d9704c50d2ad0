"""nuScenes v1.0: samples, sweeps and all 13 tables, version `v1.0-drivesim`.

A drive is a scene with a log and a map mask of its own. Key frames are samples, 2 a second unless asked otherwise; the
control steps between them are sweeps. Every road user that a lidar, a radar or a camera has met is annotated.
Scenes are moved so that the least coordinates of their map are 0, because the devkit looks maps up by pixel.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from drivesim.config import CameraConfig, LidarConfig, SensorConfig
from drivesim.export.calibration import ego_from_sensor, intrinsic, quaternion, yaw_quaternion
from drivesim.export.drive import Drive, Frame, instance_name, json_ready, slots
from drivesim.export.folder import write_json
from drivesim.export.pictures import jpeg, png
from drivesim.export.radar_pcd import radar_pcd
from drivesim.maps.network import AreaKind
from drivesim.semantics import Semantic

VERSION = "v1.0-drivesim"
RESOLUTION_M = 0.1
"""Of map masks [m]; the devkit takes it for granted."""
MARGIN_M = 60.0
"""A map mask reaches this far around the drive [m]."""
MOVING_M_S = 0.5
VALIDATION_EVERY = 5
"""Every so many-th drive is in the split `val`."""
CATEGORIES = {
    Semantic.CAR: "vehicle.car", Semantic.TRUCK: "vehicle.truck", Semantic.BUS: "vehicle.bus.rigid",
    Semantic.TRAIN: "vehicle.trailer", Semantic.MOTORCYCLE: "vehicle.motorcycle", Semantic.BICYCLE: "vehicle.bicycle",
    Semantic.RIDER: "vehicle.bicycle", Semantic.PEDESTRIAN: "human.pedestrian.adult",
}  # fmt: skip
ALL_CATEGORIES = (
    "animal", *(f"human.pedestrian.{name}" for name in (
        "adult", "child", "construction_worker", "personal_mobility", "police_officer", "stroller", "wheelchair")),
    *(f"movable_object.{name}" for name in ("barrier", "debris", "pushable_pullable", "trafficcone")),
    "static_object.bicycle_rack", *(f"vehicle.{name}" for name in (
        "bicycle", "bus.bendy", "bus.rigid", "car", "construction", "emergency.ambulance", "emergency.police",
        "motorcycle", "trailer", "truck")),
)  # fmt: skip
ATTRIBUTES = (
    "vehicle.moving", "vehicle.parked", "vehicle.stopped", "cycle.with_rider", "cycle.without_rider",
    "pedestrian.moving", "pedestrian.standing", "pedestrian.sitting_lying_down",
)  # fmt: skip
LEVELS = ("v0-40", "v40-60", "v60-80", "v80-100")
_CAMERAS = {
    "camera": "CAM_FRONT", "camera_left": "CAM_FRONT_LEFT", "camera_right": "CAM_FRONT_RIGHT",
    "camera_back": "CAM_BACK",
}  # fmt: skip
_PER_DRIVE = (
    "instance", "calibrated_sensor", "ego_pose", "log", "scene", "sample", "sample_data", "sample_annotation", "map",
)  # fmt: skip


def token(*words: object) -> str:
    """A token, 32 hexadecimal digits, of what it stands for."""
    return hashlib.md5("/".join(map(str, words)).encode(), usedforsecurity=False).hexdigest()


def channel_of(sensor: SensorConfig, number: int) -> str:
    """NuScenes' name of a sensor, the `number`-th of its type."""
    if sensor.type == "lidar":
        return "LIDAR_TOP" if number == 0 else f"LIDAR_{sensor.name.upper()}"
    return _CAMERAS.get(sensor.name, sensor.name.upper())


class NuscenesWriter:
    """Writes a drive's samples and sweeps; its rows of the tables go into its record."""

    def __init__(self, folder: Path, drive: Drive) -> None:
        self.folder, self.drive = folder, drive
        self.channels: list[tuple[str, SensorConfig]] = []
        for kind in ("camera", "lidar", "radar"):
            of_kind = drive.cameras if kind == "camera" else drive.of_type(kind)
            self.channels += [(channel_of(each, number), each) for number, each in enumerate(of_kind)]
        for channel, _ in self.channels:
            for part in ("samples", "sweeps"):
                (folder / part / channel).mkdir(parents=True)
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _PER_DRIVE}
        self._latest: dict[str, dict[str, Any]] = {}
        """The last row of every chain, by what it is a chain of."""
        self._pictures: list[str] = []

    @staticmethod
    def labels(sensors: tuple[SensorConfig, ...]) -> tuple[str, ...]:
        """Labels that it writes."""
        names = ["objects_valid", "objects_semantic", "objects_track", "objects_size"]
        names += [f"world_objects_{name}" for name in ("position", "yaw", "velocity")]
        names += [f"objects_{kind}_points" for kind in ("lidar", "radar") if any(s.type == kind for s in sensors)]
        return (*names, *(["objects_visibility_level"] if any(s.type == "camera" for s in sensors) else []))

    def add(self, frame: Frame) -> None:
        """Adds a sample or a sweep."""
        name, stamp = self.drive.name, frame.stamp_us(self.drive)
        sample = token(name, "sample", frame.number)
        if frame.is_key:
            row = {"token": sample, "timestamp": stamp, "scene_token": token(name), "prev": "", "next": ""}
            self._chain("sample", "sample", row)
            self._annotate(frame, sample)
        part = "samples" if frame.is_key else "sweeps"
        for channel, sensor in self.channels:
            suffix = {"camera": "jpg", "lidar": "pcd.bin", "radar": "pcd"}[sensor.type]
            file = f"{part}/{channel}/{name}__{channel}__{stamp}.{suffix}"
            (self.folder / file).write_bytes(self._measured(sensor, frame))
            if frame.is_key and self.drive.cameras and sensor is self.drive.cameras[0]:
                self._pictures.append(file)
            data, pose = token(file), token("pose", file)
            is_camera = isinstance(sensor, CameraConfig)
            self._chain(
                "sample_data", channel,
                {
                    "token": data, "sample_token": sample, "ego_pose_token": pose,
                    "calibrated_sensor_token": token(name, channel), "filename": file,
                    "fileformat": "jpg" if is_camera else "pcd", "width": sensor.width if is_camera else 0,
                    "height": sensor.height if is_camera else 0, "timestamp": stamp, "is_key_frame": frame.is_key,
                    "prev": "", "next": "",
                },
            )  # fmt: skip
            self.rows["ego_pose"].append(
                {
                    "token": pose, "translation": [frame.pose.x, frame.pose.y, 0.0],
                    "rotation": yaw_quaternion(frame.pose.yaw), "timestamp": stamp,
                }
            )  # fmt: skip

    def close(self) -> dict[str, Any]:
        """The drive's rows of every table, and where the first camera's pictures are."""
        rows, name = self.rows, self.drive.name
        self._write_map()
        log = token(name, "log")
        rows["log"].append(
            {
                "token": log, "logfile": name, "vehicle": "drivesim", "date_captured": "2020-09-13",
                "location": f"drivesim-{self.drive.env}",
            }
        )  # fmt: skip
        rows["map"].append(
            {"token": token(name, "map"), "log_tokens": [log], "category": "semantic_prior", "filename": self._map_file}
        )
        samples = rows["sample"]
        rows["scene"].append(
            {
                "token": token(name), "log_token": log, "nbr_samples": len(samples),
                "first_sample_token": samples[0]["token"], "last_sample_token": samples[-1]["token"],
                "name": scene_name(self.drive.number), "description": f"{self.drive.env}, road {self.drive.road}",
            }
        )  # fmt: skip
        for channel, sensor in self.channels:
            matrix = ego_from_sensor(sensor)
            if isinstance(sensor, LidarConfig):
                # nuScenes' lidar looks along y, x to the right.
                matrix = matrix @ np.array([[0.0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
            rows["calibrated_sensor"].append(
                {
                    "token": token(name, channel), "sensor_token": token("sensor", channel),
                    "translation": matrix[:3, 3].tolist(), "rotation": quaternion(matrix[:3, :3]),
                    "camera_intrinsic": intrinsic(sensor).tolist() if isinstance(sensor, CameraConfig) else [],
                }
            )  # fmt: skip
        channels = [[channel, sensor.type] for channel, sensor in self.channels]
        return {"rows": rows, "channels": channels, "pictures": self._pictures}

    @property
    def _map_file(self) -> str:
        return f"maps/{token(self.drive.name, 'map')}.png"

    def _chain(self, table: str, what: str, row: dict[str, Any]) -> None:
        """Appends a row to a table and to the chain of what it is about."""
        before = self._latest.get(f"{table} {what}")
        if before is not None:
            row["prev"], before["next"] = before["token"], row["token"]
        self._latest[f"{table} {what}"] = row
        self.rows[table].append(row)

    def _annotate(self, frame: Frame, sample: str) -> None:
        labels = frame.labels
        zeros = np.zeros(len(labels["objects_valid"]), np.int32)
        lidar, radar = (labels.get(f"objects_{kind}_points", zeros) for kind in ("lidar", "radar"))
        level = labels.get("objects_visibility_level", zeros)
        for slot in slots(labels):
            if not (lidar[slot] or radar[slot] or level[slot]):
                continue
            kind = Semantic(int(labels["objects_semantic"][slot]))
            instance = token(instance_name(self.drive, labels, slot))
            length, width, height = json_ready(labels["objects_size"][slot])
            row = {
                "token": token(instance, frame.number), "sample_token": sample, "instance_token": instance,
                "attribute_tokens": [token("attribute", _attribute(kind, labels["world_objects_velocity"][slot]))],
                "visibility_token": str(max(int(level[slot]), 1)),
                "translation": json_ready(labels["world_objects_position"][slot]), "size": [width, length, height],
                "rotation": yaw_quaternion(float(labels["world_objects_yaw"][slot])),
                "num_lidar_pts": int(lidar[slot]), "num_radar_pts": int(radar[slot]), "prev": "", "next": "",
            }  # fmt: skip
            is_new = f"sample_annotation {instance}" not in self._latest
            self._chain("sample_annotation", instance, row)
            if is_new:
                self.rows["instance"].append(
                    {
                        "token": instance, "category_token": token("category", CATEGORIES[kind]), "nbr_annotations": 0,
                        "first_annotation_token": row["token"], "last_annotation_token": "",
                    }
                )  # fmt: skip
                self._latest[f"instance {instance}"] = self.rows["instance"][-1]
            known = self._latest[f"instance {instance}"]
            known["nbr_annotations"] += 1
            known["last_annotation_token"] = row["token"]

    def _measured(self, sensor: SensorConfig, frame: Frame) -> bytes:
        seen = frame.observation
        if isinstance(sensor, CameraConfig):
            return jpeg(seen[sensor.name], self.drive.quality)
        valid = seen.get(f"{sensor.name}_valid")
        if not isinstance(sensor, LidarConfig):
            return radar_pcd(seen[sensor.name], seen[sensor.name][:, 0] > 0.0 if valid is None else valid)
        points = seen[sensor.name]
        kept = np.any(points[:, :3], axis=1) if valid is None else valid > 0
        beams = len(sensor.device.elevations_deg)
        ring = np.arange(len(points)) % beams
        # Their rings count from the lowest beam.
        columns = (-points[:, 1], points[:, 0], points[:, 2], 255.0 * points[:, 3], beams - 1.0 - ring)
        return np.ascontiguousarray(np.stack(columns, axis=1)[kept], "<f4").tobytes()

    def _write_map(self) -> None:
        """Draws the mask of the drivable ground around the drive, and moves everything into its coordinates."""
        places = np.array([row["translation"][:2] for row in self.rows["ego_pose"]])
        low, high = places.min(axis=0) - MARGIN_M, places.max(axis=0) + MARGIN_M
        low = np.floor(low / RESOLUTION_M) * RESOLUTION_M
        columns, rows = np.ceil((high - low) / RESOLUTION_M).astype(int) + 1
        mask = np.zeros((rows, columns), np.uint8)
        if self.drive.network is not None:
            for area in self.drive.network.areas:
                if area.kind in (AreaKind.DRIVABLE, AreaKind.PARKING, AreaKind.CROSSWALK, AreaKind.SHOULDER):
                    points = (area.polygon - low) / RESOLUTION_M
                    points[:, 1] = rows - 1 - points[:, 1]
                    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255)
        (self.folder / "maps").mkdir()
        (self.folder / self._map_file).write_bytes(png(mask))
        for table in ("ego_pose", "sample_annotation"):
            for row in self.rows[table]:
                x, y, z = row["translation"]
                row["translation"] = [x - float(low[0]), y - float(low[1]), z]


def scene_name(number: int) -> str:
    """Name of a drive's scene."""
    return f"scene-{number:06d}"


def assemble(folder: Path, request: dict[str, Any], records: Sequence[dict[str, Any]]) -> None:
    """Writes the tables, and which scenes are for training."""
    tables: dict[str, list[dict[str, Any]]] = {
        name: [row for record in records for row in record["tables"]["rows"][name]] for name in _PER_DRIVE
    }
    tables["category"] = [{"token": token("category", n), "name": n, "description": ""} for n in ALL_CATEGORIES]
    tables["attribute"] = [{"token": token("attribute", n), "name": n, "description": ""} for n in ATTRIBUTES]
    tables["visibility"] = [
        {"token": str(number), "level": level, "description": "share of the object that is visible, over all cameras"}
        for number, level in enumerate(LEVELS, start=1)
    ]
    tables["sensor"] = [
        {"token": token("sensor", channel), "channel": channel, "modality": kind}
        for channel, kind in records[0]["tables"]["channels"]
    ]
    for name, rows in tables.items():
        write_json(folder / VERSION / f"{name}.json", rows)
    splits: dict[str, list[str]] = {"train": [], "val": []}
    for record in records:
        which = "val" if record["number"] % VALIDATION_EVERY == VALIDATION_EVERY - 1 else "train"
        splits[which].append(scene_name(record["number"]))
    splits["all"] = [*splits["train"], *splits["val"]]
    write_json(folder / VERSION / "splits.json", splits)


def _attribute(kind: Semantic, velocity: np.ndarray) -> str:
    moves = float(np.hypot(*velocity)) > MOVING_M_S
    if kind == Semantic.PEDESTRIAN:
        return "pedestrian.moving" if moves else "pedestrian.standing"
    if kind in (Semantic.MOTORCYCLE, Semantic.BICYCLE, Semantic.RIDER):
        return "cycle.with_rider"
    return "vehicle.moving" if moves else "vehicle.stopped"
