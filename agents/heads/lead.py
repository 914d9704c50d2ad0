"""Head "lead": who is ahead."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, Metric, Quantity, Said, TextRow, array
from agents.heads.metrics import PRESENCE_THRESHOLD, detections, f1_score, mean_metric

if TYPE_CHECKING:
    from torch import Tensor

    from agents.network.perception import LeadPrediction

_ALL = ("lead_present", "lead_distance", "lead_closing")


def lead_head(reads: Sequence[str] = ()) -> Head:
    """Whether there is a vehicle ahead in the car's path, how far, and how fast it comes closer.

    Args:
        reads: "target" where sensors measure it.
    """
    return Head(
        name="lead",
        build=_build_measured if "target" in reads else _build,
        labels=(
            Quantity(name="lead_present", unit="bool"),
            Quantity(name="lead_distance", unit="m"),
            Quantity(name="lead_closing", unit="m/s"),
        ),
        losses=(
            Loss(
                name="lead_present",
                weight=0.3,
                meaning="cross-entropy of there being a lead vehicle",
                function=_presence_loss,
            ),
            Loss(
                name="lead_distance",
                weight=0.5,
                meaning="Huber loss of the logarithm of its distance, where there is one",
                function=_distance_loss,
            ),
            Loss(
                name="lead_closing",
                weight=0.1,
                meaning="Huber loss of its closing speed, where there is one",
                function=_closing_loss,
            ),
        ),
        explain=lambda said: {
            "lead_present": array(said.logit.sigmoid()),
            "lead_distance": np.exp(array(said.log_distance)),
            "lead_closing": array(said.closing),
        },
        metrics=(
            Metric(
                meanings={"lead_f1": 'F1 of "there is a lead vehicle"'},
                needs=("lead_present",),
                counts=lambda said, truth: detections(said["lead_present"] > PRESENCE_THRESHOLD, truth["lead_present"]),
                values=lambda counts: (f1_score(counts),),
                is_score=True,
            ),
            mean_metric(
                "lead_distance_relative",
                "mean relative error of its distance, where there is one",
                _ALL,
                lambda said, truth: _errors("lead_distance", said, truth) / np.maximum(_there(truth), 1.0),
            ),
            mean_metric(
                "lead_distance_mae_m",
                "mean error of its distance, where there is one [m]",
                _ALL,
                lambda said, truth: _errors("lead_distance", said, truth),
            ),
            mean_metric(
                "lead_closing_mae_m_s",
                "mean error of its closing speed, where there is one [m/s]",
                _ALL,
                lambda said, truth: _errors("lead_closing", said, truth),
            ),
        ),
        panes=(
            TextRow(
                title="lead",
                needs=("lead_present", "lead_distance"),
                text=lambda said: f"{said['lead_distance']:.0f} m" if _is_there(said) else "none",
            ),
            TextRow(
                title="closing",
                needs=("lead_present", "lead_closing"),
                text=lambda said: f"{said['lead_closing']:+.1f} m/s" if _is_there(said) else "-",
            ),
        ),
        perceived=lambda said: said.columns(),
        perceived_length=3,
        reads=tuple(reads),
        config={"reads": list(reads)} if reads else {},
    )


def _build(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.perception import LeadReadout

    return LeadReadout(config)


def _build_measured(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.target import MeasuredLeadReadout

    return MeasuredLeadReadout(config)


def _presence_loss(said: "LeadPrediction", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import presence_loss

    return presence_loss(said.logit, labels["lead_present"])


def _distance_loss(said: "LeadPrediction", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import lead_distance_loss

    return lead_distance_loss(said.log_distance, labels["lead_distance"], labels["lead_present"])


def _closing_loss(said: "LeadPrediction", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import closing_loss

    return closing_loss(said.closing, labels["lead_closing"], labels["lead_present"])


def _there(truth: Said) -> np.ndarray:
    """True distances where there is a lead vehicle [m]."""
    return truth["lead_distance"][truth["lead_present"]]


def _errors(key: str, said: Said, truth: Said) -> np.ndarray:
    """Absolute errors where there is a lead vehicle."""
    there = truth["lead_present"]
    return np.abs(said[key][there] - truth[key][there])


def _is_there(said: Said) -> bool:
    return bool(said["lead_present"] > PRESENCE_THRESHOLD)
