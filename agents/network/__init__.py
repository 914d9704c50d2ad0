"""The network that drives: encoder, heads that perceive, planner, policy."""

from agents.network.config import NetworkConfig
from agents.network.encoder import Features, picture_tensor
from agents.network.model import DrivingNetwork, Prediction
from agents.network.perception import Context, SceneReadout

__all__ = [
    "Context",
    "DrivingNetwork",
    "Features",
    "NetworkConfig",
    "Prediction",
    "SceneReadout",
    "picture_tensor",
]
