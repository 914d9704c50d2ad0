"""A map from above."""

from pathlib import Path

import numpy as np

from agents.mapping.args import MapArgs
from agents.mapping.describe import bounds
from drivesim.maps.network import Lane

START_COLOR = (80, 220, 90)
GOAL_COLOR = (255, 84, 190)
MARK_PX = 7.0
MARGIN_M = 30.0
ZOOM_MAX = 8.0


def draw(args: MapArgs) -> Path:
    """Draws the whole map north-up and returns the picture's path."""
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
