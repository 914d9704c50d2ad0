"""From stretches to lanes of a network: short ones joined to others, gaps closed, points evenly spaced."""

import numpy as np

from drivesim.maps.network import JOINT_GAP_MAX_M, JOINT_TURN_MAX_RAD, Lane, LaneType
from drivesim.maps.opendrive.lanes import LENGTH_MIN_M, SPACING_M, Key, Stretch
from drivesim.maps.opendrive.links import NO_JUNCTION
from drivesim.maps.opendrive.report import MapReport

SAGITTA_M = 0.006
"""Chords stay this near to the lane [m]."""
FADE_M = 8.0
"""A gap is closed along so many metres."""
CURVATURE_MAX = 0.4
"""Nobody drives tighter [1/m]."""
STEPS_MAX = 10_000
"""Most steps of a lane."""
TYPES = {
    "entry": LaneType.ENTRY, "exit": LaneType.EXIT, "onRamp": LaneType.ON_RAMP, "offRamp": LaneType.OFF_RAMP,
    "biking": LaneType.BIKING, "mwyEntry": LaneType.ENTRY, "mwyExit": LaneType.EXIT,
}  # fmt: skip
_LINES = ("points", "heading", "width", "edge_left", "edge_right", "oncoming_left", "station")


def merge_short(found: dict[Key, Stretch], report: MapReport) -> dict[Key, Stretch]:
    """Stretches of which none is shorter than `LENGTH_MIN_M`: the short ones go to what follows or comes before."""
    left = dict(found)
    for key, stretch in found.items():
        if stretch.length >= LENGTH_MIN_M:
            continue
        if len(stretch.after) == 1 and len(stretch.after[0].before) == 1:
            _absorb(stretch, stretch.after[0], first=stretch, second=stretch.after[0])
        elif len(stretch.before) == 1 and len(stretch.before[0].after) == 1:
            _absorb(stretch, stretch.before[0], first=stretch.before[0], second=stretch)
        else:
            report.leave_out("lanes shorter than anybody can drive", stretch.place)
            for other in stretch.before:
                other.after.remove(stretch)
            for other in stretch.after:
                other.before.remove(stretch)
        _forget_neighbours(stretch)
        del left[key]
    return left


def _absorb(short: Stretch, kept: Stretch, *, first: Stretch, second: Stretch) -> None:
    for name in _LINES:
        joined = np.concatenate((getattr(first, name), getattr(second, name)[1:]))
        setattr(kept, name, joined)
    if short is first:
        kept.before = short.before
        for other in kept.before:
            other.after[other.after.index(short)] = kept
    else:
        kept.after = short.after
        for other in kept.after:
            other.before[other.before.index(short)] = kept


def merge_ways(found: dict[Key, Stretch]) -> dict[Key, Stretch]:
    """Stretches of which each way across a junction is one, however many sections its road has.

    Who goes first, and whether there is room, is asked of a way as a whole.
    """
    left = dict(found)
    for stretch in found.values():
        first = stretch
        while first.left is not None and first.left is not stretch:
            first = first.left
        group = _abreast(first)
        if first is stretch and stretch.junction != NO_JUNCTION and all(_leads_on(member) for member in group):
            after = [member.after[0] for member in group]
            if len(_abreast(after[0])) != len(group) or _abreast(after[0]) != after:
                continue
            for member, other in zip(group, after, strict=True):
                other.speed = min(member.speed, other.speed)
                other.change_left &= member.change_left
                other.change_right &= member.change_right
                _absorb(member, other, first=member, second=other)
                del left[member.key]
    return left


def _abreast(leftmost: Stretch) -> list[Stretch]:
    """A stretch and those to its right."""
    members = [leftmost]
    while members[-1].right is not None and members[-1].right not in members:
        members.append(members[-1].right)
    return members


def _leads_on(stretch: Stretch) -> bool:
    """Whether a way across goes on as a single other piece of the same road."""
    after = stretch.after
    return (
        len(after) == 1 and after[0].before == [stretch] and after[0] is not stretch
        and after[0].junction == stretch.junction and after[0].key[0] == stretch.key[0]
    )  # fmt: skip


def _forget_neighbours(stretch: Stretch) -> None:
    if stretch.left is not None:
        stretch.left.right = None
    if stretch.right is not None:
        stretch.right.left = None


Joint = list[tuple[Stretch, bool]]
"""Ends that meet: stretches, and whether it is their end rather than their beginning."""


def joints_of(found: dict[Key, Stretch]) -> list[Joint]:
    """All places where stretches meet; every link belongs to one of them."""
    joints: list[Joint] = []
    seen: set[tuple[int, bool]] = set()
    for stretch in found.values():
        if not stretch.after or (id(stretch), True) in seen:
            continue
        joint: Joint = []
        queue = [(stretch, True)]
        seen.add((id(stretch), True))
        while queue:
            member, at_end = queue.pop()
            joint.append((member, at_end))
            for other in member.after if at_end else member.before:
                if (id(other), not at_end) not in seen:
                    seen.add((id(other), not at_end))
                    queue.append((other, not at_end))
        joints.append(joint)
    return joints


def close_gaps(found: dict[Key, Stretch], report: MapReport) -> None:
    """Moves ends of lanes that do not quite meet to the middle between them."""
    for joint in joints_of(found):
        places = np.array([member.points[-1 if at_end else 0] for member, at_end in joint])
        middle = places.mean(axis=0)
        apart = float(np.hypot(*(places - middle).T).max())
        if 2.0 * apart <= 0.8 * JOINT_GAP_MAX_M:
            continue
        report.repair(
            f"gaps between lanes above {JOINT_GAP_MAX_M * 100.0:.0f} cm", f"{joint[0][0].place}: {2.0 * apart:.3f} m"
        )
        for (member, at_end), place in zip(joint, places, strict=True):
            _faded(member, middle - place, at_end=at_end)


def _faded(stretch: Stretch, shift: np.ndarray, *, at_end: bool) -> None:
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(stretch.points, axis=0).T))))
    away = along[-1] - along if at_end else along
    u = np.clip(1.0 - away / min(FADE_M, max(along[-1], 1e-3)), 0.0, 1.0)
    stretch.points = stretch.points + (u * u * (3.0 - 2.0 * u))[:, None] * shift


def lanes_of(found: dict[Key, Stretch], junction_number: dict[str, int], report: MapReport) -> tuple[Lane, ...]:
    """The network's lanes, in the order of `found`."""
    number = {id(stretch): k for k, stretch in enumerate(found.values())}
    sides: dict[tuple[str, int, bool], int] = {}
    even = _evened(found)
    _agree_at_joints(found, even, report)
    lanes = []
    for stretch, line in zip(found.values(), even, strict=True):
        road, section, lane = stretch.key
        group = sides.setdefault((road, section, lane > 0), len(sides))
        lanes.append(
            Lane(
                points=line["points"],
                heading=line["heading"],
                curvature=line["curvature"],
                width=line["width"],
                edge_left=line["edge_left"],
                edge_right=line["edge_right"],
                oncoming_left=line["oncoming_left"],
                length=float(line["length"]),
                speed_limit=stretch.speed,
                type=TYPES.get(stretch.type, LaneType.DRIVING),
                successors=tuple(
                    number[id(other)] for other in sorted(stretch.after, key=lambda other: _bend(stretch, other))
                ),
                left=-1 if stretch.left is None else number[id(stretch.left)],
                right=-1 if stretch.right is None else number[id(stretch.right)],
                change_left=stretch.left is not None and stretch.change_left,
                change_right=stretch.right is not None and stretch.change_right,
                road=group,
                junction=junction_number.get(stretch.junction, -1),
            )
        )
    return tuple(lanes)


def _bend(stretch: Stretch, other: Stretch) -> float:
    turn = other.direction(at_end=True) - stretch.direction(at_end=True)
    return abs(float((turn + np.pi) % (2.0 * np.pi) - np.pi))


def _evened(found: dict[Key, Stretch]) -> list[dict[str, np.ndarray]]:
    """Lines with evenly spaced points; those side by side have equally many."""
    count: dict[int, int] = {}
    for stretch in found.values():
        if id(stretch) in count:
            continue
        members, at = [], stretch
        while at.left is not None and at.left not in members:
            members.append(at)
            at = at.left
        members = [at]
        while members[-1].right is not None and members[-1].right not in members:
            members.append(members[-1].right)
        steps = max(int(np.ceil(max(member.length / _spacing(member) for member in members))), 2)
        while steps < STEPS_MAX and not all(_is_even(_even(member, steps)) for member in members):
            steps = int(np.ceil(1.5 * steps))
        count.update({id(member): steps for member in members})
    return [_even(stretch, count[id(stretch)]) for stretch in found.values()]


def _is_even(line: dict[str, np.ndarray]) -> bool:
    """Whether points are evenly spaced, well within what a network allows."""
    chord = np.hypot(*np.diff(line["points"], axis=0).T)
    step = float(line["length"]) / len(chord)
    return bool(np.abs(chord - step).max() < 0.01 * step + 0.005)


def _spacing(stretch: Stretch) -> float:
    """Distance between points that keeps chords within `SAGITTA_M` of the lane [m]."""
    bend = np.abs(np.diff(stretch.heading)) / np.maximum(np.hypot(*np.diff(stretch.points, axis=0).T), 0.1)
    # The tightest places of a file's kinks are no bends.
    tight = min(float(np.quantile(bend, 0.98)), CURVATURE_MAX)
    return min(SPACING_M, float(np.sqrt(8.0 * SAGITTA_M / max(tight, 1e-6))))


def _even(stretch: Stretch, steps: int) -> dict[str, np.ndarray]:
    chord = np.hypot(*np.diff(stretch.points, axis=0).T)
    keep = np.concatenate(([True], chord > 1e-7))
    points = stretch.points[keep]
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    wanted = np.linspace(0.0, along[-1], steps + 1)
    line = {
        name: np.interp(wanted, along, getattr(stretch, name)[keep])
        for name in ("width", "edge_left", "edge_right", "station")
    }
    oncoming = stretch.oncoming_left[keep]
    line["oncoming_left"] = (
        np.interp(wanted, along, oncoming) if np.isfinite(oncoming).all() else np.full(steps + 1, np.inf)
    )
    line["points"] = np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)
    line["length"] = np.array(along[-1])
    heading = np.interp(wanted, along, np.unwrap(stretch.heading[keep]))
    bend = np.gradient(heading, wanted)
    # A kink of the file's is no circle tighter than a car can drive.
    line["heading"], line["curvature"] = heading, np.clip(bend, -CURVATURE_MAX, CURVATURE_MAX)
    return line


def _agree_at_joints(found: dict[Key, Stretch], even: list[dict[str, np.ndarray]], report: MapReport) -> None:
    """Gives lanes that meet one heading where they do."""
    line_of = {id(stretch): line for stretch, line in zip(found.values(), even, strict=True)}
    for joint in joints_of(found):
        headings = [float(line_of[id(member)]["heading"][-1 if at_end else 0]) for member, at_end in joint]
        mean = float(np.arctan2(np.sin(headings).mean(), np.cos(headings).mean()))
        turns = [_wrap(mean - heading) for heading in headings]
        if max(map(abs, turns)) > 0.5 * JOINT_TURN_MAX_RAD:
            report.repair(
                f"kinks between lanes above {np.degrees(JOINT_TURN_MAX_RAD):.0f} deg",
                f"{joint[0][0].place}: {np.degrees(2.0 * max(map(abs, turns))):.1f} deg",
            )
        for (member, at_end), turn in zip(joint, turns, strict=True):
            line_of[id(member)]["heading"][-1 if at_end else 0] += turn


def _wrap(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
