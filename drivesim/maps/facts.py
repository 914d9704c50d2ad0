"""Packs what a network says besides lanes: conflicts in junctions, signals, lights, areas."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from drivesim.maps.arrays import AreaArrays, ConflictArrays, LightArrays, SignalArrays
from drivesim.maps.control import SIGNAL_KINDS, SignalKind
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.right_of_way import rules_of

LONG_WIDTH_M, SWEPT_BESIDE_M = 2.5, 0.1
"""Width of long vehicles, and how far beyond either side of their lane they may come in the bends of junctions [m]."""
CONFLICT_STEP_M = 0.5
"""Lanes are compared at points this far apart [m]."""
CONFLICT_OVERLAP_M = 0.1
"""Surfaces that overlap by less are side by side [m]."""
PARTED_M = 1.0
"""Lanes with so much between their surfaces have parted [m]."""


def _first(counts: Sequence[int]) -> np.ndarray:
    """Offsets of consecutive stretches, int32, shape (stretch + 1,)."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int32)


def conflicts_of(network: RoadNetwork) -> list[list[tuple[int, float, float]]]:
    """For every lane of a junction, the lanes of the same junction that cross it or join it.

    Two lanes conflict where their surfaces overlap. Lanes that come from the same lane do not where they part, since
    who is on them has kept a distance before, but where they meet again. A lane and the one that continues it do not.

    Returns:
        Per lane (other lane, begin, end): the stretch of the own lane that the other's surface covers [m].
    """
    sources: list[set[int]] = [set() for _ in network.lanes]
    for index, lane in enumerate(network.lanes):
        for after in lane.successors:
            sources[after].add(index)
    found: list[list[tuple[int, float, float]]] = [[] for _ in network.lanes]
    junctions: dict[int, list[int]] = {}
    for index, lane in enumerate(network.lanes):
        if lane.junction >= 0:
            junctions.setdefault(lane.junction, []).append(index)
    for members in junctions.values():
        samples = {index: _sampled(network.lanes[index]) for index in members}
        for position, index in enumerate(members):
            for other in members[position + 1 :]:
                if index in sources[other] or other in sources[index]:
                    continue
                part = bool(sources[index] & sources[other])
                stretches = _overlap(samples[index], samples[other], part=part)
                if stretches is not None:
                    found[index].append((other, *stretches[0]))
                    found[other].append((index, *stretches[1]))
    return [sorted(row) for row in found]


class _Samples(NamedTuple):
    """A lane as points `CONFLICT_STEP_M` apart or less."""

    s: np.ndarray
    points: np.ndarray
    half: np.ndarray
    low: np.ndarray
    high: np.ndarray


def _sampled(lane: Lane) -> _Samples:
    """Places, points, half widths, and the corners of the box around the surface [m]."""
    along = np.linspace(0.0, lane.length, len(lane.points))
    s = np.linspace(0.0, lane.length, int(np.ceil(lane.length / CONFLICT_STEP_M)) + 1)
    points = np.stack([np.interp(s, along, lane.points[:, k]) for k in (0, 1)], axis=1)
    half = 0.5 * np.interp(s, along, lane.width)
    return _Samples(s, points, half, (points - half[:, None]).min(axis=0), (points + half[:, None]).max(axis=0))


def _overlap(lane: _Samples, other: _Samples, *, part: bool) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The stretches of both lanes on which their surfaces overlap [m]; None where they are apart.

    Of lanes that `part` at their start, only what lies beyond where they have been `PARTED_M` apart.
    """
    if (lane.low > other.high).any() or (other.low > lane.high).any():
        return None
    reach = lane.half[:, None] + other.half[None] - CONFLICT_OVERLAP_M
    apart = lane.points[:, None] - other.points[None]
    squared = (apart * apart).sum(axis=-1)
    touching = squared < np.square(np.maximum(reach, 0.0))
    if part:
        clear = squared > np.square(reach + PARTED_M)
        touching[: _end_of_parting(clear.all(axis=1))] = False
        touching[:, : _end_of_parting(clear.all(axis=0))] = False
    own, others = lane.s[touching.any(axis=1)], other.s[touching.any(axis=0)]
    if not own.size:
        return None
    return (float(own[0]), float(own[-1])), (float(others[0]), float(others[-1]))


def _end_of_parting(clear: np.ndarray) -> int:
    """The first place that is clear; beyond the end where none is."""
    return int(np.argmax(clear)) if clear.any() else len(clear)


def pack_conflicts(network: RoadNetwork) -> ConflictArrays:
    """Conflicts between the lanes of a map's junctions, and who goes first."""
    found = conflicts_of(network)
    rules = rules_of(network, found)
    rows = [(lane, *row) for lane, conflicts in enumerate(found) for row in conflicts]
    number = {(row[0], row[1]): index for index, row in enumerate(rows)}
    return ConflictArrays(
        lane_first=_first([len(conflicts) for conflicts in found]),
        other=np.array([row[1] for row in rows], np.int32),
        begin=np.array([row[2] for row in rows], np.float32),
        end=np.array([row[3] for row in rows], np.float32),
        rule=np.array([rule for row in rules for rule in row], np.uint8),
        mirror=np.array([number[row[1], row[0]] for row in rows], np.int32),
    )


def pack_signals(network: RoadNetwork) -> SignalArrays:
    """Signals of a map, ordered by lane and stop line."""
    signals = sorted(network.signals, key=lambda signal: (signal.lane, signal.stop_s))
    lanes = [signal.lane for signal in signals]

    def column(name: str) -> np.ndarray:
        return np.array([getattr(signal, name) for signal in signals], np.float32)

    return SignalArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(signals)], np.int32),
        lane_first=_first(np.bincount(np.array(lanes, np.int64), minlength=len(network.lanes)).tolist()),
        lane=np.array(lanes, np.int32),
        stop_s=column("stop_s"),
        kind=np.array([SIGNAL_KINDS.get(signal.type, SignalKind.OTHER) for signal in signals], np.uint8),
        value=column("value"),
        light=np.array([signal.light for signal in signals], np.int32),
        turns=np.array([signal.turns for signal in signals], np.uint8),
        x=column("x"),
        y=column("y"),
        yaw=column("yaw"),
    )


def pack_lights(network: RoadNetwork) -> LightArrays:
    """Programmes of a map's lights."""
    lights = network.lights
    phases = [phase for light in lights for phase in light.phases]
    ends = [end for light in lights for end in np.cumsum([duration for duration, _ in light.phases])]
    return LightArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(lights)], np.int32),
        cycle_s=np.array([light.cycle_s for light in lights], np.float32),
        offset_s=np.array([light.offset_s for light in lights], np.float32),
        phase_first=_first([len(light.phases) for light in lights]),
        phase_end_s=np.array(ends, np.float32),
        phase_color=np.array([color for _, color in phases], np.uint8),
    )


def pack_areas(network: RoadNetwork) -> AreaArrays:
    """Areas of a map as polygons."""
    corners = [np.zeros((0, 2)), *(area.polygon for area in network.areas)]
    return AreaArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(network.areas)], np.int32),
        kind=np.array([area.kind for area in network.areas], np.uint8),
        corner_first=_first([len(area.polygon) for area in network.areas]),
        corner=np.concatenate(corners).astype(np.float32),
    )


def longest_vehicles(network: RoadNetwork) -> np.ndarray:
    """Longest vehicle that keeps to each lane across a junction [m], float32, shape (lane,); +inf for all others.

    A body of length L whose ends are on a path bulges from it by h. On an arc of radius r that turns by the angle a,

        (L / 2)^2 = h (2 r - h)                                      where both ends are on the arc
        L / 2 = r sin(a / 2) + (h - r (1 - cos(a / 2))) / tan(a / 2)      where they are on straights beyond it

    Placed half inside and half outside it needs h / 2 to either side of its half width; what it may need is
    `SWEPT_BESIDE_M` more than the lane is wide. r is the least radius of the lane.
    """
    longest = np.full(len(network.lanes), np.inf, np.float32)
    for index, lane in enumerate(network.lanes):
        if lane.junction < 0:
            continue
        bulge = max(float(lane.width.min()) + 2.0 * SWEPT_BESIDE_M - LONG_WIDTH_M, 0.0)
        turns = (np.diff(lane.heading) + np.pi) % (2.0 * np.pi) - np.pi
        curvature, angle = float(np.abs(lane.curvature).max()), float(np.abs(turns).sum())
        if angle < 1e-3 or curvature < 1e-5:
            continue
        half, radius = 0.5 * min(angle, 3.0), 1.0 / curvature
        within = 2.0 * np.sqrt(max(bulge * (2.0 * radius - bulge), 0.0))
        beyond = 2.0 * (radius * np.sin(half) + (bulge - radius * (1.0 - np.cos(half))) / np.tan(half))
        longest[index] = within if within < 2.0 * radius * np.sin(half) else max(beyond, within)
    return longest
