"""`MapBank`: a set of maps built once, packed once, and shared by all worlds."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import final

import numpy as np

from drivesim.config import MapConfig
from drivesim.errors import MapError
from drivesim.maps.arrays import MapArrays
from drivesim.maps.facts import pack_areas, pack_conflicts, pack_signals
from drivesim.maps.ground import GroundPicture, empty_ground, pack_ground
from drivesim.maps.network import RoadNetwork
from drivesim.maps.pack import pack_lanes, pack_routes, pack_scenery
from drivesim.maps.procedural import build_network

Progress = Callable[[int, int], None]
"""Called with (maps finished, maps in all), from the thread that builds the bank."""


@final
@dataclass(frozen=True, eq=False)
class MapBank:
    """Maps as facts, and the same maps as flat arrays."""

    networks: tuple[RoadNetwork, ...]
    """Map i is `networks[i]`."""
    arrays: MapArrays
    """All maps, read by kernels and written by nobody."""

    @property
    def map_count(self) -> int:
        """Number of maps."""
        return len(self.networks)

    @staticmethod
    def build(config: MapConfig, *, threads: int = 1, progress: Progress | None = None) -> "MapBank":
        """Builds the roads of seeds `config.start .. config.start + config.count - 1`, scenery and ground included.

        The result does not depend on the number of threads.
        """
        return _collect(
            lambda index: build_network(config, config.start + index), config.count, threads=threads, progress=progress
        )

    @staticmethod
    def from_networks(
        networks: Sequence[RoadNetwork], *, threads: int = 1, progress: Progress | None = None
    ) -> "MapBank":
        """Draws and packs networks from anywhere, as they are.

        Raises:
            MapError: There is none.
        """
        return _collect(lambda index: networks[index], len(networks), threads=threads, progress=progress)

    @staticmethod
    def bare(networks: Sequence[RoadNetwork]) -> "MapBank":
        """Packs networks without ground pictures, which take most of the time and matter to cameras alone."""
        corners = [np.min([lane.points.min(axis=0) for lane in network.lanes], axis=0) for network in networks]
        return _pack(networks, [empty_ground((float(x), float(y))) for x, y in corners])

    def memory_bytes(self) -> dict[str, int]:
        """Size of the packed arrays by part."""
        sizes = {
            name: sum(array.nbytes for array in getattr(self.arrays, name))
            for name in ("lanes", "conflicts", "signals", "areas", "routes", "scenery", "ground")
        }
        return {**sizes, "total": sum(sizes.values()) + self.arrays.origin.nbytes + self.arrays.sun.nbytes}


def _collect(
    network_of: Callable[[int], RoadNetwork], count: int, *, threads: int, progress: Progress | None
) -> MapBank:
    from drivesim.maps.raster import draw_ground  # brings OpenCV, which `import drivesim` need not wait for

    if count < 1:
        raise MapError("a bank needs at least one map")

    def work(index: int) -> tuple[RoadNetwork, GroundPicture]:
        network = network_of(index)
        return network, draw_ground(network)

    results: list[tuple[RoadNetwork, GroundPicture]] = []
    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        try:
            for result in pool.map(work, range(count)):
                results.append(result)
                if progress is not None:
                    progress(len(results), count)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return _pack([network for network, _ in results], [picture for _, picture in results])


def _pack(networks: Sequence[RoadNetwork], pictures: Sequence[GroundPicture]) -> MapBank:
    ground, origin = pack_ground(pictures)
    azimuth = np.array([network.sun_azimuth for network in networks])
    elevation = np.array([network.sun_elevation for network in networks])
    sun = np.stack(
        (np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)), axis=-1
    )
    arrays = MapArrays(
        lanes=pack_lanes(networks),
        conflicts=pack_conflicts(networks),
        signals=pack_signals(networks),
        areas=pack_areas(networks),
        routes=pack_routes(networks),
        scenery=pack_scenery(networks, origin),
        ground=ground,
        origin=origin,
        sun=sun.astype(np.float32),
    )
    return MapBank(tuple(networks), arrays)
