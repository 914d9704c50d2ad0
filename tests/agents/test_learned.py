from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.checkpoint import save_network
from agents.heads import DEFAULT_GROUPS, default_heads
from agents.interface import load_agent
from agents.learned import LearnedAgent
from agents.network import DrivingNetwork, NetworkConfig
from drivesim.errors import ConfigError
from tests.agents.toy_env import ToyEnv

CONFIG = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8, history_ticks=2)

TWO_CAMERAS = replace(CONFIG, tele_width=16, tele_height=8, tele_channels=(4, 4, 8, 8))


@pytest.fixture(params=[CONFIG, TWO_CAMERAS], ids=["one_camera", "two_cameras"])
def agent(request) -> LearnedAgent:
    torch.manual_seed(0)
    return LearnedAgent(DrivingNetwork(request.param, default_heads()), device="cpu", precision="fp32")


@pytest.fixture
def env() -> ToyEnv:
    env = ToyEnv(3, 32, 64)
    env.reset(seed=2)
    return env


def test_a_checkpoint_drives_like_the_network_it_came_from(agent, env, tmp_path):
    file = save_network(tmp_path / "best.safetensors", agent.network)
    for name in (str(file), str(tmp_path)):
        loaded = load_agent(name, device="cpu", precision="fp32")
        loaded.reset(3)
        agent.reset(3)
        assert np.array_equal(loaded.act(env.observe_view(), {}), agent.act(env.observe_view(), {}))


def test_actions_are_float32_in_range(agent, env):
    agent.reset(3)
    action = agent.act(env.observe_view(), {})
    assert (action.shape, action.dtype) == ((3, 2), np.float32)
    assert np.abs(action).max() <= 1.0


def test_what_a_world_does_depends_on_no_other(agent, env):
    agent.reset(3)
    together = agent.act(env.observe_view(), {})
    alone = LearnedAgent(agent.network, device="cpu", precision="fp32")
    alone.reset(1)
    row = {name: value[1:2] for name, value in env.observe_view().items()}
    np.testing.assert_allclose(alone.act(row, {}), together[1:2], atol=1e-6)


def test_a_new_episode_remembers_nothing_of_the_last(agent, env):
    agent.reset(3)
    first = agent.act(env.observe_view(), {})
    for _ in range(3):
        env.advance(np.full((3, 2), 0.3, np.float32))
        agent.act(env.observe_view(), {})
    env.reset(seed=2)
    agent.reset(3, np.array([True, False, True]))
    again = agent.act(env.observe_view(), {})
    assert np.array_equal(again[[0, 2]], first[[0, 2]])
    assert not np.array_equal(again[1], first[1])


def test_neither_route_nor_last_action_is_looked_at(agent, env):
    agent.reset(3)
    first = agent.act(env.observe_view(), {})
    observation = env.observe_view()
    observation["ego"][:, 1:] = 7.0
    observation["route"] = np.full((3, 10, 2), 7.0, np.float32)
    agent.reset(3)
    assert np.array_equal(agent.act(observation, {}), first)


def test_an_explanation_covers_every_head(agent, env):
    assert agent.explain() == {}
    agent.reset(3)
    agent.act(env.observe_view(), {})
    seen = agent.explain()
    assert seen["semantic"].shape == seen["depth"].shape == (3, 16, 32)
    assert set(np.unique(seen["semantic"])) <= {int(ids[0]) for ids in DEFAULT_GROUPS.values()}
    assert (seen["depth"] > 0.0).all()
    assert seen["waypoints"].shape == (3, 6, 2)
    assert seen["action"].shape == (3, 2)
    assert seen["lane_curvature"].shape == (3, 4)
    for name in ("target_speed", "lane_offset", "lane_heading", "lead_present", "lead_distance", "lead_closing"):
        assert seen[name].shape == (3,), name
    assert ((seen["lead_present"] >= 0.0) & (seen["lead_present"] <= 1.0)).all()


def test_pictures_of_another_size_are_refused(agent):
    env = ToyEnv(2, 64, 128)
    env.reset(seed=0)
    agent.reset(2)
    with pytest.raises(ConfigError, match=r"expects pictures of \(32, 64, 3\), got \(64, 128, 3\)"):
        agent.act(env.observe_view(), {})
