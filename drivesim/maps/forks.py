"""Where lanes part and join at junctions: ways across can begin before the junction and end behind it."""

import dataclasses
from collections.abc import Collection, Iterator

import numpy as np

from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.routing import LaneGraph

LONGER_M = 5.0
"""Ways are longer by so much at either end [m]."""
LEFT_M = 8.0
"""What is left of a lane that gives some of its length to ways [m]."""
_ROWS = ("width", "edge_left", "edge_right", "oncoming_left")


def with_longer_ways(network: RoadNetwork, tight: Collection[int]) -> RoadNetwork:
    """The network with ways across that begin `LONGER_M` earlier and end as much later, so that they bend less.

    Lanes side by side give up the same share of their length. Lines stay where they are, and so do signals; a stop line
    on what becomes a way lies at its beginning.

    Args:
        network: A map.
        tight: Lanes that need it, ways across above all; ways that part from or join the same lanes as they do become
            longer with them.
    """
    if not tight:
        return network
    ways = {number for number, lane in enumerate(network.lanes) if lane.junction >= 0} | set(tight)
    graph = LaneGraph(network)
    before: list[list[int]] = [[] for _ in network.lanes]
    for number, lane in enumerate(network.lanes):
        for after in lane.successors:
            before[after].append(number)
    ends = {int(graph.group[k]) for way in tight for k in before[way]}
    starts = {int(graph.group[k]) for way in tight for k in network.lanes[way].successors}
    at_end = {
        group: share for group in sorted(ends) if (share := _share(network, ways, graph, before, group, at_end=True))
    }
    at_start = {g: share for g in sorted(starts) if (share := _share(network, ways, graph, before, g, at_end=False))}
    lanes = list(network.lanes)
    added = np.zeros(len(lanes))
    """What was added at the start of each lane, negative where it was taken away [m]."""
    for number, lane in enumerate(network.lanes):
        group = int(graph.group[number])
        if number not in ways and (group in at_end or group in at_start):
            first, last = at_start.get(group, 0.0), 1.0 - at_end.get(group, 0.0)
            lanes[number] = part(lane, first, last)
            added[number] = -first * lane.length
    for number, lane in enumerate(network.lanes):
        if number not in ways:
            continue
        head = next((k for k in before[number] if int(graph.group[k]) in at_end), None)
        tail = next((k for k in lane.successors if int(graph.group[k]) in at_start), None)
        pieces = [lane]
        if head is not None:
            piece = part(network.lanes[head], 1.0 - at_end[int(graph.group[head])], 1.0)
            added[number] = piece.length
            pieces.insert(0, piece)
        if tail is not None:
            pieces.append(part(network.lanes[tail], 0.0, at_start[int(graph.group[tail])]))
        if len(pieces) > 1:
            lanes[number] = _joined(lane, pieces)

    def place(lane: int, s: float) -> float:
        return float(np.clip(s + added[lane], 0.0, lanes[lane].length))

    return dataclasses.replace(
        network,
        lanes=tuple(lanes),
        signals=tuple(dataclasses.replace(x, stop_s=place(x.lane, x.stop_s)) for x in network.signals),
        bays=tuple(dataclasses.replace(x, s=place(x.lane, x.s)) for x in network.bays),
        bus_stops=tuple(dataclasses.replace(x, s=place(x.lane, x.s)) for x in network.bus_stops),
        routes=tuple(
            dataclasses.replace(x, start_s=place(x.start_lane, x.start_s), goal_s=place(x.goal_lane, x.goal_s))
            for x in network.routes
        ),
    )


def _share(
    network: RoadNetwork, ways: set[int], graph: LaneGraph, before: list[list[int]], group: int, *, at_end: bool
) -> float:
    """Share of their length that lanes of a group give to the ways at their ends or starts; 0 where they cannot."""
    members = graph.members[group]
    shortest = min(network.lanes[k].length for k in members)
    # Both ends may be asked for.
    length = min(LONGER_M, 0.5 * (shortest - LEFT_M))
    if length < 1.0 or ways & set(members):
        return 0.0
    joined = {way for k in members for way in (network.lanes[k].successors if at_end else before[k])}
    for way in joined:
        met = before[way] if at_end else network.lanes[way].successors
        abreast = set(graph.members[int(graph.group[way])])
        if way not in ways or len(met) != 1 or not abreast <= joined:
            return 0.0
    return length / shortest


def part(lane: Lane, first: float, last: float, number: int = 0) -> Lane:
    """A lane between two shares of its length, with evenly spaced points: a `number` of them, or as dense as before."""
    count = len(lane.points) - 1
    at = np.linspace(first, last, number or max(int(np.ceil((last - first) * count)), 2) + 1) * count
    index = np.arange(count + 1)
    rows = {name: _between(at, index, getattr(lane, name)) for name in (*_ROWS, "curvature")}
    return dataclasses.replace(
        lane, points=np.stack([np.interp(at, index, lane.points[:, axis]) for axis in (0, 1)], axis=1),
        heading=np.interp(at, index, np.unwrap(lane.heading)), length=(last - first) * lane.length, **rows,
    )  # fmt: skip


def _joined(lane: Lane, pieces: list[Lane]) -> Lane:
    """One lane along several that follow each other, otherwise like `lane`."""
    lengths = np.array([piece.length for piece in pieces])
    starts = np.concatenate(([0.0], np.cumsum(lengths)))
    along = np.concatenate(
        [s + np.linspace(0.0, p.length, len(p.points)) for s, p in zip(starts, pieces, strict=False)]
    )
    total = float(starts[-1])
    step = lane.length / (len(lane.points) - 1)
    # Ways abreast have equally many points, and what they are lengthened by is almost equal.
    per_m = float(np.ceil(LONGER_M / step)) / LONGER_M
    more = sum(max(round(piece.length * per_m), 1) for piece in pieces if piece is not lane)
    wanted = np.linspace(0.0, total, len(lane.points) + more)

    def even(values: list[np.ndarray]) -> np.ndarray:
        return _between(wanted, along, np.concatenate(values))

    points = np.stack([even([piece.points[:, axis] for piece in pieces]) for axis in (0, 1)], axis=1)
    rows = {name: even([getattr(piece, name) for piece in pieces]) for name in (*_ROWS, "curvature")}
    heading = even([*_unwrapped(pieces)])
    return dataclasses.replace(lane, points=points, heading=heading, length=total, **rows)


def _unwrapped(pieces: list[Lane]) -> Iterator[np.ndarray]:
    """Headings of lanes that follow each other, without jumps."""
    last = float(pieces[0].heading[0])
    for piece in pieces:
        heading = np.unwrap(piece.heading)
        heading = heading + 2.0 * np.pi * np.round((last - heading[0]) / (2.0 * np.pi))
        last = float(heading[-1])
        yield heading


def _between(at: np.ndarray, index: np.ndarray, values: np.ndarray) -> np.ndarray:
    if np.isfinite(values).all():
        return np.interp(at, index, values)
    # Where oncoming traffic begins is infinitely far away on some lanes, here all along if anywhere.
    return np.full(len(at), np.inf)
