"""From things in the world to parts in front of the camera.

Positions are given in the camera's heading frame: forward and right of the eye, and up from the ground. A box has
its own frame as well: `l` along its heading, `w` to its left.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device
from drivesim.sensors.camera.paint import BEACON_STATE, LAMP_STATES, PAINTS
from drivesim.sensors.camera.parts import PartColumn
from drivesim.sensors.camera.shading import Light
from drivesim.state import ActorKind, Lamp

NEAR_M = np.float32(0.1)
"""Nothing closer than this along the optical axis is drawn [m]."""
BLINK_RATE_HZ = 1.5
"""Flashes of the turn indicators per second (UN R48 allows 1 to 2)."""

_PAINT_COUNT = np.int64(len(PAINTS))
_LAMP_STATES = np.int64(LAMP_STATES)
_BRAKE, _TURN = np.int64(Lamp.BRAKE), np.int64(Lamp.LEFT | Lamp.RIGHT)
_BEACON, _BEACON_STATE = np.int64(Lamp.BEACON), np.int64(BEACON_STATE)
_HALF = np.float32(0.5)
_ASIDE, _SWING = int(PartColumn.ASIDE), int(PartColumn.SWING)
_PHASE, _LIFT = int(PartColumn.PHASE), int(PartColumn.LIFT)
_CYCLIST = np.int64(ActorKind.CYCLIST)
_FULL_SWING_S_M, _SWING_MAX = np.float32(1.0 / 1.3), np.float32(1.4)
"""Limbs swing fully at a walker's usual 1.3 m/s, less below, and more at a run."""
_DETAIL_PX = np.float32(14.0)
"""A road user that is less high in the picture is drawn with the boxes of its body alone, where it has more [px]."""
_X0, _X0_M, _X1, _X1_M = (int(c) for c in (PartColumn.X0, PartColumn.X0_M, PartColumn.X1, PartColumn.X1_M))
_Y_PART, _Y_M = int(PartColumn.Y), int(PartColumn.Y_M)
_Z0, _Z0_M, _Z1, _Z1_M = (int(c) for c in (PartColumn.Z0, PartColumn.Z0_M, PartColumn.Z1, PartColumn.Z1_M))
_TAPER_REAR, _TAPER_FRONT = int(PartColumn.TAPER_REAR), int(PartColumn.TAPER_FRONT)
_TAPER_SIDE, _TILE, _TILE_Z = int(PartColumn.TAPER_SIDE), int(PartColumn.TILE), int(PartColumn.TILE_Z)
f32 = np.float32
u64 = np.uint64


class View(NamedTuple):
    """Where a camera stands in one world, and the light there."""

    x: np.float32
    """World position of the eye [m]."""
    y: np.float32
    cos: np.float32
    """Of the camera's heading."""
    sin: np.float32
    height: np.float32
    """Of the eye above the ground [m]."""
    sun_forward: np.float32
    """Unit vector towards the sun."""
    sun_right: np.float32
    sun_up: np.float32
    haze: np.uint64
    """Colour lanes of the haze."""
    light: Light
    """How much of it comes from the sun."""


class Things(NamedTuple):
    """Things in front of the camera, waiting to be drawn."""

    place: np.ndarray
    """Forward, right [m]; heading as (forward, right); half length, half width, base, top [m]; of people, phase of the
    gait [rad] and share of its swing; float32, (thing, 10)."""
    number: np.ndarray
    """Model, row of the colour table, instance id; int32, shape (thing, 3)."""


class Solid(NamedTuple):
    """A part, placed. Lengths in metres."""

    forward: np.float32
    """Centre."""
    right: np.float32
    axis_forward: np.float32
    """Unit vector along the heading; the left side lies at (axis_right, -axis_forward)."""
    axis_right: np.float32
    half_length: np.float32
    """At z0."""
    half_width: np.float32
    """At z0."""
    z0: np.float32
    z1: np.float32
    shrink_rear: np.float32
    """Metres that the rear moves in per metre of height; 0 for an upright face."""
    shrink_front: np.float32
    shrink_side: np.float32
    tile: np.float32
    """1 / width of a texture repeat, or 0 to stretch it over the face [1/m]."""
    tile_z: np.float32
    """1 / height of a texture repeat, or 0 [1/m]."""


@device
def is_within(mount, forward, right, radius):
    """A disc on the ground may be in the picture."""
    if mount.is_wide:
        return True
    return (
        forward >= -radius
        and right - mount.slope_right * forward <= radius * mount.norm_right
        and mount.slope_left * forward - right <= radius * mount.norm_left
    )


@device
def is_seen(mount, forward, right, radius):
    """A disc on the ground may be in the picture and its centre is in range."""
    return forward * forward + right * right <= mount.range * mount.range and is_within(mount, forward, right, radius)


@device
def actor_model(parts, kind, look):
    """Model of a road user."""
    return parts.kind_model[kind] + look // _PAINT_COUNT % parts.kind_variants[kind]


@device
def actor_row(kind, look, lamps, blink_is_on):
    """Row of the colour table of a road user."""
    lit = lamps & _BRAKE
    if blink_is_on:
        lit |= lamps & _TURN
    if lamps & _BEACON != 0:
        lit |= _BEACON_STATE
    return (look * np.int64(7) + kind) % _PAINT_COUNT * _LAMP_STATES + lit


@device
def put_number(things, index, model, row, instance):
    """Writes what a thing is."""
    things.number[u64(index), 0] = model
    things.number[u64(index), 1] = row
    things.number[u64(index), 2] = instance


@device
def put_place(things, index, forward, right, axis_forward, axis_right):
    """Writes where a thing is and where it heads."""
    at = u64(index)
    things.place[at, 0], things.place[at, 1] = forward, right
    things.place[at, 2], things.place[at, 3] = axis_forward, axis_right


@device
def put_size(things, index, half_length, half_width, base, top):
    """Writes the size of a thing."""
    at = u64(index)
    things.place[at, 4], things.place[at, 5] = half_length, half_width
    things.place[at, 6], things.place[at, 7] = base, top


@device
def swing_of(actors, world, slot, kind):
    """Share of the full swing of a road user's limbs: feet on pedals stay there, legs of who stands are straight."""
    if kind == _CYCLIST:
        return f32(1.0)
    return min(abs(actors.speed[world, slot]) * _FULL_SWING_S_M, _SWING_MAX)


@device
def put_gait(things, index, gait, swing):
    """Writes how a thing's limbs are."""
    things.place[u64(index), 8], things.place[u64(index), 9] = gait, swing


@device
def collect_actors(view, mount, parts, actors, world, own, blink_is_on, things):
    """Puts the road users in sight, the one in slot `own` excepted, into `things`; returns how many."""
    count = np.int64(0)
    for slot in range(actors.kind.shape[1]):
        kind = np.int64(actors.kind[world, slot])
        if kind == 0 or slot == own:
            continue
        half_length = _HALF * actors.length[world, slot]
        half_width = _HALF * actors.width[world, slot]
        ahead = half_length - actors.rear[world, slot]
        dx, dy = actors.x[world, slot] - view.x, actors.y[world, slot] - view.y
        if dx * dx + dy * dy > (mount.range + half_length) * (mount.range + half_length):
            continue
        yaw = actors.yaw[world, slot]
        cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
        dx, dy = dx + ahead * cos, dy + ahead * sin
        forward, right = dx * view.cos + dy * view.sin, dx * view.sin - dy * view.cos
        if not is_seen(mount, forward, right, half_length + half_width):
            continue
        look = np.int64(actors.look[world, slot])
        row = actor_row(kind, look, np.int64(actors.lamps[world, slot]), blink_is_on)
        model = actor_model(parts, kind, look)
        if parts.kind_far_model[kind] >= 0:
            away = f32(math.sqrt(forward * forward + right * right))
            if actors.height[world, slot] * mount.focal < _DETAIL_PX * away:
                model = parts.kind_far_model[kind]
            put_gait(things, count, actors.gait[world, slot], swing_of(actors, world, slot, kind))
        put_number(things, count, model, row, slot + 1)
        put_place(things, count, forward, right, cos * view.cos + sin * view.sin, cos * view.sin - sin * view.cos)
        put_size(things, count, half_length, half_width, f32(0.0), actors.height[world, slot])
        count += 1
    return count


@device
def place_part(parts, part, things, index):
    """A part of a thing as a `Solid`; see `parts` for the columns."""
    row, at = u64(part), u64(index)
    forward, right = things.place[at, 0], things.place[at, 1]
    axis_forward, axis_right = things.place[at, 2], things.place[at, 3]
    half_length, half_width = things.place[at, 4], things.place[at, 5]
    base, tall = things.place[at, 6], things.place[at, 7] - things.place[at, 6]
    x0 = parts.row[row, _X0] * half_length + parts.row[row, _X0_M]
    x1 = parts.row[row, _X1] * half_length + parts.row[row, _X1_M]
    z0 = base + parts.row[row, _Z0] * tall + parts.row[row, _Z0_M]
    z1 = base + parts.row[row, _Z1] * tall + parts.row[row, _Z1_M]
    if parts.row[row, _ASIDE] != f32(0.0):
        aside = parts.row[row, _ASIDE] * half_width
        forward, right = forward + aside * axis_right, right - aside * axis_forward
        if parts.row[row, _SWING] != f32(0.0):
            phase, reach = things.place[at, 8] + parts.row[row, _PHASE], things.place[at, 9] * tall
            ahead = parts.row[row, _SWING] * reach * f32(math.sin(phase))
            up = parts.row[row, _LIFT] * reach * f32(math.cos(phase))
            x0, x1, z0, z1 = x0 + ahead, x1 + ahead, z0 + up, z1 + up
    middle = _HALF * (x0 + x1)
    per_metre = f32(1.0) / (z1 - z0)
    return Solid(
        forward + middle * axis_forward,
        right + middle * axis_right,
        axis_forward,
        axis_right,
        _HALF * (x1 - x0),
        parts.row[row, _Y_PART] * half_width + parts.row[row, _Y_M],
        z0,
        z1,
        parts.row[row, _TAPER_REAR] * half_length * per_metre,
        parts.row[row, _TAPER_FRONT] * half_length * per_metre,
        parts.row[row, _TAPER_SIDE] * half_width * per_metre,
        parts.row[row, _TILE],
        parts.row[row, _TILE_Z],
    )
