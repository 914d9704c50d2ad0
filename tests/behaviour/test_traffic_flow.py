"""Traffic as a whole, and the expert among it, on generated roads."""

import numpy as np
import pytest
from numba import njit

from drivesim.config import ENV_PRESETS, EnvConfig
from drivesim.config.base import replace
from drivesim.geometry import body_box, boxes_overlap
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural import build_network
from drivesim.state import ActorKind, EndReason
from drivesim.world.step import World

HELD_OUT = 1_000_000


@njit
def overlapping_pairs(kind, x, y, yaw, length, width, rear):
    """Pairs of cars other than the ego whose boxes overlap, summed over worlds."""
    pairs = 0
    for world in range(kind.shape[0]):
        for a in range(1, kind.shape[1]):
            for b in range(1, a):
                near = (x[world, a] - x[world, b]) ** 2 + (y[world, a] - y[world, b]) ** 2 < 400.0
                if kind[world, a] == 0 or kind[world, b] == 0 or not near:
                    continue
                ax, ay, acos, asin, alength, awidth = body_box(
                    x[world, a], y[world, a], yaw[world, a], length[world, a], width[world, a], rear[world, a]
                )
                bx, by, bcos, bsin, blength, bwidth = body_box(
                    x[world, b], y[world, b], yaw[world, b], length[world, b], width[world, b], rear[world, b]
                )
                pairs += boxes_overlap(ax, ay, acos, asin, alength, awidth, bx, by, bcos, bsin, blength, bwidth)
    return pairs


def held_out_bank(config: EnvConfig, count: int) -> MapBank:
    return MapBank.bare([build_network(config.map, HELD_OUT + k) for k in range(count)])


def watch_traffic(worlds: int, minutes: float, cars: int) -> dict[str, float]:
    """Overlaps, hard braking and jumps of the traffic around experts that drive route after route."""
    config = ENV_PRESETS["highway"]
    config = replace(config, traffic={"car_count": cars})
    world = World(held_out_bank(config, worlds), config, worlds)
    world.reset(7, maps=np.arange(worlds))
    a, episode = world.state.actors, world.state.episode
    overlaps = hard = steps = jumps = 0
    for _ in range(round(minutes * 60.0 / config.step_s)):
        x, y, speed, kind = a.x.copy(), a.y.copy(), a.speed.copy(), a.kind.copy()
        running = episode.end[:, 0] == 0
        world.step(world.state.plan.expert_action[:, 0])
        overlaps += overlapping_pairs(a.kind, a.x, a.y, a.yaw, a.length, a.width, a.rear)
        moved = np.hypot(a.x - x, a.y - y)
        there = (
            (kind[:, 1:] != ActorKind.NONE)
            & (a.kind[:, 1:] != ActorKind.NONE)
            & running[:, None]
            & (moved[:, 1:] < 50.0)
        )
        hard += int((a.accel[:, 1:][there] < -4.0).sum())
        expected = 0.5 * (a.speed + speed) * config.step_s
        jumps += int((np.abs(moved - expected)[:, 1:][there] > 0.15 + 0.02 * expected[:, 1:][there]).sum())
        steps += int(there.sum())
        done = episode.end[:, 0] > 0
        if done.any():
            world.reset(None, mask=done, maps=np.arange(worlds))
    return {"overlaps": overlaps, "hard": hard / steps, "jumps": jumps, "steps": steps}


def expert_success(preset: str, roads: int) -> float:
    config = ENV_PRESETS[preset]
    world = World(held_out_bank(config, roads), config, roads)
    world.reset(0, maps=np.arange(roads))
    for _ in range(3000):
        world.step(world.state.plan.expert_action[:, 0])
        if world.state.episode.end[:, 0].all():
            break
    return float((world.state.episode.end[:, 0] == EndReason.SUCCESS).mean())


def test_traffic_flows_for_a_while_without_touching_jumping_or_braking_hard():
    figures = watch_traffic(worlds=6, minutes=1.0, cars=12)
    assert figures["steps"] > 20_000
    assert figures["overlaps"] == 0
    assert figures["jumps"] == 0
    assert figures["hard"] < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(("cars", "minutes"), [(12, 10.0), (40, 5.0)])
def test_traffic_flows_for_long_without_touching_jumping_or_braking_hard(cars, minutes):
    figures = watch_traffic(worlds=30, minutes=minutes, cars=cars)
    assert figures["overlaps"] == 0
    assert figures["jumps"] == 0
    assert figures["hard"] < 1e-3


@pytest.mark.parametrize("preset", ["lane", "highway"])
def test_the_expert_succeeds_on_a_few_held_out_roads(preset):
    assert expert_success(preset, roads=10) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "at_least"), [("lane", 0.995), ("highway", 0.97)])
def test_the_expert_succeeds_on_held_out_roads(preset, at_least):
    assert expert_success(preset, roads=200) >= at_least
