"""Lights from above: a bar across each lane before its stop line, and the lamp at the road, in the colour they show."""

import math

import numpy as np

from drivesim.maps.control import SIGNAL_KINDS, SignalKind
from drivesim.maps.network import RoadNetwork
from drivesim.render.compose import disc, stroke
from drivesim.render.view import View
from drivesim.semantics import LightColor

Color = tuple[int, int, int]
SHOWN: dict[LightColor, Color] = {
    LightColor.DARK: (90, 94, 100),
    LightColor.RED: (255, 52, 40),
    LightColor.RED_AMBER: (255, 122, 30),
    LightColor.GREEN: (46, 224, 120),
    LightColor.AMBER: (255, 184, 30),
    LightColor.AMBER_FLASHING: (255, 184, 30),
}
"""What a light is drawn in."""
_HOUSING: Color = (18, 20, 24)
BAR_M = 0.3
"""Width of a bar [m]."""
BEFORE_M = 0.7
"""A bar lies so far before the stop line [m]."""
_REACH_M = 8.0


class LightPainter:
    """Draws the lights of one map.

    Args:
        network: The map.
    """

    def __init__(self, network: RoadNetwork) -> None:
        bars, heads = [], {}
        for signal in network.signals:
            if SIGNAL_KINDS.get(signal.type) != SignalKind.LIGHT or signal.light < 0:
                continue
            lane = network.lanes[signal.lane]
            s = np.linspace(0.0, lane.length, len(lane.points))
            at = max(signal.stop_s - BEFORE_M, 0.0)
            x, y = (float(np.interp(at, s, lane.points[:, axis])) for axis in (0, 1))
            heading = float(np.interp(at, s, np.unwrap(lane.heading)))
            half = 0.42 * float(np.interp(at, s, lane.width))
            left = half * np.array([-math.sin(heading), math.cos(heading)])
            bars.append((signal.light, x - left[0], y - left[1], x + left[0], y + left[1]))
            heads[round(signal.x, 1), round(signal.y, 1), signal.turns] = (signal.light, signal.x, signal.y)
        self._bars = np.array(bars, np.float64).reshape(-1, 5)
        self._heads = np.array(list(heads.values()), np.float64).reshape(-1, 3)

    def __call__(self, frame: np.ndarray, view: View, shown: np.ndarray, *, flash: bool) -> None:
        """Draws what lies in a view.

        Args:
            frame: RGBA uint8, shape (H, W, 4), written.
            view: From where.
            shown: `LightColor` of every light of the map, shape (light,).
            flash: Flashing lamps are in their bright half.
        """
        west, south, east, north = view.bounds(margin_m=_REACH_M)
        for light, x0, y0, x1, y1 in self._bars:
            if west < x0 < east and south < y0 < north:
                ends = view.to_screen(np.array([(x0, y0), (x1, y1)]))
                color = _color(shown, int(light), flash)
                stroke(frame, ends, max((BAR_M + 0.2) * view.zoom, 3.0), _HOUSING, 0.55)
                stroke(frame, ends, max(BAR_M * view.zoom, 1.6), color, 0.95)
        for light, x, y in self._heads:
            if west < x < east and south < y < north:
                px, py = view.to_screen(np.array([x, y]))
                disc(frame, px, py, max(0.5 * view.zoom, 2.6), _HOUSING, 0.9)
                disc(frame, px, py, max(0.34 * view.zoom, 1.8), _color(shown, int(light), flash))


def _color(shown: np.ndarray, light: int, flash: bool) -> Color:
    color = LightColor(int(shown[light])) if light < len(shown) else LightColor.DARK
    return SHOWN[LightColor.DARK if color == LightColor.AMBER_FLASHING and not flash else color]
