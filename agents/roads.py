"""`drivesim map`: describes a procedural road, or draws it from above."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.options import POSITIONAL
from drivesim.config import GENERATORS, MapConfig
from drivesim.errors import ConfigError, check_choice, check_integer, check_range
from drivesim.maps.network import Lane, LaneType, RoadNetwork, SceneryKind

START_COLOR = (80, 220, 90)
GOAL_COLOR = (255, 84, 190)
MARK_PX = 7.0
MARGIN_M = 30.0
ZOOM_MAX = 8.0


@dataclass(frozen=True, kw_only=True)
class MapArgs:
    """Describes a procedural road, or draws it from above."""

    action: Annotated[Literal["info", "draw"], POSITIONAL] = "info"
    """info prints what the road has; draw writes a picture of it."""
    generator: str = "country_road"
    """country_road, highway or town."""
    seed: int = 0
    """Generator seed; from 1,000,000 up they are held out of training."""
    length_m: float = 500.0
    """Length of its routes, about [m]."""
    size: tuple[int, int] = (1920, 1080)
    """Width and height of the picture [px]."""
    routes: bool = True
    """Mark where routes start (green) and end (pink)."""
    out: str = "runs/map.png"
    """The picture (.png)."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("generator", self.generator, GENERATORS)
        check_integer("seed", self.seed, 0, 2**31 - 1)
        check_range("length_m", self.length_m, 100.0, 5000.0)
        if not self.out.lower().endswith(".png"):
            raise ConfigError(f"out: expected a name that ends in .png, got {self.out!r}")
        for side, value in zip(("width", "height"), self.size, strict=True):
            check_integer(f"size ({side})", value, 64, 16_384)

    @property
    def config(self) -> MapConfig:
        """The road as the simulator asks for it."""
        return MapConfig(generator=self.generator, start=self.seed, count=1, length_m=self.length_m)


def inspect_road(args: MapArgs) -> None:
    """Prints or draws the road. The command `drivesim map`."""
    from drivesim.maps.procedural import build_network

    console = Console()
    if args.action == "draw":
        console.print(f"picture written to {draw(args)}")
    else:
        console.print(describe(build_network(args.config, args.seed)))


def describe(network: RoadNetwork) -> Table:
    """What a road network has, as a table."""
    table = Table(title=f"{network.name}, seed {network.seed}", show_header=False, title_justify="left")
    low, high = bounds(network)
    table.add_row("extent", f"{high[0] - low[0]:.0f} m x {high[1] - low[1]:.0f} m")
    for kind in LaneType:
        lanes = [lane for lane in network.lanes if lane.type == kind]
        if lanes:
            name = kind.name.lower().replace("_", " ")
            table.add_row(f"{name} lanes", f"{len(lanes)}, {sum(lane.length for lane in lanes) / 1000:.2f} km")
    widths = np.concatenate([lane.width for lane in network.lanes])
    table.add_row("lane width", f"{widths.min():.2f} to {widths.max():.2f} m")
    bend = max(float(np.abs(lane.curvature).max()) for lane in network.lanes)
    table.add_row("tightest radius", f"{1.0 / bend:.0f} m" if bend > 0.0 else "straight")
    limits = sorted({round(3.6 * lane.speed_limit) for lane in network.lanes})
    table.add_row("speed limits", ", ".join(f"{limit} km/h" for limit in limits))
    for number, route in enumerate(network.routes):
        table.add_row(
            f"route {number}",
            f"lane {route.start_lane} at {route.start_s:.0f} m to lane {route.goal_lane} at {route.goal_s:.0f} m",
        )
    table.add_row("markings", str(len(network.markings)))
    table.add_row("signals and signs", str(len(network.signals)))
    for kind in SceneryKind:
        count = sum(thing.kind == kind for thing in network.scenery)
        if count:
            table.add_row(kind.name.lower().replace("_", " "), str(count))
    return table


def bounds(network: RoadNetwork) -> tuple[np.ndarray, np.ndarray]:
    """South-west and north-east corner around all lanes [m]."""
    points = np.concatenate([lane.points for lane in network.lanes])
    return points.min(axis=0), points.max(axis=0)


def draw(args: MapArgs) -> Path:
    """Draws the whole road north-up and returns the picture's path."""
    from drivesim.maps.bank import MapBank
    from drivesim.render import save_png
    from drivesim.render.compose import disc
    from drivesim.render.ground import GroundPainter
    from drivesim.render.scenery import SceneryPainter
    from drivesim.render.view import View

    bank = MapBank.build(args.config)
    network = bank.network(0)
    low, high = bounds(network)
    middle, extent = (low + high) / 2, high - low + 2 * MARGIN_M
    zoom = min(args.size[0] / extent[0], args.size[1] / extent[1], ZOOM_MAX)
    view = View(x=float(middle[0]), y=float(middle[1]), zoom=float(zoom), size=args.size)
    frame = np.zeros((args.size[1], args.size[0], 4), np.uint8)
    GroundPainter(bank.arrays, SceneryPainter(bank.arrays)).paint(frame, view, 0)
    if args.routes:
        for route in network.routes:
            for lane, at, color in (
                (route.start_lane, route.start_s, START_COLOR),
                (route.goal_lane, route.goal_s, GOAL_COLOR),
            ):
                x_px, y_px = view.to_screen(place(network.lanes[lane], at))
                disc(frame, x_px, y_px, MARK_PX, color)
    return save_png(args.out, frame)


def place(lane: Lane, s: float) -> np.ndarray:
    """Point of a lane's centre line at arc length `s` [m], shape (2,)."""
    index = s / lane.length * (len(lane.points) - 1)
    return np.array([np.interp(index, np.arange(len(lane.points)), lane.points[:, axis]) for axis in range(2)])
