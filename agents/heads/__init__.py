"""What a network perceives, plans and does: one file a head, each with its labels, losses, metrics and panes.

A head of your own is another `Head`, handed to `DrivingNetwork` behind these. Modules and losses are imported where
they are built and computed, because torch takes a second to load and the window shows heads of drivers without a
network.
"""

import importlib
from collections.abc import Callable, Iterable

from agents.heads.action import action_head
from agents.heads.classes import DEFAULT_GROUPS, ClassGroups
from agents.heads.contract import (
    Head,
    Loss,
    Metric,
    Pane,
    PathFromAbove,
    PicturePane,
    Quantity,
    Said,
    TextRow,
    Truth,
    array,
    channels_of,
    labels_of,
)
from agents.heads.depth import depth_head
from agents.heads.faults import fault_head
from agents.heads.forecast import forecast_head
from agents.heads.lane import lane_head
from agents.heads.lead import lead_head
from agents.heads.plan import plan_head
from agents.heads.semantic import semantic_head
from agents.heads.street import light_head, people_head, right_of_way_head
from agents.heads.target import target_head
from agents.interface import find_in_working_folder
from drivesim.errors import ConfigError, hint

HEADS: dict[str, Callable[..., Head]] = {
    "semantic": semantic_head,
    "depth": depth_head,
    "lane": lane_head,
    "target": target_head,
    "lead": lead_head,
    "light": light_head,
    "people": people_head,
    "right_of_way": right_of_way_head,
    "forecast": forecast_head,
    "plan": plan_head,
    "action": action_head,
    "faults": fault_head,
}
"""Heads by name, in the order in which they speak; called with the config that a checkpoint holds."""
STREET_HEADS = ("light", "people", "right_of_way")
"""Heads that the planner of a network that drives in towns reads."""
TOWN_HEADS = (*STREET_HEADS, "forecast")
"""Heads that networks which drive in towns have beside the others."""
OPTIONAL_HEADS = (*TOWN_HEADS, "target", "faults")
"""Heads that a network has only where its training asks for them."""


def default_heads(*, town: bool = False, ranging: bool = False) -> tuple[Head, ...]:
    """Every head that ships and is always there, with its default config.

    Args:
        town: Those of streets too, which the planner reads.
        ranging: Of a network with sensors that measure distances: the one that finds the target in what they measured
            too, which the one of the lead reads.
    """
    absent = {*OPTIONAL_HEADS}.difference(TOWN_HEADS if town else (), ("target",) if ranging else ())
    reads: dict[str, tuple[str, ...]] = {}
    if ranging:
        reads["lead"] = ("target",)
    if town:
        reads["plan"] = ("lane", "lead", *STREET_HEADS)
    return tuple(
        make(reads=reads[name]) if name in reads else make() for name, make in HEADS.items() if name not in absent
    )


def load_heads(names: Iterable[str]) -> tuple[Head, ...]:
    """Heads of your own by name.

    Args:
        names: Each as `module:NAME` of a `Head`, or of a function that makes one; the module is also looked for in the
            working folder.

    Raises:
        ConfigError: Nothing has this name, or it is no head.
    """
    names = tuple(names)
    if names:
        find_in_working_folder()
    return tuple(_load_head(name) for name in names)


def _load_head(name: str) -> Head:
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"heads: cannot import {module_name!r} of {name!r}: {error}") from error
    found = getattr(module, attribute, None)
    head = found() if callable(found) else found
    if not isinstance(head, Head):
        public = [key for key in vars(module) if not key.startswith("_")]
        raise ConfigError(f"heads: {name!r} is no head; {hint(attribute, public)}")
    return head


__all__ = [
    "DEFAULT_GROUPS",
    "HEADS",
    "OPTIONAL_HEADS",
    "STREET_HEADS",
    "TOWN_HEADS",
    "ClassGroups",
    "Head",
    "Loss",
    "Metric",
    "Pane",
    "PathFromAbove",
    "PicturePane",
    "Quantity",
    "Said",
    "TextRow",
    "Truth",
    "array",
    "channels_of",
    "default_heads",
    "fault_head",
    "labels_of",
    "load_heads",
]
