"""Maps in an arena read as they do alone, wherever they come to lie."""

import numpy as np
import pytest

from drivesim.maps.arena import Arena, bytes_of, paths_of, sizes_of
from drivesim.maps.arrays import AXES, SHARED, MapArrays
from drivesim.maps.bank import undrawn
from tests.reference.roads import country, fork

ROADS = (country(), fork(), country(goal_s=60.0))
PACKED = [undrawn(network) for network in ROADS]


def arena_for(count: int) -> Arena:
    sizes = sizes_of(PACKED[0])
    return Arena(PACKED[0], {axis: count * size for axis, size in sizes.items()})


def taken_out(arena: Arena, slot: int, like: MapArrays) -> dict[str, np.ndarray]:
    """A map's entries, with indices counted from its own first entries again."""
    result = {}
    for (path, array), (_, own) in zip(paths_of(arena.arrays), paths_of(like), strict=True):
        if path in SHARED or path == "filled":
            continue
        first = arena.stretch(slot, AXES[path].axis).first
        rows = array[first : first + len(own)].copy()
        if AXES[path].points_at is not None:
            rows[rows >= 0] -= arena.stretch(slot, AXES[path].points_at).first
        result[path] = rows
    return result


def assert_whole(arena: Arena, slot: int, packed: MapArrays) -> None:
    own = dict(paths_of(packed))
    for path, rows in taken_out(arena, slot, packed).items():
        np.testing.assert_array_equal(rows, own[path], err_msg=path)


def test_every_array_has_an_axis_or_is_shared():
    assert {path for path, _ in paths_of(PACKED[0])} == set(AXES) | set(SHARED)


def test_maps_come_and_go_and_those_that_stay_are_untouched():
    arena = arena_for(3)
    held = {}
    draws = np.random.default_rng(0)
    for _ in range(60):
        if held and draws.random() < 0.45:
            slot = int(draws.choice(list(held)))
            arena.remove(slot)
            del held[slot]
        else:
            packed = PACKED[draws.integers(len(PACKED))]
            slot = arena.add(packed)
            assert slot not in held
            held[slot] = packed
        for slot, packed in held.items():
            assert_whole(arena, slot, packed)


def test_growing_replaces_arrays_and_keeps_indices():
    arena = arena_for(1)
    first = arena.add(PACKED[0])
    before, lane = arena.arrays, arena.stretch(first, "lane")
    second = arena.add(PACKED[1])
    assert arena.arrays is not before
    assert arena.stretch(first, "lane") == lane
    assert_whole(arena, first, PACKED[0])
    assert_whole(arena, second, PACKED[1])
    np.testing.assert_array_equal(before.lanes.length[: lane.count], arena.arrays.lanes.length[: lane.count])


def test_what_is_given_back_is_used_again():
    arena = arena_for(2)
    for _ in range(20):
        slots = [arena.add(PACKED[0]), arena.add(PACKED[0])]
        for slot in slots:
            arena.remove(slot)
    assert len(arena.arrays.lanes.length) == 2 * sizes_of(PACKED[0])["lane"]


def test_filled_says_that_a_slot_has_another_map():
    arena = arena_for(1)
    seen = []
    for packed in (PACKED[0], PACKED[0], PACKED[0]):
        slot = arena.add(packed)
        seen.append(int(arena.arrays.filled[slot]))
        arena.remove(slot)
    assert seen == [1, 2, 3]


def test_bytes_are_those_of_the_packed_arrays():
    expected = sum(array.nbytes for path, array in paths_of(PACKED[0]) if path not in SHARED)
    assert bytes_of(PACKED[0]) == expected == pytest.approx(bytes_of(undrawn(country())))
