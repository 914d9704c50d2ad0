"""Worlds hold maps; the bank builds what is missing, keeps to its budget and drops what nobody holds."""

import copy
import logging
import pickle
import time
import weakref

import numpy as np
import pytest

from drivesim.config import EnvConfig, MapConfig, TrafficConfig
from drivesim.maps.arena import bytes_of
from drivesim.maps.bank import PORTION, MapBank, undrawn
from drivesim.maps.sources import Networks, ProceduralMaps
from drivesim.world.step import World
from tests.reference.roads import country

COUNT = 12
CONFIG = MapConfig(generator="highway", count=COUNT, length_m=300.0)
NETWORKS = [ProceduralMaps(CONFIG).build(number) for number in range(COUNT)]


class Counting:
    """A source that says what it was asked for."""

    def __init__(self, networks) -> None:
        self._inner = Networks(networks)
        self.map_count, self.key = self._inner.map_count, self._inner.key
        self.built: list[int] = []

    def build(self, index: int):
        self.built.append(index)
        return self._inner.build(index)


def bank_of(networks=NETWORKS, *, maps: float = 1e3, threads: int = 1) -> tuple[MapBank, Counting]:
    """A bank with room for about as many maps as said, and its source."""
    source = Counting(networks)
    bank = MapBank(source, threads=threads, pack=undrawn)
    bank._budget = int(maps * max(bytes_of(undrawn(network)) for network in networks))
    return bank, source


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_only_what_worlds_stand_on_is_built():
    bank, source = bank_of()
    lease = bank.lease(3)
    lease.take(numbers(0, 1, 2), numbers(5, 7, 5))
    assert sorted(source.built) == [5, 7]
    assert sorted(bank.loaded) == [5, 7]
    assert (bank.arrays.slot_of[[5, 7]] >= 0).all()


def test_the_first_step_of_one_world_over_many_roads_builds_one_road():
    bank, source = bank_of()
    world = World(bank, EnvConfig(traffic=TrafficConfig(car_count=3), sensors=()), 1)
    world.reset(seed=4, maps=[9])
    world.step(np.zeros((1, 2), np.float32))
    assert source.built == [9]


def test_of_many_maps_that_are_waited_for_few_are_there_twice():
    built, alive = [], []

    def packed(network):
        built.append(weakref.ref((made := undrawn(network)).lanes.point))
        alive.append(sum(point() is not None for point in built))
        return made

    count = 3 * PORTION
    bank = MapBank(Networks(8 * NETWORKS), threads=2, pack=packed)
    bank.lease(count).take(np.arange(count), np.arange(count))
    assert len(built) == count and bank.loaded == list(range(count))
    assert max(alive) <= PORTION + 1, "a portion, and the last of the one before"


def test_what_nobody_holds_is_dropped_that_used_longest_ago_first(caplog):
    bank, _ = bank_of([country()] * COUNT, maps=3.5)
    lease = bank.lease(1)
    with caplog.at_level(logging.WARNING):
        for number in (0, 1, 2, 0, 3, 4):
            lease.take(numbers(0), numbers(number))
    assert sorted(bank.loaded) == [0, 3, 4]
    assert [record.getMessage() for record in caplog.records] == [
        "map_memory_mb = 0 has room for 3 of 12 maps: episodes wait for their roads"
    ]


def test_maps_that_are_held_stay_even_beyond_the_budget():
    bank, source = bank_of([country()] * COUNT, maps=1.5)
    lease = bank.lease(4)
    lease.take(numbers(0, 1, 2, 3), numbers(0, 1, 2, 3))
    assert sorted(bank.loaded) == [0, 1, 2, 3]
    slots = bank.arrays.slot_of[:4].tolist()
    lease.take(numbers(3), numbers(4))
    assert sorted(bank.loaded) == [0, 1, 2, 4]
    assert bank.arrays.slot_of[:3].tolist() == slots[:3]
    assert source.built == [0, 1, 2, 3, 4]


def test_a_lease_that_is_gone_holds_nothing():
    bank, _ = bank_of([country()] * COUNT, maps=1.5)
    first, second = bank.lease(2), bank.lease(1)
    first.take(numbers(0, 1), numbers(0, 1))
    del first
    second.take(numbers(0), numbers(2))
    assert bank.loaded == [2]


def test_what_is_expected_is_there_when_it_is_taken_and_only_as_much_as_fits():
    bank, source = bank_of([country()] * COUNT, maps=4.5)
    lease = bank.lease(2)
    lease.take(numbers(0, 1), numbers(0, 1))
    lease.expect([2, 3, 4, 5, 6])
    lease.take(numbers(0), numbers(2))
    lease.take(numbers(1), numbers(3))
    assert source.built == [0, 1, 2, 3]


def test_what_was_expected_in_vain_counts_as_memory_and_is_dropped_like_the_rest():
    bank, source = bank_of([country()] * COUNT, maps=3.5)
    lease = bank.lease(1)
    lease.take(numbers(0), numbers(0))
    for number in range(1, 8):
        lease.expect([number])
        bank._builder.ask([number])
        while number not in bank._builder._made:
            time.sleep(0.001)
    lease.expect([])
    assert bank.loaded == [0, 6, 7]
    assert bank._builder.pending == 0
    assert sorted(source.built) == list(range(8))


def test_a_failing_source_leaves_the_bank_as_it_was():
    bank, source = bank_of()
    lease = bank.lease(1)
    lease.take(numbers(0), numbers(1))
    build, source.build = source.build, lambda index: 1 / 0
    with pytest.raises(ZeroDivisionError):
        lease.take(numbers(0), numbers(2))
    source.build = build
    bank._builder._make = lambda number: undrawn(build(number))
    lease.take(numbers(0), numbers(2))
    assert sorted(bank.loaded) == [1, 2]


def drive(bank: MapBank, *, worlds: int = 4, threads: int = 1) -> list[dict[str, np.ndarray]]:
    """Snapshots of a drive over several short episodes on changing maps."""
    config = EnvConfig(traffic=TrafficConfig(car_count=6), sensors=())
    world = World(bank, config, worlds, threads)
    world.reset(seed=3)
    trace = []
    for step in range(60):
        world.step(world.state.plan.expert_action[:, 0])
        if step % 10 == 9:
            world.reset(mask=np.arange(worlds) % 2 == (step // 10) % 2)
        trace.append(world.snapshot())
    return trace


def test_neither_budget_nor_threads_nor_the_maps_place_in_memory_change_a_bit():
    expected = drive(MapBank.bare(NETWORKS))
    displaced, _ = bank_of()
    displaced.lease(3).take(numbers(0, 1, 2), numbers(11, 4, 8))
    for bank in (bank_of(maps=1.0)[0], bank_of(maps=4.0, threads=3)[0], displaced):
        for step, (one, other) in enumerate(zip(drive(bank), expected, strict=True)):
            for name, values in one.items():
                np.testing.assert_array_equal(values, other[name], err_msg=f"{name} at step {step}")


def test_a_snapshot_goes_on_alike_where_its_map_lies_elsewhere():
    config = EnvConfig(traffic=TrafficConfig(car_count=6), sensors=())
    first = World(bank_of()[0], config, 2)
    first.reset(seed=1)
    for _ in range(10):
        first.step(first.state.plan.expert_action[:, 0])
    bank, source = bank_of(maps=2.5)
    other = World(bank, config, 2)
    other.reset(seed=77, maps=[3, 6])
    other.restore(first.snapshot())
    for _ in range(10):
        for world in (first, other):
            world.step(world.state.plan.expert_action[:, 0])
    one, two = first.snapshot(), other.snapshot()
    for name in one:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)
    assert set(first.state.worlds.map.tolist()) <= set(source.built)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_copies_of_a_bank_with_its_leases_hold_the_same_maps_in_the_same_places(copied):
    bank = MapBank(Networks(NETWORKS), pack=undrawn)
    gone, lease = bank.lease(2), bank.lease(2)
    gone.take(numbers(0, 1), numbers(9, 10))
    lease.take(numbers(0, 1), numbers(4, 7))
    del gone
    bank, lease, other = copied((bank, lease, bank.lease(1)))
    assert {4, 7} <= set(bank.loaded)
    arrays, expected = bank.arrays, undrawn(NETWORKS[7])
    first, end = (int(ends[arrays.slot_of[7]]) for ends in (arrays.lanes.map_first, arrays.lanes.map_end))
    np.testing.assert_array_equal(arrays.lanes.length[first:end], expected.lanes.length)
    other.take(numbers(0), numbers(2))
    bank._budget = 1
    other.take(numbers(0), numbers(3))
    assert set(bank.loaded) == {3, 4, 7}
    lease.take(numbers(0), numbers(2))
    assert 7 in bank.loaded


def test_a_pickled_bank_puts_maps_where_they_lay():
    bank = MapBank(Networks(NETWORKS), pack=undrawn)
    leases = [bank.lease(1) for _ in range(4)]
    for number, lease in enumerate(leases):
        lease.take(numbers(0), numbers(number))
    del leases[1]
    again, *_ = pickle.loads(pickle.dumps((bank, leases)))
    for number in (0, 2, 3):
        for table in ("lanes", "routes"):
            first = [int(getattr(b.arrays, table).map_first[b.arrays.slot_of[number]]) for b in (bank, again)]
            assert first[0] == first[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maps.key": np.zeros((1, 16), np.uint8)}, "is of other maps than those"),
        ({"worlds.map": np.array([COUNT], np.int32)}, "expected numbers below 12"),
        ({"worlds.map": np.array([-1], np.int32)}, "expected numbers below 12"),
        ({"navigation.route": np.array([[99]], np.int32)}, "expected numbers of the map's routes"),
        ({"held.lane": np.array([[2**20]], np.int32)}, "expected numbers of the map's lanes"),
    ],
)
def test_a_snapshot_that_points_nowhere_is_refused_and_changes_nothing(change, message):
    world = World(bank_of()[0], EnvConfig(sensors=()), 1)
    world.reset(seed=0)
    before = world.snapshot()
    with pytest.raises(ValueError, match=message):
        world.restore({**before, **change})
    after = world.snapshot()
    for name in before:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    world.step(np.zeros((1, 2), np.float32))
