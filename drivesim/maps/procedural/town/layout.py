"""Plans of towns from a seed: on a grid, grown, or round a ring."""

import dataclasses
from collections import deque

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.draw import Draw
from drivesim.maps.procedural.road import KMH
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.pockets import with_pockets
from drivesim.maps.procedural.town.roundabouts import has_room

_LAYOUT = 1
"""Purpose of random draws."""
TRIES = 50
"""Plans that are drawn until one can be built."""
BLOCK_M = (62.0, 105.0)
"""Distance between neighbouring streets of a grid [m]."""
SHIFT_M = 15.0
"""Nodes of grown towns are moved by up to this [m]."""
MAIN_LANES = (1, 1, 1, 2, 2, 2, 2, 3)
"""Lanes of main streets in each direction, one as likely as another."""
SPREAD = {1: 1.0, 2: 1.2, 3: 1.4}
"""By lanes of the main streets."""
ONE_WAY_SHARE = 0.12
ROUNDABOUT_SHARE = {1: 0.22, 2: 0.1}
"""Of the nodes where there is room, by lanes of the widest street."""
_RINGS = 6
"""Purpose of random draws."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Style:
    """What the streets of a town are like."""

    main_lanes: int
    lane_width: float
    pavement: float
    corner_radius: float
    is_old: bool
    """Narrow, without cycle lanes, priority to the right where nothing else says so."""
    lit: float
    """Share of the crossings of main streets that have lights."""
    parking: float
    """Share of the side streets with parked cars on one side or both."""
    has_islands: bool
    """Its main streets have islands between their directions, and lanes for turning left."""
    spread: float
    """Distances between streets over those of a town whose main streets have one lane in each direction."""


Edge = tuple[int, int]


def town_plan(seed: int) -> StreetPlan:
    """The plan of a town; equal seeds give equal plans. It has room for all its junctions, with one-way streets or not.

    Raises:
        MapError: None of many plans has.
    """
    for attempt in range(TRIES):
        plan = _drawn(seed, attempt)
        if has_room(plan) and has_room(both_ways(plan)):
            return plan
    raise MapError(f"town {seed}: found no plan with room for its junctions in {TRIES} tries")


def _drawn(seed: int, attempt: int) -> StreetPlan:
    draw = Draw(seed, _LAYOUT, attempt)
    is_old = draw.chance(0.45)
    main_lanes = 1 if is_old else draw.pick(MAIN_LANES)
    style = Style(
        main_lanes=main_lanes,
        lane_width=draw.between(3.0, 3.2) if is_old else draw.between(3.2, 3.5),
        pavement=draw.between(1.8, 2.4) if is_old else draw.between(2.4, 3.5),
        corner_radius=draw.between(4.5, 6.0) if is_old else draw.between(6.0, 9.0),
        is_old=is_old,
        lit=0.35 if is_old else 0.7,
        parking=draw.between(0.3, 0.8),
        has_islands=draw.chance(0.2 if is_old else 0.5 if main_lanes == 1 else 0.9),
        spread=SPREAD[main_lanes],
    )
    kind = draw.pick(("grid", "grown", "ring"))
    points, edges, main, bends = {"grid": _grid, "grown": _grown, "ring": _ring}[kind](draw)
    plan = _planned(
        f"town-{kind}-{seed}", seed, draw, style, style.spread * points, edges, _gone_on(len(points), edges, main),
        {edge: bend / style.spread for edge, bend in bends.items()},
    )  # fmt: skip
    return with_pockets(plan) if style.has_islands else plan


def both_ways(plan: StreetPlan) -> StreetPlan:
    """The plan without one-way streets."""
    streets = tuple(
        dataclasses.replace(
            street, backward=street.backward or street.forward, forward=street.forward or street.backward
        )
        for street in plan.streets
    )
    return dataclasses.replace(plan, streets=streets)


def _grid_edges(columns: int, rows: int) -> list[Edge]:
    along = [(r * columns + c, r * columns + c + 1) for r in range(rows) for c in range(columns - 1)]
    up = [(r * columns + c, (r + 1) * columns + c) for r in range(rows - 1) for c in range(columns)]
    return along + up


def _grid(draw: Draw) -> tuple[np.ndarray, list[Edge], set[Edge], dict[Edge, float]]:
    """Straight streets at right angles; some are missing."""
    columns, rows = draw.pick((3, 4)), draw.pick((3, 4))
    x = np.concatenate(([0.0], np.cumsum(draw.many(*BLOCK_M, columns - 1))))
    y = np.concatenate(([0.0], np.cumsum(draw.many(*BLOCK_M, rows - 1))))
    points = np.array([(x[c], y[r]) for r in range(rows) for c in range(columns)])
    row, column = draw.pick(range(rows)), draw.pick(range(columns))
    main = {(row * columns + c, row * columns + c + 1) for c in range(columns - 1)}
    main |= {(r * columns + column, (r + 1) * columns + column) for r in range(rows - 1)}
    edges = _thinned(draw, len(points), _grid_edges(columns, rows), main, 0.14)
    return points, edges, main, {}


def _grown(draw: Draw) -> tuple[np.ndarray, list[Edge], set[Edge], dict[Edge, float]]:
    """As if it had grown: nothing is straight, a main street winds through."""
    columns, rows = draw.pick((3, 4)), 3
    points = np.array([(85.0 * c, 85.0 * r) for r in range(rows) for c in range(columns)])
    points += np.stack((draw.many(-SHIFT_M, SHIFT_M, len(points)), draw.many(-SHIFT_M, SHIFT_M, len(points))), axis=1)
    row = draw.pick(range(rows))
    main = {(row * columns + c, row * columns + c + 1) for c in range(columns - 1)}
    edges = _thinned(draw, len(points), _grid_edges(columns, rows), main, 0.25)
    bends = {edge: draw.between(-1.0, 1.0) / 130.0 for edge in edges}
    return points, edges, main, bends


def _ring(draw: Draw) -> tuple[np.ndarray, list[Edge], set[Edge], dict[Edge, float]]:
    """A ring road around an old core, with streets to the core and some round it."""
    count, radius, inner = draw.pick((5, 6, 7)), draw.between(105.0, 130.0), draw.between(42.0, 52.0)
    begin = draw.between(0.0, 2.0 * np.pi)
    angle = begin + 2.0 * np.pi * (np.arange(count) + draw.many(-0.16, 0.16, count)) / count
    ring = radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    core = inner * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    points = np.concatenate((ring, core))
    round_ring = [(k, (k + 1) % count) for k in range(count)]
    round_core = [(count + k, count + (k + 1) % count) for k in range(count)]
    spokes = [(k, count + k) for k in range(count)]
    main = set(round_ring)
    edges = _thinned(draw, len(points), round_ring + round_core + spokes, main, 0.15)
    return points, edges, main, dict.fromkeys(round_ring, 1.0 / radius)


def _thinned(draw: Draw, count: int, edges: list[Edge], main: set[Edge], share: float) -> list[Edge]:
    """Takes some side streets away, as long as every node keeps two streets and all stay connected."""
    kept = list(edges)
    for edge in edges:
        if edge in main or not draw.chance(share):
            continue
        rest = [other for other in kept if other != edge]
        degree = np.bincount(np.array(rest).ravel(), minlength=count)
        if degree[list(edge)].min() >= 2 and _is_connected(count, rest):
            kept = rest
    return kept


def _gone_on(count: int, edges: list[Edge], main: set[Edge]) -> set[Edge]:
    """Main streets with all that goes on from their ends without a junction."""
    main, ends = set(main), [[edge for edge in edges if node in edge] for node in range(count)]
    while True:
        more = {edge for pair in ends if len(pair) == 2 and main & set(pair) for edge in pair} - main
        if not more:
            return main
        main |= more


def _is_connected(count: int, edges: list[Edge], *, both_ways: bool = True) -> bool:
    """Whether every node reaches every other; with `both_ways` along edges in either direction."""
    for backwards in (False,) if both_ways else (False, True):
        after: list[list[int]] = [[] for _ in range(count)]
        for a, b in edges:
            after[b if backwards else a].append(a if backwards else b)
            if both_ways:
                after[b].append(a)
        seen, queue = {0}, deque([0])
        while queue:
            for other in after[queue.popleft()]:
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        if len(seen) < count:
            return False
    return True


def _planned(
    name: str,
    seed: int,
    draw: Draw,
    style: Style,
    points: np.ndarray,
    edges: list[Edge],
    main: set[Edge],
    bends: dict[Edge, float],
) -> StreetPlan:
    """Fills in streets and the control of every node."""
    degree = np.bincount(np.array(edges).ravel(), minlength=len(points))
    one_way = _one_ways(draw, len(points), edges, main, degree)
    streets = []
    for number, edge in enumerate(edges):
        is_main = edge in main
        lanes = style.main_lanes if is_main else 1
        forward, backward = (lanes, 0) if edge in one_way else (lanes, lanes)
        parking = (0.0, 0.0)
        if not is_main and draw.chance(style.parking):
            parking = draw.pick(((2.1, 0.0), (0.0, 2.1), (2.1, 2.1)))
        streets.append(
            Street(
                start=edge[0],
                end=edge[1],
                forward=forward,
                backward=backward,
                lane_width=style.lane_width if is_main else max(style.lane_width - 0.2, 2.9),
                limit=(50.0 if is_main else 30.0) * KMH,
                bend=bends.get(edge, 0.0),
                rank=int(is_main),
                parking=parking,
                cycle=1.6 if is_main and not style.is_old else 0.0,
                pavement=style.pavement,
                zebra=draw.between(0.4, 0.6) if draw.chance(0.12) else -1.0,
                bus_stops=is_main and number % 2 == 0,
            )
        )
    nodes = []
    for number, (x, y) in enumerate(points):
        mains = sum(number in edge for edge in main)
        nodes.append(
            Node(
                x=float(x),
                y=float(y),
                control=_control(draw, style, int(degree[number]), mains),
                corner_radius=10.0 if degree[number] == 2 else style.corner_radius,
                zebras=bool(degree[number] > 2 and draw.chance(0.35)),
            )
        )
    plan = StreetPlan(
        name=name,
        seed=seed,
        nodes=tuple(nodes),
        streets=tuple(streets),
        clock_s=draw.pick((70.0, 80.0) if style.has_islands else (50.0, 60.0, 70.0)),
    )
    return _with_roundabouts(plan, degree)


def _with_roundabouts(plan: StreetPlan, degree: np.ndarray) -> StreetPlan:
    """Makes some nodes roundabouts, where there is room; where streets have two lanes per direction, with two lanes."""
    draw = Draw(plan.seed, _RINGS)
    lanes = [1] * len(plan.nodes)
    for street in plan.streets:
        for node in (street.start, street.end):
            lanes[node] = max(lanes[node], street.forward, street.backward)
    for number, node in enumerate(plan.nodes):
        if degree[number] < 3 or lanes[number] > 2 or not draw.chance(ROUNDABOUT_SHARE[lanes[number]]):
            continue
        nodes = list(plan.nodes)
        nodes[number] = dataclasses.replace(node, control=Control.ROUNDABOUT, ring_lanes=lanes[number])
        changed = dataclasses.replace(plan, nodes=tuple(nodes))
        if has_room(changed):
            plan = changed
    return plan


def _control(draw: Draw, style: Style, degree: int, mains: int) -> Control:
    if degree < 3:
        return Control.PRIORITY_TO_RIGHT
    if mains >= 2:
        if draw.chance(style.lit):
            return Control.LIGHTS
        if mains > 2:
            return Control.ALL_WAY_STOP
        return draw.pick((Control.PRIORITY, Control.PRIORITY, Control.STOP))
    if mains == 1:
        return Control.PRIORITY
    return draw.pick((Control.PRIORITY_TO_RIGHT,) * 3 + ((Control.ALL_WAY_STOP,) if not style.is_old else ()))


def _one_ways(draw: Draw, count: int, edges: list[Edge], main: set[Edge], degree: np.ndarray) -> set[Edge]:
    """Side streets that can be driven one way only; every node stays within reach of every other."""
    chosen: set[Edge] = set()
    for edge in edges:
        if edge in main or degree[list(edge)].min() < 3 or not draw.chance(ONE_WAY_SHARE):
            continue
        directed = [e for e in edges if e in chosen or e == edge]
        both = [e for e in edges if e not in chosen and e != edge]
        directed += both + [(b, a) for a, b in both]
        if _is_connected(count, directed, both_ways=False):
            chosen.add(edge)
    return chosen
