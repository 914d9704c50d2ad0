"""Pictures for logs and reports: what the network sees beside what is there, and how a drive ended."""

from collections.abc import Callable

import cv2
import numpy as np

from agents.data import Batch
from agents.losses import DEPTH_CAP_M
from agents.network import Prediction, semantic_of
from drivesim.envs.simulation import Simulation
from drivesim.render import SceneRenderer
from drivesim.render.panels import depth_picture, semantic_picture
from drivesim.semantics import SEMANTIC_COLOR

NEAR_M = 2.0
"""Depths up to this are white [m]; from there to `DEPTH_CAP_M` they fade to black by their logarithm."""

FROM_ABOVE_PX = (256, 144)
"""Width and height of the picture of a drive without cameras."""


def last_picture(simulation: Simulation, world: int) -> np.ndarray:
    """What a world looks like in its first camera, or from above where it has none, RGB uint8 (H, W, 3)."""
    if not simulation.config.sensors:
        return SceneRenderer(simulation.bank, FROM_ABOVE_PX).frame(simulation.world.state, world)
    camera = simulation.config.sensors[0]
    channel = next(name for name in PAINT if name in camera.channels)
    return PAINT[channel](simulation.observation()[camera.key(channel)][world]).copy()


def instance_picture(ids: np.ndarray) -> np.ndarray:
    """Instance ids, shape (h, w), as colours: neighbouring ids differ, nothing is black."""
    hue = (ids.astype(np.uint32) * 47 % 180).astype(np.uint8)
    strong = np.where(ids > 0, 255, 0).astype(np.uint8)
    return cv2.cvtColor(np.stack((hue, strong, strong), axis=-1), cv2.COLOR_HSV2RGB)


PAINT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rgb": lambda picture: picture,
    "semantic": semantic_picture,
    "depth": depth_picture,
    "instance": instance_picture,
}
"""How each channel is shown, those that tell a person most first."""


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
