import numpy as np
import pytest
import torch

from agents.data import FrameBatch, Replay, network_inputs
from agents.heads import default_heads
from agents.network import DrivingNetwork, NetworkConfig, Prediction
from agents.objective import loss_weights, losses, metrics, weighted_sum
from drivesim.errors import ConfigError
from tests.agents.toy_env import ToyEnv

CONFIG = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8)
NETWORK = DrivingNetwork(CONFIG, default_heads())


def predicted(dense: int) -> tuple[FrameBatch, Prediction]:
    env, replay = ToyEnv(2, 32, 64), Replay(8, 2, NETWORK)
    env.reset(seed=0)
    replay.add(env, np.zeros(2, np.int32))
    batch = replay.sample(np.random.default_rng(0), 6, max(dense, 1))
    return batch, NETWORK(network_inputs(batch, torch.float32), dense=dense)


def test_every_loss_has_a_weight_and_every_head_its_losses():
    batch, prediction = predicted(dense=3)
    parts = losses(NETWORK, prediction, batch)
    assert parts.keys() == loss_weights(default_heads(), {}).keys()
    assert all(value.ndim == 0 and torch.isfinite(value) for value in parts.values())


def test_heads_that_were_not_asked_have_neither_loss_nor_metric():
    batch, prediction = predicted(dense=0)
    assert not {"semantic", "depth"} & losses(NETWORK, prediction, batch).keys()
    assert not {"semantic_miou", "depth_abs_rel"} & metrics(NETWORK, prediction, batch).keys()


def test_the_sum_weighs_every_loss_as_its_head_or_the_training_says():
    weights = loss_weights(default_heads(), {"lane": 0.25})
    assert (weights["lane"], weights["lead_present"]) == (0.25, 0.3)
    parts = {"lane": torch.tensor(2.0), "lead_present": torch.tensor(10.0)}
    assert weighted_sum(parts, weights).item() == pytest.approx(0.25 * 2.0 + 0.3 * 10.0)


def test_the_weight_of_no_loss_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="no head has a loss 'lead_distnace'; did you mean 'lead_distance'"):
        loss_weights(default_heads(), {"lead_distnace": 1.0})


def test_the_metrics_of_a_batch_are_those_of_its_labels():
    batch, prediction = predicted(dense=3)
    found = metrics(NETWORK, prediction, batch)
    offset = prediction.said["lane"].offset.detach() - batch.labels["lane_offset"]
    assert found["lane_offset_mae_m"] == pytest.approx(offset.abs().mean().item(), rel=1e-5)
    assert np.isnan(found["lead_distance_mae_m"]), "nobody is ahead in a world of one line"
    assert 0.0 <= found["semantic_miou"] <= 1.0
