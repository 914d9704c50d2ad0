"""Where people walk: pavements along the streets, around the corners, and crossings."""

from collections.abc import Iterator

import numpy as np

from drivesim.maps.places import Footpath, FootpathKind
from drivesim.maps.procedural.town.arms import Arm, bezier, handles
from drivesim.maps.procedural.town.draft import Draft
from drivesim.maps.procedural.town.lanes import kerbs_of
from drivesim.maps.procedural.town.plan import Control

CORNER_POINTS = 7
_SPACING_M = 4.0


def footpaths_of(draft: Draft, light_of_crossing: dict[tuple[int, int], int]) -> Iterator[Footpath]:
    """All footpaths. A node of theirs is one side of a street at one of its ends, or at a crossing between these."""
    for number, line in enumerate(draft.lines):
        if line.street.pavement > 0.0:
            yield from _along(draft, number)
    for node, arms in enumerate(draft.arms):
        if len(arms) < 2:
            continue
        for place, arm in enumerate(arms):
            after = arms[(place + 1) % len(arms)]
            if arm.pavement > 0.0 and after.pavement > 0.0 and not _is_island(draft, arm, after):
                yield _corner(draft, arm, after)
            if arm.crossing >= 0.0:
                is_lit = draft.plan.nodes[node].control == Control.LIGHTS
                yield Footpath(
                    points=np.stack((_side(draft, arm, 1.0), _side(draft, arm, -1.0))),
                    width=4.0,
                    kind=FootpathKind.LIGHTS if is_lit else FootpathKind.ZEBRA,
                    start_node=_node(draft, arm, 1.0),
                    end_node=_node(draft, arm, -1.0),
                    light=light_of_crossing.get((node, place), -1),
                )


def _is_island(draft: Draft, arm: Arm, after: Arm) -> bool:
    """Whether the corner on the left of `arm` lies on the island of a roundabout."""
    return arm.at_start and all(draft.plan.streets[k].is_ring for k in (arm.street, after.street))


def walk_end(arm: Arm) -> float:
    """Where the pavements of an arm end: at its crossing, or at its corner [m from the node]."""
    return arm.crossing if arm.crossing >= 0.0 else arm.corner


def _node(draft: Draft, arm: Arm, side: float) -> int:
    """Number of a side of a street at an end: 6 for every street, the last two at a zebra half way."""
    at_left = (side > 0.0) == arm.at_start
    return 6 * arm.street + 2 * (not arm.at_start) + (not at_left)


def _side(draft: Draft, arm: Arm, side: float, away: float | None = None) -> np.ndarray:
    """Middle of an arm's pavement, on its left (+1) or right side."""
    offset = (arm.left if side > 0.0 else arm.right) + 0.5 * arm.pavement
    return draft.lines[arm.street].beside(arm, walk_end(arm) if away is None else away, side * offset)


def _corner(draft: Draft, arm: Arm, after: Arm) -> Footpath:
    start, end = _side(draft, arm, 1.0), _side(draft, after, -1.0)
    inwards = draft.lines[arm.street].heading(arm, walk_end(arm)) + np.pi
    outwards = draft.lines[after.street].heading(after, walk_end(after))
    return Footpath(
        points=bezier(start, *handles(start, inwards, end, outwards), end, CORNER_POINTS),
        width=min(arm.pavement, after.pavement),
        kind=FootpathKind.PAVEMENT,
        start_node=_node(draft, arm, 1.0),
        end_node=_node(draft, after, -1.0),
    )


def _along(draft: Draft, number: int) -> Iterator[Footpath]:
    """Both pavements of a street, in two halves where a zebra crosses it."""
    line = draft.lines[number]
    ends = {arm.at_start: arm for arms in draft.arms for arm in arms if arm.street == number}
    first, last = walk_end(ends[True]), line.curve.length - walk_end(ends[False])
    cuts = [first, last]
    if line.street.zebra >= 0.0:
        cuts.insert(1, float(np.clip(line.street.zebra * line.curve.length, first + 2.0, last - 2.0)))
    middles = []
    kerbs = kerbs_of(draft, number)
    for side in (-1.0,) if line.street.is_ring else (1.0, -1.0):
        away = kerbs.right_of(forward=side < 0.0, inwards=-0.5 * line.street.pavement).value
        right = int(side < 0.0)
        nodes = [6 * number + right, 6 * number + 2 + right]
        if len(cuts) > 2:
            nodes.insert(1, 6 * number + 4 + right)
            middles.append(line.curve.pose(at := np.array([cuts[1]])).beside(away(at))[0])
        for part in range(len(cuts) - 1):
            station = np.linspace(
                cuts[part], cuts[part + 1], max(int((cuts[part + 1] - cuts[part]) / _SPACING_M), 1) + 1
            )
            yield Footpath(
                points=line.curve.pose(station).beside(away(station)),
                width=line.street.pavement,
                kind=FootpathKind.PAVEMENT,
                start_node=nodes[part],
                end_node=nodes[part + 1],
            )
    if middles:
        yield Footpath(
            points=np.stack(middles),
            width=4.0,
            kind=FootpathKind.ZEBRA,
            start_node=6 * number + 4,
            end_node=6 * number + 5,
        )
