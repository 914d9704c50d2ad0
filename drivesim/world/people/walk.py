"""Walking: the social force model on footpaths.

    dv/dt = (v0 e - v) / tau + sum_j f(b_j) r_j / |r_j|,   f(b) = (V0 / sigma) exp(-b / sigma)            (1)
    b = sqrt((|r| + |r - v_j dt|)^2 - (|v_j| dt)^2) / 2

Helbing, Molnar, Physical Review E 51 (1995) 4282, with its V0 = 2.1 m^2/s^2, sigma = 0.3 m, tau = 0.5 s, half the
weight for who is behind. e points at a place a little ahead on the walker's side of its path, so that corners are cut
as people do.
"""

import math

import numpy as np
from numba import njit

from drivesim.geometry import wrap_angle
from drivesim.maps.places import FootpathKind
from drivesim.rng import Purpose, uniform
from drivesim.state import ActorKind
from drivesim.state.people import Nature
from drivesim.world.people.hurdles import NOBODY, way_round
from drivesim.world.people.kerb import may_cross
from drivesim.world.people.slots import first_walker
from drivesim.world.people.ways import KERB, choose_next, kerb_ahead, path_pose, to_end

f32, i32, i8 = np.float32, np.int32, np.int8

TAU, PUSH, PUSH_RANGE, PUSH_STEP = f32(0.5), f32(2.1 / 0.3), f32(0.3), f32(1.0)
"""Of (1): tau [s], V0 / sigma [m/s^2], sigma [m], dt [s]."""
PUSH_MAX, PUSH_REACH, BEHIND = f32(3.0), f32(3.0), f32(0.5)
"""Most that others push [m/s^2], how near they have to be [m], weight of who is behind."""
HASTE = f32(1.3)
"""Nobody walks faster than this over what it wants."""
AHEAD = f32(1.0)
"""Walkers make for a place so far ahead [m]."""
CHOOSE, DECIDE = f32(8.0), f32(1.5)
"""The next way is chosen this far before the end, the road looked at this far before the kerb [m]."""
SLOWING = f32(1.0)
"""Deceleration before the kerb [m/s^2]."""
EDGE, RETURN = f32(0.3), f32(0.5)
"""Walkers keep this far inside a path's edge [m], and come back to it so fast [m/s]."""
PATIENCE, GAP_LEAST = f32(60.0), f32(0.6)
"""Gaps that are taken shrink to this share within so long [s, 1]."""
GIVES_UP = f32(20.0)
"""Who waits so long to walk across away from crossings goes on along the pavement, and who so long finds no way between
parked cars at the other side of the road goes back [s]."""
JAYWALKS, JAYWALKS_CHILD = f32(0.02), f32(0.06)
"""Chance to walk across the street at each place where one could."""
RUNS = f32(2.2)
"""Children who cross away from crossings run [m/s]."""
TURN_RATE = f32(6.0)
"""[rad/s]"""
COHESION, COHESION_MIN = f32(0.4), f32(0.5)
"""Who lags a metre behind its company walks faster by this, and waits for it no slower than this [1/m, 1]."""
INFINITY, ZERO, HALF, ONE, TWO = f32(np.inf), f32(0.0), f32(0.5), f32(1.0), f32(2.0)
_NONE, _CHILD, _ELDERLY = int(ActorKind.NONE), int(Nature.CHILD), int(Nature.ELDERLY)
_PAVEMENT = int(FootpathKind.PAVEMENT)
_PEOPLE = np.int64(Purpose.PEOPLE)
_HOP_DRAW = 1 << 16
"""Index of a walker's draw whether to walk across the street here; those of appearing lie below."""


@njit
def walk(maps, state, parameters, world, walker):
    """Moves one walker by a control step."""
    people, actors, step_s = state.people, state.actors, parameters.step_s
    slot = first_walker(state, parameters) + walker
    if people.next_path[world, walker] < 0:
        left = to_end(
            maps.footpaths, people.path[world, walker], people.along[world, walker], people.ahead[world, walker]
        )
        if left < CHOOSE:
            choose_next(maps, state, world, walker)
    pace, waited = pace_of(maps, state, world, walker), people.waited[world, walker]
    holds, kerb = look_at_road(maps, state, parameters, world, walker, pace)
    wanted = pace
    if holds:
        wanted = min(pace, f32(math.sqrt(TWO * SLOWING * max(kerb, ZERO))))
        if kerb < f32(0.05):
            wanted = ZERO
    x, y = actors.x[world, slot], actors.y[world, slot]
    east, north = direction(maps, state, world, walker, x, y)
    path, hurdle = people.path[world, walker], NOBODY
    if people.crossing[world, walker] >= 0 or maps.footpaths.road[path, 0] < INFINITY:
        ahead = f32(people.ahead[world, walker])
        _, _, over, on = path_pose(maps.footpaths, path, people.along[world, walker])
        east, north, is_free, hurdle = way_round(state, parameters, world, slot, east, north, ahead * over, ahead * on)
        if not is_free:
            wanted = ZERO
        if hurdle >= 0 and actors.lane[world, hurdle] < 0:
            if ZERO < kerb < INFINITY:
                hesitate(maps, state, parameters, world, walker, waited)
            elif kerb <= ZERO:
                turn_back(state, parameters, world, walker)
    push_east, push_north = ZERO, ZERO
    if wanted > ZERO:
        push_east, push_north = pushed(state, parameters, world, walker, east, north)
    gain = step_s / TAU
    vx = people.east[world, walker] + gain * (wanted * east - people.east[world, walker]) + push_east * step_s
    vy = people.north[world, walker] + gain * (wanted * north - people.north[world, walker]) + push_north * step_s
    speed, top = f32(math.sqrt(vx * vx + vy * vy)), HASTE * wanted
    if wanted == ZERO and speed < f32(0.1):
        vx, vy, speed = ZERO, ZERO, ZERO
    elif wanted > ZERO and speed > top:
        vx, vy, speed = vx * top / speed, vy * top / speed, top
    advance(maps, state, parameters, world, walker, slot, vx, vy, holds, hurdle >= 0)
    before = actors.speed[world, slot]
    vx, vy = people.east[world, walker], people.north[world, walker]
    actors.speed[world, slot] = f32(math.sqrt(vx * vx + vy * vy))
    actors.accel[world, slot] = (actors.speed[world, slot] - before) / step_s
    facing = f32(math.atan2(north, east))
    if actors.speed[world, slot] > f32(0.2):
        facing = f32(math.atan2(vy, vx))
    turn = wrap_angle(facing - actors.yaw[world, slot])
    turn = min(max(turn, -TURN_RATE * step_s), TURN_RATE * step_s)
    actors.yaw[world, slot] += turn
    actors.yaw_rate[world, slot] = turn / step_s


@njit
def pace_of(maps, state, world, walker):
    """Speed that a walker wants now [m/s]: children run across, and who goes with somebody keeps up with it."""
    paths, people = maps.footpaths, state.people
    pace, path = people.pace[world, walker], people.path[world, walker]
    if people.nature[world, walker] == _CHILD and paths.host[path, 0] >= 0 and people.crossing[world, walker] == path:
        return max(pace, RUNS)
    guide = people.guide[world, walker]
    if (
        guide != walker
        and people.path[world, guide] == path
        and people.ahead[world, guide] == people.ahead[world, walker]
    ):
        lag = (people.along[world, guide] - people.along[world, walker]) * f32(people.ahead[world, walker])
        pace *= min(max(ONE + COHESION * lag, COHESION_MIN), HASTE)
    return pace


@njit
def look_at_road(maps, state, parameters, world, walker, pace):
    """Decides whether a walker crosses the road ahead.

    Returns:
        Whether it has to hold before it, and the distance to the kerb [m].
    """
    paths, people = maps.footpaths, state.people
    crossing, kerb = kerb_ahead(maps, state, world, walker)
    if crossing < 0:
        people.crossing[world, walker] = -1
        people.waited[world, walker] = 0
        return False, INFINITY
    if people.crossing[world, walker] == crossing:
        return False, kerb
    path, along, ahead = people.path[world, walker], people.along[world, walker], people.ahead[world, walker]
    if kerb < -KERB and path == crossing:
        people.crossing[world, walker] = crossing
        return False, kerb
    people.crossing[world, walker] = -1
    if kerb > DECIDE:
        people.waited[world, walker] = 0
        return True, kerb
    if path != crossing:
        left = to_end(paths, path, along, ahead)
        ahead = people.next_ahead[world, walker]
        along = -left if ahead > 0 else paths.length[crossing] + left
    waited = f32(people.waited[world, walker]) * parameters.step_s
    gap = people.gap[world, walker] * max(ONE - waited / PATIENCE, GAP_LEAST)
    crosses_at = max(pace, RUNS) if people.nature[world, walker] == _CHILD and paths.host[crossing, 0] >= 0 else pace
    if may_cross(maps, state, world, crossing, along, ahead, crosses_at, gap):
        people.crossing[world, walker] = crossing
        people.waited[world, walker] = 0
        return False, kerb
    people.waited[world, walker] += 1
    if paths.host[path, 0] >= 0 and waited > GIVES_UP:
        leave_hop(maps, state, world, walker)
        return False, INFINITY
    return True, kerb


@njit
def hesitate(maps, state, parameters, world, walker, waited):
    """Takes back the decision to cross of somebody before the kerb who is held up by a parked car: nobody waits for it.

    `waited` are the ticks for which it has not got any farther; a place away from crossings is given up.
    """
    people = state.people
    people.crossing[world, walker] = -1
    people.waited[world, walker] = waited + 1
    is_hop = maps.footpaths.host[people.path[world, walker], 0] >= 0
    if is_hop and f32(waited) * parameters.step_s > GIVES_UP:
        leave_hop(maps, state, world, walker)


@njit
def turn_back(state, parameters, world, walker):
    """Sends somebody on the road whom parked cars have kept from getting off it for long back to where it came from."""
    people = state.people
    people.waited[world, walker] += 1
    if f32(people.waited[world, walker]) * parameters.step_s > GIVES_UP:
        people.ahead[world, walker] = -people.ahead[world, walker]
        people.next_path[world, walker] = -1
        people.waited[world, walker] = 0


@njit
def leave_hop(maps, state, world, walker):
    """Takes a walker who waits to cross away from crossings back to its pavement."""
    paths, people = maps.footpaths, state.people
    path, start = people.path[world, walker], 0 if people.ahead[world, walker] > 0 else 1
    people.path[world, walker] = paths.host[path, start]
    people.along[world, walker] = paths.host_along[path, start]
    people.next_path[world, walker] = -1
    people.crossing[world, walker] = -1
    people.waited[world, walker] = 0


@njit
def direction(maps, state, world, walker, x, y):
    """Unit vector from (x, y) to where a walker makes for: on its side of its path, or of the next."""
    paths, people = maps.footpaths, state.people
    path, ahead = people.path[world, walker], people.ahead[world, walker]
    along = people.along[world, walker] + AHEAD * f32(ahead)
    left = to_end(paths, path, along, ahead)
    following = people.next_path[world, walker]
    if left < ZERO and following >= 0 and paths.host[path, 1 if ahead > 0 else 0] < 0:
        path, ahead = following, people.next_ahead[world, walker]
        along = -left if ahead > 0 else paths.length[path] + left
    to_x, to_y, east, north = path_pose(paths, path, along)
    aside = people.side[world, walker] * max(HALF * paths.width[path] - EDGE, ZERO) * f32(ahead)
    to_x, to_y = to_x - aside * north - x, to_y + aside * east - y
    far = f32(math.sqrt(to_x * to_x + to_y * to_y))
    if far < f32(1e-3):
        return east * f32(ahead), north * f32(ahead)
    return to_x / far, to_y / far


@njit
def pushed(state, parameters, world, walker, east, north):
    """Sum of the forces of other walkers (1) [m/s^2], east and north; who goes together does not push."""
    people, actors, first = state.people, state.actors, first_walker(state, parameters)
    x, y = actors.x[world, first + walker], actors.y[world, first + walker]
    sum_x, sum_y = ZERO, ZERO
    for other in range(parameters.pedestrian_count):
        if other == walker or actors.kind[world, first + other] == _NONE:
            continue
        rx, ry = x - actors.x[world, first + other], y - actors.y[world, first + other]
        squared = rx * rx + ry * ry
        if squared > PUSH_REACH * PUSH_REACH or squared < f32(1e-6):
            continue
        together = people.guide[world, other] == people.guide[world, walker]
        if together and squared > f32(0.36):
            continue
        way_x, way_y = people.east[world, other] * PUSH_STEP, people.north[world, other] * PUSH_STEP
        r, then = f32(math.sqrt(squared)), f32(math.sqrt((rx - way_x) ** 2 + (ry - way_y) ** 2))
        b = HALF * f32(math.sqrt(max((r + then) * (r + then) - (way_x * way_x + way_y * way_y), ZERO)))
        force = PUSH * f32(math.exp(-b / PUSH_RANGE)) / r
        if rx * east + ry * north > ZERO:
            force *= BEHIND
        sum_x += force * rx
        sum_y += force * ry
    size = f32(math.sqrt(sum_x * sum_x + sum_y * sum_y))
    if size > PUSH_MAX:
        return sum_x * PUSH_MAX / size, sum_y * PUSH_MAX / size
    return sum_x, sum_y


@njit
def advance(maps, state, parameters, world, walker, slot, vx, vy, holds, goes_round):
    """Moves a walker with a velocity, keeps it off a road on which it may not step, and on its path.

    Who goes round a vehicle leaves its path for that.
    """
    paths, people, actors, step_s = maps.footpaths, state.people, state.actors, parameters.step_s
    path, ahead, before = people.path[world, walker], people.ahead[world, walker], people.along[world, walker]
    x, y = actors.x[world, slot] + vx * step_s, actors.y[world, slot] + vy * step_s
    at_x, at_y, east, north = path_pose(paths, path, before)
    along = before + (x - at_x) * east + (y - at_y) * north
    aside = (y - at_y) * east - (x - at_x) * north
    over = abs(aside) - max(HALF * paths.width[path] - EDGE, f32(0.1))
    if over > ZERO and not goes_round:
        back = min(over, RETURN * step_s) if aside > ZERO else -min(over, RETURN * step_s)
        x, y = x + back * north, y - back * east
    people.along[world, walker] = along
    if holds:
        _, kerb = kerb_ahead(maps, state, world, walker)
        if kerb < ZERO and (along - before) * f32(ahead) > ZERO:
            people.along[world, walker] = before
            people.east[world, walker], people.north[world, walker] = ZERO, ZERO
            return
    people.east[world, walker], people.north[world, walker] = vx, vy
    actors.x[world, slot], actors.y[world, slot] = x, y
    if to_end(paths, path, along, ahead) <= corner(paths, path, ahead, people.next_path[world, walker]):
        take_next(maps, state, world, walker, x, y)
    elif paths.kind[path] == _PAVEMENT:
        consider_hops(maps, state, world, walker, before, along)


@njit
def corner(paths, path, ahead, following):
    """How far before the end of its path somebody turns into the next [m].

    Who walks at the near side of a wide crossing would else have to go round its middle, and stand where it turns. At
    a dead end one turns back where it makes for the end itself: farther on it would make for where it is.
    """
    if following == path:
        return min(AHEAD, HALF * paths.length[path])
    if following < 0 or paths.host[path, 1 if ahead > 0 else 0] >= 0:
        return ZERO
    return min(HALF * paths.width[following], HALF * paths.length[path])


@njit
def take_next(maps, state, world, walker, x, y):
    """Puts a walker who has come to the end of its path onto the next."""
    paths, people = maps.footpaths, state.people
    path, end = people.path[world, walker], 1 if people.ahead[world, walker] > 0 else 0
    if people.next_path[world, walker] < 0:
        choose_next(maps, state, world, walker)
    following, ahead = people.next_path[world, walker], people.next_ahead[world, walker]
    start = ZERO if ahead > 0 else paths.length[following]
    if paths.host[path, end] >= 0:
        start = paths.host_along[path, end]
    at_x, at_y, east, north = path_pose(paths, following, start)
    along = start + (x - at_x) * east + (y - at_y) * north
    people.path[world, walker] = following
    people.ahead[world, walker] = ahead
    people.along[world, walker] = min(max(along, ZERO), paths.length[following])
    people.next_path[world, walker] = -1
    people.turns[world, walker] += 1


@njit
def consider_hops(maps, state, world, walker, before, along):
    """Lets a walker on a pavement begin to walk straight across the street where it passes a place for it."""
    paths, people = maps.footpaths, state.people
    path, nature = people.path[world, walker], people.nature[world, walker]
    if nature == _ELDERLY or people.guide[world, walker] != walker:
        return
    low, high = min(before, along), max(before, along)
    for k in range(paths.hop_first[path], paths.hop_first[path + 1]):
        if low <= paths.hop_along[k] < high:
            chance = uniform(state.worlds.key[world], _PEOPLE, state.worlds.tick[world], _HOP_DRAW + walker)
            if chance < (JAYWALKS_CHILD if nature == _CHILD else JAYWALKS):
                hop = paths.hop[k]
                people.path[world, walker] = hop
                people.along[world, walker] = ZERO if paths.hop_end[k] == 0 else paths.length[hop]
                people.ahead[world, walker] = i8(1) if paths.hop_end[k] == 0 else i8(-1)
                people.next_path[world, walker] = -1
                return
