"""Long runs: nothing grows, nothing drifts into nonsense."""

import gc
import os
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401

STEPS = 36_000
"""One simulated hour."""
WARM_UP = 3_000
GROWTH_MAX_BYTES = 16 * 1024**2


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from Linux's /proc")
def test_an_hour_of_64_highway_worlds_needs_no_more_memory_at_its_end():
    env = gym.make_vec(
        "drivesim/Highway-v0", num_envs=64, map_count=8, sensors=[{"width": 16, "height": 12}], threads=2
    )
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    before = ended = 0
    for step in range(STEPS):
        if step == WARM_UP:
            gc.collect()
            before = resident_bytes()
        # The expert's action, sometimes spoilt, so that episodes end in every way.
        action = env.unwrapped.expert_action()
        if step % 400 > 380:
            action += rng.normal(0.0, 0.3, action.shape).astype(np.float32)
        observation, reward, terminated, truncated, _ = env.step(action)
        ended += int((terminated | truncated).sum())
        assert np.isfinite(reward).all()
    gc.collect()
    assert ended > 1_000
    assert np.isfinite(observation["ego"]).all()
    assert resident_bytes() - before < GROWTH_MAX_BYTES
