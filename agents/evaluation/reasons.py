"""Why drives failed, in a sentence each: what, with whom, at which speed, where, when, and whose fault it was."""

import math
from typing import Any

import numpy as np

from drivesim.envs.simulation import Simulation
from drivesim.state.events import COLLISIONS, SCENERY

AHEAD_COS = math.cos(math.radians(45.0))
"""Within this angle of the car's heading something is ahead, and within that of its opposite behind."""
NEAR_M = 15.0
"""Who stands nearer ahead of a car that does not get on is named [m]."""
STANDING = 0.1
"""Slower than this is standing [m/s]."""
_ENDS = {"off_road": "left the road", "wrong_way": "drove against the traffic", "route_deviation": "lost its route"}


def reason_of(simulation: Simulation, world: int, end_reason: str, events: list[dict[str, Any]]) -> str:
    """A sentence about a world's first driver whose drive has just failed.

    Args:
        simulation: In the state at the end of the drive.
        world: Index of the world.
        end_reason: As `info` names it.
        events: As `outlines.events_of`.
    """
    state, names = simulation.world.state, [event.name.lower() for event in COLLISIONS]
    latest = {event["name"]: event for event in events}
    duration = float(state.worlds.tick[world]) * simulation.config.step_s
    along = f"{_along(simulation, world):.0f} m along the route, after {duration:.1f} s"
    if end_reason == "collision":
        name = max((name for name in names if name in latest), key=lambda each: latest[each]["time"])
        event = latest[name]
        whom = name_of(simulation, world, event["other"])
        place = f" {_side(simulation, world, event['other'])}" if event["other"] >= 0 else ""
        fault = "its own fault" if event["at_fault"] else "not its fault"
        said = f"touched {whom}{place} at {3.6 * event['speed']:.0f} km/h, {along}; {fault}"
    elif end_reason in latest and end_reason in _ENDS:
        said = f"{_ENDS[end_reason]} at {3.6 * latest[end_reason]['speed']:.0f} km/h, {along}"
    else:
        share = f"{100.0 * float(state.navigation.completion[world, 0]):.0f} % of the route"
        what = "was blocked" if end_reason == "blocked" else end_reason.replace("_", " ")
        said = f"{what} after {duration:.0f} s with {share} driven{_held_up(simulation, world)}"
    also = [
        f"{name.replace('_', ' ')} at {event['time']:.1f} s"
        for name, event in latest.items()
        if name not in (end_reason, *names) and not (end_reason == "timeout" and name == "scenario_timeout")
    ]
    return said + (f"; before: {', '.join(also)}" if also else "")


def name_of(simulation: Simulation, world: int, slot: int) -> str:
    """The road user in a slot for people: its kind, and what its situation calls it."""
    if slot == SCENERY:
        return "what stands beside the road"
    if slot < 0:
        return "something"
    whole = simulation.world
    number, slots = int(whole.state.actors.kind[world, slot]), whole.state.actors.kind.shape[1]
    kind = whole.extensions.all_kinds[number - 1].name.replace("_", " ") if number > 0 else "road user"
    said = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    scenarios = whole.extensions.scenarios
    if scenarios is not None:
        user = slot - (slots - whole.state.scenario.x.shape[1])
        users = scenarios.variants[whole.state.conditions.variant[world]].users
        if 0 <= user < len(users) and users[user].name != kind:
            said += f" ({users[user].name})"
    return said


def _along(simulation: Simulation, world: int) -> float:
    """How far along its route a world's first driver has come [m]."""
    state = simulation.world.state
    length = simulation.bank.arrays.routes.length[state.navigation.route[world, 0]]
    return float(length - state.navigation.remaining[world, 0])


def _in_frame(simulation: Simulation, world: int) -> tuple[np.ndarray, np.ndarray]:
    """Middles of all road users ahead of the middle of the first driver's car and to its left [m], shapes (slot,)."""
    actors = simulation.world.state.actors
    slot = int(simulation.world.state.drivers.slot[world, 0])
    middle = 0.5 * actors.length[world] - actors.rear[world]
    x = actors.x[world] + middle * np.cos(actors.yaw[world])
    y = actors.y[world] + middle * np.sin(actors.yaw[world])
    cos, sin = math.cos(actors.yaw[world, slot]), math.sin(actors.yaw[world, slot])
    east, north = x - x[slot], y - y[slot]
    return east * cos + north * sin, north * cos - east * sin


def _side(simulation: Simulation, world: int, slot: int) -> str:
    ahead, left = (float(each[slot]) for each in _in_frame(simulation, world))
    cos = ahead / max(math.hypot(ahead, left), 1e-6)
    if abs(cos) > AHEAD_COS:
        return "ahead" if cos > 0.0 else "behind"
    return "on its left" if left > 0.0 else "on its right"


def _held_up(simulation: Simulation, world: int) -> str:
    """Whether the car stands, and who is in front of it."""
    state = simulation.world.state
    actors, slot = state.actors, int(state.drivers.slot[world, 0])
    pace = abs(float(actors.speed[world, slot]))
    said = ", standing" if pace < STANDING else f", at {3.6 * pace:.0f} km/h"
    ahead, left = _in_frame(simulation, world)
    beside = np.abs(left) < 0.5 * (actors.width[world] + actors.width[world, slot]) + 0.5
    near = (actors.kind[world] > 0) & beside & (ahead > 0.0) & (ahead < NEAR_M)
    near[slot] = False
    if not near.any():
        return said
    first = int(np.where(near, ahead, np.inf).argmin())
    return f"{said} behind {name_of(simulation, world, first)}"
