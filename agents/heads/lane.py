"""Head "lane": where the lane runs."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agents.heads.contract import Head, Loss, Quantity, TextRow, array
from agents.heads.metrics import mean_absolute
from drivesim.state import CURVATURE_COUNT

if TYPE_CHECKING:
    from torch import Tensor

    from agents.network.perception import LanePrediction


def lane_head() -> Head:
    """Offset from the lane's centre, heading relative to it, and its curvature at some distances ahead."""
    return Head(
        name="lane",
        build=_build,
        labels=(
            Quantity(name="lane_offset", unit="m", mirror=-1.0),
            Quantity(name="lane_heading", unit="rad", mirror=-1.0),
            Quantity(name="lane_curvature", unit="1/m", axes=(CURVATURE_COUNT,), mirror=-1.0),
        ),
        losses=(
            Loss(
                name="lane",
                weight=1.0,
                meaning="Huber loss of offset, heading and curvatures, each in units of its usual size",
                function=_loss,
            ),
        ),
        explain=lambda said: {
            "lane_offset": array(said.offset),
            "lane_heading": array(said.heading),
            "lane_curvature": array(said.curvature),
        },
        metrics=(
            mean_absolute("lane_offset_mae_m", "mean error of the offset from the lane's centre [m]", "lane_offset"),
            mean_absolute(
                "lane_heading_mae_rad", "mean error of the heading relative to the lane [rad]", "lane_heading"
            ),
            mean_absolute("lane_curvature_mae_per_m", "mean error of the curvatures ahead [1/m]", "lane_curvature"),
        ),
        panes=(
            TextRow(title="offset", needs=("lane_offset",), text=lambda said: f"{said['lane_offset']:+.2f} m"),
            TextRow(
                title="heading",
                needs=("lane_heading",),
                text=lambda said: f"{math.degrees(said['lane_heading']):+.1f} deg",
            ),
            TextRow(
                title="curvature 5 m",
                needs=("lane_curvature",),
                text=lambda said: f"{said['lane_curvature'][0]:+.4f} /m",
            ),
        ),
        perceived=lambda said: said.columns(),
        perceived_length=2 + CURVATURE_COUNT,
    )


def _build(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.perception import LaneReadout

    return LaneReadout(config)


def _loss(said: "LanePrediction", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import lane_loss
    from agents.network.perception import LanePrediction

    truth = LanePrediction(labels["lane_offset"], labels["lane_heading"], labels["lane_curvature"])
    return lane_loss(said.columns(), truth.columns())
