"""Why the ego drives as fast as it does: the constraint that binds, read off the state."""

import math
from enum import StrEnum

import numpy as np

from drivesim.maps.arrays import MapArrays
from drivesim.render.moment import Moment
from drivesim.semantics import LightColor
from drivesim.state import CURVATURE_AHEAD_M

_STOPS = (LightColor.RED, LightColor.RED_AMBER, LightColor.AMBER)

LATERAL_COMFORT_M_S2 = 2.2
"""Above this lateral acceleration a bend ahead is said to bind."""
BRAKE_COMFORT_M_S2 = 1.5
REACH_M = 8.0
"""Beyond the way that comfortable braking takes, so far ahead something binds [m]."""
LEAD_SHARE = 0.35
"""IDM's interaction term (s* / s)^2 from which the lead is said to bind."""


class Reason(StrEnum):
    """What holds the ego back, or moves it."""

    FREE_ROAD = "free road"
    LIMIT = "limit"
    CURVE = "curve"
    LEAD = "lead"
    LANE_CHANGE = "lane change"
    EXIT = "exit"
    LIGHT = "light"
    PERSON = "person"
    GIVES_WAY = "gives way"


ON_ROADS = (Reason.FREE_ROAD, Reason.LIMIT, Reason.CURVE, Reason.LEAD, Reason.LANE_CHANGE, Reason.EXIT)
"""Those that there are where nothing crosses."""
IN_TOWN = (
    Reason.FREE_ROAD, Reason.LIMIT, Reason.CURVE, Reason.LEAD, Reason.LIGHT, Reason.PERSON, Reason.GIVES_WAY,
)  # fmt: skip
"""Those that are listed where streets cross; a lane change takes the place of the free road."""


def speed_limit(maps: MapArrays, moment: Moment) -> float:
    """Limit of the ego's lane [m/s]; 0 when it is on none."""
    lane = int(moment.actors.lane[0])
    return float(maps.lanes.speed_limit[lane]) if 0 <= lane < len(maps.lanes.speed_limit) else 0.0


def curve_speed(curvature: np.ndarray, lateral: float = LATERAL_COMFORT_M_S2) -> float:
    """Speed [m/s] that the curvatures at `CURVATURE_AHEAD_M` allow now, with comfortable braking until each.

    v <= sqrt(lateral / |k| + 2 b x) for every place x ahead; +inf on a straight road.
    """
    allowed = [
        math.sqrt(lateral / abs(float(k)) + 2.0 * BRAKE_COMFORT_M_S2 * x)
        for k, x in zip(curvature, CURVATURE_AHEAD_M, strict=True)
        if abs(float(k)) > 1e-5
    ]
    return min(allowed, default=math.inf)


def lead_share(speed: float, gap: float, closing: float, headway: float, min_gap: float, a: float, b: float) -> float:
    """IDM's interaction term (s* / s)^2 (Treiber, Hennecke, Helbing 2000, equation 2)."""
    desired = min_gap + max(0.0, speed * headway + speed * closing / (2.0 * math.sqrt(max(a * b, 1e-6))))
    return (desired / max(gap, 0.1)) ** 2


def binding(maps: MapArrays, moment: Moment) -> Reason:
    """The one reason that explains the ego's driving best, most urgent first."""
    actors, labels, command = moment.actors, moment.labels, moment.navigation.command
    if int(actors.change_ticks[0]) >= 0:
        return Reason.EXIT if command[0] != 0.0 else Reason.LANE_CHANGE
    speed = float(actors.speed[0])
    reach = REACH_M + 0.5 * speed * speed / BRAKE_COMFORT_M_S2
    if bool(labels.person_present) and float(labels.person_distance) < reach:
        return Reason.PERSON
    if bool(labels.light_present) and int(labels.light_color) in _STOPS and float(labels.stop_line_distance) < reach:
        return Reason.LIGHT
    if bool(labels.gives_way) and 100.0 * float(moment.navigation.turn[2]) < reach:
        return Reason.GIVES_WAY
    if bool(labels.lead_present):
        share = lead_share(
            speed,
            float(labels.lead_distance),
            float(labels.lead_closing),
            float(actors.time_headway[0] * moment.weather.headway),
            float(actors.min_gap[0]),
            float(actors.accel_max[0]),
            float(min(actors.brake_comfort[0], 0.5 * moment.weather.braking)),
        )
        if share > LEAD_SHARE:
            return Reason.LEAD
    # Who drives as fast as the weather lets it is held back by a limit too.
    limit = min(speed_limit(maps, moment) * float(moment.weather.pace), float(moment.weather.speed_max))
    if curve_speed(labels.lane_curvature) < min(limit, 1.15 * speed):
        return Reason.CURVE
    ahead = 10.0 * float(command[3])
    if limit > 0.0 and speed > 0.93 * min(limit, ahead if ahead > 0.0 else limit):
        return Reason.LIMIT
    return Reason.EXIT if command[0] != 0.0 and command[1] < 2.0 else Reason.FREE_ROAD
