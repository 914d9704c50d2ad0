"""Islands and lanes for turning left in a plan: where main streets come to junctions, as far as there is room."""

import dataclasses

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.control import Turn
from drivesim.maps.procedural.town.arms import Arm, arms_of, is_bend, street_lines
from drivesim.maps.procedural.town.plan import TAPER_M, Control, Street, StreetPlan
from drivesim.maps.procedural.town.roundabouts import with_rings
from drivesim.maps.procedural.town.ways import turn_between

MEDIAN_M = 3.0
"""Width of islands between the directions of main streets, and of the lanes for turning left in them [m]."""
POCKET_M = (14.0, 36.0)
"""Length of lanes for turning left, without their taper [m]."""
APPROACH_M = 8.0
"""Of street at least that is left before them [m]."""


def with_pockets(plan: StreetPlan) -> StreetPlan:
    """The plan with islands in its main streets, and with lanes for turning left where these come to junctions.

    Streets of which there is no room for the wider junctions at their ends keep what they have: then the whole plan
    stays as it is, so that a main street is the same from end to end.
    """
    main = [street.rank > 0 and min(street.forward, street.backward) > 0 for street in plan.streets]
    wide = dataclasses.replace(
        plan,
        streets=tuple(
            dataclasses.replace(street, median=MEDIAN_M, zebra=-1.0) if is_main else street
            for street, is_main in zip(plan.streets, main, strict=True)
        ),
    )
    try:
        rings = with_rings(wide)
        arms = arms_of(rings, street_lines(rings))
    except MapError:
        return plan
    ends = {(arm.street, arm.at_start): (node, arm) for node, row in enumerate(arms) for arm in row}
    lines = street_lines(rings)
    streets = list(wide.streets)
    for number, is_main in enumerate(main):
        if is_main:
            room = lines[number].curve.length - ends[number, True][1].edge - ends[number, False][1].edge
            wanted = [_turns_left(rings, arms, *ends[number, at_start]) for at_start in (True, False)]
            streets[number] = _with_pockets(streets[number], room, wanted)
    return dataclasses.replace(wide, streets=tuple(streets))


def _with_pockets(street: Street, room: float, wanted: list[bool]) -> Street:
    """A street with lanes for turning left before the junctions at its start and end where they are wanted."""
    count = sum(wanted)
    if count == 2 and 0.5 * (room - APPROACH_M) - TAPER_M < POCKET_M[0]:
        # One of two that do not fit together: before the junction at the end.
        wanted, count = [False, True], 1
    length = min((room - APPROACH_M) / max(count, 1) - TAPER_M, POCKET_M[1])
    if not count or length < POCKET_M[0]:
        return street
    return dataclasses.replace(street, pocket_start=length * wanted[0], pocket_end=length * wanted[1])


def _turns_left(plan: StreetPlan, arms: list[list[Arm]], node: int, arm: Arm) -> bool:
    """Whether who comes along an arm can turn left and go elsewhere as well, and may have to wait for it."""
    if is_bend(plan, arms[node]) or plan.nodes[node].control not in (Control.LIGHTS, Control.PRIORITY, Control.STOP):
        return False
    turns = set()
    for other in arms[node]:
        street = plan.streets[other.street]
        if street.is_ring:
            return False
        if other is not arm and (street.forward if other.at_start else street.backward):
            turns.add(turn_between(arm.angle + np.pi, other.angle))
    return Turn.LEFT in turns and len(turns) > 1
