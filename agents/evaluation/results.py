"""What came of drives: one `Episode` each, one `SuiteResult` for all of a suite, with intervals."""

import json
import math
import os
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.evaluation.outlines import Footprint
from agents.files import write_text
from drivesim.scenarios.results import Outcome

RESULT_FORMAT = 2
CONFIDENCE_Z = 1.959964
"""Normal quantile of a two-sided 95 % interval."""
_GREATEST = {"driving_score": 100.0, "completion": 1.0, "comfort": 1.0}
"""What columns of `Episode` that have a mean and an interval cannot exceed; none is negative."""
RESAMPLES = 2000
"""Of bootstrap intervals."""
ALL, BY_DAY, BY_NIGHT = "all", "by day", "by night"
"""Groups of drives through situations beside their families."""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One drive over one road, or through one situation."""

    road: int
    """Generator seed of the road, number of the variant in its suite, or of the drive over a map file."""
    seed: int
    success: bool
    end_reason: str
    completion: float
    """Fraction of the route driven."""
    driving_score: float
    """Leaderboard 2.1, in [0, 100]."""
    distance_m: float
    duration_s: float
    speed_m_s: float
    """Mean speed."""
    comfort: float
    """Fraction of steps inside nuPlan's bounds on lateral acceleration and longitudinal jerk."""
    situation: str = ""
    """What the suite calls this kind of drive; empty where it knows but one."""
    outcome: Outcome | None = None
    """What else there is to say of a drive through a situation; None on roads."""
    reason: str = ""
    """Why it failed, in a sentence; empty where it succeeded."""
    events: tuple[dict[str, Any], ...] = ()
    """What happened: see `agents.evaluation.outlines.events_of`."""
    scores: dict[str, float | None] = field(default_factory=dict)
    """By name, see `agents.evaluation.scores`; empty where the drive was not recorded."""
    replay: str = ""
    """Name of the file from which it can be driven again; empty where it was not kept."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def first_of(drives: Sequence[tuple[int, int]], over: Set[int]) -> set[tuple[int, int]]:
    """Those before the first that is not over: of the others, short ones are over more often than long ones.

    Args:
        drives: Road and seed of each.
        over: Numbers of those that are over.
    """
    return set(drives[: next((number for number in range(len(drives)) if number not in over), len(drives))])


@dataclass(kw_only=True)
class SuiteResult:
    """What an agent did on a suite."""

    suite: str
    env_id: str
    agent: str
    episodes: list[Episode]
    perception: dict[str, float] = field(default_factory=dict)
    weather: tuple[str, ...] = ()
    """Names of the weathers of which each drive drew one; none: a clear noon."""
    perception_of_blocks: list[dict[str, float]] = field(default_factory=list)
    """The same of each of the equal parts in which it was asked for."""
    wall_s: float = 0.0
    about: str = ""
    """What the suite is about, in a sentence."""
    asked: int = 0
    """Drives that were asked for; more than there are where the evaluation was interrupted. 0: as many as there are."""
    failures: list[dict[str, Any]] = field(default_factory=list)
    """Last pictures of failed drives: road, end_reason, picture uint8 (H, W, 3), and clip and drive, names of
    files, if any; of situations also title and reason."""
    footprints: list[Footprint] = field(default_factory=list)
    """Drives in which something happened, on their maps; recorded drives only."""

    def keep_drives(self, drives: Set[tuple[int, int]]) -> None:
        """Sorts what there is of drives, and leaves only some of them in it, by road and seed."""
        self.episodes = sorted(
            (each for each in self.episodes if (each.road, each.seed) in drives),
            key=lambda each: (each.seed, each.road),
        )
        self.footprints = sorted(
            (each for each in self.footprints if (each.road, each.seed) in drives),
            key=lambda each: (each.seed, each.road),
        )
        self.failures = sorted(
            (each for each in self.failures if (each["road"], each["seed"]) in drives),
            key=lambda each: (each["road"], each["seed"]),
        )

    @property
    def is_part(self) -> bool:
        """It was interrupted."""
        return self.asked > len(self.episodes)

    @property
    def success(self) -> Interval:
        """Share of drives that reached the route's end without fault."""
        return wilson(sum(episode.success for episode in self.episodes), len(self.episodes))

    def mean(self, name: str) -> Interval:
        """Mean of a column of `Episode` with a normal 95 % interval, cut off at values that the column cannot take."""
        values = np.array([getattr(episode, name) for episode in self.episodes], np.float64)
        half = CONFIDENCE_Z * values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.0
        mean = float(values.mean())
        return Interval(mean=mean, low=max(mean - half, 0.0), high=min(mean + half, _GREATEST.get(name, math.inf)))

    def score(self, name: str) -> Interval | None:
        """Mean of a score with its 95 % interval over the drives that have it; None where none has.

        Wilson's interval where all values are 0 or 1, else a bootstrap.
        """
        values = [episode.scores.get(name) for episode in self.episodes]
        known = [value for value in values if value is not None]
        return interval_of(known) if known else None

    def score_names(self) -> list[str]:
        """Scores that drives have, in the order of `agents.evaluation.scores`."""
        return list(dict.fromkeys(name for episode in self.episodes for name in episode.scores))

    def events_per_km(self) -> dict[str, float]:
        """Every event that happened, per kilometre driven."""
        distance_km = max(sum(episode.distance_m for episode in self.episodes) / 1000.0, 1e-9)
        counts: dict[str, float] = {}
        for episode in self.episodes:
            for event in episode.events:
                counts[event["name"]] = counts.get(event["name"], 0) + event["count"]
        return {name: count / distance_km for name, count in sorted(counts.items())}

    def reasons(self) -> dict[str, int]:
        """How often each end came."""
        names = [episode.end_reason for episode in self.episodes]
        return {name: names.count(name) for name in sorted(set(names))}

    def infractions_per_km(self) -> dict[str, float]:
        """Ends other than success and time-out, per kilometre driven."""
        distance_km = sum(episode.distance_m for episode in self.episodes) / 1000.0
        return {
            name: count / max(distance_km, 1e-9)
            for name, count in self.reasons().items()
            if name not in ("success", "timeout")
        }

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures."""
        return {
            "format": RESULT_FORMAT,
            "suite": self.suite,
            "env_id": self.env_id,
            "agent": self.agent,
            "about": self.about,
            "weather": list(self.weather),
            "wall_s": self.wall_s,
            "asked": self.asked or len(self.episodes),
            "success": asdict(self.success),
            "driving_score": asdict(self.mean("driving_score")),
            "completion": asdict(self.mean("completion")),
            "comfort": asdict(self.mean("comfort")),
            "speed_m_s": asdict(self.mean("speed_m_s")),
            "reasons": self.reasons(),
            "infractions_per_km": self.infractions_per_km(),
            "events_per_km": self.events_per_km(),
            "scores": {name: asdict(value) for name in self.score_names() if (value := self.score(name))},
            "perception": self.perception,
            "groups": [group.to_json() for group in groups_of(self.episodes)],
            "episodes": [asdict(episode) for episode in self.episodes],
        }


@dataclass(frozen=True, kw_only=True)
class Group:
    """Figures of some of the drives through situations."""

    name: str
    episodes: list[Episode]

    @property
    def outcomes(self) -> list[Outcome]:
        """What came of each."""
        return [episode.outcome for episode in self.episodes if episode.outcome is not None]

    @property
    def success(self) -> Interval:
        """Share of drives that ended well."""
        return wilson(sum(episode.success for episode in self.episodes), len(self.episodes))

    @property
    def points(self) -> Interval:
        """Share of the points to be had."""
        return interval_of([outcome.score for outcome in self.outcomes])

    @property
    def has_points(self) -> bool:
        """Points are more than one for each success."""
        return any(outcome.scored_by != "success" for outcome in self.outcomes)

    @property
    def driving_score(self) -> Interval:
        """Mean, in [0, 100]."""
        return interval_of([episode.driving_score for episode in self.episodes])

    @property
    def collisions(self) -> int:
        """Drives in which the car touched something."""
        return sum(outcome.collided for outcome in self.outcomes)

    @property
    def avoidable(self) -> tuple[int, int] | None:
        """Collisions among the drives where the careful driver has none, and those drives; None where nobody asked."""
        careful = [outcome.collided for outcome in self.outcomes if outcome.careful_collides is False]
        asked = any(outcome.careful_collides is not None for outcome in self.outcomes)
        return (sum(careful), len(careful)) if asked else None

    def to_json(self) -> dict[str, Any]:
        """Its figures."""
        return {
            "name": self.name,
            "drives": len(self.episodes),
            "success": asdict(self.success),
            "points": asdict(self.points),
            "driving_score": asdict(self.driving_score),
            "collisions": self.collisions,
            "avoidable": self.avoidable,
        }


def groups_of(episodes: Sequence[Episode]) -> list[Group]:
    """Drives through situations by family; by day and by night, where there are both; and all of them.

    Empty where the drives are none through situations.
    """
    driven = [episode for episode in episodes if episode.outcome is not None]
    if not driven:
        return []
    parts: dict[str, list[Episode]] = {}
    for episode in driven:
        parts.setdefault(episode.situation, []).append(episode)
    night = [episode for episode in driven if episode.outcome is not None and episode.outcome.is_night]
    if night and len(night) < len(driven):
        parts[BY_DAY] = [episode for episode in driven if episode.outcome and not episode.outcome.is_night]
        parts[BY_NIGHT] = night
    return [Group(name=name, episodes=part) for name, part in {**parts, ALL: driven}.items()]


def weather_words(weather: Sequence[str]) -> str:
    """Weathers of a suite in words; empty for a clear noon."""
    return " or ".join(weather)


def rounded(value: float) -> str:
    """A number in [0, 100] with one decimal where it is not whole; what is neither 0 nor 100 reads as neither."""
    if math.isclose(value, round(value), abs_tol=1e-9):
        return f"{value:.0f}"
    return f"{min(max(value, 0.1), 99.9):.1f}"


def wilson(successes: int, count: int) -> Interval:
    """Share with Wilson's score interval (Wilson 1927), which stays inside [0, 1] at the ends."""
    if count == 0:
        return Interval(mean=math.nan, low=0.0, high=1.0)
    share, z2 = successes / count, CONFIDENCE_Z**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = CONFIDENCE_Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    # At a share of 0 or 1 the bound is exact; rounding must not push it past.
    return Interval(
        mean=share,
        low=0.0 if successes == 0 else centre - half,
        high=1.0 if successes == count else centre + half,
    )


def interval_of(values: Sequence[float]) -> Interval:
    """Mean with a 95 % interval: Wilson's where all values are 0 or 1, else a bootstrap."""
    known = np.array(values, np.float64)
    if np.isin(known, (0.0, 1.0)).all():
        return wilson(int(known.sum()), known.size)
    rng = np.random.default_rng(0)
    means = known[rng.integers(0, known.size, (RESAMPLES, known.size))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(mean=float(known.mean()), low=float(low), high=float(high))


def write_json(results: Sequence[SuiteResult], file: str | os.PathLike[str]) -> Path:
    """Writes results under their final name only once they are complete."""
    return write_text(file, json.dumps([result.to_json() for result in results], indent=1) + "\n")
