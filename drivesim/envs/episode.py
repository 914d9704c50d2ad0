"""Rewards, ends and `info` of every world's first driver, read off the state. Runs every step: names are made once."""

from functools import cache
from typing import Any

import numpy as np

from drivesim.state import EndReason, RewardTerm, WorldState
from drivesim.tasks.score import driving_score

END_NAMES = np.array([reason.name.lower() for reason in EndReason], dtype=object)
"""Name of an end by `EndReason`."""

_RUNNING, _TIMEOUT, _SUCCESS = int(EndReason.RUNNING), int(EndReason.TIMEOUT), int(EndReason.SUCCESS)
_REWARD_NAMES = tuple(f"reward_{term.name.lower()}" for term in RewardTerm)


def outcome(state: WorldState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reward float64, terminated bool and truncated bool of the last step, shapes (world,)."""
    end = state.episode.end[:, 0]
    truncated = end == _TIMEOUT
    return state.episode.reward[:, 0].sum(axis=1, dtype=np.float64), (end != _RUNNING) ^ truncated, truncated


def step_info(state: WorldState) -> dict[str, np.ndarray]:
    """The values every step reports, each of shape (world,), as copies."""
    episode = state.episode
    return {
        "speed": state.actors.speed[np.arange(len(episode.end)), state.drivers.slot[:, 0]],
        "route_completion": state.navigation.completion[:, 0].copy(),
        "collision": episode.collision[:, 0].copy(),
        "offroad": episode.off_road[:, 0].copy(),
        "wrong_way": episode.wrong_way[:, 0].copy(),
        "red_light": np.zeros(len(episode.end), np.bool_),
        "driving_score": driving_score(state)[:, 0],
        **dict(zip(_REWARD_NAMES, episode.reward[:, 0].T.copy(), strict=True)),
    }


def end_info(state: WorldState) -> dict[str, np.ndarray]:
    """What the end of an episode adds; meaningful where `end` is not 0."""
    end = state.episode.end[:, 0]
    return {"success": end == _SUCCESS, "end_reason": END_NAMES[end]}


def with_masks(info: dict[str, np.ndarray], valid: np.ndarray) -> dict[str, Any]:
    """Gymnasium's batched form: `_<key>`, one array for all, tells in which worlds `<key>` means something."""
    return {**info, **dict.fromkeys(_mask_names(tuple(info)), valid.copy())}


@cache
def _mask_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"_{name}" for name in names)
