"""Reads data sets again: pictures and their labels of any frame, from any of the formats."""

import io
import json
import tarfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from drivesim.config import CameraConfig, SensorConfig, from_dict
from drivesim.errors import ConfigError, FileFormatError
from drivesim.export.folder import RECORDS, read_json, read_request
from drivesim.export.pictures import decoded

DEPTH_STEPS = 256.0
"""KITTI's depth pictures count in steps of 1 m / 256."""


class Place(NamedTuple):
    """A frame of a data set."""

    drive: int
    frame: int


class PictureFiles(NamedTuple):
    """Where a format keeps the pictures of the first camera: bytes and the name of their file, for a place."""

    rgb: Callable[[Place], tuple[bytes, str]]
    semantic: Callable[[Place], tuple[bytes, str]] | None = None
    depth: Callable[[Place], tuple[bytes, str]] | None = None


class DataSet:
    """A data set that `drivesim record` has written, of any format with pictures. Frames are read when asked for.

    Args:
        path: Its folder.

    Raises:
        FileFormatError: It is none, or holds no drive.
        ConfigError: It is of a format that is not read, or has no camera.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.request = read_request(self.path)
        self.format = str(self.request.get("format"))
        files = sorted((self.path / RECORDS).glob("drive-*.json"))
        if not files:
            raise FileFormatError(f"{self.path}: holds no drive yet; run `drivesim record` to its end")
        self.records = {int(record["number"]): record for record in map(read_json, files)}
        """Of every drive, by number."""
        self.sensors = tuple(from_dict(SensorConfig, values) for values in self.request["sensors"])
        cameras = [each for each in self.sensors if isinstance(each, CameraConfig) and "rgb" in each.channels]
        if not cameras:
            raise ConfigError(f"data: {self.path} has no camera")
        self.camera = cameras[0]
        """The camera whose pictures are read: the rig's first."""
        if self.format not in _FILES:
            raise ConfigError(f"data: {self.path} is of format {self.format}; read are {', '.join(_FILES)}")
        self._files = _FILES[self.format](self)
        self.key_ticks = int(self.request["key_ticks"])
        """Control steps between frames."""

    @property
    def drives(self) -> list[int]:
        """Numbers of its drives."""
        return list(self.records)

    def places(self, drives: Sequence[int] | None = None) -> list[Place]:
        """Every frame of some drives, of all if None."""
        chosen = self.drives if drives is None else drives
        return [Place(drive, frame) for drive in chosen for frame in range(int(self.records[drive]["frames"]))]

    @property
    def pictures(self) -> tuple[str, ...]:
        """The labels that are pictures: semantic, depth, or none."""
        return tuple(name for name in ("semantic", "depth") if getattr(self._files, name) is not None)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Names of the numbers of every frame."""
        rows = next(iter(self.records.values()))["numbers"]
        return tuple(rows[0]) if rows else ()

    def number(self, name: str, place: Place) -> Any:
        """A number, or a list of them, of a frame."""
        return self.records[place.drive]["numbers"][place.frame][name]

    def rgb(self, place: Place) -> np.ndarray:
        """Colours, uint8 (H, W, 3)."""
        picture = decoded(*self._files.rgb(place))
        if picture.shape != (self.camera.height, self.camera.width, 3):
            raise FileFormatError(f"{self._files.rgb(place)[1]}: a picture of shape {picture.shape}")
        return picture

    def semantic(self, place: Place) -> np.ndarray:
        """`Semantic` ids, uint8 (H, W)."""
        assert self._files.semantic is not None
        return decoded(*self._files.semantic(place))

    def depth(self, place: Place) -> np.ndarray:
        """Along the optical axis [m], float32 (H, W)."""
        assert self._files.depth is not None
        data, where = self._files.depth(place)
        if where.endswith(".npy"):
            return np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)
        steps = decoded(data, where).astype(np.float32)
        return np.where(steps > 0.0, steps / DEPTH_STEPS, 1000.0).astype(np.float32)


class _Tar:
    """Members of an uncompressed tar by name, read in any order."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            with tarfile.open(file, "r:") as tar:
                self.places = {member.name: (member.offset_data, member.size) for member in tar}
        except (OSError, tarfile.TarError) as error:
            raise FileFormatError(f"{file}: cannot be read: {error}") from error

    def read(self, name: str) -> tuple[bytes, str]:
        if name not in self.places:
            raise FileFormatError(f"{self.file}: holds no {name}")
        first, size = self.places[name]
        with self.file.open("rb") as stream:
            stream.seek(first)
            return stream.read(size), f"{self.file}/{name}"


def _of_shards(data: DataSet) -> PictureFiles:
    opened = lru_cache(maxsize=None)(lambda drive: _Tar(data.path / "shards" / f"drive-{drive:06d}.tar"))
    camera = data.camera.name

    def reader(suffix: str) -> Callable[[Place], tuple[bytes, str]]:
        return lambda at: opened(at.drive).read(f"{at.drive:06d}_{at.frame:06d}.{camera}{suffix}")

    return PictureFiles(reader(".jpg"), reader("_semantic.png"), reader("_depth.npy"))


def _file(path: Path) -> tuple[bytes, str]:
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror}") from error


def _of_coco(data: DataSet) -> PictureFiles:
    def stem(at: Place) -> str:
        return f"{at.drive:06d}_{at.frame:06d}_{data.camera.name}"

    return PictureFiles(
        lambda at: _file(data.path / "images" / f"{stem(at)}.jpg"),
        lambda at: _file(data.path / "stuffthingmaps" / f"{stem(at)}.png"),
    )


def _of_kitti(data: DataSet) -> PictureFiles:
    def file(folder: str, at: Place) -> Path:
        number = at.drive * int(data.request["frames_max"]) + at.frame
        return data.path / "training" / folder / f"{number:06d}.png"

    return PictureFiles(
        lambda at: _file(file("image_2", at)),
        lambda at: _file(file("semantic", at)),
        lambda at: _file(file("depth_2", at)),
    )


def _of_nuscenes(data: DataSet) -> PictureFiles:
    def rgb(at: Place) -> tuple[bytes, str]:
        return _file(data.path / data.records[at.drive]["tables"]["pictures"][at.frame])

    return PictureFiles(rgb)


_FILES: dict[str, Callable[[DataSet], PictureFiles]] = {
    "shards": _of_shards,
    "coco": _of_coco,
    "kitti": _of_kitti,
    "nuscenes": _of_nuscenes,
}
"""By format."""


def frame_description(path: Path, place: Place) -> dict[str, Any]:
    """What a shard's JSON says of a frame: the car, road users with their boxes, numbers."""
    tar = _Tar(path / "shards" / f"drive-{place.drive:06d}.tar")
    return json.loads(tar.read(f"{place.drive:06d}_{place.frame:06d}.json")[0])
