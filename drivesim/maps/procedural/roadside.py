"""Where upright things may stand: stations along road edges, and the clearance that keeps roads free."""

import math
from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from drivesim.kernels.entry import kernel
from drivesim.maps.network import AreaKind, Lane, RoadNetwork, Scenery, SceneryKind

SAMPLE_M = 2.0
"""Spacing of the points along a long thing at which its clearance is measured [m]."""
_EDGES_PER_BLOCK = 16
_SURFACES = (AreaKind.DRIVABLE, AreaKind.SHOULDER, AreaKind.PARKING, AreaKind.CROSSWALK)


class Thing(IntEnum):
    """Columns of a candidate row: a `Scenery` as numbers, the clearance it needs, the room it wants."""

    KIND = 0
    X = 1
    Y = 2
    YAW = 3
    LENGTH = 4
    WIDTH = 5
    HEIGHT = 6
    BASE = 7
    LOOK = 8
    CLEARANCE = 9
    ROOM = 10
    """Distance that others keep; `BELONGS` ties a row to the one before it."""


BELONGS = -1.0
"""`Thing.ROOM` of a part, such as the post of a sign: it stands if, and only if, the row before it does."""
_COLUMN = {column.name.lower(): int(column) for column in Thing}


class Roadside:
    """One edge of the drivable surface along consecutive lanes, walked in their direction."""

    def __init__(self, lanes: Sequence[Lane], side: int) -> None:
        """Follows the right edge of the lanes for side -1, their left edge for side +1."""
        self.lanes = tuple(lanes)
        self.side = side
        self.starts = np.concatenate([[0.0], np.cumsum([lane.length for lane in lanes])])
        """Station of the beginning of each lane, and of the end [m]."""
        self.length = float(self.starts[-1])
        parts = zip(self.lanes, self.starts, strict=False)
        self._s = np.concatenate([first + np.linspace(0.0, lane.length, len(lane.points)) for lane, first in parts])
        self._heading = np.unwrap(np.concatenate([lane.heading for lane in lanes]))
        self._points = np.concatenate([lane.points for lane in lanes])
        self._curvature = np.concatenate([lane.curvature for lane in lanes])
        self._edge = np.concatenate([lane.edge_left if side > 0 else lane.edge_right for lane in lanes])

    def at(self, s: np.ndarray, offset: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Position x, y [m] and heading [rad] at stations `s` [m], `offset` metres outside the edge."""
        heading = np.interp(s, self._s, self._heading)
        reach = self.side * (np.interp(s, self._s, self._edge) + offset)
        x = np.interp(s, self._s, self._points[:, 0]) - reach * np.sin(heading)
        y = np.interp(s, self._s, self._points[:, 1]) + reach * np.cos(heading)
        return x, y, heading

    def bend(self, s: np.ndarray) -> np.ndarray:
        """Curvature at stations `s` [1/m], positive where the edge lies on the inside of the bend."""
        return self.side * np.interp(s, self._s, self._curvature)

    def stations(self, straight_m: float, bend_m: float, first: float) -> np.ndarray:
        """Stations [m] spaced `straight_m` apart where the road is straight, `bend_m` in tight bends.

        Args:
            straight_m: Spacing where the radius exceeds 400 m.
            bend_m: Spacing where the radius is below 100 m.
            first: Where to begin, in spacings, in [0, 1].
        """
        bend = np.clip((np.abs(self._curvature) - 1.0 / 400.0) / (1.0 / 100.0 - 1.0 / 400.0), 0.0, 1.0)
        rate = 1.0 / (straight_m + (bend_m - straight_m) * bend)
        steps = 0.5 * (rate[1:] + rate[:-1]) * np.diff(self._s)
        count = np.concatenate([[0.0], np.cumsum(steps)])
        return np.interp(np.arange(first, count[-1], 1.0), count, self._s)


def outer_sides(network: RoadNetwork) -> list[Roadside]:
    """The right edges of all rightmost lanes."""
    return [Roadside(lanes, -1) for lanes in _chains(network, [lane.right < 0 for lane in network.lanes])]


def median_sides(network: RoadNetwork) -> list[Roadside]:
    """The left edges of leftmost lanes that share their surface with no oncoming traffic."""
    alone = [lane.left < 0 and not (lane.oncoming_left < lane.edge_left).any() for lane in network.lanes]
    return [Roadside(lanes, 1) for lanes in _chains(network, alone)]


def _chains(network: RoadNetwork, chosen: Sequence[bool]) -> list[list[Lane]]:
    """The chosen lanes, strung together where one continues the other."""
    following = {}
    for index, lane in enumerate(network.lanes):
        if chosen[index]:
            following[index] = next((other for other in lane.successors if chosen[other]), -1)
    first = [index for index in following if index not in following.values()]
    chains, used = [], set()
    for index in [*first, *following]:
        chain = []
        while index >= 0 and index not in used:
            used.add(index)
            chain.append(network.lanes[index])
            index = following[index]
        if chain:
            chains.append(chain)
    return chains


def things(kind: SceneryKind, x: np.ndarray, y: np.ndarray, **columns: np.ndarray | float) -> np.ndarray:
    """Candidate rows, shape (thing, 11); columns left out are 0."""
    rows = np.zeros((len(x), len(Thing)))
    rows[:, Thing.KIND], rows[:, Thing.X], rows[:, Thing.Y] = kind, x, y
    for name, values in columns.items():
        rows[:, _COLUMN[name]] = values
    return rows


def chain(side: Roadside, offset: float, piece_m: float, first: float, last: float, **columns: float) -> np.ndarray:
    """Candidate rows of a rail, fence or wall cut into straight pieces that follow the edge.

    Pieces are shorter in bends, so that none leaves the curve by more than about 0.1 m.

    Args:
        side: The edge to follow.
        offset: Distance outside the edge [m].
        piece_m: Longest piece [m].
        first: Station of the first end [m].
        last: Station of the last end [m].
        columns: Further columns of `Thing`, `kind` among them.
    """
    s = side.stations(piece_m, min(piece_m, 9.0), 0.0)
    s = s[(s >= first) & (s <= last)]
    if len(s) < 2:
        return np.zeros((0, len(Thing)))
    x, y, _ = side.at(s, offset)
    dx, dy = np.diff(x), np.diff(y)
    rows = things(SceneryKind(int(columns.pop("kind"))), x[:-1] + dx / 2, y[:-1] + dy / 2, **columns)
    rows[:, Thing.YAW], rows[:, Thing.LENGTH] = np.arctan2(dy, dx), np.hypot(dx, dy)
    return rows


def drivable_outlines(network: RoadNetwork) -> list[np.ndarray]:
    """Outlines of all ground that cars may drive on [m]; the lanes' own edges where a network has no drivable areas."""
    outlines = [area.polygon for area in network.areas if area.kind in _SURFACES]
    if not any(area.kind == AreaKind.DRIVABLE for area in network.areas):
        for lane in network.lanes:
            normal = np.stack([-np.sin(lane.heading), np.cos(lane.heading)], axis=1)
            left = lane.points + normal * lane.edge_left[:, None]
            right = lane.points - normal * lane.edge_right[:, None]
            outlines.append(np.concatenate([right, left[::-1]]))
    return outlines


def stand(rows: np.ndarray, outlines: Sequence[np.ndarray]) -> tuple[Scenery, ...]:
    """Keeps the candidates that are clear of every road and of what was kept before them.

    Args:
        rows: Candidates, most important first, shape (thing, 11).
        outlines: Polygons to keep clear of [m].
    """
    edges, block_box = _edge_blocks(outlines)
    kept = rows[_select(rows, edges, block_box)]
    return tuple(
        Scenery(
            kind=SceneryKind(int(row[0])), x=row[1], y=row[2], yaw=row[3], length=row[4], width=row[5],
            height=row[6], base=row[7], look=int(row[8]),
        )
        for row in kept.tolist()
    )  # fmt: skip


def clearance(x: np.ndarray, y: np.ndarray, outlines: Sequence[np.ndarray]) -> np.ndarray:
    """Distance from points to the nearest outline [m], -1 inside one; distances beyond 60 m read 60."""
    edges, block_box = _edge_blocks(outlines)
    return _clearances(np.asarray(x, np.float64), np.asarray(y, np.float64), edges, block_box)


def _edge_blocks(outlines: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Edges (x0, y0, x1, y1) padded to whole blocks per outline, and (x, y, x, y, outline) boxes of the blocks."""
    edges, boxes = [], []
    for number, outline in enumerate(outlines):
        ring = np.concatenate([outline, np.roll(outline, -1, axis=0)], axis=1)
        padding = -len(ring) % _EDGES_PER_BLOCK
        ring = np.concatenate([ring, np.tile(ring[-1:, [2, 3, 2, 3]], (padding, 1))])
        blocks = ring.reshape(-1, _EDGES_PER_BLOCK * 2, 2)
        edges.append(ring)
        boxes.append(np.concatenate([blocks.min(1), blocks.max(1), np.full((len(blocks), 1), float(number))], axis=1))
    if not edges:
        return np.zeros((0, 4)), np.zeros((0, 5))
    return np.concatenate(edges), np.concatenate(boxes)


@kernel
def _clearance_at(x, y, edges, block_box):
    nearest = 3600.0
    outline = -1.0
    inside = False
    for block in range(len(block_box)):
        x0, y0, x1, y1 = block_box[block, 0], block_box[block, 1], block_box[block, 2], block_box[block, 3]
        if block_box[block, 4] != outline:
            if inside:
                return -1.0
            outline = block_box[block, 4]
        gap_x, gap_y = max(x0 - x, 0.0, x - x1), max(y0 - y, 0.0, y - y1)
        near = gap_x * gap_x + gap_y * gap_y < nearest
        if not near and (y < y0 or y > y1 or x > x1):
            continue
        for edge in range(block * _EDGES_PER_BLOCK, (block + 1) * _EDGES_PER_BLOCK):
            ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
            ex, ey = bx - ax, by - ay
            if (ay > y) != (by > y) and x < ax + ex * (y - ay) / ey:
                inside = not inside
            length_2 = ex * ex + ey * ey
            t = 0.0
            if length_2 > 0.0:
                t = min(max(((x - ax) * ex + (y - ay) * ey) / length_2, 0.0), 1.0)
            nearest = min(nearest, (ax + t * ex - x) ** 2 + (ay + t * ey - y) ** 2)
    return -1.0 if inside else math.sqrt(nearest)


@kernel
def _clearances(x, y, edges, block_box):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = _clearance_at(x[i], y[i], edges, block_box)
    return out


@kernel
def _is_clear(row, edges, block_box):
    """The discs of half its width along a thing's length cover it, corners included."""
    needed = row[9] + 0.5 * row[5]
    count = math.ceil(row[4] / SAMPLE_M) if row[4] > row[5] else 0
    for i in range(count + 1):
        along = row[4] * (i / count - 0.5) if count > 0 else 0.0
        x, y = row[1] + along * math.cos(row[3]), row[2] + along * math.sin(row[3])
        if _clearance_at(x, y, edges, block_box) < needed:
            return False
    return True


@kernel
def _select(rows, edges, block_box):
    kept = np.zeros(len(rows), np.bool_)
    for i in range(len(rows)):
        if rows[i, 10] < 0.0:
            kept[i] = i > 0 and kept[i - 1]
            continue
        free = True
        for j in range(i):
            if not kept[j]:
                continue
            dx, dy = rows[i, 1] - rows[j, 1], rows[i, 2] - rows[j, 2]
            room = rows[i, 10] + max(rows[j, 10], 0.5 * rows[j, 5])
            half = 0.5 * rows[j, 4]
            if dx * dx + dy * dy > (room + half) ** 2:
                continue
            cos, sin = math.cos(rows[j, 3]), math.sin(rows[j, 3])
            along, across = dx * cos + dy * sin, dy * cos - dx * sin
            beyond = max(abs(along) - half, 0.0) if half > 0.5 * rows[j, 5] else along
            if beyond * beyond + across * across < room * room:
                free = False
                break
        kept[i] = free and _is_clear(rows[i], edges, block_box)
    return kept
