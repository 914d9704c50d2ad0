"""The classes a network tells apart: groups of CARLA ids."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drivesim.errors import ConfigError
from drivesim.semantics import Semantic

DEFAULT_GROUPS: dict[str, tuple[Semantic, ...]] = {
    "road": (Semantic.ROAD, Semantic.BRIDGE, Semantic.RAIL_TRACK),
    "line": (Semantic.ROAD_LINE,),
    "ground": (Semantic.TERRAIN, Semantic.GROUND, Semantic.SIDEWALK, Semantic.WATER),
    "vegetation": (Semantic.VEGETATION,),
    "structure": (
        Semantic.BUILDING,
        Semantic.WALL,
        Semantic.FENCE,
        Semantic.GUARD_RAIL,
        Semantic.POLE,
        Semantic.TRAFFIC_SIGN,
        Semantic.TRAFFIC_LIGHT,
        Semantic.STATIC,
        Semantic.DYNAMIC,
        Semantic.OTHER,
        Semantic.UNLABELED,
    ),
    "vehicle": (
        Semantic.CAR,
        Semantic.TRUCK,
        Semantic.BUS,
        Semantic.TRAIN,
        Semantic.MOTORCYCLE,
        Semantic.BICYCLE,
        Semantic.RIDER,
        Semantic.PEDESTRIAN,
    ),
    "sky": (Semantic.SKY,),
}
"""Group name to the ids in it; the first id stands for the group where one id must be shown."""
OTHERS = "structure"
"""The group of ids that no group lists, as those of classes younger than a checkpoint; else the first group."""


class ClassGroups:
    """Groups of CARLA ids by name.

    Args:
        groups: Name to ids, at least one each.

    Raises:
        ConfigError: A group is empty, or an id is listed twice or out of range.
    """

    def __init__(self, groups: Mapping[str, Sequence[int]] = DEFAULT_GROUPS) -> None:
        self.ids = _checked(groups)
        """Name to ids, as plain numbers."""
        self.names = tuple(self.ids)
        others = self.names.index(OTHERS) if OTHERS in self.ids else 0
        self.group_of_id = np.full(256, others, np.uint8)
        """Group index of every id, uint8 (256,)."""
        for group, ids in enumerate(self.ids.values()):
            self.group_of_id[list(ids)] = group
        self.id_of_group = np.array([ids[0] for ids in self.ids.values()], np.uint8)
        """The id that stands for each group, uint8 (group,)."""

    def __len__(self) -> int:
        return len(self.names)

    def group_of(self, semantic: np.ndarray) -> np.ndarray:
        """Group index, uint8, of `Semantic` ids of any shape."""
        return self.group_of_id[semantic]

    def semantic_of(self, group: np.ndarray) -> np.ndarray:
        """The `Semantic` id, uint8, that stands for each group index; any shape."""
        return self.id_of_group[group]


def _checked(groups: Any) -> dict[str, tuple[int, ...]]:
    if not isinstance(groups, Mapping) or not 1 <= len(groups) <= 256:
        raise ConfigError(f"groups: expected 1 to 256 names with their ids, got {groups!r}")
    checked: dict[str, tuple[int, ...]] = {}
    for name, ids in groups.items():
        plain = isinstance(ids, list | tuple) and all(isinstance(i, int) and 0 <= i < 256 for i in ids)
        if not isinstance(name, str) or not plain or not ids:
            raise ConfigError(f"groups: expected ids in [0, 255] for {name!r}, got {ids!r}")
        checked[name] = tuple(int(i) for i in ids)
    listed = [i for ids in checked.values() for i in ids]
    twice = sorted({i for i in listed if listed.count(i) > 1})
    if twice:
        raise ConfigError(f"groups: ids {twice} belong to more than one group")
    return checked
