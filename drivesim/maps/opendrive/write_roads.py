"""Roads for a document: lanes side by side share one, and so do the opposite directions of a street."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.opendrive.write_line import Sampled, sampled

ABREAST_M = 0.05
"""Opposite lanes share a road if their ends are abreast within this [m]."""
CUT_M = 0.5
"""Length of the pieces that join roads where more than two meet outside of a junction [m]."""
EDGE_MIN_M = 0.05
"""A shoulder narrower than this is not written [m]."""


class Place(NamedTuple):
    """Where a lane is in the document."""

    road: int
    lane: int
    """Its id: negative right of the reference line."""
    forward: bool
    """It is driven along the reference line."""


@dataclass(kw_only=True, eq=False)
class Strip:
    """A lane as it is written: one that is driven, or the shoulder beside it."""

    width: np.ndarray
    """[m], shape (station,)."""
    source: int = -1
    """Lane of the network; -1 for a shoulder."""


@dataclass(kw_only=True, eq=False)
class Road:
    """A road of the document."""

    line: Sampled
    offset: np.ndarray
    """Of the middle from the reference line, left positive [m], shape (station,)."""
    right: list[Strip] = field(default_factory=list)
    """From the middle outwards."""
    left: list[Strip] = field(default_factory=list)
    junction: int = -1
    speed: float = 0.0
    before: int = -1
    """Road whose end leads to this piece in a junction; -1 where it is no such piece."""
    after: int = -1
    """Road that follows this piece."""

    def strips(self) -> list[tuple[int, Strip]]:
        """All by lane id, from left to right."""
        left = [(k + 1, strip) for k, strip in enumerate(self.left)]
        return [*left[::-1], *((-k - 1, strip) for k, strip in enumerate(self.right))]

    def borders(self) -> dict[int, np.ndarray]:
        """Outer border of every strip by its id, left of the reference line [m]; 0 is the middle."""
        found = {0: self.offset}
        for sign, strips in ((1, self.left), (-1, self.right)):
            border = self.offset
            for k, strip in enumerate(strips):
                border = border + sign * strip.width
                found[sign * (k + 1)] = border
        return found


def roads_of(network: RoadNetwork) -> tuple[list[Road], list[Place]]:
    """Roads, and where each lane of the network is in them.

    The reference line of a road is the middle of the lane nearest to its own middle, which an offset moves to that
    lane's border: so it never bends tighter than anybody drives.
    """
    # The inner lane is beside the oncoming traffic: the leftmost, in left-hand traffic the rightmost.
    chains = _chains(network)
    knots = _knots(network, chains)
    partner = _partners(network, chains, {chain for knot in knots for side in knot for chain in side})
    roads: list[Road] = []
    places: dict[int, Place] = {}
    written: set[int] = set()
    for number, chain in enumerate(chains):
        if number in written:
            continue
        other = partner.get(number)
        roads.append(_road(network, chain, chains[other] if other is not None else ()))
        written.add(number)
        side = -1 if not network.left_hand else 1
        for members, sign, forward in ((chain, side, True), (chains[other] if other is not None else (), -side, False)):
            if other is not None:
                written.add(other)
            for k, lane in enumerate(members):
                places[lane] = Place(len(roads) - 1, sign * (k + 1), forward)
    junction = max((road.junction for road in roads), default=-1) + 1
    for number, (_, entering) in enumerate(knots):
        for chain in sorted(entering):
            roads += _pieces(network, roads, places, chains[chain], junction + number)
    return roads, [places[lane] for lane in range(len(network.lanes))]


def _pieces(
    network: RoadNetwork, roads: list[Road], places: dict[int, Place], chain: tuple[int, ...], junction: int
) -> list[Road]:
    """Cuts the beginning off a road, into pieces that each come from one road."""
    whole = places[chain[0]].road
    road = roads[whole]
    head, roads[whole] = _cut(road, CUT_M)
    before = {
        lane: places[k].road for k, other in enumerate(network.lanes) for lane in other.successors if lane in chain
    }
    sources = [before.get(lane, -1) for lane in chain]
    # A lane that begins here goes along with the one beside it.
    for k in range(1, len(sources)):
        sources[k] = sources[k - 1] if sources[k] < 0 else sources[k]
    for k in range(len(sources) - 2, -1, -1):
        sources[k] = sources[k + 1] if sources[k] < 0 else sources[k]
    sign = 1 if network.left_hand else -1
    borders = head.borders()
    outer, inner = (head.left, head.right) if sign > 0 else (head.right, head.left)
    pieces = []
    first = 0
    for k in range(1, len(chain) + 1):
        if k < len(chain) and sources[k] == sources[first]:
            continue
        members = outer[first : len(outer) if k == len(chain) else k]
        own, other = members, (inner if first == 0 else [])
        pieces.append(
            Road(line=head.line, offset=borders[sign * first], left=own if sign > 0 else other,
                 right=other if sign > 0 else own, junction=junction, speed=head.speed, before=sources[first],
                 after=whole)
        )  # fmt: skip
        first = k
    return pieces


def _cut(road: Road, s: float) -> tuple[Road, Road]:
    """The part of a road before a station, and the rest."""
    point, heading, curvature = (value[0] for value in road.line.at(np.array([s])))
    at = int(np.searchsorted(road.line.s, s))
    near = abs(road.line.s[at] - s) < 1e-3

    def both(values: np.ndarray, value: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        here = np.asarray(value)[None]
        return np.concatenate((values[:at], here)), np.concatenate((here, values[at + near :]))

    station = both(road.line.s, s)
    line = [both(*pair) for pair in ((road.line.points, point), (road.line.heading, heading),
                                     (road.line.curvature, curvature))]  # fmt: skip
    parts = []
    for k in (0, 1):

        def strips(members: list[Strip], k: int = k) -> list[Strip]:
            return [
                Strip(width=both(m.width, float(np.interp(s, road.line.s, m.width)))[k], source=m.source)
                for m in members
            ]

        parts.append(
            Road(line=Sampled(station[k] - station[k][0], line[0][k], line[1][k], line[2][k]),
                 offset=both(road.offset, float(np.interp(s, road.line.s, road.offset)))[k], left=strips(road.left),
                 right=strips(road.right), junction=road.junction, speed=road.speed)
        )  # fmt: skip
    return parts[0], parts[1]


def _knots(network: RoadNetwork, chains: list[tuple[int, ...]]) -> list[tuple[set[int], set[int]]]:
    """Where more than two chains meet outside of a junction: those that end there, those that begin."""
    chain_of = {lane: number for number, chain in enumerate(chains) for lane in chain}
    after: dict[int, set[int]] = {}
    before: dict[int, set[int]] = {}
    for number, lane in enumerate(network.lanes):
        for other in lane.successors:
            if lane.junction < 0 and network.lanes[other].junction < 0:
                after.setdefault(chain_of[number], set()).add(chain_of[other])
                before.setdefault(chain_of[other], set()).add(chain_of[number])
    knots, seen = [], set()
    for start in sorted(after):
        if start in seen:
            continue
        leaving, entering, queue = {start}, set[int](), [start]
        while queue:
            for chain in after[queue.pop()] - entering:
                entering.add(chain)
                queue += before[chain] - leaving
                leaving |= before[chain]
        seen |= leaving
        if len(leaving) + len(entering) > 2:
            knots.append((leaving, entering))
    return knots


def _chains(network: RoadNetwork) -> list[tuple[int, ...]]:
    """Lanes side by side going the same way, from the inner one outwards."""
    chains = []
    for first, lane in enumerate(network.lanes):
        if (lane.right if network.left_hand else lane.left) >= 0:
            continue
        chain = [first]
        while True:
            at = network.lanes[chain[-1]]
            beyond = at.left if network.left_hand else at.right
            if beyond < 0:
                break
            chain.append(beyond)
        chains.append(tuple(chain))
    return chains


def _inner_end(lane: Lane, index: int, left_hand: bool) -> np.ndarray:
    normal = np.array([-np.sin(lane.heading[index]), np.cos(lane.heading[index])])
    return lane.points[index] + (-0.5 if left_hand else 0.5) * lane.width[index] * normal


def _partners(network: RoadNetwork, chains: list[tuple[int, ...]], alone: set[int]) -> dict[int, int]:
    """Chains of opposite direction that share their inner border, both ways, without those that stay alone.

    Where a road goes on as another road, so do both of its directions.
    """
    found = _abreast(network, chains, alone)
    chain_of = {lane: number for number, chain in enumerate(chains) for lane in chain}
    after: dict[int, set[int]] = {number: set() for number in range(len(chains))}
    before: dict[int, set[int]] = {number: set() for number in range(len(chains))}
    for number, lane in enumerate(network.lanes):
        for other in lane.successors:
            if lane.junction < 0 and network.lanes[other].junction < 0:
                after[chain_of[number]].add(chain_of[other])
                before[chain_of[other]].add(chain_of[number])
    while True:
        wrong = {
            number
            for number, other in found.items()
            if {found.get(chain, -1) for chain in after[number]} != before[other]
            or {found.get(chain, -1) for chain in before[number]} != after[other]
        }
        if not wrong:
            return found
        found = {number: other for number, other in found.items() if number not in wrong and other not in wrong}


def _abreast(network: RoadNetwork, chains: list[tuple[int, ...]], alone: set[int]) -> dict[int, int]:
    ends: dict[tuple[int, int], list[int]] = {}

    def cell(point: np.ndarray) -> tuple[int, int]:
        return int(np.floor(point[0])), int(np.floor(point[1]))

    inner = [[_inner_end(network.lanes[chain[0]], index, network.left_hand) for index in (0, -1)] for chain in chains]
    for number, (start, _) in enumerate(inner):
        if network.lanes[chains[number][0]].junction < 0 and number not in alone:
            ends.setdefault(cell(start), []).append(number)
    found: dict[int, int] = {}
    for number, (start, end) in enumerate(inner):
        lane = network.lanes[chains[number][0]]
        if lane.junction >= 0 or number in found or number in alone:
            continue
        x, y = cell(end)
        for other in (k for dx in (-1, 0, 1) for dy in (-1, 0, 1) for k in ends.get((x + dx, y + dy), ())):
            opposite = network.lanes[chains[other][0]]
            gap = max(np.hypot(*(inner[other][0] - end)), np.hypot(*(inner[other][1] - start)))
            if other == number or other in found or gap > ABREAST_M or not _is_along(lane, opposite):
                continue
            found[number], found[other] = other, number
            break
    return found


def _is_along(lane: Lane, opposite: Lane) -> bool:
    """Opposite lanes lie side by side in their middles, too."""
    apart = lane.points[len(lane.points) // 2] - opposite.points
    return bool(abs(np.hypot(*apart.T).min() - 0.5 * (lane.width.mean() + opposite.width.mean())) < 0.5)


def _road(network: RoadNetwork, chain: tuple[int, ...], back: tuple[int, ...]) -> Road:
    inner = network.lanes[chain[0]]
    line = sampled(inner.points, inner.heading, inner.curvature)
    outwards = 1.0 if network.left_hand else -1.0
    offset = -outwards * 0.5 * inner.width
    speed = max(network.lanes[k].speed_limit for k in chain)
    road = Road(line=line, offset=offset, junction=inner.junction, speed=speed)
    forward = _strips(network, line, offset, chain, outwards)
    backward = _strips(network, line, offset, back, -outwards)
    if inner.junction < 0:
        forward += _shoulder(network, line, chain[-1], outer=True)
        if back:
            backward += _shoulder(network, line, back[-1], outer=True)
        elif not np.isfinite(inner.oncoming_left).any():
            backward += _shoulder(network, line, chain[0], outer=False)
    road.left, road.right = (forward, backward) if network.left_hand else (backward, forward)
    return road


def _strips(
    network: RoadNetwork, line: Sampled, offset: np.ndarray, chain: tuple[int, ...], outwards: float
) -> list[Strip]:
    strips = []
    border = offset
    for number in chain:
        s, t, _ = _beside(network.lanes[number], line)
        outer = 2.0 * np.interp(line.s, s, t) - border
        strips.append(Strip(width=np.maximum(outwards * (outer - border), 0.0), source=number))
        border = outer
    return strips


def _beside(lane: Lane, line: Sampled) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stations of a lane's points, ascending, their offsets [m], and the order in which they come."""
    start, end = (np.argmin(np.hypot(*(line.points - lane.points[k]).T)) for k in (0, -1))
    s, t = line.project(lane.points, np.linspace(line.s[start], line.s[end], len(lane.points)))
    order = np.argsort(s, kind="stable")
    return s[order], t[order], order


def _shoulder(network: RoadNetwork, line: Sampled, number: int, *, outer: bool) -> list[Strip]:
    """What of the surface lies beside the outermost lane of a direction, or the innermost."""
    lane = network.lanes[number]
    edge = lane.edge_right if outer != network.left_hand else lane.edge_left
    s, _, order = _beside(lane, line)
    width = np.interp(line.s, s, np.maximum(edge - 0.5 * lane.width, 0.0)[order])
    return [Strip(width=width)] if width.max() > EDGE_MIN_M else []


def station_of(road: Road, network: RoadNetwork, lane: int, s: float) -> float:
    """Station of a place along a lane [m]."""
    own = network.lanes[lane]
    along = np.linspace(0.0, own.length, len(own.points))
    point = np.array([[np.interp(s, along, own.points[:, axis]) for axis in (0, 1)]])
    near = float(road.line.s[np.argmin(np.hypot(*(road.line.points - point).T))])
    station, _ = road.line.project(point, np.array([near]))
    return float(np.clip(station[0], 0.0, road.line.length))
