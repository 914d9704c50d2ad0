"""Islands and lanes for turning in a plan: where main streets come to junctions, as far as there is room."""

import dataclasses

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.control import Turn
from drivesim.maps.draw import Draw
from drivesim.maps.procedural.town.arms import Arm, arms_of, is_bend, street_lines
from drivesim.maps.procedural.town.plan import TAPER_M, Control, Street, StreetPlan
from drivesim.maps.procedural.town.roundabouts import with_rings
from drivesim.maps.procedural.town.ways import turn_between

MEDIAN_M = 3.0
"""Width of islands between the directions of main streets, and of the lanes for turning left in them [m]."""
POCKET_M = (14.0, 36.0)
"""Length of lanes for turning, without their taper [m]."""
APPROACH_M = 8.0
"""Of street at least that is left before them [m]."""
RIGHT_SHARE = 0.7
"""Of the ways into junctions at which one can turn right, those with a lane for it."""
_RIGHTS = 7
"""Purpose of random draws."""
Ends = tuple[bool, bool]
"""Of a street's start and end."""


def with_pockets(plan: StreetPlan) -> StreetPlan:
    """The plan with islands in its main streets, and with lanes for turning where these come to junctions.

    Streets of which there is no room for the wider junctions at their ends keep what they have: then the whole plan
    stays as it is, so that a main street is the same from end to end.
    """
    wide = dataclasses.replace(
        plan,
        streets=tuple(
            dataclasses.replace(street, median=MEDIAN_M, zebra=-1.0) if _is_main(street) else street
            for street in plan.streets
        ),
    )
    try:
        rings = with_rings(wide)
        arms = arms_of(rings, street_lines(rings))
    except MapError:
        return plan
    rights = _drawn_rights(wide, rings, arms)
    try:
        wider = with_rings(_with_rights(wide, rights))
        return _with_lanes(wide, wider, arms_of(wider, street_lines(wider)), rights)
    except MapError:
        return _with_lanes(wide, rings, arms, {})


def _is_main(street: Street) -> bool:
    return street.rank > 0 and min(street.forward, street.backward) > 0


def _drawn_rights(plan: StreetPlan, rings: StreetPlan, arms: list[list[Arm]]) -> dict[int, Ends]:
    """Ends of main streets that get a lane for turning right."""
    draw = Draw(plan.seed, _RIGHTS)
    chosen: dict[int, Ends] = {}
    for number, street in enumerate(plan.streets):
        if _is_main(street) and street.cycle > 0.0:
            drawn = [draw.chance(RIGHT_SHARE) for _ in range(2)]
            start, end = (
                is_drawn and _turns(rings, arms, number, Turn.RIGHT)[place] for place, is_drawn in enumerate(drawn)
            )
            chosen[number] = bool(start), bool(end)
    return chosen


def _with_rights(plan: StreetPlan, rights: dict[int, Ends]) -> StreetPlan:
    """The plan with lanes for turning right of some length, by which its junctions become wider."""
    streets = list(plan.streets)
    for number, (start, end) in rights.items():
        streets[number] = dataclasses.replace(
            streets[number], right_start=POCKET_M[0] * start, right_end=POCKET_M[0] * end
        )
    return dataclasses.replace(plan, streets=tuple(streets))


def _with_lanes(plan: StreetPlan, rings: StreetPlan, arms: list[list[Arm]], rights: dict[int, Ends]) -> StreetPlan:
    edges = {(arm.street, arm.at_start): arm.edge for row in arms for arm in row}
    lines, streets = street_lines(rings), list(plan.streets)
    for number, street in enumerate(streets):
        if _is_main(street):
            room = lines[number].curve.length - edges[number, True] - edges[number, False]
            left = _turns(rings, arms, number, Turn.LEFT)
            streets[number] = _with_turns(street, room, left, rights.get(number, (False, False)))
    return dataclasses.replace(plan, streets=tuple(streets))


def _with_turns(street: Street, room: float, left: Ends, right: Ends) -> Street:
    """A street with lanes for turning before the junctions at its start and end where they are wanted."""
    wanted = [any(pair) for pair in zip(left, right, strict=True)]
    if all(wanted) and 0.5 * (room - APPROACH_M) - TAPER_M < POCKET_M[0]:
        # One of two that do not fit together: before the junction at the end.
        wanted = [False, True]
    length = min((room - APPROACH_M) / max(sum(wanted), 1) - TAPER_M, POCKET_M[1])
    if not any(wanted) or length < POCKET_M[0]:
        return street
    start, end = (length * is_wanted for is_wanted in wanted)
    return dataclasses.replace(
        street, pocket_start=start * left[0], pocket_end=end * left[1], right_start=start * right[0],
        right_end=end * right[1],
    )  # fmt: skip


def _turns(plan: StreetPlan, arms: list[list[Arm]], number: int, turn: Turn) -> Ends:
    """Whether who comes to the ends of a street can turn there and go elsewhere as well, and may have to wait."""
    found = [False, False]
    for node, row in enumerate(arms):
        for arm in row:
            if arm.street == number:
                found[not arm.at_start] = _offers(plan, row, node, arm, turn)
    return found[0], found[1]


def _offers(plan: StreetPlan, row: list[Arm], node: int, arm: Arm, turn: Turn) -> bool:
    if is_bend(plan, row) or plan.nodes[node].control not in (Control.LIGHTS, Control.PRIORITY, Control.STOP):
        return False
    turns = set()
    for other in row:
        street = plan.streets[other.street]
        if street.is_ring:
            return False
        if other is not arm and (street.forward if other.at_start else street.backward):
            turns.add(turn_between(arm.angle + np.pi, other.angle))
    # Where nobody goes straight on, the lanes beside one for turning left are those for turning right.
    return turn in turns and (Turn.STRAIGHT in turns if turn == Turn.RIGHT else len(turns) > 1)
