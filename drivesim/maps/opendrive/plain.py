"""Junctions of a document at which nobody meets anybody: straight roads that only get more lanes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from drivesim.maps.facts import conflicts_of
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.opendrive.lanes import Key, Stretch

STRAIGHT_MAX = 0.35
"""Ways that turn by less are straight [rad]."""


def plain_junctions(found: dict[Key, Stretch], lanes: Sequence[Lane]) -> Iterator[str]:
    """Ids of junctions of several straight ways of which no two cross, join or touch; those from one lane may part.

    Args:
        found: Stretches in the order of the network's lanes.
        lanes: The network's lanes.
    """
    joins = {way.junction for stretch in found.values() if len(stretch.before) > 1 for way in stretch.before}
    count = Counter(stretch.junction for stretch in found.values())
    bends = {s.junction for s in found.values() if abs(s.heading[-1] - s.heading[0]) > STRAIGHT_MAX}
    names = [name for name in count if name != "-1" and count[name] > 1 and name not in joins | bends]
    number = {name: k for k, name in enumerate(names)}
    members = [number.get(stretch.junction, -1) for stretch in found.values()]
    network = RoadNetwork(
        name="", seed=0, lanes=tuple(replace(lane, junction=k) for lane, k in zip(lanes, members, strict=True))
    )
    met = {members[lane] for lane, row in enumerate(conflicts_of(network)) if row}
    return (name for name, k in number.items() if k not in met)
