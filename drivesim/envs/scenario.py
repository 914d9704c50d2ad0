"""`drivesim/Scenario-v0`: environments whose episodes are the variants of a suite or of a scenario file."""

import os
from typing import Any

from drivesim.config import EnvConfig, replace
from drivesim.config.simulation import USER_COUNTS
from drivesim.envs.simulation import configure
from drivesim.envs.single import DriveEnv
from drivesim.envs.vector import DriveVectorEnv
from drivesim.errors import ConfigError, hint
from drivesim.extensions import NO_EXTENSIONS, Extensions
from drivesim.scenarios import ScenarioSet, load_scenario, load_suite

_TAKEN = ("map_start", "map_count")
"""Arguments of other environments that mean nothing here: situations bring their maps."""


def scenario_set(suite: str | None, scenario: str | os.PathLike[str] | ScenarioSet | None) -> ScenarioSet:
    """The situations that an environment's arguments ask for.

    Raises:
        ConfigError: Both are given or neither, the suite is unknown, or a file's content is wrong.
        FileFormatError: The file is missing, too large or not JSON.
    """
    if (suite is None) == (scenario is None):
        raise ConfigError("suite, scenario: expected the name of a suite or a scenario file, got both or neither")
    if suite is not None:
        return load_suite(suite)
    assert scenario is not None, "one of both is given"
    return scenario if isinstance(scenario, ScenarioSet) else load_scenario(scenario)


def arranged(arguments: dict[str, Any], scenarios: ScenarioSet) -> dict[str, Any]:
    """Keyword arguments of the plain environments, with the maps and events of a set of situations."""
    for name in _TAKEN:
        if arguments.get(name) is not None:
            raise ConfigError(f"{name}: situations bring their maps; {hint(name, ('suite', 'scenario', 'config'))}")
        arguments.pop(name, None)
    extensions = arguments.get("extensions", NO_EXTENSIONS)
    config: EnvConfig = configure("town", arguments.get("config"))
    counts = {name: max(getattr(variant, name) for variant in scenarios.variants) for name in USER_COUNTS}
    # Whom a suite does not name is not there, whatever towns have by default.
    config = replace(config, map=scenarios.roads, traffic={**counts, "bus_share": 0.0, "emergency_share": 0.0})
    whole = Extensions(
        kinds=extensions.kinds,
        scripted=extensions.scripted,
        terms=extensions.terms,
        events=extensions.events,
        scenarios=scenarios,
    )
    return {**arguments, "config": config, "extensions": whole}


class ScenarioEnv(DriveEnv):
    """One world that holds one situation after the other.

    Keys of `info` beside those of `DriveEnv`: scenario (name and parameters), variant, impact_speed [m/s],
    scenario_score in [0, 1]. `reset(options={"variant": k})` chooses a variant; otherwise it is drawn.

    Args:
        suite: Name of a suite that ships; see `drivesim.scenarios.list_suites`.
        scenario: Scenario file, or a `ScenarioSet`, instead.
        **arguments: As of `DriveEnv`, without those that choose maps.
    """

    def __init__(
        self,
        *,
        suite: str | None = None,
        scenario: str | os.PathLike[str] | ScenarioSet | None = None,
        **arguments: Any,
    ) -> None:
        self.scenarios = scenario_set(suite, scenario)
        super().__init__(**arranged(arguments, self.scenarios))


class ScenarioVectorEnv(DriveVectorEnv):
    """Many worlds, each with a situation of its own; see `ScenarioEnv`. Worlds step together whatever their maps.

    Args:
        num_envs: Worlds; `len(load_suite(name).variants)` holds a whole suite at once.
        suite: Name of a suite that ships.
        scenario: Scenario file, or a `ScenarioSet`, instead.
        **arguments: As of `DriveVectorEnv`, without those that choose maps.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        suite: str | None = None,
        scenario: str | os.PathLike[str] | ScenarioSet | None = None,
        **arguments: Any,
    ) -> None:
        self.scenarios = scenario_set(suite, scenario)
        super().__init__(num_envs, **arranged(arguments, self.scenarios))
