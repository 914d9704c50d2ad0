"""Road networks made from a seed."""

from collections.abc import Callable

from drivesim.config import MapConfig
from drivesim.errors import check_choice
from drivesim.maps.network import RoadNetwork
from drivesim.maps.procedural.country import country_road

GENERATORS: dict[str, Callable[[int, MapConfig], RoadNetwork]] = {
    "country_road": country_road,
}
"""By name; the same names as `config.GENERATORS`."""


def build_network(config: MapConfig, seed: int) -> RoadNetwork:
    """The road network of one generator seed, without scenery; equal arguments give equal networks."""
    return GENERATORS[check_choice("MapConfig.generator", config.generator, GENERATORS)](seed, config)
