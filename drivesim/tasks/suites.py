"""Frozen lists of drives on which agents are compared. A changed list gets a new name."""

from dataclasses import dataclass
from pathlib import Path

from drivesim.errors import ConfigError, check_choice

HELD_OUT_START = 1_000_000
"""First generator seed that training never uses: from here up lie the roads that drivers are scored on."""
SELECTION_START = 2_000_000
"""First generator seed of the roads on which a training chooses its best checkpoint; suites end below."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Roads `first_road .. first_road + road_count - 1` of an environment, or drives over a map file, once per seed."""

    name: str
    env_id: str
    first_road: int = HELD_OUT_START
    road_count: int = 200
    seed: int = 0
    map_file: str = ""
    """OpenDRIVE file; each of `road_count` drives then takes a route of it that its seed draws, and roads are numbers
    of drives. Empty: the environment's own roads."""

    def __post_init__(self) -> None:
        """Checks that its roads lie among those that drivers are scored on, or all among those that choose."""
        if self.map_file:
            return
        last = self.first_road + self.road_count
        if not (HELD_OUT_START <= self.first_road and (last <= SELECTION_START or SELECTION_START <= self.first_road)):
            raise ConfigError(
                f"Suite.first_road, road_count: roads {self.first_road:,} to {last - 1:,} mix those for "
                f"training (below {HELD_OUT_START:,}), scores (below {SELECTION_START:,}) and selection (above)"
            )


SUITES: dict[str, Suite] = {
    "lane": Suite(name="lane", env_id="drivesim/Lane-v0"),
    "highway": Suite(name="highway", env_id="drivesim/Highway-v0"),
    "town": Suite(name="town", env_id="drivesim/Town-v0"),
}


MAP_DRIVES = 50
"""Drives over a map file."""


def map_suite(file: str) -> Suite:
    """Drives over an OpenDRIVE file."""
    name = Path(file).name.removesuffix(".gz").removesuffix(".xodr")
    return Suite(name=name, env_id="drivesim/Map-v0", first_road=0, road_count=MAP_DRIVES, map_file=file)


def suite(name: str) -> Suite:
    """A suite by name.

    Raises:
        ConfigError: The name is unknown; the nearest one is given.
    """
    return SUITES[check_choice("suite", name, SUITES)]
