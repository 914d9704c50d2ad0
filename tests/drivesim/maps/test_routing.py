"""Best lanes on hand-worked roads, and on random ones against an enumeration of all paths."""

import math
import random
from types import SimpleNamespace

import numpy as np
import pytest

from drivesim.errors import MapError
from drivesim.maps.network import Lane, Route
from drivesim.maps.routing import LaneGraph, RouteTable, best_lanes


def bare_lane(length: float, successors: tuple[int, ...], left: int, right: int) -> Lane:
    """A lane of which only its length and links matter."""
    zeros = np.zeros(2)
    return Lane(
        points=np.zeros((2, 2)), heading=zeros, curvature=zeros, width=zeros, edge_left=zeros, edge_right=zeros,
        oncoming_left=zeros, length=length, speed_limit=10.0, successors=successors, left=left, right=right,
    )  # fmt: skip


def roads(groups: list[tuple[float, int]], links: dict[int, tuple[int, ...]]) -> SimpleNamespace:
    """A network of groups (length, lane count), lanes numbered in order from each group's left."""
    lanes = []
    for length, count in groups:
        first = len(lanes)
        for place in range(count):
            index = first + place
            left, right = (index - 1 if place else -1), (index + 1 if place + 1 < count else -1)
            lanes.append(bare_lane(length, links.get(index, ()), left, right))
    return SimpleNamespace(name="bare", lanes=tuple(lanes))


def route(start: int, goal: int, goal_s: float, *, any_lane: bool = True) -> Route:
    return Route(start_lane=start, start_s=0.0, goal_lane=goal, goal_s=goal_s, goal_any_lane=any_lane)


def test_the_lane_that_leads_to_the_exit_is_best_long_before_it():
    # 0 1 2 (100 m) -> 3 4 (50 m; lane 2 ends) -> from 3 on to 5 (80 m), from 4 off to 6 (60 m). The goal is on 6.
    network = roads([(100.0, 3), (50.0, 2), (80.0, 1), (60.0, 1)], {0: (3,), 1: (4,), 3: (5,), 4: (6,)})
    table = best_lanes(network, route(0, 6, 40.0))
    assert table.best_offset.tolist() == [-1, 0, 1, -1, 0, 0, 0]
    assert table.drive_on.tolist() == [150.0, math.inf, 100.0, 50.0, math.inf, 0.0, math.inf]
    assert table.remaining.tolist() == [190.0, 190.0, 190.0, 90.0, 90.0, math.inf, 40.0]
    assert table.next_slot.tolist() == [0, 0, -1, -1, 0, -1, -1]
    assert table.is_goal.tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert table.length == 190.0


def test_cars_move_over_for_an_exit_before_its_own_lane_begins():
    # 0 1 2 (100 m) -> 3 4 5 with the exit lane 6 (50 m) -> from 6 to the ramp 7, where the goal is.
    network = roads([(100.0, 3), (50.0, 4), (80.0, 1)], {0: (3,), 1: (4,), 2: (5,), 6: (7,)})
    table = best_lanes(network, route(0, 7, 40.0))
    assert table.best_offset.tolist() == [-2, -1, 0, -3, -2, -1, 0, 0]
    assert table.drive_on.tolist() == [150.0, 150.0, 150.0, 50.0, 50.0, 50.0, math.inf, math.inf]


def test_every_lane_abreast_of_the_goal_is_a_goal_unless_only_one_counts():
    network = roads([(100.0, 2), (50.0, 2)], {0: (2,), 1: (3,)})
    both = best_lanes(network, route(0, 2, 20.0))
    assert both.is_goal.tolist() == [0, 0, 1, 1]
    assert both.best_offset.tolist() == [0, 0, 0, 0]
    one = best_lanes(network, route(0, 2, 20.0, any_lane=False))
    assert one.is_goal.tolist() == [0, 0, 1, 0]
    assert one.best_offset.tolist() == [0, 1, 0, 1]
    assert one.drive_on.tolist() == [math.inf, 120.0, math.inf, 20.0]


def test_of_two_ways_the_shorter_one_is_taken_and_the_other_still_leads_there():
    # 0 -> 1 (30 m) or 2 (20 m) -> 3.
    network = roads([(10.0, 1), (30.0, 1), (20.0, 1), (10.0, 1)], {0: (1, 2), 1: (3,), 2: (3,)})
    table = best_lanes(network, route(0, 3, 5.0))
    assert table.next_slot.tolist() == [1, 0, 0, -1]
    assert table.remaining.tolist() == [35.0, 35.0, 25.0, 5.0]


def test_of_successors_that_lead_on_equally_far_the_one_nearest_the_best_lane_is_taken():
    # Lane 0 forks into 1, 2, 3 abreast; only 4 goes on to the goal 5, two lanes from 2 and one from 3.
    network = roads([(10.0, 1), (20.0, 4), (30.0, 1)], {0: (1, 2, 3), 4: (5,)})
    table = best_lanes(network, route(0, 5, 10.0))
    assert table.best_offset.tolist()[1:5] == [-3, -2, -1, 0]
    assert table.next_slot[0] == 2


def test_of_two_best_lanes_equally_near_the_right_one_is_chosen():
    network = roads([(10.0, 3), (20.0, 1), (20.0, 1)], {0: (3,), 2: (3,)})
    assert best_lanes(network, route(0, 3, 10.0)).best_offset.tolist()[:3] == [0, -1, 0]


def test_a_lane_that_ends_early_gives_way_to_the_nearest_that_goes_on():
    # Three lanes become two: the right one ends.
    network = roads([(100.0, 3), (100.0, 2), (100.0, 2)], {0: (3,), 1: (4,), 3: (5,), 4: (6,)})
    table = best_lanes(network, route(2, 6, 100.0))
    assert table.best_offset.tolist()[:3] == [0, 0, 1]
    assert table.drive_on[2] == 100.0
    assert table.remaining[2] == 300.0


def test_a_goal_that_cannot_be_reached_is_an_error():
    network = roads([(10.0, 1), (10.0, 1)], {})
    with pytest.raises(MapError, match="lane 1 cannot be reached from lane 0"):
        best_lanes(network, route(0, 1, 5.0))


def test_a_start_beyond_the_goal_is_an_error():
    network = roads([(10.0, 1)], {})
    with pytest.raises(MapError, match="cannot be reached"):
        best_lanes(network, Route(start_lane=0, start_s=8.0, goal_lane=0, goal_s=5.0))


# --- random networks against an enumeration of paths ---


def random_network(seed: int) -> SimpleNamespace:
    draw = random.Random(seed)
    groups = [(float(draw.randint(2, 6) * 10), draw.randint(1, 4)) for _ in range(draw.randint(3, 7))]
    first = np.cumsum([0, *(count for _, count in groups)])
    links = {}
    for lane in range(int(first[-1])):
        targets = draw.sample(range(int(first[-1])), k=min(draw.choice([0, 1, 1, 1, 2, 3]), int(first[-1])))
        links[lane] = tuple(targets)
    return roads(groups, links)


def shortest(graph: LaneGraph, group: int, goal_group: int, goal_m: float, seen: tuple[int, ...] = ()) -> float:
    """Length of the shortest chain of groups to the goal, by trying all that visit none twice."""
    if group == goal_group:
        return goal_m
    followers = {int(graph.group[f]) for lane in graph.members[group] for f in graph.network.lanes[lane].successors}
    ways = [shortest(graph, f, goal_group, goal_m, (*seen, group)) for f in followers - {group, *seen}]
    return float(graph.length[group]) + min(ways, default=math.inf)


def onward(graph: LaneGraph, lane: int, chain: dict[int, int], distance: list[float]) -> list[int]:
    """Successors on the chain of groups, or in a group that leads from it to the group after the next."""
    group = int(graph.group[lane])
    after = chain.get(group)
    beyond = chain.get(after) if after is not None else None
    return [
        f
        for f in graph.network.lanes[lane].successors
        if (other := int(graph.group[f])) == after
        or (beyond is not None and chain.get(other) == beyond and distance[other] < distance[group])
    ]


def farthest(graph: LaneGraph, lane: int, goal_group: int, chain: dict[int, int], distance: list[float]) -> float:
    """How far a route can be followed from a lane without changing lane, in lengths of the chain's groups."""
    group = int(graph.group[lane])
    if group == goal_group:
        return math.inf
    ways = [
        farthest(graph, f, goal_group, chain, distance) - graph.length[graph.group[f]] + graph.length[chain[group]]
        for f in onward(graph, lane, chain, distance)
    ]
    return float(graph.length[group]) + max(ways, default=0.0)


def check_against_enumeration(network: SimpleNamespace, goal: Route, table: RouteTable) -> None:
    graph = LaneGraph(network)
    goal_group = int(graph.group[goal.goal_lane])
    distance = [shortest(graph, g, goal_group, goal.goal_s) for g in range(len(graph.members))]
    reachable = [g for g, d in enumerate(distance) if math.isfinite(d)]
    chain = {}
    for group in reachable:
        if group != goal_group:
            lanes = graph.members[group]
            followers = {int(graph.group[f]) for lane in lanes for f in network.lanes[lane].successors} - {group}
            chain[group] = min(f for f in followers if distance[group] == graph.length[group] + distance[f])
    for lane, fact in enumerate(network.lanes):
        group = int(graph.group[lane])
        if group not in reachable:
            assert (table.next_slot[lane], table.best_offset[lane]) == (-1, 0)
            assert (table.drive_on[lane], table.remaining[lane]) == (0.0, math.inf)
            continue
        far = {other: farthest(graph, other, goal_group, chain, distance) for other in graph.members[group]}
        # Of several successors the one that leads farthest, then that with fewest lanes to cross, then the first.
        ways = {
            other: [
                (
                    graph.length[graph.group[f]] - farthest(graph, f, goal_group, chain, distance),
                    abs(int(table.best_offset[f])),
                    slot,
                )
                for slot, f in enumerate(network.lanes[other].successors)
                if f in onward(graph, other, chain, distance)
            ]
            for other in far
        }
        rank = {o: (-far[o], min(ways[o])[1] if ways[o] and group != goal_group else 0) for o in far}
        offsets = [graph.place[lane] - graph.place[o] for o in far if rank[o] == min(rank.values())]
        assert table.best_offset[lane] == min(offsets, key=lambda offset: (abs(offset), offset))
        if group == goal_group:
            assert table.drive_on[lane] == math.inf
            assert table.remaining[lane] == distance[group]
            continue
        assert table.next_slot[lane] == (min(ways[lane])[2] if ways[lane] else -1)
        best = lane if ways[lane] else graph.members[group][graph.place[lane] - table.best_offset[lane]]
        after = network.lanes[best].successors[table.next_slot[best]]
        assert table.remaining[lane] == network.lanes[best].length + table.remaining[after]
        assert table.remaining[lane] >= distance[group]
        on = table.drive_on[after] if ways[lane] else 0.0
        assert table.drive_on[lane] == fact.length + on


@pytest.mark.parametrize("block", range(4))
def test_random_networks_agree_with_an_enumeration_of_all_paths(block):
    routed = 0
    for seed in range(50 * block, 50 * block + 50):
        network = random_network(seed)
        goal = Route(start_lane=0, start_s=0.0, goal_lane=random.Random(seed).randrange(len(network.lanes)), goal_s=7.0)
        try:
            table = best_lanes(network, goal)
        except MapError:
            graph = LaneGraph(network)
            assert math.isinf(shortest(graph, int(graph.group[0]), int(graph.group[goal.goal_lane]), 7.0))
            continue
        check_against_enumeration(network, goal, table)
        routed += 1
    assert routed > 20
