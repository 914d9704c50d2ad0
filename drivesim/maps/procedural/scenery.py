"""Trees, posts, rails, signs and houses along generated roads, drawn from the network's seed.

What `Scenery.look` chooses: for trees and bushes a foliage colour, for buildings a facade (look % 4) and a roof
(look // 4 % 4), for walls 0 masonry and 1 timber fence, for barriers a panel colour, for signs `SignLook`, for posts
0 delineator and 1 pole. A sign is read by those who drive along its yaw; a lamp's arm points along its yaw.
"""

from collections.abc import Callable
from enum import IntEnum

import numpy as np

from drivesim.errors import check_choice
from drivesim.maps.network import AreaKind, LaneType, RoadNetwork, Scenery, SceneryKind
from drivesim.maps.procedural.roadside import (
    BELONGS,
    Roadside,
    Thing,
    chain,
    drivable_outlines,
    median_sides,
    outer_sides,
    stand,
    things,
)

_STREAM = 0x5CE9E
"""Keeps the draws of scenery apart from those of the road itself."""


class SignLook(IntEnum):
    """`Scenery.look` of signs."""

    DIRECTION = 0
    """Blue motorway panel."""
    SPEED_LIMIT = 1
    """White disc with a red rim."""
    CHEVRON = 2
    """Red and white arrow board of a tight bend."""


class _Draw:
    """Random columns of candidate rows. Only `Generator.random` is used: its bits are the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64([seed, _STREAM]))

    def between(self, low: float, high: float, count: int) -> np.ndarray:
        return low + (high - low) * self._generator.random(count)

    def one(self, low: float, high: float) -> float:
        return low + (high - low) * float(self._generator.random())

    def spread(self, deviation: float, count: int) -> np.ndarray:
        """Bell-shaped, from three uniforms, never beyond three deviations."""
        return deviation * (self._generator.random((3, count)).sum(axis=0) * 2.0 - 3.0)

    def chance(self, probability: float) -> bool:
        return float(self._generator.random()) < probability


def place_scenery(network: RoadNetwork, kind: str) -> tuple[Scenery, ...]:
    """Upright things for a generated road.

    Args:
        network: The road; its own scenery is ignored. The same seed gives the same things.
        kind: "country" or "highway".

    Returns:
        Things that stand clear of each other and of every drivable surface: delineators and rails by 0.8 m,
        everything else by 1 m or more. Where there is a pavement, lamps and signs stand on it.

    Raises:
        ConfigError: `kind` is unknown.
    """
    check_choice("place_scenery.kind", kind, _RECIPES)
    rows = _RECIPES[kind](network, _Draw(network.seed))
    return stand(np.concatenate([np.zeros((0, len(Thing))), *rows]), drivable_outlines(network))


def _country(network: RoadNetwork, draw: _Draw) -> list[np.ndarray]:
    posts, boards, houses, trees = [], [], [], []
    curb = any(area.kind == AreaKind.CURB for area in network.areas)
    for number, side in enumerate(outer_sides(network)):
        if not curb:
            posts.append(_posts(side))
        elif number == 0:
            posts.append(_lamps(side, 1.4, 34.0, 7.0, 0.0, side.length))
        boards += [_speed_signs(side), _chevrons(side)]
        houses += _farms(side, draw)
        houses.append(_fences(side, draw))
        trees += [_avenue(side, draw), _clumps(side, draw, 5.5, 34.0, 62.0), _bushes(side, draw, 3.0, 90.0)]
        trees.append(_lone_trees(side, draw, 40.0, 100.0, 44.0))
    return [*boards, *posts, *houses, *trees]


def _highway(network: RoadNetwork, draw: _Draw) -> list[np.ndarray]:
    rails, boards, walls, houses, trees = [], [], [], [], []
    for side in median_sides(network):
        rails.append(_rail(side, 1.1, 0.0, side.length))
    for side in outer_sides(network):
        boards += [_speed_signs(side), _direction_signs(side, network)]
        first = draw.one(-60.0, 60.0)
        while first < side.length:
            last = first + draw.one(90.0, 220.0)
            rails.append(_rail(side, 1.1, first, last))
            if draw.chance(0.25):
                walls.append(_noise_barrier(side, draw, first, last))
            elif draw.chance(0.3):
                walls.append(_lamps(side, 2.4, 48.0, 10.0, first, last))
            first = last + (0.0 if draw.chance(0.6) else draw.one(30.0, 110.0))
        houses += _villages(side, draw)
        trees += [_clumps(side, draw, 6.0, 30.0, 85.0), _bushes(side, draw, 3.5, 140.0)]
        trees.append(_lone_trees(side, draw, 35.0, 110.0, 40.0))
    return [*boards, *rails, *walls, *houses, *trees]


_RECIPES: dict[str, Callable[[RoadNetwork, _Draw], list[np.ndarray]]] = {"country": _country, "highway": _highway}


def _posts(side: Roadside) -> np.ndarray:
    """Delineators: 50 m apart, closer in bends."""
    x, y, heading = side.at(side.stations(50.0, 14.0, 0.3), 1.0)
    return things(SceneryKind.POST, x, y, yaw=heading, length=0.12, width=0.12, height=1.05, clearance=0.8, room=0.5)


def _sign(side: Roadside, s: float, offset: float, size: tuple[float, float, float], look: SignLook) -> np.ndarray:
    """A panel of (width, height, foot) metres that faces the traffic, on one or two posts behind it."""
    width, height, foot = size
    legs = np.array([0.0]) if width < 1.5 else np.array([-0.35, 0.35]) * width
    panel_x, panel_y, heading = side.at(np.array([s]), offset + width / 2)
    panel = things(
        SceneryKind.SIGN, panel_x, panel_y, yaw=heading, length=0.08, width=width, height=height, base=foot,
        look=look, clearance=1.0, room=0.5,
    )  # fmt: skip
    x, y, _ = side.at(np.full(len(legs), s + 0.12), offset + width / 2 + legs)
    post = things(
        SceneryKind.POST, x, y, yaw=heading[0], length=0.1, width=0.1, height=foot + height, look=1, room=BELONGS
    )
    return np.concatenate([panel, post])


def _speed_signs(side: Roadside) -> np.ndarray:
    """A disc where the limit changes, and one early on."""
    limits = [lane.speed_limit for lane in side.lanes]
    changes = [i for i in range(1, len(limits)) if abs(limits[i] - limits[i - 1]) > 0.5]
    stations = [min(0.5 * side.length, 45.0), *(side.starts[i] + 2.0 for i in changes)]
    return np.concatenate([_sign(side, s, 1.1, (0.75, 0.75, 1.9), SignLook.SPEED_LIMIT) for s in stations])


def _chevrons(side: Roadside) -> np.ndarray:
    """Arrow boards on the outside of bends tighter than 70 m."""
    s = side.stations(12.0, 12.0, 0.5)
    x, y, heading = side.at(s[side.bend(s) < -1.0 / 70.0], 1.9)
    return things(
        SceneryKind.SIGN, x, y, yaw=heading, length=0.06, width=0.6, height=0.6, base=0.5, look=SignLook.CHEVRON,
        clearance=1.2, room=0.5,
    )  # fmt: skip


def _direction_signs(side: Roadside, network: RoadNetwork) -> np.ndarray:
    """Blue panels where an exit begins and 120 m before it."""
    panels = [np.zeros((0, len(Thing)))]
    for lane, first in zip(side.lanes, side.starts, strict=False):
        leads_off = any(network.lanes[i].type in (LaneType.EXIT, LaneType.OFF_RAMP) for i in lane.successors)
        stations = [first + 5.0] if lane.type == LaneType.EXIT else []
        if leads_off and lane.type != LaneType.EXIT:
            stations = [first + lane.length - 130.0, first + lane.length - 10.0]
        panels += [_sign(side, s, 2.2, (3.6, 2.6, 1.8), SignLook.DIRECTION) for s in stations if s > 0.0]
    return np.concatenate(panels)


def _rail(side: Roadside, offset: float, first: float, last: float) -> np.ndarray:
    return chain(
        side, offset, 20.0, first, last, kind=SceneryKind.GUARD_RAIL, width=0.3, height=0.75, clearance=0.8, room=1.7
    )


def _noise_barrier(side: Roadside, draw: _Draw, first: float, last: float) -> np.ndarray:
    return chain(
        side, 3.6, 16.0, first, last, kind=SceneryKind.BARRIER, width=0.25, height=draw.one(2.8, 4.2),
        look=int(draw.one(0, 4)), clearance=2.0, room=0.4,
    )  # fmt: skip


def _lamps(side: Roadside, offset: float, spacing: float, height: float, first: float, last: float) -> np.ndarray:
    s = side.stations(spacing, 0.8 * spacing, 0.5)
    x, y, heading = side.at(s[(s > first) & (s < last)], offset)
    return things(
        SceneryKind.LAMP, x, y, yaw=heading - side.side * 0.5 * np.pi, length=0.2, width=0.2, height=height,
        clearance=1.0, room=0.6,
    )  # fmt: skip


def _farms(side: Roadside, draw: _Draw) -> list[np.ndarray]:
    """A house set back from the road every few hundred metres, most with a barn and a few trees."""
    groups = []
    s = draw.one(20.0, 200.0)
    while s < side.length - 10.0:
        setback = draw.one(15.0, 34.0)
        groups.append(_house(side, draw, s, setback, (8.0, 13.0), (5.0, 8.0)))
        if draw.chance(0.7):
            groups.append(
                _house(side, draw, s + draw.one(16.0, 24.0), setback + draw.one(-3, 9), (14.0, 24.0), (6.0, 9.0))
            )
        groups.append(_foliage(side, draw, s + draw.spread(12.0, 3), setback + draw.between(-6.0, 16.0, 3), 0.1))
        s += draw.one(170.0, 420.0)
    return groups


def _villages(side: Roadside, draw: _Draw) -> list[np.ndarray]:
    """Houses and halls well away from a motorway."""
    groups = []
    s = draw.one(0.0, 250.0)
    while s < side.length:
        for _ in range(2 + int(draw.one(0, 3))):
            groups.append(_house(side, draw, s, draw.one(38.0, 80.0), (10.0, 26.0), (5.0, 11.0)))
            s += draw.one(16.0, 30.0)
        s += draw.one(180.0, 420.0)
    return groups


def _house(
    side: Roadside, draw: _Draw, s: float, setback: float, length: tuple[float, float], height: tuple[float, float]
) -> np.ndarray:
    width = draw.one(7.5, 10.5)
    x, y, heading = side.at(np.array([s]), setback + 0.5 * width)
    turn = (0.5 * np.pi if draw.chance(0.4) else 0.0) + draw.one(-0.15, 0.15)
    return things(
        SceneryKind.BUILDING, x, y, yaw=heading + turn, length=max(draw.one(*length), width), width=width,
        height=draw.one(*height), look=int(draw.one(0, 16)), clearance=6.0, room=0.5 * width + 1.0,
    )  # fmt: skip


def _fences(side: Roadside, draw: _Draw) -> np.ndarray:
    """Timber fences and a few low walls along stretches of field."""
    parts = [np.zeros((0, len(Thing)))]
    s = draw.one(0.0, 300.0)
    while s < side.length:
        last = s + draw.one(30.0, 80.0)
        timber = draw.chance(0.75)
        parts.append(
            chain(
                side, draw.one(3.5, 7.0), 14.0, s, last, kind=SceneryKind.WALL, width=0.1 if timber else 0.35,
                height=1.15 if timber else 0.9, look=int(timber), clearance=2.0, room=0.4,
            )
        )  # fmt: skip
        s = last + draw.one(150.0, 420.0)
    return np.concatenate(parts)


def _foliage(side: Roadside, draw: _Draw, s: np.ndarray, offset: np.ndarray, conifer_share: float) -> np.ndarray:
    """Trees whose trunks stand at (s, offset); crowns keep clear of the road too."""
    count = len(s)
    x, y, _ = side.at(np.clip(s, 0.0, side.length), offset)
    size = draw.between(0.0, 1.0, count)
    conifer = draw.between(0.0, 1.0, count) < conifer_share
    rows = things(
        SceneryKind.TREE, x, y, yaw=draw.between(-np.pi, np.pi, count), height=6.0 + 8.0 * size,
        look=np.floor(draw.between(0.0, 8.0, count)), clearance=1.5,
    )  # fmt: skip
    crown = np.where(conifer, 2.6 + 1.8 * size, 4.0 + 4.0 * size * draw.between(0.7, 1.0, count))
    rows[conifer, Thing.KIND] = SceneryKind.CONIFER
    rows[conifer, Thing.HEIGHT] *= 1.25
    rows[:, Thing.LENGTH] = rows[:, Thing.WIDTH] = crown
    rows[:, Thing.ROOM] = 0.3 * crown
    return rows


def _avenue(side: Roadside, draw: _Draw) -> np.ndarray:
    """Rows of like trees that follow the road for a while."""
    parts = [np.zeros((0, len(Thing)))]
    s = draw.one(-80.0, 260.0)
    while s < side.length:
        last = s + draw.one(70.0, 200.0)
        stations = side.stations(draw.one(11.0, 17.0), 11.0, 0.5)
        stations = stations[(stations > s) & (stations < last)]
        count = len(stations)
        row = _foliage(
            side, draw, stations + draw.spread(0.5, count), draw.one(4.5, 7.0) + draw.spread(0.3, count), 0.0
        )
        height = draw.one(8.0, 14.0)
        row[:, Thing.HEIGHT] = height + draw.spread(0.5, count)
        row[:, Thing.LENGTH] = row[:, Thing.WIDTH] = 0.42 * height + draw.spread(0.25, count)
        row[:, Thing.LOOK] = int(draw.one(0, 8))
        parts.append(row)
        s = last + draw.one(200.0, 480.0)
    return np.concatenate(parts)


def _clumps(side: Roadside, draw: _Draw, nearest: float, farthest: float, spacing: float) -> np.ndarray:
    """Groups of one to seven trees with undergrowth, and now and then the edge of a wood."""
    stations = side.stations(spacing, spacing, draw.one(0.0, 1.0))
    parts = [np.zeros((0, len(Thing)))]
    for s in stations:
        wood = draw.chance(0.08)
        count = 12 if wood else 1 + int(draw.one(0.0, 1.0) ** 2.2 * 7.0)
        offset = nearest + (farthest - nearest) * draw.one(0.0, 1.0) ** 1.4
        conifers = 0.85 if draw.chance(0.3) else 0.1
        along = draw.between(-26.0, 26.0, count) if wood else draw.spread(4.0 + 0.6 * count, count)
        across = draw.between(0.0, 14.0, count) if wood else draw.spread(4.0, count)
        parts.append(_foliage(side, draw, s + along, offset + np.maximum(across, 3.0 - offset), conifers))
    return np.concatenate(parts)


def _lone_trees(side: Roadside, draw: _Draw, nearest: float, farthest: float, spacing: float) -> np.ndarray:
    """The scattered trees of the background."""
    s = side.stations(spacing, spacing, draw.one(0.0, 1.0))
    count = len(s)
    return _foliage(side, draw, s + draw.spread(8.0, count), draw.between(nearest, farthest, count), 0.25)


def _bushes(side: Roadside, draw: _Draw, offset: float, spacing: float) -> np.ndarray:
    s = side.stations(spacing, spacing, draw.one(0.0, 1.0))
    s = np.clip(np.repeat(s, 2) + draw.spread(2.5, 2 * len(s)), 0.0, side.length)
    count = len(s)
    size = draw.between(1.2, 2.6, count)
    x, y, _ = side.at(s, offset + draw.between(0.0, 6.0, count))
    return things(
        SceneryKind.BUSH, x, y, length=size, width=size, height=size * draw.between(0.7, 1.0, count),
        look=np.floor(draw.between(0.0, 8.0, count)), clearance=1.0, room=0.35 * size,
    )  # fmt: skip
