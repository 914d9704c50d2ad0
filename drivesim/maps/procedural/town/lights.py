"""Programmes of lights: stages of streets that go together, with clearances, coordinated along a direction."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivesim.maps.control import Light
from drivesim.maps.procedural.town.arms import Arm
from drivesim.maps.procedural.town.plan import Control, StreetPlan
from drivesim.maps.programme import ALL_RED_S, AMBER_S, RED_AMBER_S, timed_lights
from drivesim.semantics import LightColor

WALK_CLEAR_S = 4.0
"""People get red so long before the cars beside them get amber [s]."""
PROGRESSION_M_S = 12.0
"""Lights along a street turn green for who drives at this speed."""
LEFT_GREEN_S = 8.0
"""Green time of those who turn left on a lane of their own [s]."""
OPPOSITE_MIN = np.radians(140.0)


def stages_of(arms: list[Arm]) -> list[int]:
    """Stage of every arm: opposite arms go together, all others alone; the widest pair is first."""
    stage = [-1] * len(arms)
    pairs = sorted(
        (-abs((arms[j].angle - arms[i].angle + np.pi) % (2.0 * np.pi) - np.pi), i, j)
        for i in range(len(arms))
        for j in range(i + 1, len(arms))
    )
    count = 0
    for angle, i, j in pairs:
        if stage[i] < 0 and stage[j] < 0 and -angle > OPPOSITE_MIN:
            stage[i] = stage[j] = count
            count += 1
    for i, own in enumerate(stage):
        if own < 0:
            stage[i] = count
            count += 1
    return stage


@dataclass(frozen=True, kw_only=True)
class TownLights:
    """Lights of a town, and whose they are, by (node, place of the arm)."""

    lights: tuple[Light, ...]
    of_arm: dict[tuple[int, int], int]
    """Of the traffic from an arm."""
    of_left: dict[tuple[int, int], int]
    """Of those from it who turn left on a lane of their own."""
    of_crossing: dict[tuple[int, int], int]
    """Of the people who cross it."""


def lights_of(
    plan: StreetPlan, arms: list[list[Arm]], junction_of: dict[int, int], has_pocket: Callable[[Arm], bool]
) -> TownLights:
    """Lights of all nodes with `Control.LIGHTS`.

    Where an arm has a lane for turning left, that lane has an arrow of its own: those of opposite arms go together,
    before the others from there. Nobody on foot and nobody else has green meanwhile, so an arrow says that the way is
    free.

    Args:
        plan: The plan.
        arms: Arms of every node.
        junction_of: Junction of a node.
        has_pocket: Whether the leftmost lane of an arm is for turning left only.
    """
    lights: list[Light] = []
    of_arm: dict[tuple[int, int], int] = {}
    of_left: dict[tuple[int, int], int] = {}
    of_crossing: dict[tuple[int, int], int] = {}
    for node, junction in junction_of.items():
        if plan.nodes[node].control != Control.LIGHTS:
            continue
        axes = stages_of(arms[node])
        count = max(axes) + 1
        lefts = {axis for axis, arm in zip(axes, arms[node], strict=True) if has_pocket(arm)}
        order = [(axis, is_left) for axis in range(count) for is_left in (True, False) if not is_left or axis in lefts]
        clearances = len(order) * (RED_AMBER_S + AMBER_S + ALL_RED_S)
        green = max((plan.clock_s - clearances - len(lefts) * LEFT_GREEN_S) / count, 1.0)
        begin = (plan.nodes[node].x + plan.nodes[node].y) / PROGRESSION_M_S
        staged = timed_lights([LEFT_GREEN_S if is_left else green for _, is_left in order], begin, junction)
        stage = {part: len(lights) + place for place, part in enumerate(order)}
        walk = max(green - WALK_CLEAR_S, 2.0)
        lights += staged
        first = len(lights)
        for axis in range(count):
            main = lights[stage[axis, False]]
            phases = ((walk, LightColor.GREEN), (main.cycle_s - walk, LightColor.RED))
            lights.append(
                Light(phases=phases, offset_s=(main.offset_s + RED_AMBER_S) % main.cycle_s, junction=junction)
            )
        for place, axis in enumerate(axes):
            of_arm[node, place] = stage[axis, False]
            of_crossing[node, place] = first + (axis + 1) % count
            if has_pocket(arms[node][place]):
                of_left[node, place] = stage[axis, True]
    return TownLights(lights=tuple(lights), of_arm=of_arm, of_left=of_left, of_crossing=of_crossing)
