"""Head "depth": how far each pixel is."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import PICTURE_AXES, Head, Loss, PicturePane, Quantity, array
from agents.heads.metrics import mean_metric, subsample

if TYPE_CHECKING:
    from torch import Tensor

DEPTH_CAP_M = 80.0
"""Pixels farther than this do not count (Eigen et al. 2014, arXiv:1406.2283, and everyone since on KITTI)."""
MIDDLE_M = 12.0
"""Depth at a zero output [m]."""


def depth_head() -> Head:
    """The logarithm of depth for every second pixel."""
    return Head(
        name="depth",
        build=_build,
        labels=(Quantity(name="depth", unit="m", axes=PICTURE_AXES, channel="depth", dtype="float16"),),
        losses=(
            Loss(name="depth", weight=0.3, meaning="Huber loss of the logarithm of depth up to 80 m", function=_loss),
        ),
        explain=lambda maps: {"depth": np.exp(array(_log_depth(maps)))},
        metrics=(
            mean_metric("depth_abs_rel", "mean relative error (AbsRel) of depth up to 80 m", "depth", _relative_errors),
        ),
        panes=(PicturePane(title="depth", key="depth", channel="depth", paint=_paint),),
        dense=True,
    )


def _build(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.perception import PixelReadout

    return PixelReadout(config, 1)


def _log_depth(maps: "Tensor") -> "Tensor":
    return maps[:, 0] + math.log(MIDDLE_M)


def _loss(maps: "Tensor", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import depth_loss

    return depth_loss(_log_depth(maps), labels["depth"].float(), cap_m=DEPTH_CAP_M)


def _relative_errors(said: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> np.ndarray:
    """AbsRel's `|d' - d| / d` of the pixels up to the cap (Eigen et al. 2014)."""
    depth = subsample(truth["depth"], said["depth"].shape).astype(np.float32)
    near = depth <= DEPTH_CAP_M
    return np.abs(said["depth"][near] - depth[near]) / depth[near]


def _paint(depth: np.ndarray) -> np.ndarray:
    from drivesim.render.panels import depth_picture

    return depth_picture(depth)
