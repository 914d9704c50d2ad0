"""Routes through the lane graph: which successor to take, and which lane to be in.

The semantics are SUMO's `bestLanes`. Lanes side by side form a group (SUMO: an edge). A route is the shortest
chain of groups to the goal, with those that lead from one of them to the one after the next as well; within a group,
the best lane is the one on which the route can be followed farthest without changing lane, and of equals the one after
which fewer lanes are left to cross: so cars move over for an exit well before its own lane begins. Whether a marking
allows a change is not asked: it may be forbidden here and allowed later.
"""

import heapq
from typing import NamedTuple, final

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.network import RoadNetwork, Route


class RouteTable(NamedTuple):
    """A route seen from every lane of its map. Arrays have shape (lane,); fields as in `RouteArrays`."""

    next_slot: np.ndarray
    best_offset: np.ndarray
    drive_on: np.ndarray
    remaining: np.ndarray
    is_goal: np.ndarray
    length: float
    """Start to goal [m]."""


@final
class LaneGraph:
    """Groups of neighbouring lanes and how they follow each other."""

    def __init__(self, network: RoadNetwork):
        self.network = network
        lanes = network.lanes
        self.group = np.full(len(lanes), -1)
        """Group of each lane, shape (lane,)."""
        self.place = np.zeros(len(lanes), np.int64)
        """Place of each lane in its group, counted from the left, shape (lane,)."""
        self.members: list[list[int]] = []
        """Lanes of each group from left to right."""
        for index in range(len(lanes)):
            if self.group[index] < 0:
                self._add_group(index)
        self.length = np.array([np.mean([lanes[i].length for i in group]) for group in self.members])
        """Mean length of each group's lanes [m]; used to compare lanes, so that equals tie."""
        self.before: list[set[int]] = [set() for _ in self.members]
        """Groups with a lane that leads into each group."""
        for index, lane in enumerate(lanes):
            for follower in lane.successors:
                self.before[self.group[follower]].add(int(self.group[index]))

    def _add_group(self, index: int) -> None:
        lanes = self.network.lanes
        leftmost = index
        for _ in lanes:
            if lanes[leftmost].left < 0:
                break
            leftmost = lanes[leftmost].left
        members: list[int] = []
        lane = leftmost
        while lane >= 0 and lane not in members:
            self.group[lane], self.place[lane] = len(self.members), len(members)
            members.append(lane)
            lane = lanes[lane].right
        self.members.append(members)

    def distances(self, goal_group: int, goal_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Shortest distance from each group's start to the goal [m], and the next group of that way, or -1."""
        distance = np.full(len(self.members), np.inf)
        follower = np.full(len(self.members), -1)
        distance[goal_group] = goal_m
        queue = [(goal_m, goal_group)]
        while queue:
            so_far, group = heapq.heappop(queue)
            if so_far > distance[group]:
                continue
            for other in self.before[group]:
                total = so_far + self.length[other]
                if other != goal_group and (total, group) < (distance[other], follower[other]):
                    distance[other], follower[other] = total, group
                    heapq.heappush(queue, (total, other))
        return distance, follower


def best_lanes(network: RoadNetwork, route: Route, *, graph: LaneGraph | None = None) -> RouteTable:
    """Finds the way to a route's goal from every lane that leads there.

    Of several lanes equally good the nearest is best, the right one of two equally near; of several successors that
    lead on equally far, the one nearest to its group's best lane is taken, then the first.

    Args:
        network: The map.
        route: One of its routes.
        graph: The map's `LaneGraph`, if at hand.

    Raises:
        MapError: The goal cannot be reached from the start.
    """
    graph = graph or LaneGraph(network)
    lanes = network.lanes
    goal_group = int(graph.group[route.goal_lane])
    goal_share = route.goal_s / lanes[route.goal_lane].length
    distance, follower = graph.distances(goal_group, goal_share * float(graph.length[goal_group]))
    table = RouteTable(
        next_slot=np.full(len(lanes), -1, np.int8),
        best_offset=np.zeros(len(lanes), np.int8),
        drive_on=np.zeros(len(lanes), np.float32),
        remaining=np.full(len(lanes), np.inf, np.float32),
        is_goal=np.zeros(len(lanes), np.uint8),
        length=0.0,
    )
    reach = np.zeros((2, len(lanes)))
    metres = np.zeros((2, len(lanes)))
    for group in np.argsort(distance, kind="stable"):
        if not np.isfinite(distance[group]):
            break
        members = graph.members[group]
        if group == goal_group:
            _enter_goal(network, route, members, goal_share, table, reach, metres)
        else:
            _enter_group(graph, int(group), distance, follower, table, reach, metres)
        _point_to_best(members, table, reach)
        for lane in members:
            if group != goal_group and table.next_slot[lane] < 0:
                metres[1, lane] = metres[1, members[graph.place[lane] - table.best_offset[lane]]]
        table.drive_on[members], table.remaining[members] = metres[0, members], metres[1, members]
    length = float(metres[1, route.start_lane]) - route.start_s
    if not np.isfinite(table.remaining[route.start_lane]) or length <= 0.0:
        raise MapError(f"{network.name}: lane {route.goal_lane} cannot be reached from lane {route.start_lane}")
    return table._replace(length=length)


def _enter_goal(
    network: RoadNetwork,
    route: Route,
    members: list[int],
    goal_share: float,
    table: RouteTable,
    reach: np.ndarray,
    metres: np.ndarray,
) -> None:
    """Fills the rows of the goal's group.

    `metres` holds (drive_on, remaining). `reach` is what lanes are ranked by, lowest first: minus the distance to
    which the route can be followed in lengths of groups, then the lanes to cross after it.
    """
    for lane in members:
        goal = route.goal_any_lane or lane == route.goal_lane
        to_goal = goal_share * network.lanes[lane].length
        table.is_goal[lane] = goal
        reach[0, lane] = -np.inf if goal else -goal_share
        metres[:, lane] = np.inf if goal else to_goal, to_goal


def _enter_group(
    graph: LaneGraph,
    group: int,
    distance: np.ndarray,
    follower: np.ndarray,
    table: RouteTable,
    reach: np.ndarray,
    metres: np.ndarray,
) -> None:
    """Fills the rows of a group whose next group is done, but for `best_offset`.

    Groups that lead on to the same group as the next one are as good as it: the ways of several lanes across a
    junction, a lane that opens beside others. They count as long as it, so that equals tie.
    """
    lanes, following = graph.network.lanes, int(follower[group])
    beyond, length = int(follower[following]), float(graph.length[group])
    for lane in graph.members[group]:
        onward = []
        for slot, after in enumerate(lanes[lane].successors):
            other = int(graph.group[after])
            is_alike = beyond >= 0 and follower[other] == beyond and distance[other] < distance[group]
            if other == following or is_alike:
                longer = float(graph.length[other] - graph.length[following])
                onward.append((reach[0, after] + longer, abs(int(table.best_offset[after])), slot, after))
        if onward:
            far, to_cross, slot, after = min(onward)
            table.next_slot[lane] = slot
            reach[:, lane] = far - length, to_cross
            metres[:, lane] = lanes[lane].length + metres[:, after]
        else:
            reach[:, lane] = -length, 0.0
            metres[0, lane] = lanes[lane].length


def _point_to_best(members: list[int], table: RouteTable, reach: np.ndarray) -> None:
    ranks = [tuple(reach[:, lane]) for lane in members]
    best = [place for place, rank in enumerate(ranks) if rank == min(ranks)]
    for place, lane in enumerate(members):
        _, offset = min((abs(place - other), place - other) for other in best)
        table.best_offset[lane] = offset
