"""The formats by name: what writes a drive, and what ties the drives together."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from drivesim.config import SensorConfig
from drivesim.errors import check_choice
from drivesim.export.drive import Frame


class Writer(Protocol):
    """Writes one drive."""

    def add(self, frame: Frame) -> None:
        """Adds the next frame."""
        ...

    def close(self) -> dict[str, Any]:
        """Ends the drive; JSON-ready what its record keeps, which `assemble` is given."""
        ...


class Format(NamedTuple):
    """A format of data sets."""

    writer: str
    """Class, as "module:Class", called with a folder and a `Drive`; its `labels(sensors)` names what it writes."""
    assemble: str
    """Function of the data set's folder, its request and the records of all drives that writes what ties the drives
    together; equal records give equal bytes. Empty: there is nothing."""
    sensors: str
    """The rig where nobody names one."""
    key_hz: float
    """Labelled frames per second where nobody says how many."""
    has_sweeps: bool
    """Frames between labelled ones are kept too."""
    doc: str


FORMATS: dict[str, Format] = {
    "shards": Format("shards:ShardWriter", "", "front", 2.0, False, "WebDataset tar files, everything in them"),
    "coco": Format("coco:CocoWriter", "coco:assemble", "front", 2.0, False, "boxes and masks of instances"),
    "kitti": Format("kitti:KittiWriter", "kitti:assemble", "kitti", 2.0, False, "KITTI object detection"),
    "nuscenes": Format("nuscenes:NuscenesWriter", "nuscenes:assemble", "nuscenes", 2.0, True, "nuScenes v1.0"),
    "mcap": Format("foxglove:McapWriter", "", "nuscenes", 10.0, False, "MCAP with Foxglove's schemas"),
}


def format_named(name: str) -> Format:
    """A format by name.

    Raises:
        ConfigError: There is none; the nearest name is given.
    """
    return FORMATS[check_choice("format", name, FORMATS)]


def writer_class(format_: Format) -> Any:
    """The class that writes a drive."""
    return _resolved(format_.writer)


def assemble(format_: Format, folder: Path, request: dict[str, Any], records: Sequence[dict[str, Any]]) -> None:
    """Writes what ties the drives together."""
    if format_.assemble:
        _resolved(format_.assemble)(folder, request, records)


def label_names(format_: Format, sensors: tuple[SensorConfig, ...]) -> tuple[str, ...]:
    """Labels that a format writes of a rig."""
    return writer_class(format_).labels(sensors)


def _resolved(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(f"drivesim.export.{module}"), attribute)
