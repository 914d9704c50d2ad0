"""The `route` observation beside what the driver is told and where its lane leads."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  registers the environments
from drivesim.render.moment import world_from_ego
from tests.reference.path import away_from

HELD_OUT = 1_000_000
WORLDS = 8
ASIDE_M = 0.7
LOOK_S = 3.0


def lanes_ahead(network, lane: int, distance: float) -> list[int]:
    """The lane and all that follow it by any branch within a distance [m]."""
    found, open_ends = [lane], [(lane, distance)]
    while open_ends:
        last, left = open_ends.pop()
        left -= network.lanes[last].length
        for after in network.lanes[last].successors if left > 0.0 else ():
            found.append(after)
            open_ends.append((after, left))
    return found


@pytest.fixture(scope="module")
def vector():
    env = gym.make_vec("drivesim/Highway-v0", num_envs=WORLDS, map_start=HELD_OUT, map_count=WORLDS, sensors="none")
    yield env
    env.close()


def in_world(points: np.ndarray, actors, world: int) -> np.ndarray:
    return world_from_ego(points, *(float(column[world, 0]) for column in (actors.x, actors.y, actors.yaw)))


def test_while_the_driver_is_told_to_keep_its_lane_the_route_lies_on_it(vector):
    simulation = vector.unwrapped.simulation
    state, bank = simulation.world.state, simulation.bank
    actors = state.actors
    observation, _ = vector.reset(seed=3)
    looked = waiting = told = 0
    for step in range(500):
        for world in range(WORLDS) if step % 5 == 0 else ():
            number = int(state.worlds.map[world])
            first = int(bank.arrays.lanes.map_first[bank.arrays.slot_of[number]])
            lane, target = int(actors.lane[world, 0]) - first, int(actors.target_lane[world, 0]) - first
            points = in_world(observation["route"][world], actors, world)
            network, side = bank.network(number), observation["command"][world, 0]
            if state.episode.end[world, 0]:
                continue
            if side != 0.0:
                if target != lane:
                    wanted = lanes_ahead(network, target, 5.0 * len(points) + actors.s[world, 0])
                    assert away_from(network, wanted, points[-1]) < away_from(network, wanted, points[0])
                    told += 1
                continue
            near = points[: int(LOOK_S * actors.speed[world, 0] / 5.0)]
            ahead = lanes_ahead(network, lane, 5.0 * len(points) + actors.s[world, 0])
            assert all(away_from(network, ahead, point) < ASIDE_M for point in near)
            looked += 1
            waiting += target != lane
        observation, *_ = vector.step(vector.unwrapped.expert_action())
    assert looked > 400
    assert waiting > 10
    assert told > 10


def test_no_route_point_lies_past_the_exit(vector):
    """Points follow the route where it leaves the lane being driven: none is farther from its lanes than it needs."""
    simulation = vector.unwrapped.simulation
    state, bank = simulation.world.state, simulation.bank
    observation, _ = vector.reset(seed=4)
    for step in range(200):
        for world in range(WORLDS) if step % 10 == 0 else ():
            if state.episode.end[world, 0]:
                continue
            number, route = int(state.worlds.map[world]), int(state.navigation.route[world, 0])
            first = int(bank.arrays.lanes.map_first[bank.arrays.slot_of[number]])
            routes, row = bank.arrays.routes, int(bank.arrays.routes.row_first[route])
            rows = slice(row, row + len(bank.network(number).lanes))
            leads = np.flatnonzero(np.isfinite(routes.remaining[rows]) | (routes.is_goal[rows] > 0)).tolist()
            leads += lanes_ahead(bank.network(number), int(routes.goal_lane[route]) - first, 100.0)
            points = in_world(observation["route"][world], state.actors, world)
            assert max(away_from(bank.network(number), leads, point) for point in points) < 2.0
        observation, *_ = vector.step(vector.unwrapped.expert_action())
