"""What `drivesim map` takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from agents.options import POSITIONAL
from drivesim.config import GENERATORS, MapConfig, MapFileConfig
from drivesim.errors import ConfigError, check_choice, check_integer, check_range


@dataclass(frozen=True, kw_only=True)
class MapArgs:
    """Describes, checks, draws or drives a map: an OpenDRIVE file, or a procedural road."""

    action: Annotated[Literal["info", "check", "draw", "drive", "export"], POSITIONAL] = "info"
    """info prints what the map has; check what is wrong with the file, with exit code 1 if anything is; draw writes a
    picture; drive opens a window in which the expert drives; export writes an OpenDRIVE file."""
    file: Annotated[str, POSITIONAL] = ""
    """The OpenDRIVE file (.xodr, .xodr.gz); without one the procedural road of `generator` and `seed`."""
    generator: str = "country_road"
    """country_road, highway or town."""
    seed: int = 0
    """Generator seed; from 1,000,000 up they are held out of training. With a file, the seed of traffic and routes."""
    length_m: float = 500.0
    """Length of its routes, about [m]."""
    size: tuple[int, int] = (1920, 1080)
    """Width and height of the picture or window [px]."""
    routes: bool = True
    """Mark where routes start (green) and end (pink)."""
    out: str = "runs/map.png"
    """The picture (.png)."""

    document: str = "runs/map.xodr"
    """The OpenDRIVE file that export writes (.xodr, or packed .xodr.gz)."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("generator", self.generator, GENERATORS)
        check_integer("seed", self.seed, 0, 2**31 - 1)
        check_range("length_m", self.length_m, 100.0, 5000.0)
        if not self.out.lower().endswith(".png"):
            raise ConfigError(f"out: expected a name that ends in .png, got {self.out!r}")
        if not self.document.lower().endswith((".xodr", ".xodr.gz")):
            raise ConfigError(f"document: expected a name that ends in .xodr or .xodr.gz, got {self.document!r}")
        for side, value in zip(("width", "height"), self.size, strict=True):
            check_integer(f"size ({side})", value, 64, 16_384)
        if self.file and not Path(self.file).is_file():
            raise ConfigError(f"file: no such file: {self.file}")
        if self.action == "check" and not self.file:
            raise ConfigError("file: check needs an OpenDRIVE file")

    @property
    def config(self) -> MapConfig | MapFileConfig:
        """The map as the simulator asks for it."""
        if self.file:
            return MapFileConfig(path=self.file, route_length_m=self.length_m)
        return MapConfig(generator=self.generator, start=self.seed, count=1, length_m=self.length_m)
