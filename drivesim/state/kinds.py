"""Kinds of road user: what each is, how large, how driven, how it looks. One entry of a table each.

A body is boxes and tells every sensor the shape; a kind may have a drawing of its own in a camera as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from drivesim.config.simulation import TrafficConfig
from drivesim.errors import ConfigError, check_choice
from drivesim.semantics import Semantic

KIND_COUNT_MAX = 64


class ActorKind(IntEnum):
    """Kinds that ship; a kind from outside gets the next number."""

    NONE = 0
    CAR = 1
    VAN = 2
    TRUCK = 3
    MOTORCYCLE = 4
    PEDESTRIAN = 5
    CYCLIST = 6
    BUS = 7
    POLICE_CAR = 8
    AMBULANCE = 9
    FIRE_ENGINE = 10
    CAR_DOOR = 11
    """Leaf of an open door of a parked car."""


class Motion(IntEnum):
    """What moves a road user that is not steered by a driver."""

    LANE_FOLLOWER = 0
    """The driver model, along lanes."""
    SCRIPTED = 1
    """A path with times."""
    STANDING = 2
    """Nothing."""
    WALKER = 3
    """Along footpaths and across roads."""


class Paint(IntEnum):
    """What a box of a body is painted with, where a camera has no drawing of the kind."""

    BODY = 0
    """The road user's own colour, by its look."""
    DARK = 1
    SKIN = 2


@dataclass(frozen=True, kw_only=True)
class BodyBox:
    """A box of a body, in fractions: x of half the length, from -1 (rear) to 1; y of the width; z of the height."""

    x: tuple[float, float] = (-1.0, 1.0)
    y: float = 1.0
    z: tuple[float, float] = (0.0, 1.0)
    paint: Paint = Paint.BODY


@dataclass(frozen=True, kw_only=True)
class Size:
    """A dimension drawn evenly from `mean - spread / 2` to `mean + spread / 2` [m]."""

    mean: float
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RoadUserKind:
    """A kind of road user."""

    name: str
    semantic: Semantic
    """Class of its pixels."""
    length: Size
    width: Size
    height: Size
    rear: float
    """Rear bumper behind the rear axle, which is where it stands [m]."""
    wheelbase: tuple[float, float]
    """Rear axle to front axle: share of the length, plus metres."""
    body: tuple[BodyBox, ...] = (BodyBox(),)
    motion: Motion = Motion.LANE_FOLLOWER
    share: float = 0.0
    """Share among the traffic, of emergency vehicles among these; those of trucks, buses and emergency vehicles are a
    `TrafficConfig`'s, what is left are cars."""
    accel_factor: float = 1.0
    """Its acceleration a over the traffic's mean."""
    headway_factor: float = 1.0
    """Its headway T over the traffic's mean."""
    speed_max: float = float("inf")
    """It never wants to be faster, and keeps out of the leftmost lane if this is finite [m/s]."""
    shadow_height: float = 1.0
    """Height of the box that casts its shadow, as a fraction of its height."""
    is_person: bool = False
    """Touching it is a collision with a person."""
    is_emergency: bool = False
    """On call it is driven with blue lamps, and others let it pass."""
    rcs_dbsm: tuple[float, float] | None = None
    """Radar cross section from an end and from a side [dBsm]; None: that of its class."""
    paint: int = -1
    """Number of its paint (`camera.paint.PAINTS`); -1: by its look."""


_WHITE, _SILVER, _RED = 0, 2, 4
"""Numbers of paints."""
_CAR_BODY = (BodyBox(z=(0.0, 0.6)), BodyBox(x=(-0.74, 0.46), y=0.95, z=(0.6, 1.0), paint=Paint.DARK))
_WITH_BEACONS = (
    BodyBox(z=(0.0, 0.58)),
    BodyBox(x=(-0.74, 0.46), y=0.95, z=(0.58, 0.93), paint=Paint.DARK),
    BodyBox(x=(-0.2, -0.08), y=0.66, z=(0.93, 1.0), paint=Paint.DARK),
)
_RIDER = BodyBox(x=(-0.42, 0.2), y=0.66, z=(0.42, 1.0), paint=Paint.DARK)

KINDS: tuple[RoadUserKind, ...] = (
    RoadUserKind(
        name="car",
        semantic=Semantic.CAR,
        length=Size(mean=4.5, spread=0.8),
        width=Size(mean=1.8, spread=0.16),
        height=Size(mean=1.5, spread=0.2),
        rear=0.9,
        wheelbase=(0.6, 0.0),
        body=_CAR_BODY,
        shadow_height=0.85,
    ),
    RoadUserKind(
        name="van",
        semantic=Semantic.CAR,
        length=Size(mean=5.2, spread=0.4),
        width=Size(mean=2.0, spread=0.1),
        height=Size(mean=2.1, spread=0.3),
        rear=1.0,
        wheelbase=(0.6, 0.0),
        body=(BodyBox(z=(0.0, 0.48)), BodyBox(x=(-1.0, 0.66), z=(0.48, 1.0))),
        share=0.15,
        shadow_height=0.95,
    ),
    RoadUserKind(
        name="truck",
        semantic=Semantic.TRUCK,
        length=Size(mean=11.0, spread=2.0),
        width=Size(mean=2.5),
        height=Size(mean=3.6, spread=0.4),
        rear=2.6,
        wheelbase=(0.5, 0.0),
        body=(BodyBox(x=(-1.0, 0.56)), BodyBox(x=(0.6, 1.0), z=(0.0, 0.84))),
        accel_factor=0.6,
        headway_factor=1.15,
        speed_max=85.0 / 3.6,
        shadow_height=0.97,
    ),
    RoadUserKind(
        name="motorcycle",
        semantic=Semantic.MOTORCYCLE,
        length=Size(mean=2.2),
        width=Size(mean=0.9),
        height=Size(mean=1.5),
        rear=0.35,
        wheelbase=(0.0, 1.45),
        body=(BodyBox(y=0.26, z=(0.0, 0.62), paint=Paint.DARK), _RIDER),
        share=0.05,
        shadow_height=0.8,
    ),
    RoadUserKind(
        name="pedestrian",
        semantic=Semantic.PEDESTRIAN,
        length=Size(mean=0.4, spread=0.1),
        width=Size(mean=0.55, spread=0.1),
        height=Size(mean=1.72, spread=0.24),
        rear=0.2,
        wheelbase=(0.0, 0.2),
        body=(
            BodyBox(x=(-0.45, 0.45), y=0.62, z=(0.0, 0.48), paint=Paint.DARK),
            BodyBox(x=(-0.6, 0.6), z=(0.48, 0.84)),
            BodyBox(x=(-0.5, 0.5), y=0.36, z=(0.84, 1.0), paint=Paint.SKIN),
        ),
        motion=Motion.STANDING,
        is_person=True,
    ),
    RoadUserKind(
        name="cyclist",
        semantic=Semantic.RIDER,
        length=Size(mean=1.8),
        width=Size(mean=0.6),
        height=Size(mean=1.75, spread=0.15),
        rear=0.35,
        wheelbase=(0.0, 1.1),
        body=(
            BodyBox(y=0.14, z=(0.0, 0.52), paint=Paint.DARK),
            BodyBox(x=(-0.4, 0.2), y=0.8, z=(0.42, 0.84)),
            BodyBox(x=(-0.1, 0.22), y=0.32, z=(0.84, 1.0), paint=Paint.SKIN),
        ),
        motion=Motion.STANDING,
        is_person=True,
    ),
    RoadUserKind(
        name="bus",
        semantic=Semantic.BUS,
        length=Size(mean=11.0, spread=2.0),
        width=Size(mean=2.5),
        height=Size(mean=3.1, spread=0.2),
        rear=3.2,
        wheelbase=(0.5, 0.0),
        body=(BodyBox(z=(0.09, 0.42)), BodyBox(y=0.98, z=(0.42, 0.82), paint=Paint.DARK), BodyBox(z=(0.82, 1.0))),
        accel_factor=0.85,
        headway_factor=1.15,
        speed_max=85.0 / 3.6,
        shadow_height=0.98,
    ),
    RoadUserKind(
        name="police_car",
        semantic=Semantic.CAR,
        length=Size(mean=4.8, spread=0.3),
        width=Size(mean=1.85, spread=0.06),
        height=Size(mean=1.65, spread=0.1),
        rear=1.0,
        wheelbase=(0.6, 0.0),
        body=_WITH_BEACONS,
        share=0.5,
        accel_factor=1.5,
        headway_factor=0.8,
        shadow_height=0.85,
        is_emergency=True,
        paint=_SILVER,
    ),
    RoadUserKind(
        name="ambulance",
        semantic=Semantic.CAR,
        length=Size(mean=6.0, spread=0.4),
        width=Size(mean=2.1, spread=0.06),
        height=Size(mean=2.8, spread=0.2),
        rear=1.3,
        wheelbase=(0.6, 0.0),
        body=(
            BodyBox(x=(-1.0, 0.36), z=(0.1, 0.95)),
            BodyBox(x=(0.36, 1.0), z=(0.08, 0.48)),
            BodyBox(x=(0.36, 0.72), y=0.94, z=(0.48, 0.82), paint=Paint.DARK),
            BodyBox(x=(0.2, 0.34), y=0.8, z=(0.95, 1.0), paint=Paint.DARK),
        ),
        share=0.35,
        accel_factor=1.2,
        headway_factor=0.8,
        shadow_height=0.95,
        is_emergency=True,
        paint=_WHITE,
    ),
    RoadUserKind(
        name="fire_engine",
        semantic=Semantic.TRUCK,
        length=Size(mean=8.0, spread=0.6),
        width=Size(mean=2.5),
        height=Size(mean=3.3, spread=0.1),
        rear=2.2,
        wheelbase=(0.53, 0.0),
        body=(
            BodyBox(x=(-1.0, 0.4), z=(0.1, 0.94)),
            BodyBox(x=(0.44, 1.0), z=(0.1, 0.5)),
            BodyBox(x=(0.44, 1.0), y=0.97, z=(0.5, 0.8), paint=Paint.DARK),
            BodyBox(x=(0.44, 0.96), z=(0.8, 0.94)),
            BodyBox(x=(0.6, 0.8), y=0.8, z=(0.94, 1.0), paint=Paint.DARK),
        ),
        share=0.15,
        accel_factor=0.8,
        headway_factor=0.9,
        shadow_height=0.95,
        is_emergency=True,
        paint=_RED,
    ),
    RoadUserKind(
        name="car_door",
        semantic=Semantic.CAR,
        length=Size(mean=1.05),
        width=Size(mean=0.14),
        height=Size(mean=1.35),
        rear=0.0,
        wheelbase=(1.0, 0.0),
        body=(BodyBox(z=(0.2, 0.66)), BodyBox(x=(-0.9, 0.7), y=0.5, z=(0.66, 1.0), paint=Paint.DARK)),
        motion=Motion.STANDING,
        rcs_dbsm=(-10.0, 5.0),
    ),
)
"""Kinds that ship, in the order of `ActorKind`."""


class KindArrays(NamedTuple):
    """The table for kernels, by number of the kind; row 0 is no kind. float32 unless said otherwise."""

    length: np.ndarray
    """Mean and spread [m], shape (kind, 2)."""
    width: np.ndarray
    height: np.ndarray
    rear: np.ndarray
    """[m], shape (kind,)."""
    wheelbase: np.ndarray
    """Share of the length, and metres, shape (kind, 2)."""
    share_below: np.ndarray
    """A draw below this, and below no earlier kind's, is of this kind, shape (kind,)."""
    order: np.ndarray
    """Kinds in the order in which a draw is compared, int64; the last takes what is left, shape (drawn,)."""
    accel_factor: np.ndarray
    headway_factor: np.ndarray
    speed_max: np.ndarray
    motion: np.ndarray
    """`Motion`, uint8."""
    is_person: np.ndarray
    """bool."""
    is_emergency: np.ndarray
    """bool."""
    paint: np.ndarray
    """Number of the paint, -1 for any, int64."""
    semantic: np.ndarray
    """`Semantic` id, uint8."""


def kind_arrays(kinds: Sequence[RoadUserKind], traffic: TrafficConfig) -> KindArrays:
    """The table of `kinds`, which number from 1, for a traffic with these shares of trucks, buses and others.

    Raises:
        ConfigError: The traffic's shares add up to more than one.
    """
    car = ActorKind.CAR - 1
    shares = [kind.share * (traffic.emergency_share if kind.is_emergency else 1.0) for kind in kinds]
    shares[ActorKind.TRUCK - 1], shares[ActorKind.BUS - 1] = traffic.truck_share, traffic.bus_share
    drawn = [index for index in range(len(kinds)) if index != car and shares[index] > 0.0]
    drawn.sort(key=lambda index: index != ActorKind.TRUCK - 1)
    total = sum(shares[index] for index in drawn)
    if total > 1.0:
        names = ", ".join(f"{kinds[index].name} {shares[index]:g}" for index in drawn)
        raise ConfigError(f"kinds: expected shares that add up to at most 1, got {total:g} ({names})")
    below = np.zeros(1 + len(kinds), np.float32)
    below[1 + np.array(drawn, int)] = np.cumsum([np.float32(shares[index]) for index in drawn], dtype=np.float32)

    def column(values: list[float] | list[tuple[float, float]]) -> np.ndarray:
        array = np.array(values, np.float32)
        return np.concatenate((np.zeros((1, *array.shape[1:]), np.float32), array))

    return KindArrays(
        length=column([(kind.length.mean, kind.length.spread) for kind in kinds]),
        width=column([(kind.width.mean, kind.width.spread) for kind in kinds]),
        height=column([(kind.height.mean, kind.height.spread) for kind in kinds]),
        rear=column([kind.rear for kind in kinds]),
        wheelbase=column([kind.wheelbase for kind in kinds]),
        share_below=below,
        order=np.array([*(1 + index for index in drawn), ActorKind.CAR], np.int64),
        accel_factor=column([kind.accel_factor for kind in kinds]),
        headway_factor=column([kind.headway_factor for kind in kinds]),
        speed_max=column([kind.speed_max for kind in kinds]),
        motion=np.array([0, *(kind.motion for kind in kinds)], np.uint8),
        is_person=np.array([False, *(kind.is_person for kind in kinds)]),
        is_emergency=np.array([False, *(kind.is_emergency for kind in kinds)]),
        paint=np.array([-1, *(kind.paint for kind in kinds)], np.int64),
        semantic=np.array([0, *(kind.semantic for kind in kinds)], np.uint8),
    )


def kind_number(name: str, kinds: Sequence[RoadUserKind] = KINDS) -> int:
    """Number of a kind by its name.

    Raises:
        ConfigError: There is no such kind; the nearest name is given.
    """
    names = [kind.name for kind in kinds]
    return 1 + names.index(check_choice("kind", name, names))
