"""Futures are what the drive that was recorded then did."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.errors import ConfigError
from drivesim.sensors.truth.futures import Tracks
from drivesim.state import ActorKind
from tests.reference.views import put, state_of


def test_they_are_where_the_labels_of_later_steps_put_everybody():
    env = gym.make_vec("drivesim/Highway-v0", num_envs=2, map_count=2, sensors="none", autoreset_mode="SameStep")
    env.reset(seed=4)
    state = env.unwrapped.simulation.world.state
    tracks, seen = Tracks(env.unwrapped.simulation.config.step_s), []
    for step in range(80):
        labels = env.unwrapped.labels()
        ego = state.actors.x[:, 0] + 1j * state.actors.y[:, 0].astype(np.float64)
        there = labels["objects_valid"].copy(), labels["world_objects_position"].astype(np.float64)
        seen.append(
            (*there, labels["objects_track"].copy(), state.worlds.episode.copy(), ego, state.actors.yaw[:, 0].copy())
        )
        tracks.add(state)
        # The second world drives off its road, and begins anew.
        action = env.unwrapped.expert_action().copy()
        action[1, 0] = 0.9 if step > 30 else action[1, 0]
        env.step(action)
    assert seen[-1][3][0] == 0 < seen[-1][3][1]
    futures = tracks.futures()
    assert futures.times_s.tolist() == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    compared = ended = 0
    for step in range(0, 80, 7):
        valid, _, track, episode, ego, yaw = seen[step]
        for point in range(6):
            later = step + 5 * (point + 1)
            if later >= 80:
                assert not futures.valid[step, :, :, point].any()
                continue
            valid_then, position, track_then, episode_then, _, _ = seen[later]
            for world, slot in zip(*np.nonzero(valid), strict=True):
                same = valid_then[world, slot] and track[world, slot] == track_then[world, slot]
                same = same and episode[world] == episode_then[world]
                assert futures.valid[step, world, slot, point] == same
                if same:
                    place = position[world, slot, 0] + 1j * position[world, slot, 1]
                    turned = (place - ego[world]) * np.exp(-1j * yaw[world])
                    found = futures.position[step, world, slot, point]
                    assert found == pytest.approx([turned.real, turned.imag], abs=2e-3)
                    compared += 1
                else:
                    assert np.isnan(futures.position[step, world, slot, point]).all()
                    ended += 1
    assert compared > 500
    assert ended > 5


def test_a_car_that_takes_the_slot_of_another_is_not_its_future():
    state, tracks = state_of(), Tracks(0.5, horizon_s=1.0, interval_s=0.5)
    for step, (born, x) in enumerate(((0, 10.0), (0, 15.0), (2, -30.0), (2, -25.0))):
        put(state, 0, 1, x, 2.0, 0.3, kind=ActorKind.VAN)
        state.actors.born[0, 1] = born
        state.actors.x[0, 0] = 2.0 * step
        tracks.add(state)
    futures = tracks.futures()
    assert len(tracks) == 4
    assert futures.valid[:, 0, 1].tolist() == [[True, False], [False, False], [True, False], [False, False]]
    middle = 0.5 * state.actors.length[0, 1] * np.array([np.cos(0.3), np.sin(0.3)])
    assert futures.position[0, 0, 1, 0] == pytest.approx([15.0 + middle[0], 2.0 + middle[1]], abs=1e-4)
    assert futures.position[2, 0, 1, 0] == pytest.approx([-25.0 - 4.0 + middle[0], 2.0 + middle[1]], abs=1e-4)
    assert futures.yaw[0, 0, 1, 0] == pytest.approx(0.3, abs=1e-6)
    assert not futures.valid[:, 0, 2:].any()


def test_wrong_times_and_an_empty_drive_are_refused():
    with pytest.raises(ConfigError, match=r"interval_s: expected a multiple of the control step 0\.1 s, got 0\.25"):
        Tracks(0.1, interval_s=0.25)
    with pytest.raises(ConfigError, match=r"horizon_s: expected at least interval_s = 0\.5, got 0\.2"):
        Tracks(0.1, horizon_s=0.2)
    with pytest.raises(ValueError, match="nothing has been taken down"):
        Tracks().futures()
