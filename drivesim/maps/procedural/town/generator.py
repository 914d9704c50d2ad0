"""Generator "town"."""

import dataclasses

from drivesim.config import MapConfig
from drivesim.maps.draw import Draw
from drivesim.maps.journeys import draw_routes, is_strongly_connected
from drivesim.maps.network import RoadNetwork
from drivesim.maps.procedural.town.houses import town_scenery
from drivesim.maps.procedural.town.layout import both_ways, town_plan
from drivesim.maps.procedural.town.roundabouts import with_rings
from drivesim.maps.procedural.town.streets import street_network

ROUTES = 16
"""Routes through every town."""
LIGHTS_MAX = 96
"""No town has more lights."""
_SUN = 4
"""Purpose of random draws."""


def town(seed: int, config: MapConfig) -> RoadNetwork:
    """A town, reproducible from the seed, with routes of about `config.length_m`."""
    plan = town_plan(seed)
    network = street_network(plan)
    if not is_strongly_connected(network):
        # Nobody turns back at a junction, so a one-way street may be one that nothing leads to.
        plan = both_ways(plan)
        network = street_network(plan)
    draw, rings = Draw(seed, _SUN), with_rings(plan)
    return dataclasses.replace(
        network,
        routes=draw_routes(network, ROUTES, config.length_m),
        scenery=town_scenery(rings, network),
        sun_azimuth=draw.between(-3.14159, 3.14159),
        sun_elevation=draw.between(0.5, 1.2),
    )
