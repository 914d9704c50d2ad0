import copy
import multiprocessing
import pickle
import threading
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from drivesim.kernels.launch import WORLDS_PER_RANGE_MIN, WORLDS_PER_TURN, Call, Launcher


@njit(nogil=True)
def count_up(worlds, first, last, values, amount):
    for at in range(first, last):
        values[worlds[at]] += amount * worlds[at]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 3, 8, 64, 101])
def test_every_world_is_visited_once_whatever_the_number_of_threads(threads, count):
    values = np.zeros(count, np.int64)
    launcher = Launcher(threads)
    launcher.run(count_up, np.arange(count), values, 2)
    launcher.close()
    np.testing.assert_array_equal(values, 2 * np.arange(count))


def test_worlds_that_are_not_listed_are_left_alone():
    values = np.zeros(9, np.int64)
    Launcher().run(count_up, np.array([7, 3, 5]), values, 1)
    np.testing.assert_array_equal(values, [0, 0, 0, 3, 0, 5, 0, 7, 0])


def test_ranges_are_contiguous_and_shared_out_evenly():
    seen = []
    launcher = Launcher(4)
    launcher.run(lambda worlds, first, last: seen.append((first, last)), np.arange(42))
    launcher.close()
    assert sorted(seen) == [(0, 10), (10, 21), (21, 31), (31, 42)]


def test_few_worlds_run_in_the_calling_thread():
    seen = []
    launcher = Launcher(8)
    launcher.run(
        lambda worlds, first, last: seen.append((threading.current_thread(), first, last)),
        np.arange(WORLDS_PER_RANGE_MIN),
    )
    assert seen == [(threading.current_thread(), 0, WORLDS_PER_RANGE_MIN)]


@pytest.mark.parametrize("threads", [1, 3])
def test_kernels_that_take_turns_do_so_in_every_world_in_their_order(threads):
    count = 2 * WORLDS_PER_TURN + 5
    seen: list[list[str]] = [[] for _ in range(count)]

    def note(worlds, first, last, name):
        for at in range(first, last):
            seen[worlds[at]].append(name)

    launcher = Launcher(threads)
    launcher.run_in_turns((Call(note, ("step",)), Call(note, ("decide",))), np.arange(count))
    launcher.close()
    assert seen == [["step", "decide"]] * count


def test_an_exception_in_a_thread_is_raised_after_all_ranges_have_ended():
    seen = []

    def work(worlds, first, last):
        if first > 0:
            raise ValueError(f"range {first} .. {last}")
        seen.append(first)

    launcher = Launcher(2)
    with pytest.raises(ValueError, match="range 8 .. 16"):
        launcher.run(work, np.arange(16))
    launcher.close()
    assert seen == [0]


def test_a_closed_launcher_starts_again():
    values = np.zeros(16, np.int64)
    launcher = Launcher(2)
    for _ in range(2):
        launcher.run(count_up, np.arange(16), values, 1)
        launcher.close()
    np.testing.assert_array_equal(values, 2 * np.arange(16))


def _child(launcher, queue):
    values = np.zeros(16, np.int64)
    launcher.run(count_up, np.arange(16), values, 1)
    queue.put(values.tolist())


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_starts_threads_of_its_own():
    launcher = Launcher(2)
    launcher.run(count_up, np.arange(16), np.zeros(16, np.int64), 1)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_child, args=(launcher, queue))
    process.start()
    assert queue.get(timeout=60) == list(range(16))
    process.join()
    launcher.close()


class Pair(NamedTuple):
    one: np.ndarray
    other: np.ndarray


@njit(nogil=True)
def copy_over(worlds, first, last, pair):
    for at in range(first, last):
        pair.other[worlds[at]] = pair.one[worlds[at]]


def test_named_tuples_go_in_as_views_of_the_same_arrays():
    launcher = Launcher(1)
    for number in range(100):
        pair = Pair(np.full(5, float(number)), np.zeros(5))
        for _ in range(2):
            launcher.run(copy_over, np.arange(5), pair)
        np.testing.assert_array_equal(pair.other, pair.one)
    assert len(copy_over.signatures) == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_works_on_its_own_arrays_and_threads(copied):
    launcher, pair = Launcher(2), Pair(np.arange(16.0), np.zeros(16))
    launcher.run(copy_over, np.arange(16), pair)
    for _ in range(3):  # copies of copies: the first ones are gone by then, their addresses in use again
        launcher, pair = copied((launcher, pair))
        pair.one[:] += 1.0
        launcher.run(copy_over, np.arange(16), pair)
        np.testing.assert_array_equal(pair.other, pair.one)
    launcher.close()
