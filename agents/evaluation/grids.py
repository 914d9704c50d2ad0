"""What came of every situation, as markup: a grid of coloured cells for each scenario, and a row for every failure."""

import html
import itertools
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from agents.evaluation.results import Episode, SuiteResult
from drivesim.scenarios.results import Outcome

GOOD_RGB, FAIR_RGB, BAD_RGB = (198, 233, 210), (250, 232, 190), (244, 190, 185)
GRID_STYLE = """
table.grid{width:auto;margin:0 0 18px} .grid th,.grid td{padding:2px 7px;font-size:12px;border:1px solid #fff}
.grid td{text-align:center;min-width:22px} .grid td.excused{outline:2px dashed #6b7a8a;outline-offset:-3px}
h3{font-size:14px;margin:14px 0 4px}
"""
"""Rules that `situation_grids` needs."""
Drive = tuple[Episode, Outcome]


def situation_grids(result: SuiteResult) -> str:
    """A grid for each scenario: columns are its parameter of most values, rows all its others."""
    scenarios: dict[str, list[Drive]] = {}
    for episode in result.episodes:
        if episode.outcome is not None:
            scenarios.setdefault(episode.outcome.scenario, []).append((episode, episode.outcome))
    note = "&#10003; ended well; a number: hit something at so many km/h; else how it ended. Titles tell more."
    if any(outcome.careful_collides is not None for drives in scenarios.values() for _, outcome in drives):
        note += " Dashed: the careful driver of UN Regulation 157 hits something there, too."
    grids = "".join(f"<h3>{html.escape(name)}</h3>{_grid(drives)}" for name, drives in scenarios.items())
    return f"<h2>{html.escape(f'Every situation of {result.suite}')}</h2><p class='note'>{note}</p>{grids}"


def failure_rows(result: SuiteResult, folders: Mapping[str, str]) -> list[str]:
    """Situation, reason and what is kept of every failure, as cells of a table.

    Args:
        result: Of a suite of situations.
        folders: As `links_of` takes them.
    """
    return [
        f"<td>{html.escape(failure['title'])}</td><td>{html.escape(failure['reason'])}</td>"
        f"<td>{links_of(failure, folders)}</td>"
        for failure in result.failures
    ]


def links_of(failure: Mapping[str, Any], folders: Mapping[str, str]) -> str:
    """Links to what is kept of a failure.

    Args:
        failure: Of `SuiteResult.failures`.
        folders: Where its "clip" and its "drive" are, relative to the page; what has no folder is left out.
    """
    links = []
    for name, folder in folders.items():
        if folder and failure.get(name):
            link = html.escape(quote(f"{folder}/{failure[name]}"))
            links.append(f"<a href='{link}'>{name}</a>")
    return " ".join(links)


def _grid(drives: Sequence[Drive]) -> str:
    values: dict[str, list[float | str]] = {}
    for _, outcome in drives:
        for name, value in outcome.values:
            known = values.setdefault(name, [])
            if value not in known:
                known.append(value)
    varied = {name: known for name, known in values.items() if len(known) > 1}
    across = max(varied, key=lambda name: len(varied[name]), default="")
    down = [name for name in varied if name != across]
    cells: dict[tuple[float | str, ...], list[Drive]] = {}
    for episode, outcome in drives:
        given = dict(outcome.values)
        place = (*(given[name] for name in down), given.get(across, ""))
        cells.setdefault(place, []).append((episode, outcome))
    columns = varied.get(across, [""])
    heads = "".join(f"<th>{_shown(value)}</th>" for value in columns)
    lines = [f"<tr><th>{html.escape(across)}</th>{heads}</tr>"]
    for combination in itertools.product(*(varied[name] for name in down)):
        # Explicit rows of a file are no whole product.
        if any((*combination, value) in cells for value in columns):
            label = ", ".join(f"{html.escape(n)} {_shown(v)}" for n, v in zip(down, combination, strict=True))
            row = "".join(_cell(cells.get((*combination, value), [])) for value in columns)
            lines.append(f"<tr><th>{label}</th>{row}</tr>")
    return f"<table class='grid'>{''.join(lines)}</table>"


def _cell(drives: Sequence[Drive]) -> str:
    """One situation, however often it was driven."""
    if not drives:
        return "<td></td>"
    score = float(np.mean([outcome.score for _, outcome in drives]))
    low, high, share = (BAD_RGB, FAIR_RGB, 2.0 * score) if score < 0.5 else (FAIR_RGB, GOOD_RGB, 2.0 * score - 1.0)
    color = ",".join(f"{round(a + share * (b - a))}" for a, b in zip(low, high, strict=True))
    episode, outcome = min(drives, key=lambda drive: drive[1].score)
    text = "&#10003;"
    if outcome.collided:
        text = f"{3.6 * outcome.impact_speed_m_s:.0f}"
    elif not episode.success:
        text = html.escape(episode.end_reason.replace("_", " "))
    told = html.escape(f"{outcome.title}: {episode.reason or 'ended well'}", quote=True)
    excused = " class='excused'" if outcome.careful_collides else ""
    return f"<td{excused} style='background:rgb({color})' title='{told}'>{text}</td>"


def _shown(value: float | str) -> str:
    return html.escape(f"{value:g}" if isinstance(value, int | float) else str(value))
