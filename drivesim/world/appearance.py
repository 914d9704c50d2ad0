"""Who appears: kind, body and driver of a road user, drawn from the table of kinds.

The spread of drivers follows Treiber's and SUMO's: desired speed over the limit ~ N(1, `speed_deviation`) and every
IDM parameter ~ N(mean, 0.2 mean), all cut off at two and a half deviations.
"""

import numpy as np
from numba import njit

from drivesim.rng import Purpose, normal, uniform
from drivesim.world.following import HALF, ONE

f32, i32, u8 = np.float32, np.int32, np.uint8

DEVIATION, CUTOFF = f32(0.2), f32(2.5)

PAINT_COUNT, LOOKS_WHOLE = np.int64(12), np.int64(20)
"""Paints that there are, and the last whole dozen of looks."""
PER_SLOT = 256
"""Draws reserved for one slot and tick."""
_LENGTH, _WIDTH, _HEIGHT, _LOOK, _KIND, _FACTOR = 0, 1, 2, 3, 4, 8
# Typed, not literal: numba compiles a function once per literal.
_DRIVER, _APPEARANCE = np.int64(Purpose.DRIVER), np.int64(Purpose.APPEARANCE)


@njit
def draw(key, purpose, tick, index):
    """`rng.uniform`, called rather than compiled into its callers."""
    return uniform(key, purpose, tick, index)


@njit
def _deviate(key, tick, index):
    """A standard normal draw, cut off."""
    return min(max(normal(key, _DRIVER, tick, index), -CUTOFF), CUTOFF)


@njit
def _spread(key, tick, index, mean):
    """A driver parameter: normal around its mean, cut off."""
    return mean * (ONE + DEVIATION * _deviate(key, tick, index))


@njit
def set_body(actors, world, slot, length, width, height, rear, wheelbase):
    """Gives a road user its dimensions [m]."""
    actors.length[world, slot] = length
    actors.width[world, slot] = width
    actors.height[world, slot] = height
    actors.rear[world, slot] = rear
    actors.wheelbase[world, slot] = wheelbase


@njit
def look_of_paint(look, kind, paint):
    """The look near `look` by which a kind has a paint: 7 look + kind = paint modulo `PAINT_COUNT`, and 7 * 7 = 1."""
    own = (np.int64(7) * (paint - kind)) % PAINT_COUNT
    return u8(min(np.int64(look) // PAINT_COUNT, LOOKS_WHOLE) * PAINT_COUNT + own)


@njit
def draw_kind(state, parameters, world, slot, tick):
    """Draws the kind of a road user by the shares of the table."""
    kinds = parameters.kinds
    chance = draw(state.worlds.key[world], _APPEARANCE, tick, slot * PER_SLOT + _KIND)
    last = kinds.order.shape[0] - 1
    for index in range(last):
        if chance < kinds.share_below[kinds.order[index]]:
            return kinds.order[index]
    return kinds.order[last]


@njit
def draw_body(state, parameters, world, slot, tick, kind):
    """Gives a slot a road user of a kind, with a body and a look drawn for it."""
    actors, key, kinds = state.actors, state.worlds.key[world], parameters.kinds
    base = slot * PER_SLOT
    small = draw(key, _APPEARANCE, tick, base + _LENGTH) - HALF
    wide = draw(key, _APPEARANCE, tick, base + _WIDTH) - HALF
    high = draw(key, _APPEARANCE, tick, base + _HEIGHT) - HALF
    length = kinds.length[kind, 0] + kinds.length[kind, 1] * small
    width = kinds.width[kind, 0] + kinds.width[kind, 1] * wide
    height = kinds.height[kind, 0] + kinds.height[kind, 1] * high
    wheelbase = length * kinds.wheelbase[kind, 0] + kinds.wheelbase[kind, 1]
    set_body(actors, world, slot, length, width, height, kinds.rear[kind], wheelbase)
    actors.look[world, slot] = u8(draw(key, _APPEARANCE, tick, base + _LOOK) * f32(256.0))
    if kinds.paint[kind] >= 0:
        actors.look[world, slot] = look_of_paint(actors.look[world, slot], kind, kinds.paint[kind])
    actors.kind[world, slot] = u8(kind)
    actors.born[world, slot] = state.worlds.tick[world]
    actors.motion[world, slot] = kinds.motion[kind]
    actors.speed_max[world, slot] = kinds.speed_max[kind]


@njit
def draw_car(state, parameters, world, slot, tick):
    """Draws kind, body and driver of a slot."""
    kind = draw_kind(state, parameters, world, slot, tick)
    draw_body(state, parameters, world, slot, tick, kind)
    draw_driver(state, parameters, world, slot, tick, kind)


@njit
def draw_driver(state, parameters, world, slot, tick, kind):
    """Draws who drives a vehicle of a kind by itself."""
    actors, key, kinds = state.actors, state.worlds.key[world], parameters.kinds
    base = slot * PER_SLOT
    accel, headway = (
        parameters.accel_max * kinds.accel_factor[kind],
        parameters.time_headway * kinds.headway_factor[kind],
    )
    spread = _deviate(key, tick, base + _FACTOR)
    actors.speed_factor[world, slot] = max(ONE + parameters.speed_deviation * spread, f32(0.2))
    actors.time_headway[world, slot] = _spread(key, tick, base + _FACTOR + 1, headway)
    actors.accel_max[world, slot] = _spread(key, tick, base + _FACTOR + 2, accel)
    actors.brake_comfort[world, slot] = _spread(key, tick, base + _FACTOR + 3, parameters.brake_comfort)
    actors.min_gap[world, slot] = _spread(key, tick, base + _FACTOR + 4, parameters.min_gap)
    actors.cooldown[world, slot] = i32(slot % max(i32(ONE / parameters.step_s), i32(1)))
