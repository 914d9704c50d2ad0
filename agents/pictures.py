"""What the network sees beside what is there, as pictures for a training log."""

import numpy as np

from agents.data import Batch
from agents.losses import DEPTH_CAP_M
from agents.network import Prediction, semantic_of
from drivesim.semantics import SEMANTIC_COLOR

NEAR_M = 2.0
"""Depths up to this are white [m]; from there to `DEPTH_CAP_M` they fade to black by their logarithm."""


def comparison(batch: Batch, prediction: Prediction, *, count: int = 4) -> np.ndarray:
    """Frames side by side: picture, true and predicted classes, true and predicted depth.

    Args:
        batch: A batch.
        prediction: What the network said about it.
        count: Frames at most; as many as carry semantics and depth.

    Returns:
        uint8 (frame, H / 2, 5 W / 2, 3); no frames where none was decoded.
    """
    if prediction.dense is None:
        return np.zeros((0, *(side // 2 for side in batch.camera.shape[1:3]), 3), np.uint8)
    camera = batch.camera[:count, ::2, ::2].cpu().numpy()
    classes = prediction.dense.semantic[:count].argmax(1).to(batch.semantic.dtype)
    depth = prediction.dense.log_depth.detach()[:count].exp().cpu().numpy()
    panes = (
        camera[: len(depth)],
        SEMANTIC_COLOR[semantic_of(batch.semantic[:count].cpu().numpy())],
        SEMANTIC_COLOR[semantic_of(classes.cpu().numpy())],
        shade(batch.depth[:count].float().cpu().numpy()),
        shade(depth),
    )
    return np.concatenate(panes, axis=2)


def shade(depth: np.ndarray) -> np.ndarray:
    """Grey uint8 (..., 3) of depths [m]: near is bright."""
    along = np.log(np.clip(depth, NEAR_M, DEPTH_CAP_M) / NEAR_M) / np.log(DEPTH_CAP_M / NEAR_M)
    grey = (255.0 * (1.0 - along)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)
