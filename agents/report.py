"""The report page: tables, plots and pictures of failures in one HTML file that needs nothing else."""

import base64
import html
import io
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.evaluation.grids import GRID_STYLE, failure_rows, links_of, situation_grids
from agents.evaluation.outlines import Footprint
from agents.evaluation.results import Interval, SuiteResult, groups_of
from agents.files import write_text

THUMBNAIL_SCALE = 2
THUMBNAIL_MAX_PX = 320
"""Wider than this pictures are not enlarged."""
THUMBNAILS_MAX = 24
PANEL_SHAPE = 0.6
"""Height of a map's panel over its width."""
MAPS_MAX = 8
"""Maps of a suite that are drawn."""
THUMBNAILS_COMPARED_MAX = 4
"""Pictures of each driver where one suite has several: the page compares them, and a bad one must not fill it."""
INK, MUTED, ACCENT, GOOD, BAD = "#1c2733", "#6b7a8a", "#1f6feb", "#2a9d5c", "#d1453b"

STYLE = f"""
body{{font:15px/1.5 system-ui,sans-serif;color:{INK};max-width:1040px;margin:32px auto;padding:0 20px;background:#fff}}
h1{{font-size:26px;margin:0 0 4px}} h2{{font-size:18px;margin:36px 0 8px}} p.note{{color:{MUTED};margin:0 0 12px}}
table{{border-collapse:collapse;width:100%}} th,td{{text-align:left;padding:7px 12px;border-bottom:1px solid #e3e8ee}}
th{{color:{MUTED};font-weight:600;font-size:13px}} td.number{{font-variant-numeric:tabular-nums}}
img.plot{{width:100%;height:auto}} .thumbs{{display:flex;flex-wrap:wrap;gap:12px}}
figure{{margin:0}} figcaption{{font-size:12px;color:{MUTED}}} figure img{{border-radius:4px;image-rendering:pixelated}}
"""


def write_report(
    results: Sequence[SuiteResult],
    file: str | os.PathLike[str],
    *,
    history: Sequence[dict[str, float]] = (),
    clips: str = "",
    drives: str = "",
    title: str = "drivesim report",
) -> Path:
    """Writes the page under its final name only once it is complete.

    Args:
        results: Suites driven.
        file: Where to.
        history: Numbers of every training round, for the curves; empty for none.
        clips: Folder of the failures' clips, relative to the page.
        drives: Folder of the failures' drives, relative to the page.
        title: Heading.
    """
    folders = {"clip": clips, "drive": drives}
    sections = [driving_table(results), plot_tag(outcome_plot(results))]
    if any(result.score_names() for result in results):
        sections.append(score_table(results))
    for result in results:
        if any(each.situation for each in result.episodes):
            sections.append(situation_table(result))
        if any(each.outcome is not None for each in result.episodes):
            failed = html.escape(f"Failures of {result.agent} in {result.suite}")
            sections.append(table(failed, ("situation", "what happened", ""), failure_rows(result, folders)))
            sections.append(situation_grids(result))
    sections += [infraction_map(result) for result in results if result.footprints]
    if any(result.perception for result in results):
        sections.append(perception_table(results))
    if history:
        sections.append("<h2>Training</h2>" + plot_tag(training_plot(history)))
    compared = len({result.suite for result in results}) < len(results)
    limit = THUMBNAILS_COMPARED_MAX if compared else THUMBNAILS_MAX
    sections += [failure_gallery(result, limit, folders) for result in results if result.failures]
    agents = ", ".join(sorted({result.agent for result in results}))
    left_out = [f" Interrupted: {len(r.episodes)} of {r.asked} drives of {r.suite}." for r in results if r.is_part]
    note = f"{agents}; shares with Wilson 95 % intervals, means with normal ones, scores with bootstrap ones."
    return write_page(sections, file, title=title, note=note + "".join(left_out))


def write_page(sections: Sequence[str], file: str | os.PathLike[str], *, title: str, note: str) -> Path:
    """Writes a page of the report's style.

    Args:
        sections: Its parts, markup.
        file: Where to.
        title: Heading, text.
        note: Stands below the heading, text.
    """
    page = (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f"<style>{STYLE}{GRID_STYLE}</style><h1>{html.escape(title)}</h1>"
        f"<p class='note'>{html.escape(note)}</p>{''.join(sections)}</html>\n"
    )
    return write_text(file, page)


def driving_table(results: Sequence[SuiteResult]) -> str:
    """Success, score and its parts for every suite."""
    rows = []
    for result in results:
        reasons = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in result.reasons().items())
        cells = [
            html.escape(result.suite),
            html.escape(result.agent),
            str(len(result.episodes)),
            share(result.success),
            span(result.mean("driving_score")),
            span(result.mean("completion"), scale=100.0, unit=" %"),
            span(result.mean("speed_m_s"), scale=3.6, unit=" km/h"),
            span(result.mean("comfort"), scale=100.0, unit=" %"),
            html.escape(reasons),
        ]
        rows.append("".join(f"<td class='number'>{cell}</td>" for cell in cells))
    heads = ("suite", "agent", "drives", "success", "driving score", "completion", "speed", "comfort", "ends")
    return table("Driving", heads, rows)


def perception_table(results: Sequence[SuiteResult]) -> str:
    """Every perception metric, a column per suite and driver."""
    names = list(dict.fromkeys(name for result in results for name in result.perception))
    rows = []
    for name in names:
        values = [f"{result.perception[name]:.4f}" if name in result.perception else "" for result in results]
        rows.append(f"<td>{html.escape(name)}</td>" + "".join(f"<td class='number'>{value}</td>" for value in values))
    return table("Perception", ("metric", *(html.escape(heading(result, results)) for result in results)), rows)


def heading(result: SuiteResult, results: Sequence[SuiteResult]) -> str:
    """What tells a result from the others: its suite, and its driver where another one drove the same suite."""
    alone = sum(other.suite == result.suite for other in results) == 1
    return result.suite if alone else f"{result.suite}, {result.agent}"


def score_table(results: Sequence[SuiteResult]) -> str:
    """Every score and every event per kilometre, a column per suite and driver."""
    rows = []
    for name in dict.fromkeys(name for result in results for name in result.score_names()):
        values = [result.score(name) for result in results]
        cells = ("" if v is None else f"{v.mean:.3f} [{v.low:.3f}, {v.high:.3f}]" for v in values)
        rows.append(f"<td>{html.escape(name)}</td>" + "".join(f"<td class='number'>{cell}</td>" for cell in cells))
    rates = [result.events_per_km() for result in results]
    for name in sorted({name for each in rates for name in each}):
        cells = (f"{each.get(name, 0.0):.3f}" for each in rates)
        label = html.escape(f"{name.replace('_', ' ')} per km")
        rows.append(f"<td>{label}</td>" + "".join(f"<td class='number'>{cell}</td>" for cell in cells))
    return table("Scores", ("score", *(html.escape(heading(result, results)) for result in results)), rows)


def situation_table(result: SuiteResult) -> str:
    """Success and driving score by situation; of drives with outcomes points and collisions, too."""
    groups, rows = groups_of(result.episodes), []
    for group in groups:
        cells = [
            html.escape(group.name), str(len(group.episodes)), share(group.success), bounds(group.driving_score),
            str(group.collisions),
        ]  # fmt: skip
        if groups[-1].has_points:
            cells[3:3] = [f"{sum(each.score for each in group.outcomes):.1f}", share(group.points)]
        if groups[-1].avoidable is not None:
            cells.append(f"{group.avoidable[0]} of {group.avoidable[1]}" if group.avoidable is not None else "")
        rows.append("".join(f"<td class='number'>{cell}</td>" for cell in cells))
    if groups:
        points = ("points", "of all points") if groups[-1].has_points else ()
        heads = ["situation", "drives", "success", *points, "driving score", "collisions"]
        if groups[-1].avoidable is not None:
            heads.append("of those a careful driver avoids")
        about = f"<p class='note'>{html.escape(result.about)}</p>" if result.about else ""
        return table(html.escape(f"Situations of {result.suite}"), heads, rows, about)
    for name in dict.fromkeys(episode.situation for episode in result.episodes):
        part = replace(result, episodes=[episode for episode in result.episodes if episode.situation == name])
        ends = ", ".join(
            f"{count} {end.replace('_', ' ')}" for end, count in part.reasons().items() if end != "success"
        )
        cells = (
            html.escape(name), str(len(part.episodes)), share(part.success), span(part.mean("driving_score")),
            html.escape(ends),
        )  # fmt: skip
        rows.append("".join(f"<td class='number'>{cell}</td>" for cell in cells))
    heads = ("situation", "drives", "success", "driving score", "other ends")
    return table(html.escape(f"Situations of {result.suite}"), heads, rows)


def infraction_map(result: SuiteResult) -> str:
    """Maps on which something happened, the ways driven and where: those with most events first."""
    grouped: dict[int, list[Footprint]] = {}
    for footprint in result.footprints:
        grouped.setdefault(id(footprint.outline), []).append(footprint)
    groups = sorted(grouped.values(), key=lambda each: -sum(len(one.events) for one in each))
    shown = groups[:MAPS_MAX]
    title = html.escape(f"Where it happened: {result.agent} on {result.suite}")
    count = f"<p class='note'>{len(shown)} of {len(groups)} maps with events</p>"
    noun = "situation" if any(each.outcome is not None for each in result.episodes) else "road"
    return f"<h2>{title}</h2>{count}{plot_tag(map_plot(shown, noun))}"


def map_plot(groups: Sequence[Sequence[Footprint]], noun: str = "road") -> bytes:
    """A panel per map: lanes grey, ways driven blue, a mark where each event last began; PNG.

    Args:
        groups: Drives by their map.
        noun: What `Footprint.road` is a number of.
    """
    columns = min(len(groups), 2)
    rows = -(-len(groups) // columns)
    figure, axes = new_figure(rows=rows, columns=columns, height=4.2)
    names = sorted({event["name"] for group in groups for each in group for event in each.events})
    for axis, group in itertools.zip_longest(axes.ravel(), groups):
        axis.axis("off")
        if group is None:
            continue
        for lane in group[0].outline.lanes:
            axis.plot(*lane.T, color="#c9d1da", lw=1.0, zorder=1)
        for each in group:
            axis.plot(*each.path.T, color=ACCENT, lw=1.2, alpha=0.6, zorder=2)
        for number, name in enumerate(names):
            places = [(event["x"], event["y"]) for each in group for event in each.events if event["name"] == name]
            if places:
                color, shape = f"C{number % 10}", "XosD^vP*<>"[number % 10]
                axis.scatter(
                    *np.array(places).T, s=44, color=color, marker=shape, zorder=3, label=name.replace("_", " ")
                )
        # Beside a road that runs along one axis the other would be a line.
        low, high = (np.array([bound(each.path, axis=0) for each in group]) for bound in (np.min, np.max))
        low, high = low.min(axis=0), high.max(axis=0)
        wide, tall = (high - low).tolist()
        half = 0.5 * max(wide, tall / PANEL_SHAPE, 60.0) + 25.0
        middle = 0.5 * (low + high)
        axis.set_xlim(middle[0] - half, middle[0] + half)
        axis.set_ylim(middle[1] - PANEL_SHAPE * half, middle[1] + PANEL_SHAPE * half)
        axis.set_aspect("equal", adjustable="box")
        roads = sorted({each.road for each in group})
        axis.set_title(f"{noun} {roads[0]}" if len(roads) == 1 else f"{len(roads)} {noun}s", loc="left")
        axis.legend(fontsize=7, frameon=False)
    return png(figure)


def failure_gallery(result: SuiteResult, limit: int, folders: Mapping[str, str]) -> str:
    """The last pictures of failed drives, `limit` at most, with links to what is kept of them."""
    figures = []
    for failure in result.failures[:limit]:
        told = failure.get("title") or f"road {failure['road']}"
        caption = html.escape(f"{told}: {failure['end_reason'].replace('_', ' ')}")
        told = f"{caption} {links_of(failure, folders)}".rstrip()
        figures.append(f"<figure>{picture_tag(failure['picture'])}<figcaption>{told}</figcaption></figure>")
    title = html.escape(f"Failures of {result.agent} on {result.suite}")
    count = f"<p class='note'>{len(figures)} of {len(result.failures)}</p>"
    return f"<h2>{title}</h2>{count}<div class='thumbs'>{''.join(figures)}</div>"


def outcome_plot(results: Sequence[SuiteResult]) -> bytes:
    """Ends and completion of the drives, a row per suite; PNG."""
    figure, axes = new_figure(rows=len(results), columns=2, height=2.3)
    for row, result in zip(axes, results, strict=True):
        reasons = sorted(result.reasons().items(), key=lambda item: item[1])
        colors = [GOOD if name == "success" else BAD for name, _ in reasons]
        bars = row[0].barh([name.replace("_", " ") for name, _ in reasons], [n for _, n in reasons], color=colors)
        row[0].bar_label(bars, padding=3, color=INK)
        name = heading(result, results)
        row[0].set_title(f"{name}: how the drives ended", loc="left")
        row[0].margins(x=0.12)
        scores = [episode.driving_score for episode in result.episodes]
        row[1].hist(scores, bins=np.linspace(0.0, 100.0, 21).tolist(), color=ACCENT)
        row[1].set_title(f"{name}: driving score of the drives", loc="left")
        row[1].set_xlim(0, 100)
    return png(figure)


def training_plot(history: Sequence[dict[str, float]]) -> bytes:
    """Losses, metrics and success over training time; PNG."""
    figure, axes = new_figure(rows=1, columns=3, height=3.0)
    minutes = np.array([entry["seconds"] for entry in history]) / 60.0
    panels: tuple[tuple[str, tuple[str, ...], bool], ...] = (
        ("losses", tuple(sorted(name for name in history[-1] if name.startswith("loss/"))), True),
        ("way-point and lane error [m]", ("metric/waypoint_ade_m", "metric/lane_offset_mae_m"), True),
        ("success while training", ("train/success", "evaluation/success"), False),
    )
    for axis, (heading, names, logarithmic) in zip(axes[0], panels, strict=True):
        for name in names:
            values = np.array([entry.get(name, np.nan) for entry in history])
            known = np.isfinite(values)
            style = "o-" if name.startswith("evaluation") else "-"
            axis.plot(minutes[known], values[known], style, lw=1.4, ms=4, label=name.split("/")[-1].replace("_", " "))
        axis.set_title(heading, loc="left")
        axis.set_xlabel("minutes")
        if logarithmic:
            axis.set_yscale("log")
        else:
            axis.set_ylim(0, 1.02)
        axis.legend(fontsize=7, frameon=False)
    return png(figure)


def new_figure(*, rows: int, columns: int, height: float) -> tuple[Any, np.ndarray]:
    """A figure in the report's style; axes of shape (rows, columns)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, height * rows + 0.3), dpi=130, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel():
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8, colors=MUTED)
        axis.title.set_fontsize(10)
    return figure, axes


def png(figure: Any) -> bytes:
    """The figure as PNG bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def table(heading: str, heads: Sequence[str], rows: Sequence[str], note: str = "") -> str:
    """An HTML table under a heading, and a note between them; all is markup."""
    top = "".join(f"<th>{head}</th>" for head in heads)
    return f"<h2>{heading}</h2>{note}<table><tr>{top}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def plot_tag(content: bytes) -> str:
    """An image element that carries a plot."""
    return f"<img class='plot' alt='' src='data:image/png;base64,{base64.b64encode(content).decode()}'>"


def picture_tag(picture: np.ndarray) -> str:
    """An image element that carries a camera picture uint8 (H, W, 3), enlarged."""
    import cv2

    _, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    width = min(picture.shape[1] * THUMBNAIL_SCALE, max(picture.shape[1], THUMBNAIL_MAX_PX))
    return f"<img width='{width}' alt='' src='data:image/png;base64,{base64.b64encode(content.tobytes()).decode()}'>"


def share(interval: Interval) -> str:
    """A share in per cent with its interval."""
    return f"{100 * interval.mean:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def bounds(interval: Interval) -> str:
    """A mean with its interval."""
    return f"{interval.mean:.1f} [{interval.low:.1f}, {interval.high:.1f}]"


def span(interval: Interval, *, scale: float = 1.0, unit: str = "") -> str:
    """A mean with half its interval."""
    half = 0.5 * (interval.high - interval.low)
    return f"{scale * interval.mean:.1f} &plusmn; {scale * half:.1f}{unit}"
