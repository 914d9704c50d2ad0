"""`MapBank`: the maps that worlds stand on, in memory while they are needed and while the budget allows.

A world takes its map when its episode begins and holds it until the next. The bank builds what is missing, ahead of
need where it is told (`MapLease.expect`), and drops what nobody holds when memory runs out, that which was used longest
ago first. Which map an episode gets is no matter of the bank, so results depend neither on the budget nor on threads.
"""

import logging
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, final

import numpy as np

from drivesim.config import MapConfig, MapFileConfig, MapSource
from drivesim.errors import check_integer
from drivesim.maps.arena import Arena, bytes_of, paths_of, sizes_of
from drivesim.maps.arrays import AXES, MapArrays
from drivesim.maps.builder import Builder
from drivesim.maps.ground import empty_ground
from drivesim.maps.network import RoadNetwork
from drivesim.maps.pack import pack_map
from drivesim.maps.sources import Networks, source_of

LOG = logging.getLogger(__name__)
MEMORY_MB = 4096
"""Budget where none is given [MB]."""
SPARE = 1.1
"""Memory is reserved for maps larger than the first by this factor on average."""
PORTION = 32
"""Maps that are waited for together; more are copied into memory portion by portion, so as not to be there twice."""
NETWORKS_KEPT = 8
"""Road networks kept for those who draw them; kernels need only the arrays."""

Progress = Callable[[int, int], None]
"""Called with (maps finished, maps in all), from the thread that builds the bank."""


def drawn(network: RoadNetwork) -> MapArrays:
    """A packed map with its ground picture."""
    from drivesim.maps.raster import draw_ground  # brings OpenCV, which `import drivesim` need not wait for

    return pack_map(network, draw_ground(network))


def undrawn(network: RoadNetwork) -> MapArrays:
    """A packed map without a ground picture, which takes most of the time and matters to cameras alone."""
    corner = np.min([lane.points.min(axis=0) for lane in network.lanes], axis=0)
    return pack_map(network, empty_ground((float(corner[0]), float(corner[1]))))


@final
class MapBank:
    """Maps of one source.

    Args:
        source: Where they come from.
        memory_mb: Budget [MB]; exceeded only by maps that are held.
        threads: Threads that build maps which are waited for; by default one per core.
        pack: Makes the arrays of a network.
    """

    def __init__(
        self,
        source: MapSource,
        *,
        memory_mb: int = MEMORY_MB,
        threads: int | None = None,
        pack: Callable[[RoadNetwork], MapArrays] = drawn,
    ) -> None:
        check_integer("map_memory_mb", memory_mb, 1, 2**31)
        self._begin(source, memory_mb, threads or _core_count(), pack)

    def _begin(self, source: MapSource, memory_mb: int, threads: int, pack: Callable[[RoadNetwork], MapArrays]) -> None:
        self.source = source
        self._pack = pack
        self._budget = memory_mb * 1_000_000
        self._builder = Builder(lambda number: pack(source.build(number)), threads)
        self._lock = threading.RLock()
        self._arena: Arena | None = None
        self._slot_of = np.full(source.map_count, -1, np.int32)
        self._held = np.zeros(source.map_count, np.int64)
        self._bytes: OrderedDict[int, int] = OrderedDict()
        self._used = 0
        self._has_dropped = False
        self.network: Callable[[int], RoadNetwork] = lru_cache(NETWORKS_KEPT)(source.build)
        """The road network of a map."""

    @staticmethod
    def build(
        config: MapConfig | MapFileConfig | MapSource, *, threads: int = 1, progress: Progress | None = None
    ) -> "MapBank":
        """A bank with all maps of a source in memory, map i in slot i. It does not depend on the number of threads."""
        bank = MapBank(source_of(config), threads=threads, memory_mb=2**31)
        bank.fill(progress)
        return bank

    @staticmethod
    def from_networks(
        networks: Sequence[RoadNetwork], *, threads: int = 1, progress: Progress | None = None
    ) -> "MapBank":
        """A bank with networks from anywhere in memory.

        Raises:
            MapError: There is none.
        """
        return MapBank.build(Networks(networks), threads=threads, progress=progress)

    @staticmethod
    def bare(networks: Sequence[RoadNetwork]) -> "MapBank":
        """`from_networks` without ground pictures."""
        bank = MapBank(Networks(networks), memory_mb=2**31, pack=undrawn)
        bank.fill()
        return bank

    @property
    def map_count(self) -> int:
        """Number of maps of the source, in memory or not."""
        return self.source.map_count

    @property
    def arrays(self) -> MapArrays:
        """The maps in memory, read by kernels. Another tuple when memory has grown; take it anew for every call."""
        if self._arena is None:
            self._load([0])
        assert self._arena is not None
        return self._arena.arrays

    @property
    def loaded(self) -> list[int]:
        """Numbers of the maps in memory, that used longest ago first."""
        return list(self._bytes)

    def route_counts(self, numbers: np.ndarray) -> np.ndarray:
        """Routes on some maps, by number."""
        if len(numbers) == 0:
            return np.zeros(0, np.int32)
        with self._lock:
            self._hold(numbers, numbers[:0])
            slots = self.arrays.slot_of[numbers]
            counts = self.arrays.routes.map_end[slots] - self.arrays.routes.map_first[slots]
            self._hold(numbers[:0], numbers)
        return counts

    def memory_bytes(self) -> dict[str, int]:
        """Size of the maps in memory, by part."""
        parts = (
            "lanes", "conflicts", "ways", "signals", "lights", "areas", "footpaths", "bays", "stops", "routes",
            "scenery", "ground",
        )  # fmt: skip
        sizes = dict.fromkeys(parts, 0)
        with self._lock:
            for path, array in paths_of(self.arrays):
                part = path.split(".")[0]
                if path in AXES and part in sizes and self._arena is not None:
                    row = array.itemsize * int(np.prod(array.shape[1:]))
                    axis = AXES[path].axis
                    sizes[part] += row * sum(
                        self._arena.stretch(int(self._slot_of[n]), axis).count for n in self._bytes
                    )
        return {**sizes, "total": self._used}

    def fill(self, progress: Progress | None = None) -> None:
        """Loads all maps, in order; the arrays are then just as long as they need to be."""
        numbers = list(range(self.map_count))
        packed: list[MapArrays] = []
        self._builder.ask(numbers, threads=self._builder.threads)
        for number in numbers:
            packed += self._builder.fetch([number])
            if progress is not None:
                progress(len(packed), len(numbers))
        with self._lock:
            capacity: dict[str, int] = {}
            for one in packed:
                for axis, count in sizes_of(one).items():
                    capacity[axis] = capacity.get(axis, 0) + count
            self._arena = self._new_arena(packed[0], capacity)
            for number, one in zip(numbers, packed, strict=True):
                self._admit(number, one)

    def lease(self, world_count: int) -> "MapLease":
        """Lets a batch of worlds hold maps."""
        return MapLease(self, world_count)

    def __deepcopy__(self, memo: dict[int, Any]) -> "MapBank":
        """The bank itself: copies of an environment drive on the same maps."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        """The source, and where the maps lie that are held: states that are pickled along with it point there."""
        with self._lock:
            held = [number for number in self._bytes if self._held[number]]
            return {
                "source": self.source,
                "memory_mb": self._budget // 1_000_000,
                "pack": self._pack,
                "capacity": self._arena.capacity if self._arena else {},
                "layout": {n: self._arena.layout(int(self._slot_of[n])) for n in held} if self._arena else {},
            }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Builds the maps that were held, and puts each where it lay."""
        self._begin(state["source"], state["memory_mb"], _core_count(), state["pack"])
        layout = state["layout"]
        for number, packed in zip(layout, self._builder.fetch(list(layout)), strict=True):
            if self._arena is None:
                self._arena = self._new_arena(packed, state["capacity"])
            self._arena.add_at(packed, layout[number])
            self._enter(number, layout[number]["slot"].first, bytes_of(packed))

    def _hold(self, taken: np.ndarray, given: np.ndarray) -> None:
        """Loads and holds maps, by number, and gives up others."""
        with self._lock:
            np.add.at(self._held, taken, 1)
            np.subtract.at(self._held, given, 1)
            try:
                wanted = list(dict.fromkeys(taken.tolist()))
                self._load([number for number in wanted if self._slot_of[number] < 0])
                for number in wanted:
                    self._bytes.move_to_end(number)
            except BaseException:
                np.subtract.at(self._held, taken, 1)
                np.add.at(self._held, given, 1)
                raise

    def _expect(self, numbers: Iterable[int]) -> None:
        """Has maps built that fit beside those that are held."""
        with self._lock:
            for number, packed in self._builder.finished().items():
                self._admit(number, packed)
            missing = [number for number in dict.fromkeys(numbers) if self._slot_of[number] < 0]
            if not missing:
                return
            mean = self._used / max(len(self._bytes), 1)
            held = sum(size for number, size in self._bytes.items() if self._held[number])
            room = int((self._budget - held) / max(mean, 1.0)) - self._builder.pending
            self._builder.ask(missing[: max(room, 0)])

    def _load(self, numbers: list[int]) -> None:
        with self._lock:
            for first in range(0, len(numbers), PORTION):
                portion = numbers[first : first + PORTION]
                for number, packed in zip(portion, self._builder.fetch(portion), strict=True):
                    self._admit(number, packed)

    def _admit(self, number: int, packed: MapArrays) -> None:
        """Puts a map into memory, and drops others if the budget asks for it."""
        size = bytes_of(packed)
        for other in list(self._bytes):
            if self._used + size <= self._budget:
                break
            if self._held[other] == 0:
                self._drop(other)
        if self._arena is None:
            count = int(SPARE * min(self.map_count, max(self._budget // size, 1))) + 1
            self._arena = self._new_arena(packed, {axis: n * count for axis, n in sizes_of(packed).items()})
        self._enter(number, self._arena.add(packed), size)

    def _enter(self, number: int, slot: int, size: int) -> None:
        self._slot_of[number] = slot
        self._bytes[number] = size
        self._used += size

    def _new_arena(self, packed: MapArrays, capacity: dict[str, int]) -> Arena:
        return Arena(packed._replace(slot_of=self._slot_of), capacity)

    def _drop(self, number: int) -> None:
        assert self._arena is not None
        if not self._has_dropped:
            self._has_dropped = True
            LOG.warning(
                "map_memory_mb = %d has room for %d of %d maps: episodes wait for their roads",
                self._budget // 1_000_000, len(self._bytes), self.map_count,
            )  # fmt: skip
        self._arena.remove(int(self._slot_of[number]))
        self._slot_of[number] = -1
        self._used -= self._bytes.pop(number)


@final
class MapLease:
    """Which map each world of a batch holds."""

    def __init__(self, bank: MapBank, world_count: int) -> None:
        self._bank = bank
        self._number = np.full(world_count, -1, np.int64)
        weakref.finalize(self, _give_back, bank, self._number).atexit = False

    def take(self, worlds: np.ndarray, numbers: np.ndarray) -> None:
        """Has worlds hold maps, by number, in place of what they held; waits until those are in memory."""
        before = self._number[worlds]
        self._bank._hold(numbers, before[before >= 0])
        self._number[worlds] = numbers

    def expect(self, numbers: Iterable[int]) -> None:
        """Says which maps will be taken some time."""
        self._bank._expect(numbers)

    def __deepcopy__(self, memo: dict[int, Any]) -> "MapLease":
        """A lease of its own on the same maps."""
        return _leased(self._bank, self._number)

    def __reduce__(self) -> tuple[Any, ...]:
        """A lease on the same maps of the bank that is pickled along with it."""
        return _leased, (self._bank, self._number)


def _leased(bank: MapBank, number: np.ndarray) -> MapLease:
    lease = MapLease(bank, len(number))
    held = np.flatnonzero(number >= 0)
    lease.take(held, number[held])
    return lease


def _give_back(bank: MapBank, number: np.ndarray) -> None:
    bank._hold(np.zeros(0, np.int64), number[number >= 0])


def _core_count() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
