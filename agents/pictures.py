"""What the network sees beside what is there, as pictures for a training log."""

import numpy as np

from agents.data import FrameBatch
from agents.heads import PicturePane
from agents.heads.contract import PICTURE_STEP
from agents.network import DrivingNetwork, Prediction


def comparison(network: DrivingNetwork, batch: FrameBatch, prediction: Prediction, *, count: int = 4) -> np.ndarray:
    """Frames side by side: the picture, then for each head that shows pictures the truth and what it said.

    Args:
        network: Whose heads spoke.
        batch: A batch.
        prediction: What the network said about it.
        count: Frames at most; as many as carry labels that are pictures.

    Returns:
        uint8 (frame, H / 2, (1 + 2 panes) W / 2, 3); no frames where no head spoke of pixels.
    """
    camera = batch.pictures[network.sensors[0].name][:count, ::PICTURE_STEP, ::PICTURE_STEP].cpu().numpy()
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
