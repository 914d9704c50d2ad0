"""What training minimises: every loss of a batch, by name, and their weighted sum; and the metrics of a batch."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from agents.data import Batch
from agents.losses import (
    absolute_error,
    absolute_relative_error,
    action_loss,
    closing_loss,
    confusion_matrix,
    depth_loss,
    f1_score,
    lane_loss,
    lead_distance_loss,
    mean_iou,
    presence_loss,
    relative_error,
    semantic_loss,
    target_speed_loss,
    waypoint_loss,
)
from agents.network import GROUP_COUNT, GROUP_NAMES, Prediction
from drivesim.state import CURVATURE_COUNT, WAYPOINT_COUNT

CLASS_WEIGHT = {"line": 3.0, "structure": 2.0, "vehicle": 3.0}
"""Classes of few pixels count more; the others count one."""
LANE_SCALE = (0.5, 0.1, *(0.01,) * CURVATURE_COUNT)
"""Errors that count as one: offset [m], heading [rad], curvatures [1/m]."""
NEAR_WEIGHT, FAR_WEIGHT = 1.0, 0.5
"""Weight of the first and the last way-point: near ones decide what the car does now, far ones are uncertain."""


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weight of each loss in the sum that is minimised."""

    semantic: float = 0.3
    """Cross-entropy of the classes."""
    depth: float = 0.3
    """Huber loss of log depth."""
    lane: float = 1.0
    """Huber loss of offset, heading and curvatures."""
    lead_present: float = 0.3
    """Cross-entropy of there being a lead vehicle."""
    lead_distance: float = 0.5
    """Huber loss of its log distance."""
    lead_closing: float = 0.1
    """Huber loss of its closing speed."""
    waypoints: float = 1.0
    """L1 of the way-points."""
    target_speed: float = 0.5
    """L1 of the target speed."""
    action: float = 5.0
    """Squared error of the controls."""


def losses(prediction: Prediction, batch: Batch) -> dict[str, Tensor]:
    """Every loss of a batch, unweighted, by the name of its weight; without dense prediction, without its losses."""
    device = prediction.action.device
    lane, lead, dense = prediction.lane, prediction.lead, prediction.dense
    lane_predicted = torch.cat((lane.offset.unsqueeze(1), lane.heading.unsqueeze(1), lane.curvature), dim=1)
    lane_label = torch.cat(
        (batch.lane_offset.unsqueeze(1), batch.lane_heading.unsqueeze(1), batch.lane_curvature), dim=1
    )
    time_weight = torch.linspace(NEAR_WEIGHT, FAR_WEIGHT, WAYPOINT_COUNT, device=device)
    result = {
        "lane": lane_loss(lane_predicted, lane_label, torch.tensor(LANE_SCALE, device=device)),
        "lead_present": presence_loss(lead.logit, batch.lead_present),
        "lead_distance": lead_distance_loss(lead.log_distance, batch.lead_distance, batch.lead_present),
        "lead_closing": closing_loss(lead.closing, batch.lead_closing, batch.lead_present),
        "waypoints": waypoint_loss(prediction.plan.waypoints, batch.waypoints, time_weight),
        "target_speed": target_speed_loss(prediction.plan.target_speed, batch.target_speed),
        "action": action_loss(prediction.action, batch.action),
    }
    if dense is not None:
        class_weight = torch.tensor([CLASS_WEIGHT.get(name, 1.0) for name in GROUP_NAMES], device=device)
        result["semantic"] = semantic_loss(dense.semantic, batch.semantic.long(), class_weight)
        result["depth"] = depth_loss(dense.log_depth, batch.depth.float())
    return result


def weighted_sum(parts: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """The scalar that is minimised: `sum_k w_k loss_k`."""
    table = asdict(weights)
    return torch.stack([table[name] * value for name, value in parts.items()]).sum()


def metrics(prediction: Prediction, batch: Batch) -> dict[str, float]:
    """The metric of every head on a batch; NaN where the batch has nothing to measure."""

    def array(values: Tensor) -> np.ndarray:
        return values.detach().float().cpu().numpy()

    lane, lead, plan, dense = prediction.lane, prediction.lead, prediction.plan, prediction.dense
    present = array(batch.lead_present) > 0.5
    result = {
        "lane_offset_mae_m": absolute_error(array(lane.offset), array(batch.lane_offset)),
        "lane_heading_mae_rad": absolute_error(array(lane.heading), array(batch.lane_heading)),
        "lane_curvature_mae_per_m": absolute_error(array(lane.curvature), array(batch.lane_curvature)),
        "lead_f1": f1_score(array(lead.logit) > 0.0, present),
        "lead_distance_relative": relative_error(np.exp(array(lead.log_distance)), array(batch.lead_distance), present),
        "lead_closing_mae_m_s": absolute_error(array(lead.closing), array(batch.lead_closing), present),
        "waypoint_mae_m": absolute_error(array(plan.waypoints), array(batch.waypoints)),
        "target_speed_mae_m_s": absolute_error(array(plan.target_speed), array(batch.target_speed)),
        "steering_mae": absolute_error(array(prediction.action[:, 0]), array(batch.action[:, 0])),
        "acceleration_mae": absolute_error(array(prediction.action[:, 1]), array(batch.action[:, 1])),
    }
    if dense is not None:
        predicted = dense.semantic.argmax(1).cpu().numpy()
        result["semantic_miou"] = mean_iou(confusion_matrix(predicted, batch.semantic.cpu().numpy(), GROUP_COUNT))
        result["depth_abs_rel"] = absolute_relative_error(np.exp(array(dense.log_depth)), array(batch.depth))
    return result
