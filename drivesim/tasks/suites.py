"""Frozen lists of drives on which agents are compared. A changed list gets a new name."""

from dataclasses import dataclass

from drivesim.errors import check_choice

HELD_OUT_START = 1_000_000
"""First generator seed that training never uses."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Roads `first_road .. first_road + road_count - 1` of one environment, each driven once per seed."""

    name: str
    env_id: str
    first_road: int = HELD_OUT_START
    road_count: int = 200
    seed: int = 0


SUITES: dict[str, Suite] = {
    "lane": Suite(name="lane", env_id="drivesim/Lane-v0"),
    "highway": Suite(name="highway", env_id="drivesim/Highway-v0"),
}


def suite(name: str) -> Suite:
    """A suite by name.

    Raises:
        ConfigError: The name is unknown; the nearest one is given.
    """
    return SUITES[check_choice("suite", name, SUITES)]
