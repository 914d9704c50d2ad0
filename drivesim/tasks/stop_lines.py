"""Stop lines that are crossed: red lights run, stop signs not stopped at (CARLA Leaderboard, `atomic_criteria`)."""

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.control import SignalKind
from drivesim.maps.lanes import pose_at, project
from drivesim.semantics import LightColor
from drivesim.state import Event
from drivesim.state.bodies import pose_between, slot_of
from drivesim.state.events import note
from drivesim.state.lights import light_color

STOP_WITHIN_M = np.float32(4.0)
"""Who stands with the front bumper this near a stop sign's line has stopped at it [m]."""
STOPPED_SPEED = np.float32(0.1)
"""Slower than this is standing [m/s]."""
BESIDE_M = np.float32(1.0)
"""A line reaches this far beyond the edges of its lane [m]."""

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_LIGHT, _STOP = np.uint8(SignalKind.LIGHT), np.uint8(SignalKind.STOP)
_RED, _RED_AMBER = np.uint8(LightColor.RED), np.uint8(LightColor.RED_AMBER)
_RED_LIGHT, _STOP_SIGN = np.int64(Event.RED_LIGHT), np.int64(Event.STOP_SIGN)


@part("streets")
def judge_stop_lines(maps, state, parameters, world, driver):
    """Keeps the events red light and stop sign of a driver; costs nothing on a map without signals."""
    slot = maps.slot_of[state.worlds.map[world]]
    if maps.signals.map_first[slot] == maps.signals.map_end[slot]:
        return
    lanes, car = maps.lanes, slot_of(state, world, driver)
    lane = state.actors.lane[world, car]
    runs_light, runs_stop, is_near = cross_lines(maps, state, world, car, lane, driver)
    for k in range(lanes.predecessor_first[lane], lanes.predecessor_first[lane + 1]):
        light, stop, near = cross_lines(maps, state, world, car, lanes.predecessor[k], driver)
        runs_light, runs_stop, is_near = runs_light or light, runs_stop or stop, is_near or near
    if not is_near:
        state.episode.has_stopped[world, driver] = False
    note(state, parameters, world, driver, _RED_LIGHT, runs_light, _ONE)
    note(state, parameters, world, driver, _STOP_SIGN, runs_stop, _ONE)


@njit
def cross_lines(maps, state, world, car, lane, driver):
    """Looks at the stop lines of one lane.

    A line is crossed when the rear bumper passes it. A light is run where it is red then; a stop sign where the car
    has not stood near its line before.

    Returns:
        Whether a red light is run, whether a stop sign is, and whether a stop sign's line is under or just before
        the car.
    """
    signals, actors = maps.signals, state.actors
    runs_light, runs_stop, is_near = False, False, False
    first, end = signals.lane_first[lane], signals.lane_first[lane + 1]
    if first == end:
        return runs_light, runs_stop, is_near
    now, d = rear_on_lane(maps, actors, world, car, lane, _ONE)
    if abs(d) > _HALF * pose_at(maps.lanes, lane, now)[4] + BESIDE_M:
        return runs_light, runs_stop, is_near
    before, _ = rear_on_lane(maps, actors, world, car, lane, _ZERO)
    for signal in range(first, end):
        line, kind = signals.stop_s[signal], signals.kind[signal]
        crosses = before < line <= now
        if kind == _LIGHT and crosses:
            color = light_color(maps, state, world, signals.light[signal])
            runs_light = runs_light or color == _RED or color == _RED_AMBER
        elif kind == _STOP and before < line:
            if line - now - actors.length[world, car] <= STOP_WITHIN_M:
                is_near = not crosses
                if abs(actors.speed[world, car]) < STOPPED_SPEED:
                    state.episode.has_stopped[world, driver] = True
            if crosses and not state.episode.has_stopped[world, driver]:
                runs_stop = True
    return runs_light, runs_stop, is_near


@njit
def rear_on_lane(maps, actors, world, car, lane, share):
    """Coordinates s, d on a lane of the middle of the rear bumper, a `share` of the last step after it began [m]."""
    x, y, yaw = pose_between(actors, world, car, share)
    x -= actors.rear[world, car] * np.float32(np.cos(yaw))
    y -= actors.rear[world, car] * np.float32(np.sin(yaw))
    guess = maps.lanes.length[lane]
    if actors.lane[world, car] == lane:
        guess = actors.s[world, car]
    return project(maps.lanes, lane, guess, x, y)
