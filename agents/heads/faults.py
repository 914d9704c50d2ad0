"""Head "faults": which sensor is faulty, and how."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, Metric, Quantity, Said, TextRow, Truth, array
from agents.heads.metrics import SCORE_BINS, area_under_roc, score_histogram

if TYPE_CHECKING:
    from torch import Tensor

ALARM_THRESHOLD = 0.5


def fault_head(sensors: Mapping[str, Sequence[str]]) -> Head:
    """For every sensor and kind of fault that it may have, whether it has it.

    Args:
        sensors: Names of faults by name of the sensor, in the order of `drivesim.config.fault_names`.
    """
    kinds = {name: tuple(names) for name, names in sensors.items() if names}

    def build(config: Any, heads: Mapping[str, Head]) -> Any:
        from agents.network.inspection import FaultReadout

        return FaultReadout(config, kinds)

    def loss(said: "Mapping[str, Tensor]", labels: "Mapping[str, Tensor]") -> "Tensor":
        from agents.losses import fault_loss

        return fault_loss([said[name] for name in kinds], [labels[f"{name}_faults"] > 0 for name in kinds])

    return Head(
        name="faults",
        build=build,
        labels=tuple(_label(name, len(names)) for name, names in kinds.items()),
        losses=(Loss(name="faults", weight=0.3, meaning="cross-entropy of each fault of each sensor", function=loss),),
        explain=lambda said: {f"{name}_faults": array(said[name].sigmoid()) for name in kinds},
        metrics=tuple(_metric(name, names) for name, names in kinds.items()),
        panes=tuple(_row(name, names) for name, names in kinds.items()),
        config={"sensors": {name: list(names) for name, names in kinds.items()}},
    )


def _label(sensor: str, count: int) -> Quantity:
    """Severities of a sensor's faults; all 0 where the environment's sensor may have none."""
    key = f"{sensor}_faults"

    def source(truth: Truth) -> np.ndarray:
        if key in truth.labels:
            return truth.labels[key]
        return np.zeros((len(truth.observation["ego"]), count), np.uint8)

    return Quantity(name=key, unit="severity", axes=(count,), source=source)


def _metric(sensor: str, names: Sequence[str]) -> Metric:
    """Detection of a sensor's faults: areas under ROC curves, and alarms on frames without any fault.

    The area of a kind is the chance that a frame with it scores higher than one of a healthy sensor (Fawcett 2006);
    counts are histograms of scores, which add up.
    """
    key, bins = f"{sensor}_faults", SCORE_BINS

    def counts(said: Said, truth: Said) -> np.ndarray:
        score, severity = said[key], truth[key]
        clean = ~severity.any(axis=1)
        parts = [np.array([clean.sum(), (score[clean] > ALARM_THRESHOLD).any(axis=1).sum()], np.float64)]
        for kind in range(len(names)):
            parts += [score_histogram(score[severity[:, kind] > 0, kind]), score_histogram(score[clean, kind])]
        return np.concatenate(parts)

    def values(summed: np.ndarray) -> tuple[float, float]:
        clean, alarms = summed[:2]
        areas = [area_under_roc(*pair) for pair in summed[2:].reshape(len(names), 2, bins)]
        known = [area for area in areas if not np.isnan(area)]
        return (float(np.mean(known)) if known else np.nan), (alarms / clean if clean else np.nan)

    return Metric(
        meanings={
            f"{sensor}_fault_auroc": "area under the ROC curve, faulty against healthy frames, mean over kinds",
            f"{sensor}_false_alarms": "share of healthy frames with an alarm",
        },
        needs=(key,),
        counts=counts,
        values=values,
    )


def _row(sensor: str, names: Sequence[str]) -> TextRow:
    key = f"{sensor}_faults"

    def text(said: Said) -> str:
        present = said[key] > ALARM_THRESHOLD if said[key].dtype.kind == "f" else said[key] > 0
        return ", ".join(name for name, there in zip(names, present, strict=True) if there) or "none"

    return TextRow(title=f"{sensor} faults", needs=(key,), text=text)
