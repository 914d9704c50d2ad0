"""Head "semantic": what each pixel is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.classes import DEFAULT_GROUPS, ClassGroups
from agents.heads.contract import PICTURE_AXES, Head, Loss, Metric, PicturePane, Quantity
from agents.heads.metrics import confusion_matrix, intersection_over_union, mean_iou, subsample

if TYPE_CHECKING:
    from torch import Tensor

CLASS_WEIGHT = {"line": 3.0, "structure": 2.0, "vehicle": 3.0}
"""Classes of few pixels count more; the others count one."""


def semantic_head(groups: Mapping[str, Sequence[int]] = DEFAULT_GROUPS) -> Head:
    """A class for every second pixel.

    Args:
        groups: The classes told apart, see `ClassGroups`.
    """
    classes = ClassGroups(groups)
    weights = [CLASS_WEIGHT.get(name, 1.0) for name in classes.names]

    def build(config: Any, heads: Mapping[str, Head]) -> Any:
        from agents.network.perception import PixelReadout

        return PixelReadout(config, len(classes))

    def loss(logits: "Tensor", labels: "Mapping[str, Tensor]") -> "Tensor":
        import torch

        from agents.losses import semantic_loss

        group_of_id = torch.from_numpy(classes.group_of_id).to(logits.device, torch.int64)
        return semantic_loss(logits, group_of_id[labels["semantic"].long()], logits.new_tensor(weights))

    def counts(said: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> np.ndarray:
        predicted = classes.group_of(said["semantic"])
        label = classes.group_of(subsample(truth["semantic"], predicted.shape))
        return confusion_matrix(predicted, label, len(classes))

    return Head(
        name="semantic",
        build=build,
        labels=(Quantity(name="semantic", unit="CARLA id", axes=PICTURE_AXES, channel="semantic"),),
        losses=(
            Loss(
                name="semantic",
                weight=0.3,
                meaning="cross-entropy of pixel classes, rare ones weighted up",
                function=loss,
            ),
        ),
        # One id stands for each group, so that explanations speak of ids whatever the groups are.
        explain=lambda logits: {"semantic": classes.semantic_of(logits.detach().argmax(1).cpu().numpy())},
        metrics=(
            Metric(
                meanings={
                    "semantic_miou": "mean intersection over union (IoU) of the classes present",
                    **{f"iou_{name}": f"IoU of the class {name}" for name in classes.names},
                },
                needs=("semantic",),
                counts=counts,
                values=lambda matrix: (mean_iou(matrix), *intersection_over_union(matrix).tolist()),
                is_score=True,
            ),
        ),
        panes=(PicturePane(title="semantics", key="semantic", channel="semantic", paint=_paint, smooth=False),),
        dense=True,
        config={"groups": {name: list(ids) for name, ids in classes.ids.items()}},
    )


def _paint(ids: np.ndarray) -> np.ndarray:
    from drivesim.render.panels import semantic_picture

    return semantic_picture(ids)
