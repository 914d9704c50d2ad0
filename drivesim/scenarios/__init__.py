"""Situations as data: scenario files, grids of variants, suites that ship."""

from drivesim.scenarios.load import ScenarioSet, list_suites, load_scenario, load_suite, looks_like_file, scenario_from
from drivesim.scenarios.roads import RoadConfig, ScenarioRoads
from drivesim.scenarios.schema import (
    ActionConfig,
    ConditionConfig,
    EgoConfig,
    EventConfig,
    ScoreConfig,
    UserConfig,
    Variant,
)
from drivesim.scenarios.tables import scenario_arrays

__all__ = [
    "ActionConfig",
    "ConditionConfig",
    "EgoConfig",
    "EventConfig",
    "RoadConfig",
    "ScenarioRoads",
    "ScenarioSet",
    "ScoreConfig",
    "UserConfig",
    "Variant",
    "list_suites",
    "load_scenario",
    "load_suite",
    "looks_like_file",
    "scenario_arrays",
    "scenario_from",
]
