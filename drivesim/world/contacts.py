"""What drivers touch: other road users and upright things, all as oriented boxes or discs on the ground.

A step is swept: both bodies are looked at as often along the arcs they took that none can pass through the other.
"""

import math

import numpy as np
from numba import njit

from drivesim.geometry import box_meets_circle, boxes_overlap
from drivesim.maps.arrays import OBJECT_CELL_M, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.state import Event
from drivesim.state.bodies import box_between, box_of, distance, is_driving, moved, pose_between, slot_of
from drivesim.state.events import NOBODY, SCENERY, note_event

X, Y, COS, SIN = int(ObjectColumn.X), int(ObjectColumn.Y), int(ObjectColumn.COS), int(ObjectColumn.SIN)
HALF_LENGTH, HALF_WIDTH, BASE = int(ObjectColumn.HALF_LENGTH), int(ObjectColumn.HALF_WIDTH), int(ObjectColumn.BASE)
TREE, CONIFER, BUSH = int(SceneryKind.TREE), int(SceneryKind.CONIFER), int(SceneryKind.BUSH)
POST, LAMP = int(SceneryKind.POST), int(SceneryKind.LAMP)

CLEARANCE_M = np.float32(1.5)
"""A car passes under what begins higher than this."""
TRUNK_SHARE = np.float32(0.08)
"""Radius of a trunk over that of its crown."""

SWEEP_M = np.float32(0.7)
"""Two road users move on by this between two looks, relative to each other: less than the narrowest is wide [m]."""
SWEEP_LENGTHS = np.float32(0.75)
"""A road user moves on by this share of its length between two looks at the scenery."""

_ZERO, _INFINITY = np.float32(0.0), np.float32(np.inf)
_PERSON, _VEHICLE = np.int64(Event.COLLISION_PERSON), np.int64(Event.COLLISION_VEHICLE)
_STATIC = np.int64(Event.COLLISION_STATIC)
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
def meeting(actors, world, one, other):
    """Share of the last step after which two road users first overlap; +inf where they do not."""
    if actors.kind[world, one] == 0 or actors.kind[world, other] == 0:
        return _INFINITY
    one_east, one_north = moved(actors, world, one)
    other_east, other_north = moved(actors, world, other)
    reach = actors.length[world, one] + actors.length[world, other]
    reach_x, reach_y = reach + abs(one_east) + abs(other_east), reach + abs(one_north) + abs(other_north)
    if abs(actors.x[world, other] - actors.x[world, one]) > reach_x:
        return _INFINITY
    if abs(actors.y[world, other] - actors.y[world, one]) > reach_y:
        return _INFINITY
    looks = 1 + np.int32(distance(one_east - other_east, one_north - other_north) / SWEEP_M)
    for look in range(1, looks + 1):
        share = np.float32(look) / np.float32(looks)
        ax, ay, acos, asin, a_length, a_width = box_between(actors, world, one, share)
        bx, by, bcos, bsin, b_length, b_width = box_between(actors, world, other, share)
        if boxes_overlap(ax, ay, acos, asin, a_length, a_width, bx, by, bcos, bsin, b_length, b_width):
            return share
    return _INFINITY


@njit
def running_into(maps, state, world, slot):
    """Share of the last step after which a road user first meets scenery; +inf where it does not."""
    actors = state.actors
    east, north = moved(actors, world, slot)
    looks = 1 + np.int32(distance(east, north) / (SWEEP_LENGTHS * actors.length[world, slot]))
    for look in range(1, looks + 1):
        share = np.float32(look) / np.float32(looks)
        x, y, cos, sin, half_length, half_width = box_between(actors, world, slot, share)
        if scenery_overlaps(maps, state.worlds.map[world], x, y, cos, sin, half_length, half_width):
            return share
    return _INFINITY


@njit
def first_contact(maps, state, world, slot):
    """What a road user touched first in the last step, and after which share of it.

    Returns:
        Slot of the other road user (the lowest at equality), `SCENERY` or `NOBODY`; share, +inf for nobody.
    """
    touched, first = NOBODY, _INFINITY
    for other in range(state.actors.kind.shape[1]):
        if other != slot:
            share = meeting(state.actors, world, slot, other)
            if share < first:
                touched, first = np.int32(other), share
    share = running_into(maps, state, world, slot)
    if share < first:
        touched, first = SCENERY, share
    return touched, first


@njit
def closing_speed(actors, world, slot, other):
    """Speed of a road user relative to another, or to the ground if that is none [m/s]."""
    east = actors.speed[world, slot] * np.float32(math.cos(actors.yaw[world, slot]))
    north = actors.speed[world, slot] * np.float32(math.sin(actors.yaw[world, slot]))
    if other >= 0:
        east -= actors.speed[world, other] * np.float32(math.cos(actors.yaw[world, other]))
        north -= actors.speed[world, other] * np.float32(math.sin(actors.yaw[world, other]))
    return distance(east, north)


@njit
def detect_contacts(maps, state, parameters, world):
    """Keeps the collisions of the drivers of one world."""
    for driver in range(state.drivers.slot.shape[1]):
        if is_driving(state, world, driver):
            note_contact(maps, state, parameters, world, driver)


@njit
def note_contact(maps, state, parameters, world, driver):
    """Keeps the collision events of one driver."""
    actors, slot = state.actors, slot_of(state, world, driver)
    other, share = first_contact(maps, state, world, slot)
    x, y, time, speed = _ZERO, _ZERO, _ZERO, _ZERO
    if other != NOBODY:
        x, y, _ = pose_between(actors, world, slot, share)
        time = (np.float32(state.worlds.tick[world] - 1) + share) * parameters.step_s
        speed = closing_speed(actors, world, slot, np.int64(other))
    is_person = other >= 0 and parameters.kinds.is_person[actors.kind[world, other]]
    note_event(state, world, driver, _PERSON, is_person, time, x, y, speed, other)
    note_event(state, world, driver, _VEHICLE, other >= 0 and not is_person, time, x, y, speed, other)
    note_event(state, world, driver, _STATIC, other == SCENERY, time, x, y, speed, other)
