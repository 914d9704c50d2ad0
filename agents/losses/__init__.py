"""Losses: pure functions, each with its formula and a worked example in its test."""

from agents.losses.forecasting import path_loss
from agents.losses.perception import (
    balanced,
    closing_loss,
    depth_loss,
    fault_loss,
    lane_loss,
    lead_distance_loss,
    masked_huber,
    place_loss,
    presence_loss,
    semantic_loss,
    target_loss,
)
from agents.losses.planning import action_loss, target_speed_loss, waypoint_loss

__all__ = [
    "action_loss",
    "balanced",
    "closing_loss",
    "depth_loss",
    "fault_loss",
    "lane_loss",
    "lead_distance_loss",
    "masked_huber",
    "path_loss",
    "place_loss",
    "presence_loss",
    "semantic_loss",
    "target_loss",
    "target_speed_loss",
    "waypoint_loss",
]
