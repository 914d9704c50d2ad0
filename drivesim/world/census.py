"""What traffic does, counted while it drives: contacts, red lights run, standing, speeds.

Nothing here is read by the simulation. Contacts are between bodies where they are at the end of a step.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from drivesim.geometry import boxes_overlap
from drivesim.kernels.entry import entry
from drivesim.maps.places import FootpathKind
from drivesim.semantics import LightColor
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import box_of
from drivesim.state.lights import light_color
from drivesim.world.exits import PASSED, room_to_line
from drivesim.world.junctions import STANDING
from drivesim.world.people.slots import first_walker

_NONE, _RED, _STANDING = int(ActorKind.NONE), int(LightColor.RED), int(Motion.STANDING)
_ON_CALL = int(Errand.ON_CALL)
_ZEBRA, _LIGHTS = int(FootpathKind.ZEBRA), int(FootpathKind.LIGHTS)


class Census(NamedTuple):
    """Counts since the beginning, by world, and what they need to remember, by slot."""

    collisions: np.ndarray
    """Contacts between vehicles that have begun, int64, shape (world,)."""
    people_hit: np.ndarray
    """Contacts between vehicles that move and people that have begun, int64, shape (world,)."""
    people_wronged: np.ndarray
    """Those of them in which the person had the right of way, int64, shape (world,)."""
    red_lights: np.ndarray
    """Vehicles whose front has passed the line while the light was red, none of them on call, int64, shape (world,)."""
    entered: np.ndarray
    """Vehicles that have entered a junction, int64, shape (world,)."""
    longest: np.ndarray
    """Most ticks for which a vehicle has stood that was on its way, int64, shape (world,)."""
    user_steps: np.ndarray
    """Road users times steps, int64, shape (world,)."""
    vehicle_steps: np.ndarray
    """Vehicles times steps, parked ones left out, int64, shape (world,)."""
    speed_sum: np.ndarray
    """Of vehicles over these steps [m/s], float64, shape (world,)."""
    standing: np.ndarray
    """Ticks for which a slot has been standing, int32, shape (world, slot)."""
    touching: np.ndarray
    """Slot of the lowest other that a slot touches, -1 for none, int32, shape (world, slot)."""
    line: np.ndarray
    """Lane across ahead at the last count, int32, shape (world, slot)."""
    room: np.ndarray
    """Room to its line at the last count [m], float32, shape (world, slot)."""


def new_census(worlds: int, slots: int) -> Census:
    """A census that has counted nothing."""
    per_world, shape = [np.zeros(worlds, np.int64) for _ in range(8)], (worlds, slots)
    return Census(
        collisions=per_world[0],
        people_hit=per_world[1],
        people_wronged=per_world[2],
        red_lights=per_world[3],
        entered=per_world[4],
        longest=per_world[5],
        user_steps=per_world[6],
        vehicle_steps=per_world[7],
        speed_sum=np.zeros(worlds),
        standing=np.zeros(shape, np.int32),
        touching=np.full(shape, -1, np.int32),
        line=np.full(shape, -1, np.int32),
        room=np.zeros(shape, np.float32),
    )


@entry(inline=False)
def count_worlds(maps, state, parameters, census, world):
    """Counts one step of a world; called after the step and its decisions.

    Who is parked stands, but is not stuck; what is touched of it, the one that moves has touched.
    """
    actors = state.actors
    for slot in range(actors.kind.shape[1]):
        kind = actors.kind[world, slot]
        if kind == _NONE or actors.motion[world, slot] == _STANDING:
            census.user_steps[world] += kind != _NONE
            census.standing[world, slot] = 0
            census.touching[world, slot] = -1
            census.line[world, slot] = -1
            continue
        census.user_steps[world] += 1
        if parameters.kinds.is_person[kind]:
            continue
        census.vehicle_steps[world] += 1
        census.speed_sum[world] += actors.speed[world, slot]
        if actors.speed[world, slot] < STANDING:
            census.standing[world, slot] += 1
            census.longest[world] = max(census.longest[world], census.standing[world, slot])
        else:
            census.standing[world, slot] = 0
        count_line(maps, state, census, world, slot)
        touched = first_touched(state, world, slot)
        if touched >= 0 and census.touching[world, slot] < 0:
            if parameters.kinds.is_person[actors.kind[world, touched]]:
                if actors.speed[world, slot] >= STANDING:
                    census.people_hit[world] += 1
                    census.people_wronged[world] += has_right(maps, state, parameters, world, touched)
            elif touched > slot or census.touching[world, touched] != slot:
                census.collisions[world] += 1
        census.touching[world, slot] = touched


@njit
def has_right(maps, state, parameters, world, slot):
    """Whether a person has the right of way before vehicles.

    Everybody has but who walks across the road away from zebras and lights; with lights one began to cross at green.
    """
    people, walker = state.people, slot - first_walker(state, parameters)
    if walker < 0 or walker >= parameters.pedestrian_count:
        return True
    path = people.path[world, walker]
    kind = maps.footpaths.kind[path]
    return people.crossing[world, walker] != path or kind == _ZEBRA or kind == _LIGHTS


@njit
def count_line(maps, state, census, world, slot):
    """Counts a vehicle that has passed the line before a junction since the last count."""
    across = state.junctions.across[world, slot]
    if across >= 0:
        room = room_to_line(maps, state, world, slot)
        if census.line[world, slot] == across and census.room[world, slot] >= PASSED and room < PASSED:
            census.entered[world] += 1
            is_red = light_color(maps, state, world, maps.ways.light[across]) == _RED
            if is_red and state.actors.errand[world, slot] != _ON_CALL:
                census.red_lights[world] += 1
        census.room[world, slot] = room
    census.line[world, slot] = across


@njit
def first_touched(state, world, slot):
    """Slot of the first other body that overlaps one's own; -1 for none."""
    actors = state.actors
    x, y, cos, sin, half_length, half_width = box_of(actors, world, slot)
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.kind[world, other] == _NONE:
            continue
        east, north = actors.x[world, other] - x, actors.y[world, other] - y
        reach = half_length + actors.length[world, other]
        if east * east + north * north > reach * reach + reach * reach:
            continue
        there_x, there_y, there_cos, there_sin, there_length, there_width = box_of(actors, world, other)
        if boxes_overlap(
            x, y, cos, sin, half_length, half_width, there_x, there_y, there_cos, there_sin, there_length, there_width
        ):
            return np.int32(other)
    return np.int32(-1)
