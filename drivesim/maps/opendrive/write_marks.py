"""Road marks at the borders of lanes, found among a network's painted lines."""

from collections import defaultdict
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from drivesim.maps.network import Marking, MarkingColor, MarkingType, RoadNetwork
from drivesim.maps.opendrive.write_line import metres
from drivesim.maps.opendrive.write_roads import Place, Road

REACH_M = 0.3
"""A line so near to a border is its mark [m]."""
STEP_M = 0.25
NAMES = {
    MarkingType.SOLID: "solid", MarkingType.BROKEN: "broken", MarkingType.SOLID_SOLID: "solid solid",
    MarkingType.SOLID_BROKEN: "solid broken", MarkingType.BROKEN_SOLID: "broken solid", MarkingType.BLOCK: "broken",
}  # fmt: skip


class Paints:
    """Painted lines, by place."""

    def __init__(self, markings: Sequence[Marking]) -> None:
        self._markings = markings
        self._cells: dict[tuple[int, int], list[tuple[int, float, float]]] = defaultdict(list)
        for index, marking in enumerate(markings):
            if marking.type not in NAMES:
                continue
            along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(marking.points, axis=0).T))))
            wanted = np.linspace(0.0, along[-1], max(int(along[-1] / STEP_M), 1) + 1)
            x, y = (np.interp(wanted, along, marking.points[:, axis]) for axis in (0, 1))
            for px, py in zip(x.tolist(), y.tolist(), strict=True):
                self._cells[int(px // 1.0), int(py // 1.0)].append((index, px, py))

    def near(self, points: np.ndarray) -> Marking | None:
        """The line that lies along most of some points, shape (point, 2)."""
        votes: dict[int, int] = defaultdict(int)
        for px, py in points.tolist():
            x, y = int(px // 1.0), int(py // 1.0)
            best, least = -1, REACH_M
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    for index, qx, qy in self._cells.get((x + dx, y + dy), ()):
                        away = float(np.hypot(qx - px, qy - py))
                        if away < least:
                            best, least = index, away
            if best >= 0:
                votes[best] += 1
        if not votes or sum(votes.values()) * 2 < len(points):
            return None
        return self._markings[max(votes, key=lambda index: (votes[index], -index))]


def write_mark(
    element: Element, network: RoadNetwork, road: Road, places: list[Place], lane_id: int, border: np.ndarray,
    paints: Paints,
) -> None:  # fmt: skip
    """Adds the mark on a lane's outer border and who may change across it."""
    chosen = np.unique(np.linspace(0, len(border) - 1, 9).astype(int))
    heading = road.line.heading[chosen]
    normal = np.stack((-np.sin(heading), np.cos(heading)), axis=-1)
    paint = paints.near(road.line.points[chosen] + border[chosen, None] * normal) if road.junction < 0 else None
    change = "none" if lane_id == 0 else _change(network, road, lane_id)
    mark = SubElement(element, "roadMark", sOffset="0", type="none", color="white", laneChange=change)
    if paint is not None:
        mark.set("type", NAMES[paint.type])
        mark.set("color", "yellow" if paint.color == MarkingColor.YELLOW else "white")
        mark.set("width", metres(paint.width_m))


def _change(network: RoadNetwork, road: Road, lane_id: int) -> str:
    """Lane changes across a lane's outer border, by OpenDRIVE's words: towards higher or lower ids."""
    strips = dict(road.strips())
    beyond = strips.get(lane_id + (1 if lane_id > 0 else -1))
    own = strips[lane_id].source
    if own < 0 or beyond is None or beyond.source < 0:
        return "none"
    lane, other = network.lanes[own], network.lanes[beyond.source]
    outwards = lane.change_right if lane.right == beyond.source else lane.change_left
    inwards = other.change_left if other.left == own else other.change_right
    if outwards == inwards:
        return "both" if outwards else "none"
    return "increase" if outwards == (lane_id > 0) else "decrease"
