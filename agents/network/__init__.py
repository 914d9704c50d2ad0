"""The network that drives: encoder, perception heads, planner, policy."""

from agents.network.classes import GROUP_COUNT, GROUP_NAMES, SEMANTIC_GROUPS, group_of, semantic_of
from agents.network.config import NetworkConfig
from agents.network.encoder import Features, picture_tensor
from agents.network.model import DrivingNetwork, Prediction

__all__ = [
    "GROUP_COUNT",
    "GROUP_NAMES",
    "SEMANTIC_GROUPS",
    "DrivingNetwork",
    "Features",
    "NetworkConfig",
    "Prediction",
    "group_of",
    "picture_tensor",
    "semantic_of",
]
