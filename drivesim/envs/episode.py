"""Rewards, ends and `info` of every world's first driver, read off the state. Runs every step: names are made once."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

from drivesim.extensions import NO_EXTENSIONS, Extensions, ExtraEvent, ExtraTerm
from drivesim.scenarios.results import scenario_info
from drivesim.state import EndReason, Event, RewardTerm, WorldState
from drivesim.state.events import COLLISIONS
from drivesim.tasks.score import driving_score

_RUNNING, _TIMEOUT, _SUCCESS = int(EndReason.RUNNING), int(EndReason.TIMEOUT), int(EndReason.SUCCESS)
_OFF_ROAD, _COLLISIONS = int(Event.OFF_ROAD), np.array(COLLISIONS)
_SEEN = tuple((event.name.lower(), int(event)) for event in (Event.WRONG_WAY, Event.RED_LIGHT, Event.STOP_SIGN))
"""Events of which `info` says by their own names whether they last."""


@cache
def end_names(extensions: Extensions) -> np.ndarray:
    """Name of an end by `EndReason`; those of events from outside take the place of OTHER."""
    reasons = [reason.name.lower() for reason in EndReason if reason != EndReason.OTHER]
    return np.array([*reasons, *_names(extensions.events)], object)


@cache
def _reward_names(extensions: Extensions) -> tuple[str, ...]:
    return tuple(f"reward_{name}" for name in (*(term.name.lower() for term in RewardTerm), *_names(extensions.terms)))


@cache
def _event_names(extensions: Extensions) -> tuple[str, ...]:
    return tuple(f"{name}_count" for name in (*(event.name.lower() for event in Event), *_names(extensions.events)))


@cache
def _time_names(extensions: Extensions) -> tuple[str, ...]:
    return tuple(name.removesuffix("_count") + "_time" for name in _event_names(extensions))


def _names(entries: Iterable[ExtraTerm | ExtraEvent]) -> Iterator[str]:
    return (entry.name for entry in entries)


def outcome(state: WorldState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reward float64, terminated bool and truncated bool of the last step, shapes (world,)."""
    end = state.episode.end[:, 0]
    truncated = end == _TIMEOUT
    return state.episode.reward[:, 0].sum(axis=1, dtype=np.float64), (end != _RUNNING) ^ truncated, truncated


def step_info(state: WorldState, extensions: Extensions = NO_EXTENSIONS) -> dict[str, np.ndarray]:
    """The values every step reports, each of shape (world,), as copies."""
    episode, active = state.episode, state.events.active[:, 0]
    return {
        "speed": state.actors.speed[np.arange(len(episode.end)), state.drivers.slot[:, 0]],
        "route_completion": state.navigation.completion[:, 0].copy(),
        "collision": np.asarray(active[:, _COLLISIONS].any(axis=1)),
        "offroad": active[:, _OFF_ROAD].copy(),
        **{name: active[:, event].copy() for name, event in _SEEN},
        "at_fault": state.events.at_fault[:, 0].max(axis=1) > 0,
        "driving_score": driving_score(state, extensions)[:, 0],
        **dict(zip(_reward_names(extensions), episode.reward[:, 0].T.copy(), strict=True)),
        **dict(zip(_event_names(extensions), state.events.count[:, 0].T.copy(), strict=True)),
        **(scenario_info(extensions.scenarios.variants, state) if extensions.scenarios is not None else {}),
    }


def end_info(state: WorldState, extensions: Extensions = NO_EXTENSIONS) -> dict[str, np.ndarray]:
    """What the end of an episode adds, meaningful where `end` is not 0; `<event>_time` is the last one's or NaN [s]."""
    end, events = state.episode.end[:, 0], state.events
    times = np.where(events.count[:, 0] > 0, events.time[:, 0], np.float32(np.nan))
    return {
        "success": end == _SUCCESS,
        "end_reason": end_names(extensions)[end],
        **dict(zip(_time_names(extensions), times.T, strict=True)),
    }


def with_masks(info: dict[str, np.ndarray], valid: np.ndarray) -> dict[str, Any]:
    """Gymnasium's batched form: `_<key>`, one array for all, tells in which worlds `<key>` means something."""
    return {**info, **dict.fromkeys(_mask_names(tuple(info)), valid.copy())}


@cache
def _mask_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"_{name}" for name in names)
