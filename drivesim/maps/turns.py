"""The next turn at a junction: what a passenger with a map would say, and how far ahead."""

import numpy as np
from numba import njit

from drivesim.maps.control import Turn
from drivesim.maps.lanes import HEADING
from drivesim.maps.path import onward
from drivesim.maps.right_of_way import BACK_MIN, STRAIGHT_MAX

f32, i32 = np.float32, np.int32
ZERO, INFINITY = f32(0.0), f32(np.inf)
_STRAIGHT_MAX, _BACK_MIN = f32(STRAIGHT_MAX), f32(BACK_MIN)
_STRAIGHT, _LEFT, _RIGHT, _BACK = i32(Turn.STRAIGHT), i32(Turn.LEFT), i32(Turn.RIGHT), i32(Turn.BACK)


@njit
def turn_on(lanes, lane):
    """The `Turn` that somebody makes on a lane, by how much it turns from its start to its end."""
    angle = lanes.point[lanes.point_first[lane + 1] - 1, HEADING] - lanes.point[lanes.point_first[lane], HEADING]
    if abs(angle) < _STRAIGHT_MAX:
        return _STRAIGHT
    if abs(angle) > _BACK_MIN:
        return _BACK
    return _LEFT if angle > ZERO else _RIGHT


@njit
def is_choice(lanes, lane):
    """Whether ways across a junction with different turns begin at the end of a lane or of those beside it."""
    while lanes.left[lane] >= 0:
        lane = lanes.left[lane]
    first = i32(-1)
    while lane >= 0:
        for link in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
            after = lanes.successor[link]
            if lanes.junction[after] < 0:
                continue
            turn = turn_on(lanes, after)
            if first >= 0 and turn != first:
                return True
            first = turn
        lane = lanes.right[lane]
    return False


@njit
def next_turn(maps, way, lane, s, horizon):
    """What to do at the next junction where there is a choice.

    Args:
        maps: `MapArrays`.
        way: Whose way it is; the changes of lane that its route needs are taken as made.
        lane: Where he is.
        s: Place along `lane` [m].
        horizon: Looks so far ahead [m].

    Returns:
        The `Turn` as int32, and the distance to the edge of the junction, 0 inside it, float32 [m]; straight on and
        +inf where there is none. A bend is no junction with a choice; on the ring of a roundabout to go on is a left
        turn and to leave it a right one.
    """
    lanes = maps.lanes
    if lanes.junction[lane] >= 0:
        for link in range(lanes.predecessor_first[lane], lanes.predecessor_first[lane + 1]):
            if is_choice(lanes, lanes.predecessor[link]):
                return turn_on(lanes, lane), ZERO
    distance = lanes.length[lane] - s
    while distance <= horizon:
        after = onward(maps, way, lane)
        if after < 0:
            break
        if lanes.junction[after] >= 0 and lanes.junction[lane] < 0 and is_choice(lanes, lane):
            return turn_on(lanes, after), max(distance, ZERO)
        distance += lanes.length[after]
        lane = after
    return _STRAIGHT, INFINITY
