"""Which figures of two evaluations differ by more than chance.

Drives over the same roads with the same seeds are paired: shares by McNemar's exact test (McNemar 1947), means by
swapping the two of a pair at random. Other drives are compared as two samples: shares by Fisher's exact test, means by
dealing all drives anew. Intervals are bootstrapped. Of all p-values of a suite those are significant that Holm's
procedure (1979) keeps at 5 %.
"""

import html
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.evaluation.scores import DIRECTIONS
from agents.report import table, write_page
from drivesim.errors import ConfigError

LEVEL = 0.05
"""Chance that any difference of a suite is called significant though there is none."""
RESAMPLES = 10_000
_PART = 500
"""Resamples that are drawn at a time."""
_COLUMNS = {"driving_score": 1, "completion": 1, "speed_m_s": 1, "comfort": 1}
_OF_SITUATIONS = {"points": 1, "collided": -1, "impact_speed_m_s": -1}
"""Figures of drives through situations alone."""
_SHARES = ("success", "bench2drive_success", "collided")
Drives = Mapping[tuple[int, int], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One figure of two results."""

    suite: str
    name: str
    first: float
    """Mean or share of the first result."""
    second: float
    low: float
    """Of `second - first`, 95 %."""
    high: float
    p: float
    """Two-sided."""
    count: int
    """Pairs, or drives of the smaller result."""
    is_paired: bool
    better: int
    """1 where more is better, -1 where less is."""
    is_significant: bool = False

    def sentence(self, names: tuple[str, str]) -> str:
        """The difference in words."""
        verb = "higher" if self.second > self.first else "lower"
        how = f"paired over {self.count} drives" if self.is_paired else f"unpaired, {self.count} drives at least"
        good = (self.second - self.first) * self.better > 0.0
        return (
            f"On {self.suite} the {self.name.replace('_', ' ')} of {names[1]} is {verb} than that of {names[0]} by "
            f"{abs(self.second - self.first):.3g} [{self.low:.3g}, {self.high:.3g}] ({how}, p = {self.p:.2g}): "
            f"{'better' if good else 'worse'}."
        )


def load_results(file: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The results of an evaluation.

    Raises:
        ConfigError: The file is none that `drivesim eval --out` writes.
    """
    try:
        results = json.loads(Path(file).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"compare: {file} is no JSON file: {error}") from None
    good = isinstance(results, list) and all(
        isinstance(each, dict) and {"suite", "agent", "episodes"} <= each.keys() and each["episodes"]
        for each in results
    )
    if not good or not results:
        raise ConfigError(f"compare: expected results.json of `drivesim eval --out`, got {file}")
    return results


def compare(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Every figure that two evaluations share, suite by suite.

    Args:
        first: As `load_results`.
        second: The same of the other.

    Raises:
        ConfigError: They share no suite.
    """
    theirs = {each["suite"]: each for each in second}
    differences: list[Difference] = []
    shared = [each for each in first if each["suite"] in theirs]
    if not shared:
        names = [", ".join(sorted({each["suite"] for each in one})) for one in (first, second)]
        raise ConfigError(f"compare: no suite is in both: {names[0]}; {names[1]}")
    for each in shared:
        differences += _of_suite(each["suite"], drives_of(each), drives_of(theirs[each["suite"]]))
    return differences


def drives_of(result: Mapping[str, Any]) -> Drives:
    """The drives of a result by road, or situation, and seed; events, scores and outcomes stand beside the columns."""
    drives = {}
    for episode in result["episodes"]:
        values = {name: episode[name] for name in (*_COLUMNS, "success") if name in episode}
        values |= episode.get("scores", {})
        outcome = episode.get("outcome")
        if outcome is not None:
            values |= {"points": outcome["score"], "title": outcome["title"]}
            values |= {name: float(outcome[name]) for name in ("collided", "impact_speed_m_s")}
        if "events" in episode:
            values["events"] = {event["name"]: event["count"] for event in episode["events"]}
        drives[episode["road"], episode["seed"]] = values
    return drives


def _of_suite(suite: str, first: Drives, second: Drives) -> list[Difference]:
    # Numbers of situations mean another one where only some of a suite were driven.
    paired = first.keys() == second.keys() and all(first[key].get("title") == second[key].get("title") for key in first)
    one, two = [first[key] for key in sorted(first)], [second[key] for key in sorted(second)]
    found = []
    for name, better, is_share, read in _figures(one, two):
        a, b = [read(drive) for drive in one], [read(drive) for drive in two]
        if paired:
            both = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
            left, right = (np.array([pair[side] for pair in both], np.float64) for side in (0, 1))
        else:
            left, right = (np.array([x for x in values if x is not None], np.float64) for values in (a, b))
        if not left.size or not right.size:
            continue
        low, high = bootstrap(left, right, is_paired=paired)
        if is_share:
            p = mcnemar(left, right) if paired else fisher(left, right)
        else:
            p = permutation(left, right, is_paired=paired)
        found.append(
            Difference(
                suite=suite, name=name, first=float(left.mean()), second=float(right.mean()), low=low, high=high, p=p,
                count=min(left.size, right.size), is_paired=paired, better=better,
            )
        )  # fmt: skip
    return holm(found)


def _figures(
    one: Sequence[Mapping[str, Any]], two: Sequence[Mapping[str, Any]]
) -> list[tuple[str, int, bool, Callable[[Mapping[str, Any]], float | None]]]:
    """Name, whether more is better, whether it is a share, and how to read it of a drive."""
    figures: list[tuple[str, int, bool, Callable[[Mapping[str, Any]], float | None]]] = []
    for name, better in {"success": 1, **_OF_SITUATIONS, **_COLUMNS, **DIRECTIONS}.items():
        if all(any(name in drive for drive in drives) for drives in (one, two)):
            figures.append((name, better, name in _SHARES, lambda drive, name=name: drive.get(name)))
    if all("events" in drive for drive in (*one, *two)):
        for name in sorted({name for drive in (*one, *two) for name in drive["events"]}):
            figures.append(
                (f"{name}_drives", -1, True, lambda drive, name=name: float(drive["events"].get(name, 0) > 0))
            )
    return figures


def bootstrap(first: np.ndarray, second: np.ndarray, *, is_paired: bool) -> tuple[float, float]:
    """95 % interval of the difference of two means, by `RESAMPLES` resamples.

    Args:
        first: Shape (drive,).
        second: The same; of equal length where they are paired.
        is_paired: Resample pairs.
    """
    rng = np.random.default_rng(0)

    def means(values: np.ndarray) -> np.ndarray:
        chosen = (values[rng.integers(0, values.size, (_PART, values.size))] for _ in range(RESAMPLES // _PART))
        return np.concatenate([part.mean(axis=1) for part in chosen])

    differences = means(second - first) if is_paired else means(second) - means(first)
    low, high = np.quantile(differences, (0.025, 0.975))
    return float(low), float(high)


def permutation(first: np.ndarray, second: np.ndarray, *, is_paired: bool) -> float:
    """Two-sided p-value of the difference of two means, by `RESAMPLES` random swaps; arguments as `bootstrap`.

    Of pairs the two are swapped; of two samples all values are dealt anew. No p-value is below 1 / (resamples + 1).
    """
    rng = np.random.default_rng(0)
    observed = abs(second.mean() - first.mean())
    both, pairs, extreme = np.concatenate([first, second]), second - first, 0
    for _ in range(RESAMPLES // _PART):
        if is_paired:
            chance = (pairs * rng.choice((-1.0, 1.0), (_PART, pairs.size))).mean(axis=1)
        else:
            dealt = rng.permuted(np.tile(both, (_PART, 1)), axis=1)
            chance = dealt[:, first.size :].mean(axis=1) - dealt[:, : first.size].mean(axis=1)
        extreme += int((np.abs(chance) >= observed * (1.0 - 1e-9) - 1e-12).sum())
    return (1 + extreme) / (1 + RESAMPLES)


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided exact p-value of McNemar's test on pairs of 0 and 1."""
    lost, won = int(((first > 0) & (second == 0)).sum()), int(((first == 0) & (second > 0)).sum())
    count = lost + won
    tail = sum(math.comb(count, k) for k in range(min(lost, won) + 1)) / 2**count
    return min(1.0, 2.0 * tail)


def fisher(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided p-value of Fisher's exact test on two samples of 0 and 1."""
    a, n, b, m = int((first > 0).sum()), first.size, int((second > 0).sum()), second.size
    hits, whole = a + b, math.comb(n + m, a + b)
    chances = {k: math.comb(n, k) * math.comb(m, hits - k) / whole for k in range(max(0, hits - m), min(n, hits) + 1)}
    return min(1.0, sum(chance for chance in chances.values() if chance <= chances[a] * (1.0 + 1e-9)))


def holm(differences: Sequence[Difference]) -> list[Difference]:
    """Marks those that Holm's procedure calls significant at `LEVEL`."""
    order = sorted(range(len(differences)), key=lambda index: differences[index].p)
    kept: set[int] = set()
    for rank, index in enumerate(order):
        if differences[index].p > LEVEL / (len(differences) - rank):
            break
        kept.add(index)
    return [Difference(**{**vars(each), "is_significant": index in kept}) for index, each in enumerate(differences)]


def names_of(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """What to call two results: their agents, or a and b where that is the same one."""
    agents = [", ".join(sorted({str(each["agent"]) for each in one})) for one in (first, second)]
    return (agents[0], agents[1]) if agents[0] != agents[1] else (f"{agents[0]} (a)", f"{agents[1]} (b)")


def write_comparison(differences: Sequence[Difference], names: tuple[str, str], file: str | os.PathLike[str]) -> Path:
    """Writes the comparison as a page."""
    rows = []
    for each in differences:
        cells = (
            each.suite, each.name, f"{each.first:.4g}", f"{each.second:.4g}", f"{each.second - each.first:+.3g}",
            f"[{each.low:.3g}, {each.high:.3g}]", f"{each.p:.2g}", "yes" if each.is_significant else "",
        )  # fmt: skip
        rows.append("".join(f"<td class='number'>{html.escape(cell)}</td>" for cell in cells))
    heads = ("suite", "figure", *map(html.escape, names), "difference", "95 %", "p", "significant")
    said = [f"<li>{html.escape(each.sentence(names))}</li>" for each in differences if each.is_significant]
    words = f"<ul>{''.join(said)}</ul>" if said else "<p>Nothing differs significantly.</p>"
    note = "p by McNemar or Fisher for shares, by permutation for means; significant by Holm at 5 % per suite"
    return write_page([words, table("Figures", heads, rows)], file, title=f"{names[0]} and {names[1]}", note=note)


def compare_files(files: Sequence[str], out: str, console: Console) -> int:
    """Says what differs between two results, and writes a page. The command `drivesim eval --compare`.

    Args:
        files: Two files of `drivesim eval --out`.
        out: Folder for the page; empty: none is written.
        console: Where it is said.
    """
    first, second = (load_results(file) for file in files)
    names, differences = names_of(first, second), compare(first, second)
    shown = Table(title=f"{names[0]} and {names[1]}", title_justify="left")
    for title in ("suite", "figure", *names, "difference", "95 %", "p", ""):
        shown.add_column(title, overflow="fold")
    for each in differences:
        span = f"{each.low:.3g} to {each.high:.3g}"
        numbers = (f"{each.first:.4g}", f"{each.second:.4g}", f"{each.second - each.first:+.3g}", span, f"{each.p:.2g}")
        shown.add_row(each.suite, each.name, *numbers, "significant" if each.is_significant else "")
    console.print(shown)
    said = [each.sentence(names) for each in differences if each.is_significant]
    for line in said or ["Nothing differs significantly."]:
        console.print(line, markup=False)
    if out:
        console.print(f"page: {write_comparison(differences, names, Path(out) / 'compare.html')}")
    return 0
