"""What stands at the road for a network's signals: light heads, signs, their poles and mast arms.

Sizes are those of European streets: lenses of 200 mm in heads of 0.35 x 1.0 m, lower edge 2.3 m above the ground
beside the road and at least 4.5 m over it (RiLSA, Vienna Convention article 23); signs of 0.6 to 0.9 m (VwV-StVO).
A face looks back along the yaw of its thing, as that of the signs of country roads does.
"""

import math
from collections.abc import Iterator
from enum import IntEnum

import numpy as np

from drivesim.maps.control import SIGNAL_KINDS, Signal, SignalKind, Turn
from drivesim.maps.network import RoadNetwork, Scenery, SceneryKind
from drivesim.maps.places import FootpathKind

HEAD_M = (0.25, 0.35, 1.0)
"""Depth, width and height of a light head [m]."""
WALK_HEAD_M = (0.2, 0.3, 0.65)
BESIDE_M = 2.3
"""Lower edge of what stands beside the road [m]."""
OVERHEAD_M = 4.5
"""A signal whose lower edge is at least this high hangs from a mast arm [m]."""
POLE_M = 0.1
ARM_M = 0.14
"""Thickness of a mast arm [m]."""
KERB_M = 0.6
"""A mast stands so far outside the drivable surface [m]."""
_GAP_M = 0.08
_SIGN_M = {SignalKind.STOP: 0.9, SignalKind.YIELD: 0.9, SignalKind.LIMIT: 0.6, SignalKind.PRIORITY_ROAD: 0.6}
_HEADS = {SignalKind.LIGHT: HEAD_M, SignalKind.WALK_LIGHT: WALK_HEAD_M}
_SAME_PLACE_M = 0.5
_LIMIT_STEP_KMH = 5.0
_OWN_LIMIT_LOOK = 1
"""`procedural.scenery.SignLook.SPEED_LIMIT`: a source that places such signs itself gets no others."""


class RoadSign(IntEnum):
    """Looks of `SceneryKind.ROAD_SIGN`; a limit of n times 5 km/h is `LIMIT + n`, up to 130 km/h."""

    STOP = 0
    YIELD = 1
    PRIORITY_ROAD = 2
    LIMIT = 4


class Arrow(IntEnum):
    """Looks of `SceneryKind.TRAFFIC_LIGHT`: what its lenses show."""

    DISC = 0
    LEFT = 1
    RIGHT = 2
    STRAIGHT = 3


_ARROWS = {1 << Turn.LEFT: Arrow.LEFT, 1 << Turn.RIGHT: Arrow.RIGHT, 1 << Turn.STRAIGHT: Arrow.STRAIGHT}
_SIGNS = {
    SignalKind.STOP: RoadSign.STOP,
    SignalKind.YIELD: RoadSign.YIELD,
    SignalKind.PRIORITY_ROAD: RoadSign.PRIORITY_ROAD,
}


def limit_look(value: float) -> int:
    """Look of a limit sign for a limit [m/s]: the nearest multiple of 5 km/h from 5 to 130."""
    return RoadSign.LIMIT + int(np.clip(round(3.6 * value / _LIMIT_STEP_KMH), 1, 26))


def signal_scenery(network: RoadNetwork) -> tuple[Scenery, ...]:
    """Poles, heads and signs of all signals; what holds for several lanes at one place stands there once.

    Heads that show different arrows hang side by side, signs above them. Where people cross at lights and the network
    has no signals for them, a head for each direction stands at the far end. Signals of kind `OTHER` show nothing.
    """
    has_limits = any(t.kind == SceneryKind.SIGN and t.look == _OWN_LIMIT_LOOK for t in network.scenery)
    groups: list[list[Signal]] = []
    for signal in network.signals:
        kind = SIGNAL_KINDS.get(signal.type, SignalKind.OTHER)
        if kind == SignalKind.OTHER or (kind == SignalKind.LIMIT and has_limits):
            continue
        for group in groups:
            first = group[0]
            apart = abs((first.yaw - signal.yaw + math.pi) % (2.0 * math.pi) - math.pi)
            if math.hypot(first.x - signal.x, first.y - signal.y) < _SAME_PLACE_M and apart < 0.5:
                if not any(_shows(other) == _shows(signal) for other in group):
                    group.append(signal)
                break
        else:
            groups.append([signal])
    things = [thing for group in groups for thing in _stand(network, group)]
    if not any(SIGNAL_KINDS.get(signal.type) == SignalKind.WALK_LIGHT for signal in network.signals):
        things += _walk_lights(network)
    return tuple(things)


def _shows(signal: Signal) -> tuple[object, ...]:
    return signal.type, signal.light, signal.turns, round(signal.value, 2)


def _size(signal: Signal) -> tuple[float, float, float]:
    """Depth, width and height of what a signal shows [m]."""
    kind = SIGNAL_KINDS[signal.type]
    if kind in _HEADS:
        return _HEADS[kind]
    return 0.05, _SIGN_M[kind], _SIGN_M[kind]


def _thing(signal: Signal, x: float, y: float, base: float) -> Scenery:
    kind = SIGNAL_KINDS[signal.type]
    depth, width, height = _size(signal)
    scenery, look = SceneryKind.ROAD_SIGN, int(_SIGNS.get(kind, 0))
    if kind == SignalKind.LIGHT:
        scenery, look = SceneryKind.TRAFFIC_LIGHT, int(_ARROWS.get(signal.turns, Arrow.DISC))
    elif kind == SignalKind.WALK_LIGHT:
        scenery, look = SceneryKind.WALK_LIGHT, 0
    elif kind == SignalKind.LIMIT:
        look = limit_look(signal.value)
    return Scenery(kind=scenery, x=x, y=y, yaw=signal.yaw + math.pi, length=depth, width=width, height=height,
                   base=base, look=look, light=signal.light)  # fmt: skip


def _stand(network: RoadNetwork, group: list[Signal]) -> Iterator[Scenery]:
    """One place: heads side by side, signs above one another, and what carries them."""
    first = group[0]
    heads = [signal for signal in group if SIGNAL_KINDS[signal.type] in _HEADS]
    signs = [signal for signal in group if SIGNAL_KINDS[signal.type] not in _HEADS]
    tallest = max((_size(signal)[2] for signal in heads), default=0.0)
    base = max((signal.height - 0.5 * _size(signal)[2] for signal in group if signal.height > 0.0), default=BESIDE_M)
    # The front of a pole, so that it does not hide what it carries.
    ahead = 0.5 * POLE_M + 0.5 * (HEAD_M[0] if heads else 0.05)
    x, y = first.x + ahead * math.cos(first.yaw), first.y + ahead * math.sin(first.yaw)
    spacing = HEAD_M[1] + 0.3
    for place, signal in enumerate(heads):
        aside = (place - 0.5 * (len(heads) - 1)) * spacing
        yield _thing(signal, x - aside * math.sin(first.yaw), y + aside * math.cos(first.yaw), base)
    top = base + (tallest + _GAP_M if heads else 0.0)
    for signal in sorted(signs, key=lambda signal: SIGNAL_KINDS[signal.type] == SignalKind.LIMIT):
        yield _thing(signal, x, y, top)
        top += _size(signal)[2] + _GAP_M
    top -= _GAP_M
    if base < OVERHEAD_M:
        yield Scenery(kind=SceneryKind.POST, x=first.x, y=first.y, length=POLE_M, width=POLE_M, height=max(top, 1.3))
    else:
        yield from _mast(network, first, 0.5 * (base + top))


def _mast(network: RoadNetwork, signal: Signal, height: float) -> Iterator[Scenery]:
    """A mast beside the lane's road and the arm from it to the signal."""
    lane = network.lanes[signal.lane]
    at = int(np.clip(round(signal.stop_s / lane.length * (len(lane.points) - 1)), 0, len(lane.points) - 1))
    heading, edge = float(lane.heading[at]), float(lane.edge_left[at] if network.left_hand else lane.edge_right[at])
    side = 1.0 if network.left_hand else -1.0
    left = np.array([-math.sin(heading), math.cos(heading)])
    offset = float((np.array([signal.x, signal.y]) - lane.points[at]) @ left)
    reach = side * max(edge + KERB_M, side * offset + KERB_M) - offset
    x, y = signal.x + reach * left[0], signal.y + reach * left[1]
    yield Scenery(kind=SceneryKind.POST, x=x, y=y, length=0.2, width=0.2, height=height + 0.5 * ARM_M)
    yield Scenery(kind=SceneryKind.MAST_ARM, x=0.5 * (x + signal.x), y=0.5 * (y + signal.y),
                  yaw=heading + 0.5 * math.pi, length=abs(reach), width=ARM_M, height=ARM_M,
                  base=height - 0.5 * ARM_M)  # fmt: skip


def _walk_lights(network: RoadNetwork) -> Iterator[Scenery]:
    """Heads beside the ends of crossings with lights, each facing who comes from the other end."""
    for path in network.footpaths:
        if path.kind != FootpathKind.LIGHTS or path.light < 0:
            continue
        for here, there in ((path.points[0], path.points[-1]), (path.points[-1], path.points[0])):
            away = here - there
            yaw = math.atan2(away[1], away[0])
            aside = 0.5 * path.width + 0.3
            x, y = float(here[0] - aside * math.sin(yaw)), float(here[1] + aside * math.cos(yaw))
            depth, width, height = WALK_HEAD_M
            ahead = 0.5 * (POLE_M + depth)
            yield Scenery(kind=SceneryKind.WALK_LIGHT, x=x - ahead * math.cos(yaw), y=y - ahead * math.sin(yaw),
                          yaw=yaw, length=depth, width=width, height=height, base=2.1, light=path.light)  # fmt: skip
            yield Scenery(kind=SceneryKind.POST, x=x, y=y, length=POLE_M, width=POLE_M, height=2.1 + height)
