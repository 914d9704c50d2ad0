"""Junctions of a document at which nobody meets anybody: roads that only get more lanes, or part."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from drivesim.maps.facts import conflicts_of
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.opendrive.lanes import Key, Stretch


def plain_junctions(found: dict[Key, Stretch], lanes: Sequence[Lane]) -> Iterator[str]:
    """Ids of junctions on which no two ways cross, join or touch; those that part from one lane may.

    Args:
        found: Stretches in the order of the network's lanes.
        lanes: The network's lanes.
    """
    joins = {way.junction for stretch in found.values() if len(stretch.before) > 1 for way in stretch.before}
    names = list(dict.fromkeys(s.junction for s in found.values() if s.junction not in joins and s.junction != "-1"))
    number = {name: k for k, name in enumerate(names)}
    members = [number.get(stretch.junction, -1) for stretch in found.values()]
    network = RoadNetwork(
        name="", seed=0, lanes=tuple(replace(lane, junction=k) for lane, k in zip(lanes, members, strict=True))
    )
    met = {members[lane] for lane, row in enumerate(conflicts_of(network)) if row}
    return (name for name, k in number.items() if k not in met)
