"""Programmes of lights: those that a document brings along, and those made up where it says only what there is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.control import Light, SignalKind
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.signals import Post
from drivesim.maps.programme import staged_lights
from drivesim.semantics import LightColor

STAGE_S = 25.0
"""Time of a cycle that goes to each stage [s]."""
OPPOSITE_MIN, SAME_MAX = np.radians(140.0), np.radians(40.0)
PROGRAMME = "drivesim:light"
"""Code of the `<userData>` that holds a programme."""


def lights_of(
    root: Element, posts: Mapping[str, Post], found: dict[Key, Stretch], numbers: dict[str, int], report: MapReport
) -> tuple[list[Light], dict[str, int]]:
    """Lights, and which of them each signal shows.

    OpenDRIVE says which lights change together and leaves the times to others. Where no programme comes along, lights
    before the same road make a group, as do those of a controller if they face the same way or opposite ways; groups of
    opposite directions go together, all others one after the other.
    """
    controller_of: dict[str, str] = {}
    programmes: dict[str, Element] = {}
    for controller in root.all("controller"):
        for control in controller.all("control"):
            controller_of.setdefault(control.get("signalId"), controller.get("id"))
        programmes.update({controller.get("id"): data for data in controller.all("userData") if _is_programme(data)})
    by_junction: dict[str, list[Post]] = defaultdict(list)
    known: dict[str, list[Post]] = defaultdict(list)
    for post in posts.values():
        if post.kind != SignalKind.LIGHT:
            continue
        if controller_of.get(post.id) in programmes:
            known[controller_of[post.id]].append(post)
        else:
            by_junction[_junction_of(post, found)].append(post)
    lights: list[Light] = []
    light_of: dict[str, int] = {}
    for name, data in programmes.items():
        if known[name]:
            light_of.update({post.id: len(lights) for post in known[name]})
            lights.append(programme_of(data, numbers.get(_junction_of(known[name][0], found), -1)))
    for name in sorted(by_junction):
        groups = _groups(by_junction[name], controller_of, found)
        stages = _stages([_heading(group, found) for group in groups])
        count = max(max(stages) + 1, 2)
        programme = staged_lights(count, STAGE_S * count, 0.0, numbers.get(name, -1))
        for group, stage in zip(groups, stages, strict=True):
            light_of.update({post.id: len(lights) + stage for post in group})
            for post in group:
                if post.turns:
                    report.leave_out("arrows of lights without a programme, shown as discs", f"signal {post.id[:40]}")
                    post.turns = 0
        lights += programme
        report.add("programmes of lights, which OpenDRIVE leaves to others", f"junction {name}")
    return lights, light_of


def _is_programme(data: Element) -> bool:
    return data.get("code") == PROGRAMME


def programme_of(data: Element, junction: int) -> Light:
    """The light of a `<userData>`: "offset; seconds COLOUR; seconds COLOUR; ...", see `write_things.programme_text`.

    Raises:
        FileFormatError: It says something else.
    """
    text = data.get("value")
    offset, *phases = text.split(";")
    try:
        rows = [phase.split() for phase in phases]
        return Light(
            phases=tuple((float(seconds), LightColor[color]) for seconds, color in rows), offset_s=float(offset),
            junction=junction,
        )  # fmt: skip
    except (KeyError, ValueError, MapError):
        raise data.error(
            f"value: expected 'offset; seconds COLOUR; ...' with one of {', '.join(LightColor.__members__)}, "
            f"got {text[:60]!r}"
        ) from None


def walk_light(item: Element, lights: list[Light], junction: int) -> int:
    """Number of the light whose programme a crosswalk brings along, which is added if need be; -1 where it has none."""
    data = next((child for child in item.all("userData") if _is_programme(child)), None)
    if data is None:
        return -1
    light = programme_of(data, junction)
    for number, other in enumerate(lights):
        if other == light:
            return number
    lights.append(light)
    return len(lights) - 1


def _junction_of(post: Post, found: dict[Key, Stretch]) -> str:
    for key in post.stretches:
        stretch = found[key]
        for _ in range(8):
            if stretch.junction != "-1":
                return stretch.junction
            if not stretch.after:
                break
            stretch = stretch.after[0]
    return "-1"


def _groups(posts: Sequence[Post], controller_of: dict[str, str], found: dict[Key, Stretch]) -> list[list[Post]]:
    """Signals that show the same: those before the same road, or of one controller without being for crossing ways.

    Some tools have one controller for all lights of a junction.
    """
    group = list(range(len(posts)))

    def root_of(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    first: dict[str, int] = {}
    for k, post in enumerate(posts):
        for key in post.stretches:
            if found[key].junction == "-1":
                group[root_of(k)] = root_of(first.setdefault(key[0], k))
    heading = [_heading([post], found) for post in posts]
    for k, post in enumerate(posts):
        mine = controller_of.get(post.id)
        for j in range(k):
            if mine is None or mine != controller_of.get(posts[j].id):
                continue
            turn = abs(_wrapped(heading[k] - heading[j]))
            if turn < SAME_MAX or turn > OPPOSITE_MIN:
                group[root_of(k)] = root_of(j)
    members: dict[int, list[Post]] = defaultdict(list)
    for k, post in enumerate(posts):
        members[root_of(k)].append(post)
    return [*members.values()]


def _heading(group: Sequence[Post], found: dict[Key, Stretch]) -> float:
    """Direction in which those drive for whom a group of lights is [rad]."""
    for post in group:
        for key in post.stretches:
            stretch = found[key]
            return stretch.direction(at_end=stretch.junction == "-1")
    return group[0].yaw + np.pi


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _stages(headings: list[float]) -> list[int]:
    stage = [-1] * len(headings)
    count = 0
    for i, heading in enumerate(headings):
        if stage[i] >= 0:
            continue
        stage[i] = count
        for j in range(i + 1, len(headings)):
            turn = abs(_wrapped(headings[j] - heading))
            if stage[j] < 0 and turn > OPPOSITE_MIN:
                stage[j] = count
                break
        count += 1
    return stage
