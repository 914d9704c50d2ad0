import numpy as np

from drivesim.kernels.device import device
from drivesim.kernels.entry import entry, kernel


@device
def note_next(log, count, world):
    log[count[0]] = 100 + world
    count[0] += 1


@device
def note_after_next(log, count, world):
    log[count[0]] = 200 + world
    count[0] += 1


@entry(ahead=note_next, far_ahead=note_after_next)
def note(log, count, world):
    """Notes a world."""
    log[count[0]] = world
    count[0] += 1


@entry()
def note_without_fetching(log, count, world):
    log[count[0]] = world
    count[0] += 1


@kernel
def third_of(log):
    return log[2]


def noted(made, first, last):
    log, count = np.zeros(16, np.int64), np.zeros(1, np.int64)
    made(np.array([5, 6, 7, 8]), first, last, log, count)
    return log[: count[0]].tolist()


def test_the_body_runs_for_a_range_of_the_listed_worlds():
    assert noted(note_without_fetching, 0, 4) == [5, 6, 7, 8]
    assert noted(note_without_fetching, 1, 3) == [6, 7]
    assert noted(note_without_fetching, 2, 2) == []


def test_data_are_fetched_for_the_next_two_worlds_of_the_range_and_no_further():
    assert noted(note, 0, 4) == [207, 106, 5, 208, 107, 6, 108, 7, 8]
    assert noted(note, 1, 3) == [107, 6, 7]


def test_a_kernel_carries_name_and_words_of_its_body_and_gives_it_to_other_launchers():
    assert (note.__name__, note.__doc__, note.__module__) == ("note", "Notes a world.", __name__)
    assert note.body.py_func.__name__ == "note"


def test_a_kernel_need_not_be_about_worlds():
    assert third_of(np.arange(5)) == 2
