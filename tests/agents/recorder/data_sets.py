"""Small data sets that several tests look at, each recorded once per session."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from agents.recorder import RecordingArgs, record_data

SMALL = {
    "coco": {"sensors": "front"},
    "shards": {"sensors": "front"},
    "kitti": {"sensors": "kitti"},
    "nuscenes": {"sensors": "nuscenes"},
    "mcap": {"sensors": "nuscenes"},
}


def arguments(folder: Path, **changes) -> RecordingArgs:
    """What records two short drives on highways."""
    options = {"env": "highway", "drives": 2, "duration_s": 1.5, "worlds": 2, "processes": 1, "quiet": True}
    return RecordingArgs(data=str(folder), **{**options, **changes})


@cache
def data_set(name: str) -> Path:
    """The folder of a small data set of a format."""
    folder = Path(mkdtemp(prefix=f"drivesim-{name}-")) / "data"
    record_data(arguments(folder, format=name, **SMALL[name]))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its name in the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
