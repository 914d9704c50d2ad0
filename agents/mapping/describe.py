"""What a map has, in words."""

import numpy as np
from rich.table import Table
from rich.text import Text

from drivesim.maps.control import JunctionControl
from drivesim.maps.network import LaneType, RoadNetwork, SceneryKind
from drivesim.maps.opendrive import MapReport

ROUTES_SHOWN = 12
"""More routes than this are counted only."""


def describe(network: RoadNetwork, report: MapReport | None = None) -> Table:
    """What a road network has, as a table; with what its file says of itself, if it has one."""
    title = f"{network.name}, seed {network.seed}" if report is None else network.name
    table = Table(title=title, show_header=False, title_justify="left")
    if report is not None:
        table.add_row("OpenDRIVE", report.revision or "no revision")
        if report.geo_reference:
            table.add_row("projection", Text(report.geo_reference))
        table.add_row("roads", f"{report.roads}, {report.length_m / 1000:.2f} km")
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
    table.add_row("traffic", "on the left" if network.left_hand else "on the right")
    for control in JunctionControl:
        count = sum(junction.control == control for junction in network.junctions)
        if count:
            table.add_row(f"junctions, {control.name.lower().replace('_', ' ')}", str(count))
    shown = network.routes if len(network.routes) <= ROUTES_SHOWN else ()
    if not shown:
        table.add_row("routes", str(len(network.routes)))
    for number, route in enumerate(shown):
        table.add_row(
            f"route {number}",
            f"lane {route.start_lane} at {route.start_s:.0f} m to lane {route.goal_lane} at {route.goal_s:.0f} m",
        )
    table.add_row("markings", str(len(network.markings)))
    table.add_row("signals and signs", str(len(network.signals)))
    for name, things in (
        ("lights", network.lights),
        ("footpaths", network.footpaths),
        ("parking bays", network.bays),
        ("bus stops", network.bus_stops),
    ):
        if things:
            table.add_row(name, str(len(things)))
    for kind in SceneryKind:
        count = sum(thing.kind == kind for thing in network.scenery)
        if count:
            table.add_row(kind.name.lower().replace("_", " "), str(count))
    return table


def bounds(network: RoadNetwork) -> tuple[np.ndarray, np.ndarray]:
    """South-west and north-east corner around all lanes [m]."""
    points = np.concatenate([lane.points for lane in network.lanes])
    return points.min(axis=0), points.max(axis=0)


def notes(report: MapReport) -> list[str]:
    """What was left out of a file or mended in it, a line each."""
    return [f"{report.path}: {line}" for line in report.lines()]
