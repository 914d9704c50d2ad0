"""`Arena`: the arrays of many maps in one memory, into which maps come and from which they go.

Arrays are grouped by axis (lanes, points, tiles ...). A map takes one stretch of every axis, and what it points at with
indices of its own is moved to where its stretches lie. Kernels therefore read flat arrays with indices that hold for
all maps, as if all had been packed at once; and the indices of a map stay what they are for as long as it is there.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, final

import numpy as np

from drivesim.maps.arrays import AXES, SHARED, MapArrays

GROWTH = 1.5
"""An axis that is full becomes this much longer, at least."""
_ALIGNMENT_BYTES = 64
"""Arrays start on a cache line, so that a block of 8 x 8 texels never straddles two."""


class Stretch(NamedTuple):
    """Entries `first .. first + count - 1` of an axis."""

    first: int
    count: int


def paths_of(value: Any, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Arrays of nested named tuples with their dotted names."""
    for name, field in value._asdict().items():
        if isinstance(field, tuple):
            yield from paths_of(field, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def sizes_of(packed: MapArrays) -> dict[str, int]:
    """Entries that a map of its own takes of every axis."""
    sizes: dict[str, int] = {}
    for path, array in paths_of(packed):
        if path in AXES:
            sizes[AXES[path].axis] = max(sizes.get(AXES[path].axis, 0), len(array))
    return sizes


def bytes_of(packed: MapArrays) -> int:
    """Memory that a map takes."""
    return sum(array.nbytes for path, array in paths_of(packed) if path in AXES)


@final
class Arena:
    """Memory for maps; see the module's docstring.

    Attributes:
        arrays: What kernels read. Replaced by larger ones when an axis grows; whoever still holds the old ones goes on
            reading what they held.
    """

    def __init__(self, example: MapArrays, capacity: dict[str, int]) -> None:
        """Reserves memory, which the system commits only where maps are written.

        Args:
            example: A packed map, for the arrays' types and for what all maps share.
            capacity: Entries of every axis.
        """
        self._free = {axis: [Stretch(0, count)] for axis, count in capacity.items()}
        self._capacity = dict(capacity)
        self._taken: dict[int, dict[str, Stretch]] = {}
        self._added = 0
        self.arrays = self._allocated(example)

    def add(self, packed: MapArrays) -> int:
        """Copies a map in; returns its slot, its entry of the axis `slot`."""
        sizes = sizes_of(packed)
        for axis, count in sizes.items():
            if count and not any(hole.count >= count for hole in self._free[axis]):
                self._grow(axis, count)
        return self._put(packed, {axis: self._take(axis, count) for axis, count in sizes.items()})

    def add_at(self, packed: MapArrays, taken: dict[str, Stretch]) -> None:
        """Copies a map in where it lay in another arena, from `layout`; nothing else may be there."""
        for axis, stretch in taken.items():
            self._free[axis] = [part for hole in self._free[axis] for part in _without(hole, stretch)]
        self._put(packed, taken)

    @property
    def capacity(self) -> dict[str, int]:
        """Entries of every axis."""
        return dict(self._capacity)

    def layout(self, slot: int) -> dict[str, Stretch]:
        """Where a map lies."""
        return dict(self._taken[slot])

    def _put(self, packed: MapArrays, taken: dict[str, Stretch]) -> int:
        for (path, target), (_, source) in zip(paths_of(self.arrays), paths_of(packed), strict=True):
            if path in SHARED:
                continue
            declared = AXES[path]
            first, count = taken[declared.axis]
            rows = target[first : first + len(source)]
            rows[...] = source
            target[first + len(source) : first + count] = 0
            if declared.points_at is not None:
                base = taken[declared.points_at].first
                np.add(rows, base, out=rows, where=rows >= 0, casting="unsafe")
        slot = taken["slot"].first
        self._taken[slot] = taken
        self._added += 1
        self.arrays.filled[slot] = self._added
        return slot

    def remove(self, slot: int) -> None:
        """Gives a map's memory back."""
        for axis, stretch in self._taken.pop(slot).items():
            self._free[axis] = _joined([*self._free[axis], stretch])

    def stretch(self, slot: int, axis: str) -> Stretch:
        """What a map takes of an axis."""
        return self._taken[slot][axis]

    def _take(self, axis: str, count: int) -> Stretch:
        """The first hole that is large enough."""
        if count == 0:
            return Stretch(0, 0)
        holes = self._free[axis]
        index = next(i for i, hole in enumerate(holes) if hole.count >= count)
        hole = holes[index]
        rest = Stretch(hole.first + count, hole.count - count)
        holes[index : index + 1] = [rest] if rest.count else []
        return Stretch(hole.first, count)

    def _grow(self, axis: str, count: int) -> None:
        """Makes an axis longer, by `count` at least."""
        before = self._capacity[axis]
        self._capacity[axis] = max(before + count, int(before * GROWTH))
        self._free[axis] = _joined([*self._free[axis], Stretch(before, self._capacity[axis] - before)])
        self.arrays = self._allocated(self.arrays, axis)

    def _allocated(self, like: MapArrays, grown: str | None = None) -> MapArrays:
        """Arrays as long as the capacity; with `grown`, only those of that axis are new and the old entries copied."""

        def convert(value: Any, prefix: str) -> Any:
            fields = {}
            for name, field in value._asdict().items():
                path = prefix + name
                if isinstance(field, tuple):
                    fields[name] = convert(field, f"{path}.")
                elif path in SHARED or (grown is not None and AXES[path].axis != grown):
                    fields[name] = field
                else:
                    fields[name] = _empty((self._capacity[AXES[path].axis], *field.shape[1:]), field.dtype)
                    if grown is not None:
                        fields[name][: len(field)] = field
            return type(value)(**fields)

        arrays = convert(like, "")
        first_new = 0 if grown is None else len(like.filled)
        arrays.filled[first_new:] = 0
        return arrays


def _without(hole: Stretch, taken: Stretch) -> list[Stretch]:
    """What is left of a hole of which a part is taken."""
    end, taken_end = hole.first + hole.count, taken.first + taken.count
    if taken.count == 0 or taken.first >= end or taken_end <= hole.first:
        return [hole]
    parts = (Stretch(hole.first, taken.first - hole.first), Stretch(taken_end, end - taken_end))
    return [part for part in parts if part.count > 0]


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """The same entries as few stretches in order."""
    joined: list[Stretch] = []
    for stretch in sorted(stretches):
        if joined and joined[-1].first + joined[-1].count == stretch.first:
            joined[-1] = Stretch(joined[-1].first, joined[-1].count + stretch.count)
        elif stretch.count:
            joined.append(stretch)
    return joined


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.empty(size + _ALIGNMENT_BYTES, np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT_BYTES
    return memory[first : first + size].view(dtype).reshape(shape)
