"""Losses and metrics: pure functions, each with its formula and a worked example in its test."""

from agents.losses.metrics import (
    DEPTH_CAP_M,
    absolute_error,
    absolute_relative_error,
    confusion_matrix,
    f1_score,
    intersection_over_union,
    mean_iou,
    relative_error,
)
from agents.losses.perception import (
    closing_loss,
    depth_loss,
    lane_loss,
    lead_distance_loss,
    masked_huber,
    presence_loss,
    semantic_loss,
)
from agents.losses.planning import action_loss, target_speed_loss, waypoint_loss

__all__ = [
    "DEPTH_CAP_M",
    "absolute_error",
    "absolute_relative_error",
    "action_loss",
    "closing_loss",
    "confusion_matrix",
    "depth_loss",
    "f1_score",
    "intersection_over_union",
    "lane_loss",
    "lead_distance_loss",
    "masked_huber",
    "mean_iou",
    "presence_loss",
    "relative_error",
    "semantic_loss",
    "target_speed_loss",
    "waypoint_loss",
]
