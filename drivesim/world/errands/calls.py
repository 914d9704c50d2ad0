"""Emergency vehicles on call at junctions: they pass red lights with care, and nobody drives into their way.

Who passes on the oncoming lane comes back before the next junction, and nobody turns into the street meanwhile.

With blue lamps and siren all others have to make way at once (StVO section 38); whoever has the right to pass a red
light may do so only with the care that nobody is put at risk (section 35).
"""

import numpy as np
from numba import njit

from drivesim.semantics import LightColor
from drivesim.state import Motion
from drivesim.state.actors import Errand
from drivesim.state.lights import light_color
from drivesim.world.errands.oncoming import INFINITY, ZERO, is_passing, way_to_passing

f32, i32, u8 = np.float32, np.int32, np.uint8

HEARD_M, HEARD_S = f32(25.0), f32(4.0)
"""Nobody enters the way of who is so near to it in space, or in time [m, s]."""
HELD_S = f32(45.0)
"""Who has stood at the line for so long goes by the other rules, so that no second green is lost [s]."""
LOOKS_SPEED, LOOKS_M = f32(3.0), f32(6.0)
"""At a red light one is this slow, this far before the line, before one goes [m/s, m]."""
STANDING = f32(0.1)
_DARK, _GREEN = int(LightColor.DARK), int(LightColor.GREEN)
_ON_CALL, _SCRIPTED = u8(Errand.ON_CALL), int(Motion.SCRIPTED)


@njit
def is_on_call(state, parameters, world, slot):
    """Whether a road user is an emergency vehicle on call; those of situations always are."""
    actors = state.actors
    if actors.errand[world, slot] == _ON_CALL:
        return True
    return actors.motion[world, slot] == _SCRIPTED and parameters.kinds.is_emergency[actors.kind[world, slot]]


@njit
def may_pass_red(state, world, slot, room):
    """Whether a light does not hold somebody with `room` to its line: on call, and slow enough to look."""
    actors = state.actors
    if actors.errand[world, slot] != _ON_CALL:
        return False
    return room < LOOKS_M and (
        actors.speed[world, slot] < LOOKS_SPEED
        or state.junctions.cleared[world, slot] == state.junctions.across[world, slot]
    )


@njit
def passes_red(maps, state, world, slot, across):
    """Whether somebody on call goes across while its light is not green, and so gives way to all who do come."""
    if state.actors.errand[world, slot] != _ON_CALL:
        return False
    color = light_color(maps, state, world, maps.ways.light[across])
    return color != _GREEN and color != _DARK


@njit
def holds_for_call(maps, state, parameters, world, slot):
    """Whether somebody before a junction waits for an emergency vehicle: it comes on another way, or passes beyond.

    One that passes itself waits as well, until it may come back to its lane.
    """
    if not parameters.has_calls:
        return False
    passes = is_passing(state.actors, world, slot) and state.actors.aside_target[world, slot] != ZERO
    if passes or way_to_passing(maps, state, world, slot) < INFINITY:
        return True
    if f32(state.junctions.waited[world, slot]) * parameters.step_s > HELD_S:
        return False
    actors, junctions, conflicts = state.actors, state.junctions, maps.conflicts
    across = junctions.across[world, slot]
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.errand[world, other] != _ON_CALL or is_passing(actors, world, other):
            continue
        way = junctions.across[world, other]
        if way < 0 or maps.lanes.junction[way] != maps.lanes.junction[across]:
            continue
        way_to = junctions.to_across[world, other]
        if way_to > HEARD_M + HEARD_S * actors.speed[world, other]:
            continue
        if actors.lead[world, other] >= 0 and actors.lead_gap[world, other] < way_to:
            continue  # It has to wait for who is ahead of it.
        if actors.speed[world, other] < STANDING and not junctions.comes[world, other]:
            continue  # It waits for room beyond the junction, which those may have to make whom it would hold.
        tail = -way_to - actors.rear[world, other]
        for k in range(conflicts.lane_first[across], conflicts.lane_first[across + 1]):
            if conflicts.other[k] == way and tail < conflicts.end[conflicts.mirror[k]]:
                return actors.errand[world, slot] != _ON_CALL or other < slot
    return False
