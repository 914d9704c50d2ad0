"""Traffic as a whole, and the expert among it, on generated roads."""

import numpy as np
import pytest
from numba import njit

from drivesim.config import ENV_PRESETS, EnvConfig, cameras_of
from drivesim.config.base import replace
from drivesim.config.presets import SENSOR_PRESETS
from drivesim.config.sensors import CameraConfig, telephoto
from drivesim.envs.simulation import Simulation
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


def pop_ups(preset: str, worlds: int, seconds: float, seed: int = 5, first: int = 0) -> tuple[int, int]:
    """Road users that appeared or vanished within an episode, and those of them in a picture with 12 pixels.

    One that vanished counts as in a picture if it was in one before the step, and would have been after it, had it
    gone on: who leaves a picture by driving out of it, or out of the camera's range, has left it, and so has who grows
    too small by driving off, as pixels do with the square of the distance.
    """
    cameras = (*cameras_of(SENSOR_PRESETS["surround"]), telephoto())
    config = replace(ENV_PRESETS[preset], sensors=tuple(replace(c, channels=("instance",)) for c in cameras))
    config = replace(config, traffic={"car_count": 12}, map={"start": HELD_OUT + first, "count": worlds})
    simulation = Simulation(config, world_count=worlds)
    world, a = simulation.world, simulation.world.state.actors
    simulation.world.reset(seed, maps=np.arange(worlds))
    count = shown = 0
    before = np.zeros((len(cameras), *a.kind.shape), np.int64)
    for _ in range(round(seconds / config.step_s)):
        kind, running = a.kind.copy(), world.state.episode.end[:, 0] == 0
        outlines, apart = outlines_after(a, config.step_s), apart_from_driver(a)
        world.step(world.state.plan.expert_action[:, 0])
        simulation.observe()
        pictures = simulation.observation()
        pixels = np.stack([slot_pixels(pictures[c.key("instance")], a.kind.shape[1]) for c in cameras])
        done = world.state.episode.end[:, 0] > 0
        here = (running & ~done)[:, None]
        born, gone = here & (kind == 0) & (a.kind > 0), here & (kind > 0) & (a.kind == 0)
        count += int(born.sum() + gone.sum())
        shown += int((born & (pixels >= 12).any(axis=0)).sum())
        for at, slot in np.argwhere(gone & (before >= 12).any(axis=0)):
            pose = a.x[at, 0], a.y[at, 0], a.yaw[at, 0]
            nearer = apart[at, slot] / np.hypot(*(outlines[at, slot].mean(axis=0) - pose[:2]))
            after = before[:, at, slot] * nearer**2
            shown += any(
                left >= 12 and in_field(camera, outlines[at, slot], *pose)
                for camera, left in zip(cameras, after, strict=True)
            )
        before = pixels
        if done.any():
            world.reset(None, mask=done, maps=np.arange(worlds))
            before[:, done] = 0
    return count, shown


def apart_from_driver(actors) -> np.ndarray:
    """From each world's driver to the middles of all bodies [m], shape (world, slot)."""
    ahead = 0.5 * actors.length - actors.rear
    east, north = actors.x + ahead * np.cos(actors.yaw), actors.y + ahead * np.sin(actors.yaw)
    return np.hypot(east - actors.x[:, :1], north - actors.y[:, :1])


def outlines_after(actors, step_s: float) -> np.ndarray:
    """Points around the bodies of all who go on straight for a step [m], shape (world, slot, point, 2)."""
    share = np.linspace(-1.0, 1.0, 21)
    side = np.ones(21)
    around = np.concatenate(
        [np.stack(xy, axis=1) for xy in ((share, side), (share, -side), (side, share), (-side, share))]
    )
    along = (
        around[:, 0] * 0.5 * actors.length[..., None]
        + (0.5 * actors.length - actors.rear + step_s * actors.speed)[..., None]
    )
    aside = around[:, 1] * 0.5 * actors.width[..., None]
    cos, sin = np.cos(actors.yaw)[..., None], np.sin(actors.yaw)[..., None]
    return np.stack(
        [actors.x[..., None] + along * cos - aside * sin, actors.y[..., None] + along * sin + aside * cos], axis=-1
    )


def in_field(camera: CameraConfig, points: np.ndarray, x: float, y: float, yaw: float) -> bool:
    """Whether a level camera on a car at (x, y) with heading `yaw` has any of a body's points in its picture's width.

    Bodies whose middle is beyond its range are not drawn.
    """
    turned = yaw + np.radians(camera.yaw_deg)
    east = points[:, 0] - x - camera.x_m * np.cos(yaw) + camera.y_m * np.sin(yaw)
    north = points[:, 1] - y - camera.x_m * np.sin(yaw) - camera.y_m * np.cos(yaw)
    if np.hypot(east.mean(), north.mean()) > camera.range_m:
        return False
    depth, left = east * np.cos(turned) + north * np.sin(turned), north * np.cos(turned) - east * np.sin(turned)
    return bool(((depth > 0.0) & (np.abs(left) <= depth * np.tan(np.radians(0.5 * camera.fov_deg)))).any())


def slot_pixels(picture: np.ndarray, slots: int) -> np.ndarray:
    """Pixels of every slot, shape (world, slot)."""
    return np.stack([np.bincount(view.ravel(), minlength=slots + 1)[1 : slots + 1] for view in picture])


@pytest.mark.slow  # It draws 5 cameras for an hour of driving.
@pytest.mark.parametrize("preset", ["lane", "highway"])
def test_nobody_appears_or_vanishes_in_view(preset):
    count, shown = pop_ups(preset, worlds=24, seconds=150.0)
    assert count > 1000
    assert shown == 0
