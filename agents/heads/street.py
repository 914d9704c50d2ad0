"""Heads "light", "people" and "right_of_way": what a street asks for beside lane and lead vehicle."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, Metric, Quantity, Said, TextRow, Truth, array
from agents.heads.metrics import PRESENCE_THRESHOLD, detections, f1_score, mean_metric
from drivesim.semantics import LightColor

if TYPE_CHECKING:
    from torch import Tensor

LIGHT_STATES = ("none", "green", "amber", "red")
"""What a driver is told by the light ahead, in the order of the network's answers."""
_STATE_OF_COLOR = np.zeros(len(LightColor), np.uint8)
_STATE_OF_COLOR[[LightColor.GREEN, LightColor.AMBER, LightColor.RED, LightColor.RED_AMBER]] = 1, 2, 3, 3
LAMPS_UP_M, PERSON_UP_M = 2.8, 0.9
"""Middle of a light head beside the road, and of a person, above the ground [m]."""
LIGHT_NEAR_M, PERSON_NEAR_M = 40.0, 25.0
"""Lights and people are judged within this [m]."""


def light_head() -> Head:
    """What the light ahead shows, and how far the stop line is."""
    return Head(
        name="light",
        build=_build_gaze(len(LIGHT_STATES) + 2),
        labels=(
            Quantity(name="light_state", unit="LIGHT_STATES", source=_light_state),
            Quantity(name="light_present", unit="bool"),
            Quantity(name="light_place", unit="m", axes=(2,), mirror=(1.0, -1.0)),
            Quantity(name="stop_line_present", unit="bool"),
            Quantity(name="stop_line_distance", unit="m"),
        ),
        losses=(
            Loss(name="light", weight=1.0, meaning="cross-entropy of what the light ahead shows", function=_light_loss),
            Loss(
                name="stop_line",
                weight=0.3,
                meaning="cross-entropy of there being a stop line, Huber loss of the logarithm of its distance",
                function=lambda said, labels: _distance_loss(_numbers(said)[:, 4:], labels, "stop_line"),
            ),
            Loss(
                name="light_place",
                weight=0.5,
                meaning="cross-entropy of where in each picture the light ahead is",
                function=lambda said, labels: _look_loss(said, labels, "light", LAMPS_UP_M),
            ),
        ),
        explain=lambda said: {
            "light_state": array(_numbers(said)[:, :4].softmax(dim=1)),
            "stop_line_present": array(_numbers(said)[:, 4].sigmoid()),
            "stop_line_distance": np.exp(array(_numbers(said)[:, 5]) + MIDDLE),
        },
        metrics=(
            mean_metric(
                "light_accuracy",
                f"share of frames with a light within {LIGHT_NEAR_M:.0f} m whose state is told right",
                ("light_state",),
                _light_hits,
            ),
            mean_metric(
                "stop_line_relative",
                "mean relative error of the distance to the stop line, where there is one",
                ("stop_line_distance",),
                lambda said, truth: _relative(said, truth, "stop_line"),
            ),
        ),
        panes=(TextRow(title="light", needs=("light_state",), text=_light_text),),
        perceived=_perceived_light,
        perceived_length=len(LIGHT_STATES) + 2,
    )


def people_head() -> Head:
    """Whether somebody is in the way, and how far."""
    return Head(
        name="people",
        build=_build_gaze(2),
        labels=(
            Quantity(name="person_present", unit="bool"),
            Quantity(name="person_distance", unit="m"),
            Quantity(name="person_place", unit="m", axes=(2,), mirror=(1.0, -1.0)),
        ),
        losses=(
            Loss(
                name="people",
                weight=0.5,
                meaning="cross-entropy of somebody being in the way, frames with and without the same in weight; "
                "Huber loss of the logarithm of the distance",
                function=lambda said, labels: _distance_loss(_numbers(said), labels, "person", even=True),
            ),
            Loss(
                name="person_place",
                weight=0.5,
                meaning="cross-entropy of where in each picture the nearest of them is",
                function=lambda said, labels: _look_loss(said, labels, "person", PERSON_UP_M),
            ),
        ),
        explain=lambda said: {
            "person_present": array(_numbers(said)[:, 0].sigmoid()),
            "person_distance": np.exp(array(_numbers(said)[:, 1]) + MIDDLE),
        },
        metrics=(
            mean_metric(
                "person_recall",
                f"share of frames with somebody in the way within {PERSON_NEAR_M:.0f} m in which that is said",
                ("person_present",),
                _person_hits,
            ),
            _f1("person_f1", 'F1 of "somebody is in the way"', "person_present"),
        ),
        panes=(
            TextRow(
                title="person",
                needs=("person_present", "person_distance"),
                text=lambda said: f"{said['person_distance']:.0f} m" if said["person_present"] > 0.5 else "none",
            ),
        ),
        perceived=_perceived_place,
        perceived_length=2,
    )


def right_of_way_head() -> Head:
    """Whether others go first at the junction ahead."""
    return Head(
        name="right_of_way",
        build=_build_waiting,
        labels=(Quantity(name="gives_way", unit="bool"),),
        losses=(
            Loss(
                name="right_of_way",
                weight=0.3,
                meaning="cross-entropy of having to wait at the junction ahead",
                function=lambda said, labels: _presence(said[:, 0], labels["gives_way"]),
            ),
        ),
        explain=lambda said: {"gives_way": array(said[:, 0].sigmoid())},
        metrics=(_f1("gives_way_f1", 'F1 of "I have to wait"', "gives_way"),),
        panes=(
            TextRow(
                title="waits",
                needs=("gives_way",),
                text=lambda said: "yes" if said["gives_way"] > PRESENCE_THRESHOLD else "no",
            ),
        ),
        perceived=lambda said: said.sigmoid(),
        perceived_length=1,
    )


MIDDLE = float(np.log(15.0))
"""Logarithm of the distance said by an output of 0 [m]."""


def _build_gaze(count: int) -> Any:
    def build(config: Any, heads: Mapping[str, Head]) -> Any:
        from agents.network.gaze import GazeReadout
        from agents.network.perception import SceneReadout

        return GazeReadout(config, count) if config.has_camera else SceneReadout(config, count)

    return build


def _build_waiting(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.perception import SceneReadout

    return SceneReadout(config, 1)


def _light_state(truth: Truth) -> np.ndarray:
    return _STATE_OF_COLOR[truth.labels["light_color"]] * truth.labels["light_present"]


def _numbers(said: Any) -> "Tensor":
    """The numbers among what a module said; without a camera it says nothing else."""
    return getattr(said, "numbers", said)


def _light_loss(said: Any, labels: "Mapping[str, Tensor]") -> "Tensor":
    from torch.nn import functional

    from agents.losses import balanced

    state = labels["light_state"].long()
    return balanced(functional.cross_entropy(_numbers(said)[:, :4], state, reduction="none"), state > 0)


def _look_loss(said: Any, labels: "Mapping[str, Tensor]", name: str, up_m: float) -> "Tensor":
    """Mean over cameras of the cross-entropy of where the thing is in its picture."""
    import torch

    from agents.losses import place_loss

    present, place = labels[f"{name}_present"], labels[f"{name}_place"]
    if not hasattr(said, "scores"):
        return place.new_zeros(())
    from agents.network.gaze import cell_of

    # What is not there lies at the rear axle, which no camera shows.
    point = torch.cat((place * present.unsqueeze(1), torch.full_like(place[:, :1], up_m)), dim=1)
    each = [place_loss(scores, cell_of(said.cameras[camera], point)) for camera, scores in said.scores.items()]
    return torch.stack(each).mean()


def _presence(logit: "Tensor", present: "Tensor") -> "Tensor":
    from agents.losses import presence_loss

    return presence_loss(logit, present)


def _distance_loss(said: "Tensor", labels: "Mapping[str, Tensor]", name: str, *, even: bool = False) -> "Tensor":
    """Of a logit of presence and a logarithm of a distance, (batch, 2).

    Args:
        said: Those.
        labels: Of the batch.
        name: What may be present.
        even: Frames with and without it weigh the same: where it is rare, missing it costs more than a false alarm.
    """
    from torch.nn import functional

    from agents.losses import balanced, lead_distance_loss

    present = labels[f"{name}_present"]
    distance = lead_distance_loss(said[:, 1] + MIDDLE, labels[f"{name}_distance"], present)
    if not even:
        return _presence(said[:, 0], present) + distance
    each = functional.binary_cross_entropy_with_logits(said[:, 0], present.float(), reduction="none")
    return balanced(each, present) + distance


def _perceived_light(said: Any) -> "Tensor":
    import torch

    said = _numbers(said)
    return torch.cat((said[:, :4].softmax(dim=1), said[:, 4:5].sigmoid(), said[:, 5:6]), dim=1)


def _perceived_place(said: Any) -> "Tensor":
    import torch

    said = _numbers(said)
    return torch.cat((said[:, :1].sigmoid(), said[:, 1:2]), dim=1)


def _light_hits(said: Said, truth: Said) -> np.ndarray:
    near = (truth["light_state"] > 0) & (truth["stop_line_distance"] <= LIGHT_NEAR_M)
    return said["light_state"][near].argmax(axis=1) == truth["light_state"][near]


def _person_hits(said: Said, truth: Said) -> np.ndarray:
    near = truth["person_present"] & (truth["person_distance"] <= PERSON_NEAR_M)
    return said["person_present"][near] > PRESENCE_THRESHOLD


def _relative(said: Said, truth: Said, name: str) -> np.ndarray:
    there = truth[f"{name}_present"]
    true = truth[f"{name}_distance"][there]
    return np.abs(said[f"{name}_distance"][there] - true) / np.maximum(true, 1.0)


def _f1(name: str, meaning: str, key: str) -> Metric:
    return Metric(
        meanings={name: meaning},
        needs=(key,),
        counts=lambda said, truth: detections(said[key] > PRESENCE_THRESHOLD, truth[key]),
        values=lambda counts: (f1_score(counts),),
        is_score=True,
    )


def _light_text(said: Said) -> str:
    state = said["light_state"]
    return LIGHT_STATES[int(state.argmax()) if state.ndim else int(state)]
