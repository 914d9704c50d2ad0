"""Where maps come from: things with a number of maps, each of which can be built at any time and is always the same.

A source is asked for maps in any order and on any thread. `SOURCES` lists the kinds that a config can name; an object
like `config.MapSource` goes into a config as it is.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from drivesim.config import MapConfig, MapFileConfig, MapSource
from drivesim.errors import FileFormatError, MapError, check_choice
from drivesim.maps.network import RoadNetwork
from drivesim.maps.procedural import LIGHT_COUNT, STREETS, build_network


@final
class ProceduralMaps:
    """The roads of a generator's seeds."""

    def __init__(self, config: MapConfig) -> None:
        self._config = config
        self.map_count = config.count
        self.light_count = LIGHT_COUNT.get(config.generator, 0)
        self.has_streets = has_streets(config)
        self.key = f"procedural:{config.generator}:{config.start}+{config.count}:{config.length_m!r}m"

    def build(self, index: int) -> RoadNetwork:
        """The road of seed `start + index`."""
        return build_network(self._config, self._config.start + index)


@final
class Networks:
    """Networks in memory, as they are.

    Raises:
        MapError: There is none.
    """

    def __init__(self, networks: Sequence[RoadNetwork]) -> None:
        if not networks:
            raise MapError("networks: expected at least one map, got none")
        self._networks = tuple(networks)
        self.map_count = len(self._networks)
        self.key = f"networks:{_digest(self._networks)}"
        self.light_count = max(len(network.lights) for network in self._networks)
        self.has_streets = any(network.has_streets for network in self._networks)

    def build(self, index: int) -> RoadNetwork:
        """Network `index`."""
        return self._networks[index]


def has_streets(source: MapConfig | MapFileConfig | MapSource) -> bool:
    """Whether there may be junctions, lights or footpaths on the maps of a source or config, or it does not say."""
    if isinstance(source, MapConfig):
        return source.generator in STREETS
    return bool(getattr(source, "has_streets", True))


def light_count(source: MapSource) -> int:
    """Most lights on any of a source's maps: what it says itself, or none."""
    return int(getattr(source, "light_count", 0))


@final
class OpenDriveMap:
    """The map of an OpenDRIVE file, read at once; its lanes are lines that a car can follow (`maps.ease`).

    Raises:
        FileFormatError: The file is missing or cannot be made sense of.
        MapError: It describes no road network.
    """

    def __init__(self, config: MapFileConfig) -> None:
        from drivesim.maps.ease import eased
        from drivesim.maps.opendrive import load_map

        path = Path(config.path)
        if not path.is_file():
            raise FileFormatError(f"map: no such file: {path}")
        network, self.report = load_map(path, route_length_m=config.route_length_m)
        self._network = eased(network)
        self.map_count = 1
        self.light_count = len(self._network.lights)
        digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        self.key = f"opendrive:{digest}:{config.route_length_m!r}m"

    def build(self, index: int) -> RoadNetwork:
        """The map."""
        return self._network


SOURCES: dict[str, Callable[[Any], MapSource]] = {"procedural": ProceduralMaps, "opendrive": OpenDriveMap}
"""What makes a source of a config, by the config's `type`."""


def source_of(config: MapConfig | MapFileConfig | MapSource) -> MapSource:
    """The source that a config names, or the source itself."""
    if isinstance(config, MapConfig | MapFileConfig):
        return SOURCES[check_choice("map.type", config.type, SOURCES)](config)
    return config


def _digest(networks: Sequence[RoadNetwork]) -> str:
    """A fingerprint of everything that the networks say."""
    digest = hashlib.blake2b(digest_size=16)

    def add(value: Any) -> None:
        if isinstance(value, np.ndarray):
            digest.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, tuple):
            for item in value:
                add(item)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                add(getattr(value, name))
        else:
            digest.update(repr(value).encode())
        digest.update(b";")

    add(tuple(networks))
    return digest.hexdigest()
