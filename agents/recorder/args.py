"""What `drivesim record` takes."""

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import drivesim
from agents.interface import CHECKPOINT_NAMES
from agents.options import POSITIONAL
from agents.watching.args import RecordArgs, preset_of, rig_from
from drivesim.config import ENV_PRESETS, SensorConfig, env_config_from, replace
from drivesim.errors import ConfigError, check_integer, check_range
from drivesim.export.drive import sensor_dicts
from drivesim.export.formats import format_named
from drivesim.tasks.suites import HELD_OUT_START

VIDEO_SUFFIXES = (".mp4", ".avi")
DEFAULT_DURATION_S = 20.0
_AT_ONCE = {"rate_hz": 0.0, "phase_s": 0.0, "latency_s": 0.0}
_LABELLED_TYPES = ("camera", "lidar", "radar", "bev")


@dataclass(frozen=True, kw_only=True)
class RecordingArgs(RecordArgs):
    """Record labelled drives as a data set, a video of a driver, or a picture of all that sensors deliver."""

    data: Annotated[str, POSITIONAL] = ""
    """Folder of a data set, begun or gone on with; a name that ends in .mp4 or .avi: a video. None: a video."""
    video: str | None = None  # type: ignore[assignment]  # without a data set, `RecordArgs` says which by default
    """Write this video (.mp4 or .avi) instead of a data set; without either, runs/drive.mp4."""
    held_out: bool = True
    """Of a video: drive roads that training never uses."""
    duration_s: float | None = None
    """Length of a video, by default until the drive ends; or of each drive of a data set at most, by default 20 [s]."""
    format: Literal["shards", "coco", "kitti", "nuscenes", "mcap"] = "shards"
    """Of a data set."""
    sensors: str | None = None
    """Rig by name, such as nuscenes, or JSON as `gymnasium.make` takes it. None: of a data set the format's own, of a
    video those that the driver looks through."""
    drives: int = 8
    """Of a data set: each on a road of its own. More than are there already are added."""
    split: Literal["train", "val"] = "train"
    """Of a data set: roads for training, or those that training never uses."""
    rate_hz: float = 0.0
    """Of a data set: labelled frames per second; 0: as many as is usual, 2, or 10 for mcap."""
    quality: int = 90
    """Of a data set: quality of JPEG pictures, 1 to 100."""
    processes: int = 0
    """Of a data set: processes that drive; 0: one for each core. The data do not depend on it."""
    worlds: int = 4
    """Of a data set: drives that a process drives at the same time."""
    quiet: bool = False
    """Draw no progress bar."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_integer("drives", self.drives, 1, 1_000_000)
        check_integer("quality", self.quality, 1, 100)
        check_integer("processes", self.processes, 0, 1024)
        check_integer("worlds", self.worlds, 1, 1024)
        check_range("rate_hz", self.rate_hz, 0.0, 1000.0)
        if self.video is not None and self.data:
            raise ConfigError(
                f"video: expected either a data set or a video, got both {self.data!r} and {self.video!r}"
            )

    @property
    def video_file(self) -> str | None:
        """The video that is asked for; None where it is a data set."""
        if self.video is not None:
            return self.video
        if not self.data:
            return RecordArgs().video
        return self.data if Path(self.data).suffix.lower() in VIDEO_SUFFIXES else None

    @property
    def first_road(self) -> int:
        """Road of the first drive."""
        if self.road is not None:
            return self.road
        return HELD_OUT_START if self.split == "val" else 0

    @property
    def drive_s(self) -> float:
        """Longest drive of a data set [s]."""
        return DEFAULT_DURATION_S if self.duration_s is None else self.duration_s

    @property
    def step_s(self) -> float:
        """Control step [s]."""
        preset = ENV_PRESETS[preset_of(self.env)]
        return env_config_from(preset, base=preset).step_s

    @property
    def key_ticks(self) -> int:
        """Control steps between labelled frames.

        Raises:
            ConfigError: The rate is no divisor of the control rate.
        """
        rate = self.rate_hz or format_named(self.format).key_hz
        ticks = 1.0 / (rate * self.step_s)
        if abs(ticks - round(ticks)) > 1e-6 or round(ticks) < 1:
            raise ConfigError(
                f"rate_hz: expected the control rate of {1.0 / self.step_s:g} Hz over a whole number, got {rate:g}"
            )
        return round(ticks)

    @property
    def frames_max(self) -> int:
        """Labelled frames of a drive that lasts its whole time."""
        return math.floor(self.drive_s / (self.key_ticks * self.step_s) + 1e-6) + 1

    def rig(self) -> tuple[SensorConfig, ...]:
        """The sensors that are recorded: frames and labels are of one instant, so what is labelled has no rate.

        Raises:
            ConfigError: There are none, or a name is unknown.
        """
        text = self.sensors or format_named(self.format).sensors
        rig = rig_from(text)
        if not rig:
            raise ConfigError(f"sensors: expected one at least, got {text!r}")
        return tuple(replace(each, **_AT_ONCE) if each.type in _LABELLED_TYPES else each for each in rig)

    def request(self) -> dict[str, Any]:
        """All that the data depend on, JSON-ready."""
        return {
            "format": self.format, "env": preset_of(self.env), "agent": self.agent,
            "agent_version": _version(self.agent),
            "weather": list(self.weather), "seed": self.seed, "first_road": self.first_road, "duration_s": self.drive_s,
            "key_ticks": self.key_ticks, "step_s": self.step_s, "frames_max": self.frames_max, "quality": self.quality,
            "worlds": self.worlds, "sensors": sensor_dicts(self.rig()), "drivesim_version": drivesim.__version__,
        }  # fmt: skip


def _version(name: str) -> int:
    """Tells checkpoints of one name apart; 0 for other drivers."""
    path = Path(name)
    files = [path / file for file in CHECKPOINT_NAMES] if path.is_dir() else [path]
    found = next((file for file in files if file.is_file()), None)
    return 0 if found is None else zlib.crc32(found.read_bytes())
