import numpy as np
import torch

from agents.data import Replay, network_inputs
from agents.heads import default_heads
from agents.network import DrivingNetwork, NetworkConfig
from agents.pictures import comparison
from drivesim.semantics import SEMANTIC_COLOR, Semantic
from tests.agents.toy_env import ToyEnv

CONFIG = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8)


NETWORK = DrivingNetwork(CONFIG, default_heads())


def shown(dense: int):
    env, replay = ToyEnv(2, 32, 64), Replay(4 + CONFIG.history_ticks, 2, NETWORK)
    env.reset(seed=0)
    replay.add(env, np.zeros(2, np.int32))
    batch = replay.sample(np.random.default_rng(0), 6, max(dense, 1))
    return batch, NETWORK(network_inputs(batch, torch.float32), dense=dense)


def test_truth_and_answer_of_every_picture_stand_side_by_side():
    batch, prediction = shown(dense=6)
    pictures = comparison(NETWORK, batch, prediction, count=3)
    assert (pictures.shape, pictures.dtype) == ((3, 16, 5 * 32, 3), np.uint8)
    assert np.array_equal(pictures[:, :, :32], batch.pictures["camera"][:3, ::2, ::2].numpy())
    assert tuple(pictures[0, 0, 32]) == tuple(SEMANTIC_COLOR[Semantic.SKY])
    depth = pictures[0, :, 3 * 32].astype(int).sum(axis=-1)
    assert depth[0] < depth[-1], "the sky is dark and what is near is bright"


def test_without_semantics_there_is_nothing_to_show():
    assert len(comparison(NETWORK, *shown(dense=0))) == 0
