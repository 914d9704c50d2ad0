"""COCO: instances with boxes and masks, and pixel maps of classes beside them as COCO-Stuff has them.

```
images/000000_000012_camera.jpg           drive, frame, camera
stuffthingmaps/000000_000012_camera.png   Semantic ids
annotations/instances.json                every image and every road user that shows; RLE masks, boxes around them
```

Annotations have extra keys that readers pass over: `track_id`, `visibility`, `truncation`, `occluded`, `position`
(camera frame: right, down, ahead [m]), `rotation_y`, `dimensions` (length, width, height).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drivesim.config import CameraConfig, SensorConfig
from drivesim.export.drive import Drive, Frame, class_name, json_ready, slots
from drivesim.export.folder import write_json
from drivesim.export.pictures import jpeg, png
from drivesim.semantics import Semantic

IMAGES, MAPS, FILE = "images", "stuffthingmaps", Path("annotations") / "instances.json"
CATEGORIES = tuple(
    Semantic[name] for name in ("PEDESTRIAN", "RIDER", "CAR", "TRUCK", "BUS", "TRAIN", "MOTORCYCLE", "BICYCLE")
)
"""The classes that have instances; their ids are those of `Semantic`."""
_PEOPLE = (Semantic.PEDESTRIAN, Semantic.RIDER)
_BOXED = ("position", "yaw", "visibility", "truncation", "occluded", "pixels")
_TRACKS_MAX = 1_000_000


class CocoWriter:
    """Writes a drive's pictures; its annotations go into its record."""

    def __init__(self, folder: Path, drive: Drive) -> None:
        self.folder, self.drive = folder, drive
        for name in (IMAGES, MAPS):
            (folder / name).mkdir()
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    @staticmethod
    def labels(sensors: tuple[SensorConfig, ...]) -> tuple[str, ...]:
        """Labels that it writes."""
        cameras = [each.name for each in sensors if isinstance(each, CameraConfig) and "rgb" in each.channels]
        return (
            "objects_valid", "objects_semantic", "objects_track", "objects_size",
            *(f"{camera}_{picture}" for camera in cameras for picture in ("semantic", "instance")),
            *(f"{camera}_objects_{name}" for camera in cameras for name in _BOXED),
        )  # fmt: skip

    def add(self, frame: Frame) -> None:
        """Adds the pictures of a frame."""
        if not frame.is_key:
            return
        for number, camera in enumerate(self.drive.cameras):
            stem = f"{self.drive.number:06d}_{frame.number:06d}_{camera.name}"
            (self.folder / IMAGES / f"{stem}.jpg").write_bytes(jpeg(frame.observation[camera.name], self.drive.quality))
            (self.folder / MAPS / f"{stem}.png").write_bytes(png(frame.labels[f"{camera.name}_semantic"]))
            image = len(self.drive.cameras) * (self.drive.number * self.drive.frames_max + frame.number) + number + 1
            self._images.append(
                {
                    "id": image, "file_name": f"{stem}.jpg", "width": camera.width, "height": camera.height,
                    "drive": self.drive.number, "frame": frame.number, "camera": camera.name,
                    "timestamp_us": frame.stamp_us(self.drive),
                }
            )  # fmt: skip
            self._annotations += self._annotated(frame, camera.name, image)

    def close(self) -> dict[str, Any]:
        """The drive's images and annotations."""
        return {"images": self._images, "annotations": self._annotations}

    def _annotated(self, frame: Frame, camera: str, image: int) -> Iterator[dict[str, Any]]:
        labels = frame.labels
        instance = labels[f"{camera}_instance"]
        for slot in slots(labels):
            if not labels[f"{camera}_objects_pixels"][slot]:
                continue
            mask = instance == slot + 1
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            if not len(rows):
                continue
            left, top, right, bottom = (int(n) for n in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
            values = {name: labels[f"{camera}_objects_{name}"][slot] for name in _BOXED if name != "pixels"}
            values["rotation_y"] = values.pop("yaw")
            yield json_ready(
                {
                    "image_id": image, "category_id": int(labels["objects_semantic"][slot]),
                    "bbox": [float(left), float(top), float(right - left), float(bottom - top)],
                    "area": float(mask.sum()), "iscrowd": 0,
                    "segmentation": {"size": list(mask.shape), "counts": compressed(run_lengths(mask))},
                    "track_id": self.drive.number * _TRACKS_MAX + int(labels["objects_track"][slot]),
                    "dimensions": labels["objects_size"][slot], **values,
                }
            )  # fmt: skip


def assemble(folder: Path, request: dict[str, Any], records: Sequence[dict[str, Any]]) -> None:
    """Writes the annotations of all drives into one file; ids are 1, 2, ... in the order of drives and frames."""
    images = [image for record in records for image in record["tables"]["images"]]
    annotations = [row for record in records for row in record["tables"]["annotations"]]
    categories = [
        {"id": int(each), "name": class_name(each), "supercategory": "person" if each in _PEOPLE else "vehicle"}
        for each in CATEGORIES
    ]
    info = {
        "description": f"drivesim {request['env']}, driven by {request['agent']}",
        "version": request["drivesim_version"],
    }  # fmt: skip
    write_json(
        folder / FILE,
        {
            "info": info, "images": images, "categories": categories,
            "annotations": [{"id": number, **row} for number, row in enumerate(annotations, start=1)],
        },
    )  # fmt: skip


def run_lengths(mask: np.ndarray) -> list[int]:
    """Lengths of runs of a mask, column by column, that of zeros first; bool (H, W)."""
    flat = np.concatenate([[False], mask.ravel(order="F")])
    changes = np.flatnonzero(np.diff(flat.astype(np.int8)))
    return np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()


def compressed(counts: Sequence[int]) -> str:
    """COCO's string of run lengths (pycocotools, `rleToString`).

    Each, from the fourth on, less the one two before it, in groups of five bits, the lowest first, with a bit for "more
    follow", plus 48.
    """
    text = []
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            group = value & 0x1F
            value >>= 5
            more = value != (-1 if group & 0x10 else 0)
            text.append(chr((group | 0x20 if more else group) + 48))
    return "".join(text)
