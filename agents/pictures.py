"""Pictures for logs and reports: what the network sees beside what is there, and how a drive ended."""

from collections.abc import Callable

import cv2
import numpy as np

from agents.data import FrameBatch
from agents.heads import PicturePane
from agents.heads.contract import PICTURE_STEP
from agents.network import DrivingNetwork, Prediction
from drivesim.config import cameras_of
from drivesim.envs.simulation import Simulation
from drivesim.render import SceneRenderer
from drivesim.render.panels import depth_picture, semantic_picture

FROM_ABOVE_PX = (256, 144)
"""Width and height of the picture of a drive without cameras."""


def last_picture(simulation: Simulation, world: int) -> np.ndarray:
    """What a world looks like in its first camera, or from above where it has none, RGB uint8 (H, W, 3)."""
    camera = next(iter(cameras_of(simulation.config.sensors)), None)
    if camera is None:
        painter = SceneRenderer(simulation.bank, FROM_ABOVE_PX, step_s=simulation.config.step_s)
        return painter.frame(simulation.world.state, world)
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


def comparison(network: DrivingNetwork, batch: FrameBatch, prediction: Prediction, *, count: int = 4) -> np.ndarray:
    """Frames side by side: the picture, then for each head that shows pictures the truth and what it said.

    Args:
        network: Whose heads spoke.
        batch: A batch.
        prediction: What the network said about it.
        count: Frames at most; as many as carry labels that are pictures.

    Returns:
        uint8 (frame, H / 2, (1 + 2 panes) W / 2, 3); no frames where there is no camera or no head spoke of pixels.
    """
    if not network.cameras:
        return np.zeros((0, 0, 0, 3), np.uint8)
    camera = batch.pictures[network.cameras[0].name][:count, ::PICTURE_STEP, ::PICTURE_STEP].cpu().numpy()
    columns = [camera]
    for head in network.spoken(prediction):
        panes = [pane for pane in head.panes if isinstance(pane, PicturePane)]
        said = head.explain(prediction.said[head.name]) if panes else {}
        for pane in panes:
            truth = batch.labels[pane.key][:count].float().cpu().numpy()
            columns += [np.stack([pane.paint(frame) for frame in frames]) for frames in (truth, said[pane.key][:count])]
    if len(columns) == 1:
        return camera[:0]
    return np.concatenate([column[: len(columns[-1])] for column in columns], axis=2)
