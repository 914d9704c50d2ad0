"""Programmes of lights: stages that go one after the other, with the clearances between them."""

from collections.abc import Sequence

from drivesim.maps.control import Light
from drivesim.semantics import LightColor

RED_AMBER_S, AMBER_S, ALL_RED_S = 1.0, 3.0, 2.0
"""German RiLSA for 50 km/h; the time in which everybody has red lets the junction clear [s]."""


def green_s(count: int, cycle_s: float) -> float:
    """Green time of each of `count` stages [s]."""
    return cycle_s / count - RED_AMBER_S - AMBER_S - ALL_RED_S


def staged_lights(count: int, cycle_s: float, begin_s: float, junction: int) -> list[Light]:
    """One light for every stage of a junction, all equally long; two of them never show green or amber together.

    Args:
        count: Stages.
        cycle_s: All of them together [s].
        begin_s: The first stage begins at this moment of the clock [s].
        junction: Number of the junction.
    """
    return timed_lights([green_s(count, cycle_s)] * count, begin_s, junction)


def timed_lights(greens_s: Sequence[float], begin_s: float, junction: int) -> list[Light]:
    """One light for every stage of a junction; two of them never show green or amber together.

    Args:
        greens_s: Green time of every stage, in the order in which they come [s]; the cycle is as long as they are with
            their clearances.
        begin_s: The first stage begins at this moment of the clock [s].
        junction: Number of the junction.
    """
    cycle_s = sum(greens_s) + len(greens_s) * (RED_AMBER_S + AMBER_S + ALL_RED_S)
    lights = []
    for green in greens_s:
        phases = (
            (RED_AMBER_S, LightColor.RED_AMBER), (green, LightColor.GREEN), (AMBER_S, LightColor.AMBER),
            (cycle_s - RED_AMBER_S - green - AMBER_S, LightColor.RED),
        )  # fmt: skip
        lights.append(Light(phases=phases, offset_s=begin_s % cycle_s, junction=junction))
        begin_s += RED_AMBER_S + green + AMBER_S + ALL_RED_S
    return lights
