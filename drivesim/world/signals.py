"""Lights follow their programmes, and signals that lie ahead on somebody's way."""

import numpy as np
from numba import njit

from drivesim.errors import MapError
from drivesim.maps.arrays import MapArrays
from drivesim.maps.path import following
from drivesim.maps.turns import turn_on
from drivesim.rng import Purpose, uniform
from drivesim.state import WorldState

f32, i32 = np.float32, np.int32

CLOCK_SPAN_S = f32(600.0)
"""Episodes begin at a moment of the programmes' clock drawn from so long a time [s]."""
INFINITY, ZERO = f32(np.inf), f32(0.0)
NO_SIGNAL = i32(-1)
_ONE = np.uint8(1)
_LIGHTS = np.int64(Purpose.LIGHTS)


def check_lights(maps: MapArrays, state: WorldState, map_numbers: np.ndarray) -> None:
    """Whether there is a column for every light of some maps in memory.

    Raises:
        MapError: One has more.
    """
    lights, slots = maps.lights, maps.slot_of[map_numbers]
    counts, most = lights.map_end[slots] - lights.map_first[slots], state.lights.color.shape[1]
    if (counts > most).any():
        number = int(map_numbers[int(counts.argmax())])
        raise MapError(f"map {number}: has {counts.max()} lights, but its source leaves room for {most} (light_count)")


@njit
def begin_lights(maps, state, parameters, world):
    """Starts the clock of a world's lights at a random moment and lets all follow their programmes."""
    lights = state.lights
    lights.clock[world] = CLOCK_SPAN_S * uniform(state.worlds.key[world], _LIGHTS, 0, 0)
    change_lights(maps, state, parameters, world)


@njit
def change_lights(maps, state, parameters, world):
    """Writes what every light shows at this moment."""
    programmes, lights = maps.lights, state.lights
    slot = maps.slot_of[state.worlds.map[world]]
    first = programmes.map_first[slot]
    now = lights.clock[world] + f32(state.worlds.tick[world]) * parameters.step_s
    for light in range(first, programmes.map_end[slot]):
        held = lights.held[world, light - first]
        color = programme_color(programmes, light, now)
        lights.color[world, light - first] = held - _ONE if held > 0 else color


@njit
def programme_color(programmes, light, now):
    """`LightColor` of a programme at a moment of the clock [s]."""
    cycle = programmes.cycle_s[light]
    within = (now - programmes.offset_s[light]) % cycle
    phase, last = programmes.phase_first[light], programmes.phase_first[light + 1] - 1
    while phase < last and within >= programmes.phase_end_s[phase]:
        phase += 1
    return programmes.phase_color[phase]


@njit
def signal_ahead(maps, way, lane, s, horizon, kind):
    """The first signal of a kind on somebody's way. Arrows hold for their turns only, and there before full discs.

    Args:
        maps: `MapArrays`.
        way: `path.Way`.
        lane: Lane that s counts from.
        s: From where [m].
        horizon: How far to look [m].
        kind: `SignalKind`.

    Returns:
        The signal's number in memory, -1 for none, and the distance to its stop line [m]; +inf for none.
    """
    lanes, signals = maps.lanes, maps.signals
    start = -s
    while lane >= 0 and start <= horizon:
        found, nearest = NO_SIGNAL, INFINITY
        after = following(maps, way, lane)
        for signal in range(signals.lane_first[lane], signals.lane_first[lane + 1]):
            distance = start + signals.stop_s[signal]
            if distance > horizon or distance > nearest:
                break
            if distance < ZERO or signals.kind[signal] != kind:
                continue
            if signals.turns[signal] > 0:
                across = lane if lanes.junction[lane] >= 0 else after
                if across >= 0 and signals.turns[signal] >> turn_on(lanes, across) & _ONE:
                    return i32(signal), distance
            elif found < 0:
                found, nearest = i32(signal), distance
        if found >= 0:
            return found, nearest
        start += lanes.length[lane]
        lane = after
    return NO_SIGNAL, INFINITY
