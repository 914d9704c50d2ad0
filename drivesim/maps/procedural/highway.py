"""Highways: two carriageways of two to four lanes, gentle bends, ramps, lanes that end and begin."""

import numpy as np

from drivesim.config import MapConfig
from drivesim.errors import MapError
from drivesim.maps.curves import Curve
from drivesim.maps.draw import Draw
from drivesim.maps.network import LaneType, MarkingColor, RoadNetwork, Route
from drivesim.maps.procedural.carriageway import Carriageway, Style
from drivesim.maps.procedural.plan import BEHIND_M, BEYOND_M, Plan, StripEnd, interchange_kinds, plan_carriageway
from drivesim.maps.procedural.ramps import Ramp, clear_of, draw_ramp
from drivesim.maps.procedural.road import LaneDraft

RADIUS_M = (420.0, 1600.0)
RAMP_START_M = 30.0
"""Ramp behind the start of a route that begins on it [m]."""
RAMP_DISTANCE_M = 20.0
"""Ramps stay this far from each other and from the road, beyond where they leave it [m]."""
ATTEMPTS = 100
PLAN_ATTEMPTS, RAMP_ATTEMPTS = 5, 6
_BENDS, _SHAPE, _PLAN, _RAMPS, _LIMITS = 1, 2, 3, 4, 5
"""Purposes of random draws."""


def highway(seed: int, config: MapConfig) -> RoadNetwork:
    """A highway, reproducible from the seed and `config.length_m`.

    Routes: per direction two drives straight on from different lanes, then one that leaves by the last off-ramp
    and one that enters by the first on-ramp where there are such. Below 500 m there are no ramps.
    """
    draw = Draw(seed, _SHAPE)
    style = _style(draw)
    carriageways = _carriageways(seed, config.length_m, style)
    drafts: list[LaneDraft] = []
    routes: list[Route] = []
    markings, areas = [], []
    for side, carriageway in enumerate(carriageways):
        cuts, limits = carriageway.sections(Draw(seed, _LIMITS, side))
        first = len(drafts)
        added = carriageway.lanes(cuts, limits, first, 1 + max((draft.road for draft in drafts), default=-1))
        drafts += added
        routes += _routes(draw, carriageway, cuts, added, first, config.length_m)
        markings += carriageway.markings(cuts)
        areas += carriageway.areas()
    return RoadNetwork(
        name=f"highway-{seed}",
        seed=seed,
        lanes=tuple(draft.lane() for draft in drafts),
        markings=tuple(markings),
        areas=tuple(areas),
        routes=tuple(routes),
        sun_azimuth=draw.between(-np.pi, np.pi),
        sun_elevation=draw.between(0.4, 1.2),
    )


def _style(draw: Draw) -> Style:
    dash_m, gap_m = draw.pick(((6.0, 12.0), (3.0, 9.0), (4.0, 8.0)))
    return Style(
        lane_width=draw.between(3.5, 3.8),
        median=draw.between(3.5, 7.0),
        left_shoulder=draw.between(0.6, 1.2),
        right_shoulder=draw.between(1.5, 3.0),
        ramp_left=0.7,
        ramp_right=draw.between(1.0, 1.6),
        left_color=MarkingColor.YELLOW if draw.chance(0.35) else MarkingColor.WHITE,
        line_width=draw.between(0.15, 0.2),
        dash_m=dash_m,
        gap_m=gap_m,
        block_m=draw.pick((3.0, 6.0)),
    )


def _reference_line(draw: Draw, length: float) -> Curve:
    """Straights and wide bends (clothoid, arc, clothoid) that tend to lead back to the first direction."""
    pieces: list[tuple[float, float, float]] = [(draw.between(30.0, 150.0), 0.0, 0.0)]
    heading, turned, drawn = draw.between(-np.pi, np.pi), 0.0, pieces[0][0]
    while drawn < length:
        radius = float(np.exp(draw.between(*np.log(RADIUS_M))))
        easing = min(max(draw.between(0.2, 0.35) * radius, 90.0), 250.0)
        angle = max(draw.between(0.15, 0.8), 1.1 * easing / radius)
        side = 1.0 if draw.chance(1.0 / (1.0 + float(np.exp(5.0 * turned)))) else -1.0
        curvature = side / radius
        bend = [
            (easing, 0.0, curvature),
            (radius * angle - easing, curvature, curvature),
            (easing, curvature, 0.0),
            (draw.between(20.0, 250.0), 0.0, 0.0),
        ]
        pieces += bend
        drawn += sum(piece[0] for piece in bend)
        turned += side * angle
    rows = np.array(pieces)
    rows[-1, 0] += 1.0
    return Curve(0.0, 0.0, heading, rows)


def _carriageways(seed: int, route_m: float, style: Style) -> list[Carriageway]:
    """Draws reference lines and ramps, and now and then a new plan, until nothing meets what it should not."""
    length = BEHIND_M + route_m + BEYOND_M
    plans: list[Plan] = []
    for attempt in range(ATTEMPTS):
        if attempt % PLAN_ATTEMPTS == 0:
            draw = Draw(seed, _PLAN, attempt)
            plans = [plan_carriageway(draw, route_m, kinds) for kinds in interchange_kinds(draw, route_m)]
        curve = first_metres(_reference_line(Draw(seed, _BENDS, attempt), length), length)
        sides = (curve, curve.reversed())
        centre = curve.pose(np.arange(0.0, length, 8.0)).beside(0.0)
        carriageways: list[Carriageway] = []
        for side, plan in enumerate(plans):
            ramps = _draw_ramps(Draw(seed, _RAMPS, side, attempt), sides[side], style, plan, centre)
            if ramps is None:
                break
            carriageways.append(Carriageway(sides[side], style, plan, ramps))
        else:
            return carriageways
    raise MapError(f"highway-{seed}: ramps meet the road or each other in each of {ATTEMPTS} attempts")


def first_metres(curve: Curve, length: float) -> Curve:
    """The curve cut off after `length` metres."""
    rows = curve.pieces.copy()
    last = int(np.searchsorted(curve.knots, length)) - 1
    share = (length - curve.knots[last]) / rows[last, 0]
    rows = rows[: last + 1]
    rows[last] = rows[last, 0] * share, rows[last, 1], rows[last, 1] + share * (rows[last, 2] - rows[last, 1])
    start = curve.pose(np.zeros(1))
    return Curve(float(start.x[0]), float(start.y[0]), float(start.heading[0]), rows)


def _draw_ramps(draw: Draw, curve: Curve, style: Style, plan: Plan, centre: np.ndarray) -> tuple[Ramp, ...] | None:
    """Ramps of one carriageway, or None where one comes too near to another or to the road."""
    ramps: list[Ramp] = []
    drawn: list[np.ndarray] = []
    for strip in sorted(plan.strips, key=lambda strip: strip.start):
        for entry, nose in ((True, strip.start), (False, strip.stop)):
            if (strip.opens if entry else strip.closes) != StripEnd.RAMP:
                continue
            road = -float(style.side(strip.place)) + style.right_shoulder + 3.0
            for _ in range(RAMP_ATTEMPTS):
                offset = style.centre(strip.place)
                ramp = draw_ramp(draw, curve, entry=entry, place=strip.place, nose=nose, offset=offset)
                own = ramp.own.pose(np.arange(0.0, ramp.own.length, 8.0)).beside(0.0)
                if (
                    clear_of(own, centre, road)
                    and clear_of(own[15:], centre, road + RAMP_DISTANCE_M)
                    and all(clear_of(own, other, RAMP_DISTANCE_M) for other in drawn)
                ):
                    break
            else:
                return None
            station = np.linspace(ramp.nose, ramp.far, 24)
            drawn.append(np.concatenate((own, curve.pose(station).beside(ramp.offset.value(station)))))
            ramps.append(ramp)
    return tuple(ramps)


def _routes(
    draw: Draw, carriageway: Carriageway, cuts: np.ndarray, drafts: list[LaneDraft], first: int, route_m: float
) -> list[Route]:
    def section_lane(station: float, place: int) -> tuple[int, float]:
        """Lane index and s of a station on a strip."""
        section = int(np.searchsorted(cuts, station, side="right")) - 1
        abreast = [index for index, draft in enumerate(drafts) if draft.road == drafts[0].road + section]
        lane = abreast[min(place, len(abreast) - 1)]
        share = (station - cuts[section]) / (cuts[section + 1] - cuts[section])
        return first + lane, float(share) * drafts[lane].line.length

    count = carriageway.plan.count(BEHIND_M)
    goal_lane, goal_s = section_lane(BEHIND_M + route_m, 0)
    places = [count - 1, draw.pick(range(count - 1))]
    starts = [section_lane(BEHIND_M, place) for place in places]
    routes = [Route(start_lane=a, start_s=s, goal_lane=goal_lane, goal_s=goal_s) for a, s in starts]
    exits = [index for index, draft in enumerate(drafts) if draft.type == LaneType.OFF_RAMP]
    entries = [index for index, draft in enumerate(drafts) if draft.type == LaneType.ON_RAMP]
    if exits:
        ramp_lane = exits[-2]
        start_lane, start_s = section_lane(BEHIND_M, draw.pick(range(count)))
        goal = 0.55 * drafts[ramp_lane].line.length
        routes.append(Route(start_lane=start_lane, start_s=start_s, goal_lane=first + ramp_lane, goal_s=goal))
    if entries:
        routes.append(Route(start_lane=first + entries[0], start_s=RAMP_START_M, goal_lane=goal_lane, goal_s=goal_s))
    return routes
