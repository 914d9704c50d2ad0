"""What drivers touch: other road users and upright things, all as oriented boxes or discs on the ground."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import box_meets_circle, boxes_overlap
from drivesim.maps.arrays import OBJECT_CELL_M, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.state.bodies import box_of, is_driving, slot_of

NOTHING = np.int32(-1)
SCENERY = np.int32(-2)
"""Values of `EpisodeState.hit` that are no slots."""

X, Y, COS, SIN = int(ObjectColumn.X), int(ObjectColumn.Y), int(ObjectColumn.COS), int(ObjectColumn.SIN)
HALF_LENGTH, HALF_WIDTH, BASE = int(ObjectColumn.HALF_LENGTH), int(ObjectColumn.HALF_WIDTH), int(ObjectColumn.BASE)
TREE, CONIFER, BUSH = int(SceneryKind.TREE), int(SceneryKind.CONIFER), int(SceneryKind.BUSH)
POST, LAMP = int(SceneryKind.POST), int(SceneryKind.LAMP)

CLEARANCE_M = np.float32(1.5)
"""A car passes under what begins higher than this."""
TRUNK_SHARE = np.float32(0.08)
"""Radius of a trunk over that of its crown."""

_CELL = np.float32(OBJECT_CELL_M)


@njit
def actors_overlap(actors, world, one, other):
    """Whether the boxes of two road users share area; an empty slot has none."""
    if actors.kind[world, one] == 0 or actors.kind[world, other] == 0:
        return False
    reach = actors.length[world, one] + actors.length[world, other]
    if abs(actors.x[world, other] - actors.x[world, one]) > reach:
        return False
    if abs(actors.y[world, other] - actors.y[world, one]) > reach:
        return False
    ax, ay, acos, asin, a_length, a_width = box_of(actors, world, one)
    bx, by, bcos, bsin, b_length, b_width = box_of(actors, world, other)
    return boxes_overlap(ax, ay, acos, asin, a_length, a_width, bx, by, bcos, bsin, b_length, b_width)


@njit
def overlap_count(actors, world):
    """Pairs of road users that overlap, driven ones included. Always 0 in traffic that works; for tests and reports."""
    count = 0
    for one in range(actors.kind.shape[1]):
        for other in range(one + 1, actors.kind.shape[1]):
            count += actors_overlap(actors, world, one, other)
    return count


@njit
def object_overlaps(scenery, index, x, y, cos, sin, half_length, half_width):
    """Whether a box on the ground meets an upright thing: trees by the trunk, posts and bushes as discs."""
    row = scenery.object[index]
    if row[BASE] > CLEARANCE_M:
        return False
    kind = scenery.kind[index]
    if kind == TREE or kind == CONIFER:
        return box_meets_circle(x, y, cos, sin, half_length, half_width, row[X], row[Y], TRUNK_SHARE * row[HALF_LENGTH])
    if kind == POST or kind == LAMP or kind == BUSH:
        return box_meets_circle(x, y, cos, sin, half_length, half_width, row[X], row[Y], row[HALF_LENGTH])
    return boxes_overlap(
        x, y, cos, sin, half_length, half_width,
        row[X], row[Y], row[COS], row[SIN], row[HALF_LENGTH], row[HALF_WIDTH],
    )  # fmt: skip


@njit
def scenery_overlaps(maps, map_number, x, y, cos, sin, half_length, half_width):
    """Whether a box on the ground meets any upright thing of a map."""
    scenery, map_index = maps.scenery, maps.slot_of[map_number]
    own_reach = half_length + half_width
    reach = own_reach + scenery.beyond[map_index]
    columns, rows = scenery.grid_size[map_index, 0], scenery.grid_size[map_index, 1]
    east, north = x - maps.origin[map_index, 0], y - maps.origin[map_index, 1]
    first_column = max(np.int32(math.floor((east - reach) / _CELL)), 0)
    last_column = min(np.int32(math.floor((east + reach) / _CELL)), columns - 1)
    first_row = max(np.int32(math.floor((north - reach) / _CELL)), 0)
    last_row = min(np.int32(math.floor((north + reach) / _CELL)), rows - 1)
    for row in range(first_row, last_row + 1):
        line = scenery.grid_first[map_index] + row * columns
        for index in range(scenery.cell_first[line + first_column], scenery.cell_first[line + last_column + 1]):
            near = own_reach + scenery.object[index, HALF_LENGTH] + scenery.object[index, HALF_WIDTH]
            if abs(scenery.object[index, X] - x) > near or abs(scenery.object[index, Y] - y) > near:
                continue
            if object_overlaps(scenery, index, x, y, cos, sin, half_length, half_width):
                return True
    return False


@njit
def touched(maps, state, world, slot):
    """What a road user touches: the lowest slot, before the scenery (`SCENERY`), before `NOTHING`."""
    actors = state.actors
    for other in range(actors.kind.shape[1]):
        if other != slot and actors_overlap(actors, world, slot, other):
            return np.int32(other)
    x, y, cos, sin, half_length, half_width = box_of(actors, world, slot)
    if scenery_overlaps(maps, state.worlds.map[world], x, y, cos, sin, half_length, half_width):
        return SCENERY
    return NOTHING


@njit
def detect_contacts(maps, state, world):
    """Sets `collision` and `hit` of the drivers of one world."""
    episode = state.episode
    for driver in range(state.drivers.slot.shape[1]):
        if is_driving(state, world, driver):
            hit = touched(maps, state, world, slot_of(state, world, driver))
            episode.hit[world, driver] = hit
            episode.collision[world, driver] = hit != NOTHING
