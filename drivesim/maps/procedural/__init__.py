"""Road networks made from a seed."""

import dataclasses
from collections.abc import Callable

from drivesim.config import MapConfig
from drivesim.errors import check_choice
from drivesim.maps.network import RoadNetwork
from drivesim.maps.procedural.country import country_road
from drivesim.maps.procedural.highway import highway
from drivesim.maps.procedural.scenery import place_scenery
from drivesim.maps.procedural.town.generator import LIGHTS_MAX, town

GENERATORS: dict[str, Callable[[int, MapConfig], RoadNetwork]] = {
    "country_road": country_road,
    "highway": highway,
    "town": town,
}
"""By name; the same names as `config.GENERATORS`."""


SCENERY_KIND = {"country_road": "country", "highway": "highway"}
"""What grows and stands beside the roads of each generator that does not see to it itself."""
LIGHT_COUNT = {"town": LIGHTS_MAX}
"""Most lights on a map of each generator that has any."""

STREETS = {"town"}
"""Generators whose maps have junctions, lights or footpaths."""


def build_network(config: MapConfig, seed: int) -> RoadNetwork:
    """The road network of one generator seed with its scenery; equal arguments give equal networks."""
    name = check_choice("MapConfig.generator", config.generator, GENERATORS)
    network = GENERATORS[name](seed, config)
    if name not in SCENERY_KIND:
        return network
    return dataclasses.replace(network, scenery=place_scenery(network, SCENERY_KIND[name]))
