"""The classes the network tells apart: groups of CARLA ids, declared once."""

import numpy as np

from drivesim.semantics import Semantic

SEMANTIC_GROUPS: dict[str, tuple[Semantic, ...]] = {
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

GROUP_NAMES = tuple(SEMANTIC_GROUPS)
GROUP_COUNT = len(GROUP_NAMES)

_GROUP_OF = np.zeros(len(Semantic), np.uint8)
for _group, _ids in enumerate(SEMANTIC_GROUPS.values()):
    _GROUP_OF[[int(_id) for _id in _ids]] = _group
_SEMANTIC_OF = np.array([int(ids[0]) for ids in SEMANTIC_GROUPS.values()], np.uint8)


def group_of(semantic: np.ndarray) -> np.ndarray:
    """Group index, uint8, of `Semantic` ids of any shape."""
    return _GROUP_OF[semantic]


def semantic_of(group: np.ndarray) -> np.ndarray:
    """The `Semantic` id, uint8, that stands for each group index; any shape."""
    return _SEMANTIC_OF[group]
