"""Robustness on the report page: tables, one plot, and a sheet of every fault at every severity."""

import html
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import gymnasium as gym
import numpy as np

from agents.evaluation.results import rounded
from agents.interface import Agent, sensors_of, vehicle_of
from agents.report import ACCENT, INK, new_figure, plot_tag, png, span, table
from agents.robustness.cells import Target
from agents.robustness.drive import Robustness
from agents.robustness.scores import ByFault, paired_loss
from drivesim.config import SEVERITY_MAX
from drivesim.tasks.suites import Suite

SHEET_STEPS = 40
"""Control steps that are driven before the frame of the sheet is taken."""
SHOWN_STEPS = 3
"""Steps with the fault before it is shown: frames that are frozen or late differ by then."""
SHEET_WIDTH_PX = 160
LABEL_PX = 150


def sections(result: Robustness, baseline: ByFault | None, sheet: np.ndarray | None) -> list[str]:
    """The parts of the page as HTML."""
    name = html.escape(result.about["suite"])
    parts = [driving_table(result, name)]
    if result.cells:
        parts.append(plot_tag(loss_plot(result)))
    if result.clean.perception:
        parts.append(perception_table(result, baseline, name))
    if sheet is not None:
        import cv2

        _, content = cv2.imencode(".png", sheet[..., ::-1])
        parts += [f"<h2>Faults at severity 1 to {SEVERITY_MAX}</h2>", plot_tag(content.tobytes())]
    return parts


def driving_table(result: Robustness, name: str) -> str:
    """Success by severity and the loss of driving score of every fault."""
    drives = len(result.clean.episodes)
    severities = sorted({cell.severity for cell in result.cells})
    cells = [f"{rounded(100 * result.clean.success)} %"] * len(severities) + [
        percent(result.clean.collisions), f"{result.clean.driving_score:.1f}", ""
    ]  # fmt: skip
    rows = ["<td>clean</td>" + "".join(f"<td class='number'>{cell}</td>" for cell in cells)]
    for fault in result.faults:
        by_severity = result.of(fault)
        scores = [each.driving_score for each in by_severity.values()]
        losses = [
            span(paired_loss(result.clean.episodes, each.episodes, "driving_score")) for each in by_severity.values()
        ]
        cells = [f"{rounded(100 * by_severity[s].success)} %" if s in by_severity else "" for s in severities]
        collisions = sum(each.collisions for each in by_severity.values()) / len(by_severity)
        cells += [percent(collisions), f"{sum(scores) / len(scores):.1f}", " &nbsp; ".join(losses)]
        rows.append(f"<td>{html.escape(fault)}</td>" + "".join(f"<td class='number'>{cell}</td>" for cell in cells))
    heads = (
        "fault",
        *(f"success at {s}" for s in severities),
        "collisions",
        "driving score",
        "loss of driving score by severity",
    )
    note = f"<p class='note'>{drives} drives a cell, losses over the same drives with normal 95 % intervals</p>"
    return table(f"Robustness on {name}: driving", heads, rows) + note


def perception_table(result: Robustness, baseline: ByFault | None, name: str) -> str:
    """Clean value, mCE and mRR of every metric, and the faults that cost most."""
    rows = []
    for metric, values in result.perception(baseline).items():
        if metric not in result.metrics:
            continue
        worst = sorted((rr, fault) for fault, rr in values["RR"].items() if math.isfinite(rr))[:3]
        cells = [
            f"{values['clean']:.4f}", percent(values["mCE"]), percent(values["mRR"]),
            ", ".join(f"{html.escape(fault)} {100 * rr:.0f} %" for rr, fault in worst),
        ]  # fmt: skip
        rows.append(f"<td>{html.escape(metric)}</td>" + "".join(f"<td class='number'>{cell}</td>" for cell in cells))
    heads = ("metric", "clean", "mCE", "mRR", "least robust against (RR)")
    note = (
        "<p class='note'>mCE: errors under faults over the shipped driver's, less is better; mRR: what is left of "
        "the clean value, more is better</p>"
    )
    return table(f"Robustness on {name}: perception", heads, rows) + note


def percent(value: float) -> str:
    """A share in per cent; empty where there is none."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else ""


def loss_plot(result: Robustness) -> bytes:
    """Driving score, and what is left of the first metric of perception, by fault and severity; PNG."""
    faults, severities = result.faults, sorted({cell.severity for cell in result.cells})
    panels: list[tuple[str, np.ndarray, float]] = [("driving score", _grid(result, severities, None), 100.0)]
    metric = next(iter(result.metrics), None)
    if metric is not None:
        panels.append((metric, _grid(result, severities, metric), 1.0))
    figure, axes = new_figure(rows=1, columns=len(panels), height=0.24 * len(faults) + 0.8)
    for axis, (title, values, most) in zip(axes[0], panels, strict=True):
        # Errors have no greatest value: the colours span what there is.
        worst = most if title == "driving score" or title in result.scores else float(np.nanmax(values, initial=1e-9))
        reverse = title != "driving score" and title not in result.scores
        axis.imshow(values, aspect="auto", vmin=0.0, vmax=worst, cmap="RdYlGn_r" if reverse else "RdYlGn", alpha=0.75)
        for row, column in np.argwhere(np.isfinite(values)):
            text = f"{values[row, column]:.0f}" if most == 100.0 else f"{values[row, column]:.2f}"
            axis.text(column, row, text, ha="center", va="center", fontsize=7, color=INK)
        axis.set_yticks(range(len(faults)), faults)
        axis.set_xticks(range(len(severities)), severities)
        axis.set_xlabel("severity")
        clean = result.clean.driving_score if most == 100.0 else result.clean.perception[title]
        axis.set_title(
            f"{title.replace('_', ' ')} (clean {clean:.{0 if most == 100.0 else 2}f})", loc="left", color=ACCENT
        )
    return png(figure)


def _grid(result: Robustness, severities: Sequence[int], metric: str | None) -> np.ndarray:
    """A value by fault and severity, NaN where nothing was measured."""
    values = np.full((len(result.faults), len(severities)), np.nan)
    for row, fault in enumerate(result.faults):
        for severity, drives in result.of(fault).items():
            value = drives.driving_score if metric is None else drives.perception.get(metric, math.nan)
            values[row, severities.index(severity)] = value
    return values


def contact_sheet(agent: Agent, suite: Suite, targets: Sequence[Target]) -> np.ndarray | None:
    """One frame of the agent's first sensors with every fault and weather, a row each: clean, then severities 1 to 5.

    Returns:
        uint8 (H, W, 3); None where no sensor with such a fault can be shown.
    """
    vehicle = vehicle_of(agent)
    env = gym.make_vec(
        suite.env_id,
        config=None if vehicle is None else {"vehicle": asdict(vehicle)},
        num_envs=1,
        map_start=suite.first_road,
        map_count=1,
        sensors=list(sensors_of(agent)),
        autoreset_mode="Disabled",
    )
    base: Any = env.unwrapped
    base.reset(seed=[suite.seed])
    for _ in range(SHEET_STEPS):
        base.advance(base.expert_action())
    snapshot = base.snapshot()
    sensors = {sensor.config.name: sensor for sensor in base.simulation.rig.sensors}

    def picture(target: Target, severity: int) -> np.ndarray | None:
        base.restore(snapshot)
        base.set_weather((target.weather(severity) or (None,))[0] if severity else None)
        name = target.sensors[0] if target.sensors else next(iter(sensors))
        if severity and target.sensors:
            base.set_fault(name, target.kind, severity)
        for _ in range(SHOWN_STEPS):
            base.advance(base.expert_action())
        observation = base.observe_view()
        frames = {channel.name: observation[channel.key][0] for channel in sensors[name].config.measured()}
        pane = sensors[name].pane(frames)
        return None if pane is None else pane.copy()

    rows = []
    for target in targets:
        panes = [picture(target, severity) for severity in range(SEVERITY_MAX + 1)]
        shown = [pane for pane in panes if pane is not None]
        if len(shown) == len(panes):
            rows.append(_row(target.name, shown))
    env.close()
    return np.concatenate(rows) if rows else None


def _row(name: str, panes: Sequence[np.ndarray]) -> np.ndarray:
    """Panes side by side behind a name, all of one width."""
    import cv2

    height = max(24, round(panes[0].shape[0] * SHEET_WIDTH_PX / panes[0].shape[1]))
    scaled = [cv2.resize(pane, (SHEET_WIDTH_PX, height), interpolation=cv2.INTER_AREA) for pane in panes]
    label = np.full((height, LABEL_PX, 3), 255, np.uint8)
    place = (4, height // 2 + 4)
    cv2.putText(label, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.36, (28, 39, 51), 1, cv2.LINE_AA)
    gap = np.full((height, 2, 3), 255, np.uint8)
    parts = [label, *(part for pane in scaled for part in (pane, gap))]
    return np.pad(np.concatenate(parts, axis=1), ((0, 2), (0, 0), (0, 0)), constant_values=255)
