"""Where footpaths are, and which one somebody takes next."""


import numpy as np
from numba import njit

from drivesim.rng import Purpose, below, uniform

f32, i32, i8 = np.float32, np.int32, np.int8

KERB = f32(0.5)
"""Who waits to cross stands this far before the road [m]."""
CROSSING_SHARE = f32(0.45)
"""Of those who come to a place where they could cross, so many do [1]."""
INFINITY, ZERO, HALF, ONE = f32(np.inf), f32(0.0), f32(0.5), f32(1.0)
NO_PATH = i32(-1)
_PEOPLE = np.int64(Purpose.PEOPLE)
_TURNS = 1 << 20
"""Draws of turns begin at this tick: no episode is so long."""


@njit
def path_pose(paths, path, along):
    """Point and unit direction of a footpath: x, y [m], east, north; beyond its ends it goes on straight."""
    row, last = paths.point_first[path], paths.point_first[path + 1] - 2
    while row < last and paths.point[row + 1, 2] < along:
        row += 1
    span = paths.point[row + 1, 2] - paths.point[row, 2]
    east = (paths.point[row + 1, 0] - paths.point[row, 0]) / span
    north = (paths.point[row + 1, 1] - paths.point[row, 1]) / span
    way = along - paths.point[row, 2]
    return paths.point[row, 0] + way * east, paths.point[row, 1] + way * north, east, north


@njit
def to_end(paths, path, along, ahead):
    """What is left of a path in the direction somebody walks [m]."""
    return paths.length[path] - along if ahead > 0 else along


@njit
def to_road(paths, path, along, ahead):
    """From a place on a path to where the road begins and ends ahead [m]; +inf and -inf where it crosses none."""
    begin, end = paths.road[path, 0], paths.road[path, 1]
    if ahead > 0:
        return begin - along, end - along
    return along - end, along - begin


@njit
def lane_ahead(paths, row, along, ahead):
    """From a place on a crossing to where a crossed lane begins and ends ahead [m]."""
    begin, end = paths.cross_along[row, 0], paths.cross_along[row, 1]
    if ahead > 0:
        return begin - along, end - along
    return along - end, along - begin


@njit
def choose_next(maps, state, world, walker):
    """Draws the path that a walker takes after its own; those who go together draw alike."""
    paths, people = maps.footpaths, state.people
    path, ahead = people.path[world, walker], people.ahead[world, walker]
    end = 1 if ahead > 0 else 0
    if paths.host[path, end] >= 0:
        people.next_path[world, walker] = paths.host[path, end]
        chance = uniform(
            state.worlds.key[world], _PEOPLE, _TURNS + people.turns[world, walker], people.guide[world, walker]
        )
        people.next_ahead[world, walker] = i8(1) if chance < HALF else i8(-1)
        return
    node = paths.node[path, end]
    first, last = paths.link_first[node], paths.link_first[node + 1]
    key, turn, guide = state.worlds.key[world], people.turns[world, walker], people.guide[world, walker]
    crosses = uniform(key, _PEOPLE, _TURNS + turn, 2 * guide) < CROSSING_SHARE
    for attempt in range(2):
        count = 0
        for k in range(first, last):
            other = paths.link[k]
            if other != path and (attempt == 1 or (paths.road[other, 0] < INFINITY) == crosses):
                count += 1
        if count == 0:
            continue
        chosen = below(key, _PEOPLE, _TURNS + turn, 2 * guide + 1, count)
        for k in range(first, last):
            other = paths.link[k]
            if other == path or not (attempt == 1 or (paths.road[other, 0] < INFINITY) == crosses):
                continue
            if chosen == 0:
                people.next_path[world, walker] = other
                people.next_ahead[world, walker] = i8(1) if paths.link_end[k] == 0 else i8(-1)
                return
            chosen -= 1
    people.next_path[world, walker] = path
    people.next_ahead[world, walker] = -ahead


@njit
def kerb_ahead(maps, state, world, walker):
    """The road ahead of a walker, on its path or the next.

    Returns:
        The crossing, -1 for none, and how far it is to the kerb [m]: negative beyond it.
    """
    paths, people = maps.footpaths, state.people
    path, along, ahead = people.path[world, walker], people.along[world, walker], people.ahead[world, walker]
    begin, end = to_road(paths, path, along, ahead)
    if end > ZERO:
        return path, begin - KERB
    following = people.next_path[world, walker]
    if following >= 0 and following != path:
        onward = people.next_ahead[world, walker]
        start = ZERO if onward > 0 else paths.length[following]
        begin, end = to_road(paths, following, start, onward)
        if end > ZERO:
            return following, to_end(paths, path, along, ahead) + begin - KERB
    return NO_PATH, INFINITY
