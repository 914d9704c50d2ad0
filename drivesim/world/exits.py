"""Whether there is room beyond a junction for whoever wants to cross it.

Nobody may enter a junction who would have to stop in it and so hold up others who cross (Vienna Convention on Road
Traffic 1968, article 18.2). What that asks for depends on the way:

- a way that nobody crosses, and on which everybody who joins gives way, holds up nobody: who is on the ring of a
  roundabout drives on as far as the car ahead lets it;
- any other way is entered only where a whole car fits beyond it, behind all who are there or have decided to go there.

Where the lane beyond is shorter than a car, whoever enters must get through the next junction too: where it goes first
there, or nobody crosses it here, there has to be room for one more car along its way; else nobody may be there whom it
would meet. Who has long stood in a junction for that waits on such a lane if it is empty and just holds it: of two full
rings side by side each would else wait for the other.

Who has waited `COURTESY` for room is left it by all who have waited less, even by who goes first, so that nobody
starves beside a stream that fills every gap in the queue beyond. Emergency vehicles on call are left it at once.
"""

import numpy as np
from numba import njit

from drivesim.maps.lanes import first_successor
from drivesim.maps.path import following
from drivesim.maps.right_of_way import Rule
from drivesim.semantics import LightColor
from drivesim.state.actors import Errand
from drivesim.state.lights import light_color
from drivesim.world.following import HALF, ZERO
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

LINE_ROOM = f32(1.5)
"""A queue ends this far before the next junction [m]."""
EXIT_BRAKING = f32(2.0)
"""Somebody beyond the junction is taken to stop within what this takes [m/s^2]."""
SPARE = f32(6.5)
"""Where queues reach over junctions, so much stays free in front of whoever comes in: no ring is ever full [m]."""
PASSED = f32(-0.8)
"""Whose front is farther beyond the line than this has entered [m]."""
COURTESY = f32(40.0)
"""Who has waited so long is let in by whoever has not yet decided to go; without lights even by who goes first [s]."""
CALL_COURTESY = f32(3.0)
"""The same of emergency vehicles on call [s]."""
CLAIM_S, CLAIM_PAUSE_S = f32(20.0), f32(10.0)
"""Who has waited so long claims room for a while, then lets others go for a while, in turns [s]."""
STUCK_S = f32(20.0)
"""Who has stood in a junction so long goes on to where it just fits [s]."""
INFINITY = f32(np.inf)

CROSSED, JOINED, FREE = i32(0), i32(1), i32(2)
"""A way across: others cross it; others only join it, and it gives way to some; it goes before all who join it."""

_GOES_FIRST, _ON_CALL = int(Rule.GOES_FIRST), int(Errand.ON_CALL)
_DARK, _GREEN = int(LightColor.DARK), int(LightColor.GREEN)


@njit
def front_on(state, world, slot):
    """Front bumper along the way across, negative before it [m]."""
    actors = state.actors
    return actors.length[world, slot] - actors.rear[world, slot] - state.junctions.to_across[world, slot]


@njit
def room_to_line(maps, state, world, slot):
    """Front bumper to the line before the way across [m]."""
    return maps.ways.line_s[state.junctions.across[world, slot]] - front_on(state, world, slot)


@njit
def conflict_with(conflicts, lane, other):
    """Entry of `ConflictArrays` for two lanes, -1 for none."""
    for k in range(conflicts.lane_first[lane], conflicts.lane_first[lane + 1]):
        if conflicts.other[k] == other:
            return k
    return i32(-1)


@njit
def standing_of(maps, across):
    """Whom somebody on a way across would hold up: `CROSSED`, `JOINED` or `FREE`."""
    lanes, conflicts = maps.lanes, maps.conflicts
    out, found = first_successor(lanes, across), FREE
    for k in range(conflicts.lane_first[across], conflicts.lane_first[across + 1]):
        if first_successor(lanes, conflicts.other[k]) != out:
            return CROSSED
        if conflicts.rule[k] != _GOES_FIRST:
            found = JOINED
    return found


@njit
def is_first_on(maps, lane):
    """Whether a lane is a way across without a light on which one goes before all others."""
    if lane < 0 or maps.lanes.junction[lane] < 0 or maps.ways.light[lane] >= 0:
        return False
    for k in range(maps.conflicts.lane_first[lane], maps.conflicts.lane_first[lane + 1]):
        if maps.conflicts.rule[k] != _GOES_FIRST:
            return False
    return True


@njit
def claims_room(maps, state, parameters, world, slot, other):
    """Whether `other` has waited so long for room beyond a junction that `slot` leaves it some.

    Who has waited longer than `other` does not, unless that is an emergency vehicle on call.
    """
    junctions = state.junctions
    across, waited = junctions.across[world, other], junctions.waited[world, other]
    errand = state.actors.errand
    on_call = errand[world, other] == _ON_CALL and errand[world, slot] != _ON_CALL
    if across < 0 or other == slot or (waited <= junctions.waited[world, slot] and not on_call):
        return False
    over = f32(waited) * parameters.step_s - (CALL_COURTESY if on_call else COURTESY)
    if over < ZERO or over % (CLAIM_S + CLAIM_PAUSE_S) >= CLAIM_S or maps.lanes.junction[across] < 0:
        return False
    color = light_color(maps, state, world, maps.ways.light[across])
    return color == _GREEN or color == _DARK


@njit
def takes_room(maps, state, parameters, world, slot, other, way):
    """Whether `other`, who comes along a way across, takes room beyond it before `slot` does.

    It is in the junction, has decided to go, or claims it.
    """
    actors, junctions = state.actors, state.junctions
    if actors.lane[world, other] == way or junctions.cleared[world, other] == way:
        return True
    entered = room_to_line(maps, state, world, other) < PASSED
    return entered or claims_room(maps, state, parameters, world, slot, other)


@njit
def spoils_claim(maps, state, parameters, world, slot):
    """Whether somebody would drive across where another has long waited to go, through a place too short to stand on.

    That other goes where nobody is there or would be met at the next junction, so those who would be wait.
    """
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    across = junctions.across[world, slot]
    for other in range(actors.lane.shape[1]):
        if not claims_room(maps, state, parameters, world, slot, other):
            continue
        way = junctions.across[world, other]
        out = following(maps, way_of(maps, state, world, other), way)
        if out < 0 or out == actors.lane[world, slot] or standing_of(maps, way) != CROSSED:
            continue
        beyond = out
        if lanes.junction[out] < 0:
            if maps.ways.ahead[out] >= actors.length[world, other] + actors.min_gap[world, other] + LINE_ROOM:
                continue
            beyond = following(maps, way_of(maps, state, world, other), out)
            if beyond < 0 or is_first_on(maps, beyond):
                continue
        if first_successor(lanes, across) == out or beyond == across:
            return True
        if conflict_with(maps.conflicts, beyond, across) >= 0:
            return True
    return False


@njit
def is_claimed(maps, state, parameters, world, slot, out):
    """Whether somebody on another way across has long waited for room on `out`."""
    junctions = state.junctions
    for other in range(junctions.across.shape[1]):
        way = junctions.across[world, other]
        if way < 0 or way == junctions.across[world, slot] or first_successor(maps.lanes, way) != out:
            continue
        if claims_room(maps, state, parameters, world, slot, other):
            return True
    return False


@njit
def has_room_beyond(maps, state, parameters, world, slot):
    """Whether there will be room beyond the junction for somebody and for all who are in it on the way there."""
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    across = junctions.across[world, slot]
    if lanes.junction[across] < 0:
        return True
    if spoils_claim(maps, state, parameters, world, slot):
        return False
    standing = standing_of(maps, across)
    out = following(maps, way_of(maps, state, world, slot), across)
    if out >= 0 and lanes.junction[out] >= 0:
        return is_empty_beyond(maps, state, parameters, world, slot, out, out)
    if out < 0 or (standing == FREE and not is_claimed(maps, state, parameters, world, slot, out)):
        return True
    space, reach = INFINITY, maps.ways.ahead[out]
    taken = actors.length[world, slot] + actors.min_gap[world, slot]
    if reach < taken + LINE_ROOM:
        if may_stand_on(maps, state, parameters, world, slot, out):
            return True
        beyond = following(maps, way_of(maps, state, world, slot), out)
        if standing == JOINED or is_first_on(maps, beyond):
            return is_open_along(maps, state, parameters, world, slot, out, taken + SPARE)
        return is_empty_beyond(maps, state, parameters, world, slot, out, beyond)
    queue = ZERO
    for other in range(actors.lane.shape[1]):
        lane = actors.lane[world, other]
        if lane < 0 or other == slot:
            continue
        if lane == out:
            space = min(space, actors.s[world, other] - actors.rear[world, other] + stopping(actors, world, other))
            leaving = junctions.across[world, other]
            gone = leaving >= 0 and lanes.junction[leaving] >= 0 and junctions.cleared[world, other] == leaving
            if not gone or room_to_line(maps, state, world, other) >= PASSED:
                queue += actors.length[world, other] + actors.min_gap[world, other]
        way = junctions.across[world, other]
        if way < 0 or lane == out or first_successor(lanes, way) != out:
            continue
        if way == across and junctions.to_across[world, other] >= junctions.to_across[world, slot]:
            continue
        if takes_room(maps, state, parameters, world, slot, other, way):
            taken += actors.length[world, other] + actors.min_gap[world, other]
    return space >= taken and queue + taken + LINE_ROOM <= reach


@njit
def may_stand_on(maps, state, parameters, world, slot, out):
    """Whether somebody who has long stood in a junction may wait on `out`, which just holds it and is empty."""
    actors, junctions = state.actors, state.junctions
    if f32(junctions.waited[world, slot]) * parameters.step_s < STUCK_S:
        return False
    if room_to_line(maps, state, world, slot) >= PASSED:
        return False
    if maps.ways.ahead[out] < actors.length[world, slot] + LINE_ROOM:
        return False
    for other in range(actors.lane.shape[1]):
        if other == slot:
            continue
        way = junctions.across[world, other]
        comes = way >= 0 and junctions.cleared[world, other] == way and first_successor(maps.lanes, way) == out
        if comes or actors.lane[world, other] == out:
            return False
    return True


@njit
def stopping(actors, world, slot):
    """Way in which somebody may come to rest [m]."""
    speed = actors.speed[world, slot]
    return HALF * speed * speed / EXIT_BRAKING


@njit
def is_open_along(maps, state, parameters, world, slot, lane, need):
    """Whether a road user finds `need` metres free from the start of `lane` on along its way.

    Who has decided to come onto that way before the road user is there takes its own length of it.
    """
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    way, start = way_of(maps, state, world, slot), ZERO
    while lane >= 0 and start < need:
        for other in range(actors.lane.shape[1]):
            if actors.lane[world, other] < 0 or other == slot:
                continue
            if actors.lane[world, other] == lane:
                tail = start + actors.s[world, other] - actors.rear[world, other]
                if tail + stopping(actors, world, other) < need:
                    return False
                continue
            across = junctions.across[world, other]
            if lanes.junction[lane] >= 0 or across < 0 or first_successor(lanes, across) != lane:
                continue
            if across == junctions.across[world, slot]:
                if junctions.to_across[world, other] >= junctions.to_across[world, slot]:
                    continue
            if takes_room(maps, state, parameters, world, slot, other, across):
                need += actors.length[world, other] + actors.min_gap[world, other]
        start += lanes.length[lane]
        lane = following(maps, way, lane)
    return True


@njit
def is_empty_beyond(maps, state, parameters, world, slot, out, beyond):
    """Whether nobody is on `out`, no place to stand on, or would be met on `beyond`, the way across that it leads to.

    Who enters goes through both; else two who come from either end would wait for each other's tail.
    """
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    for other in range(actors.lane.shape[1]):
        if other == slot:
            continue
        way = junctions.across[world, other]
        if actors.lane[world, other] == out:
            return False
        if way >= 0 and first_successor(lanes, way) == out:
            if junctions.cleared[world, other] == way or claims_room(maps, state, parameters, world, slot, other):
                return False
        if way < 0 or beyond < 0 or (actors.lane[world, other] != way and junctions.cleared[world, other] != way):
            continue
        if way == beyond or conflict_with(maps.conflicts, beyond, way) >= 0:
            return False
    return True
