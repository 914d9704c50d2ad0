"""Where situations happen: scenes of streets, generated roads and files, each built when it is first driven on."""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import final

from drivesim.config import GENERATORS, MapConfig, MapFileConfig
from drivesim.errors import ConfigError, MapError, check_choice, check_integer, check_range
from drivesim.maps.network import RoadNetwork
from drivesim.maps.procedural import LIGHT_COUNT, build_network
from drivesim.maps.procedural.town.plan import Control
from drivesim.maps.procedural.town.scenes import crossing, ncap_crossing, straight
from drivesim.maps.sources import OpenDriveMap

SCENES = ("straight", "crossing", "ncap_crossing", "file", *GENERATORS)
FILES_KEPT = 8
"""OpenDRIVE maps kept in memory."""
CROSSING_LIGHTS = 32
"""No crossing has more lights."""


@dataclass(frozen=True, kw_only=True)
class RoadConfig:
    """A map by what it is made of."""

    scene: str = "straight"
    """One of `SCENES`: straight (one street to the east), crossing (four arms), ncap_crossing, file (an OpenDRIVE one),
    or a generator's map."""
    file: str = ""
    """file: the OpenDRIVE file; a scenario file names it relative to its own folder."""
    lanes: int = 1
    """straight: lanes along the route. crossing: lanes in each direction."""
    backward: int = 1
    """straight: lanes in the other direction."""
    length_m: float = 500.0
    """straight: its length; crossing: that of an arm; else about that of a route [m]."""
    lane_width_m: float = 3.5
    """[m]"""
    limit_kmh: float = 50.0
    """[km/h]"""
    curvature_1_m: float = 0.0
    """straight: left-positive curvature [1/m]."""
    control: str = "priority_to_right"
    """crossing: who goes first."""
    pavement_m: float = 2.5
    """Width of the pavements [m]; 0: none."""
    zebra: float = -1.0
    """straight: a zebra crossing at this share of its length; -1: none."""
    zebras: bool = False
    """crossing: zebra crossings over all arms."""
    seed: int = 0
    """Seed of a generator's map."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("road.scene", self.scene, SCENES)
        if (self.scene == "file") != bool(self.file):
            raise ConfigError(f"road.file: expected an OpenDRIVE file in a scene 'file' alone, got {self.file!r}")
        if self.file and not Path(self.file).is_file():
            raise ConfigError(f"road.file: no such file: {self.file}")
        check_integer("road.lanes", self.lanes, 1, 4)
        check_integer("road.backward", self.backward, 0, 4)
        check_range("road.length_m", self.length_m, 20.0, 5000.0)
        check_range("road.lane_width_m", self.lane_width_m, 2.0, 6.0)
        check_range("road.limit_kmh", self.limit_kmh, 5.0, 200.0)
        check_range("road.curvature_1_m", self.curvature_1_m, -0.02, 0.02)
        check_choice("road.control", self.control, [control.name.lower() for control in Control])
        check_range("road.pavement_m", self.pavement_m, 0.0, 10.0)
        check_range("road.zebra", self.zebra, -1.0, 1.0)
        check_integer("road.seed", self.seed, 0, 2**31 - 1)

    @property
    def light_count(self) -> int:
        """Most lights on this map."""
        if self.scene == "file":
            return opendrive_map(self.file, self.length_m).light_count
        if self.scene == "crossing":
            return CROSSING_LIGHTS if self.control == "lights" else 0
        return LIGHT_COUNT.get(self.scene, 0)

    def build(self) -> RoadNetwork:
        """The network.

        Raises:
            MapError: It cannot be built so.
        """
        if self.scene == "straight":
            return straight(
                forward=self.lanes, backward=self.backward, length_m=self.length_m, lane_width=self.lane_width_m,
                limit_kmh=self.limit_kmh, bend=self.curvature_1_m, pavement=self.pavement_m, zebra=self.zebra,
            )  # fmt: skip
        if self.scene == "crossing":
            return crossing(
                Control[self.control.upper()], lanes=self.lanes, arm_m=self.length_m, limit_kmh=self.limit_kmh,
                lane_width=self.lane_width_m, zebras=self.zebras, pavement=self.pavement_m,
            )  # fmt: skip
        if self.scene == "ncap_crossing":
            return ncap_crossing()
        if self.scene == "file":
            return opendrive_map(self.file, self.length_m).build(0)
        return build_network(MapConfig(generator=self.scene, count=1, length_m=self.length_m), self.seed)


@lru_cache(FILES_KEPT)
def opendrive_map(file: str, route_length_m: float) -> OpenDriveMap:
    """The map of a file, read once.

    Raises:
        FileFormatError: It cannot be made sense of.
        MapError: It describes no road network.
    """
    return OpenDriveMap(MapFileConfig(path=file, route_length_m=route_length_m))


@final
class ScenarioRoads:
    """The maps of a set of situations, equal ones once.

    Raises:
        MapError: There is none.
    """

    def __init__(self, roads: Sequence[RoadConfig]) -> None:
        if not roads:
            raise MapError("roads: expected at least one map, got none")
        self.roads = tuple(dict.fromkeys(roads))
        self.map_count = len(self.roads)
        self.light_count = max(road.light_count for road in self.roads)
        files = [opendrive_map(road.file, road.length_m).key for road in self.roads if road.file]
        text = repr([[dataclasses.astuple(road) for road in self.roads], files])
        self.key = f"scenarios:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"

    def build(self, index: int) -> RoadNetwork:
        """Map `index`."""
        return self.roads[index].build()
