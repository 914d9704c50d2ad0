"""A label from outside the packages: how many road users are near."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.sensors.labels import register_label

NEAR_M = 40.0


def crowd(maps, state):
    """Road users other than the first driver's car within `NEAR_M` of it, shape (world,)."""
    actors = state.actors
    worlds, own = np.arange(len(actors.x)), state.drivers.slot[:, 0]
    far = np.hypot(actors.x - actors.x[worlds, own][:, None], actors.y - actors.y[worlds, own][:, None])
    return ((actors.kind != 0) & (far < NEAR_M)).sum(axis=1) - 1


register_label("crowd", crowd, doc="Road users nearby.")

# All of the above is what a user writes; what follows reads it.


@pytest.fixture(scope="module")
def batch():
    env = gym.make_vec("drivesim/Highway-v0", num_envs=3, map_count=1, sensors="none")
    env.reset(seed=0)
    return env


def test_it_is_a_label_like_any_other(batch):
    labels = batch.unwrapped.labels()
    assert "crowd" in labels
    near = np.hypot(*labels["objects_position"].transpose(2, 0, 1)) < NEAR_M
    assert labels["crowd"].dtype == np.float32
    assert labels["crowd"] == pytest.approx((near & labels["objects_valid"]).sum(axis=1), abs=1.0)
    assert labels["crowd"].any()


def test_a_single_environment_has_it_too(batch):
    env = gym.make("drivesim/Highway-v0", map_count=1, sensors="none")
    env.reset(seed=1)
    assert env.unwrapped.labels()["crowd"] == batch.unwrapped.labels()["crowd"][1]
