"""Programmes of lights: stages of streets that go together, with clearances, coordinated along a direction."""

import numpy as np

from drivesim.maps.control import Light
from drivesim.maps.procedural.town.arms import Arm
from drivesim.maps.procedural.town.plan import Control, StreetPlan
from drivesim.maps.programme import RED_AMBER_S, green_s, staged_lights
from drivesim.semantics import LightColor

WALK_CLEAR_S = 4.0
"""People get red so long before the cars beside them get amber [s]."""
PROGRESSION_M_S = 12.0
"""Lights along a street turn green for who drives at this speed."""
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


def lights_of(
    plan: StreetPlan, arms: list[list[Arm]], junction_of: dict[int, int]
) -> tuple[tuple[Light, ...], dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """Lights of all nodes with `Control.LIGHTS`.

    Args:
        plan: The plan.
        arms: Arms of every node.
        junction_of: Junction of a node.

    Returns:
        The lights; that of an arm's traffic, and that of the people who cross it, by (node, place of the arm).
    """
    lights: list[Light] = []
    of_arm: dict[tuple[int, int], int] = {}
    of_crossing: dict[tuple[int, int], int] = {}
    for node, junction in junction_of.items():
        if plan.nodes[node].control != Control.LIGHTS:
            continue
        stages = stages_of(arms[node])
        count = max(stages) + 1
        begin = (plan.nodes[node].x + plan.nodes[node].y) / PROGRESSION_M_S
        first = len(lights)
        lights += staged_lights(count, plan.clock_s, begin, junction)
        for stage in range(count):
            walk = max(green_s(count, plan.clock_s) - WALK_CLEAR_S, 2.0)
            phases = ((walk, LightColor.GREEN), (plan.clock_s - walk, LightColor.RED))
            offset = (begin + stage * plan.clock_s / count + RED_AMBER_S) % plan.clock_s
            lights.append(Light(phases=phases, offset_s=offset, junction=junction))
        for place, stage in enumerate(stages):
            of_arm[node, place] = first + stage
            of_crossing[node, place] = first + count + (stage + 1) % count
    return tuple(lights), of_arm, of_crossing
