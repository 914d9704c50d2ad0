"""Things are made once, on any thread, and what is waited for goes first."""

import os
import threading
import time

import pytest

from drivesim.maps.builder import Builder


def test_results_come_in_the_order_asked_for_whatever_the_threads():
    for threads in (1, 2, 5):
        builder = Builder(lambda number: number * number, threads)
        assert builder.fetch([3, 1, 2]) == [9, 1, 4]
        assert builder.pending == 0


def test_a_thing_asked_for_before_is_made_once():
    made = []
    builder = Builder(lambda number: made.append(number) or number, 2)
    builder.ask([1, 2, 3])
    builder.ask([3, 2])
    assert builder.fetch([3, 2, 1]) == [3, 2, 1]
    assert sorted(made) == [1, 2, 3]


def test_what_is_waited_for_goes_before_what_will_be_needed():
    gate, order = threading.Event(), []

    def make(number: int) -> int:
        if number == 0:
            gate.wait(5.0)
        order.append(number)
        return number

    builder = Builder(make, 2)
    builder.ask([0, 1, 2, 3])
    assert builder.fetch([9]) == [9]
    gate.set()
    assert builder.fetch([3]) == [3]
    assert order[0] == 9


def test_what_is_finished_can_be_had_without_waiting_and_only_once():
    builder = Builder(lambda number: 1 // number, 1)
    assert builder.finished() == {}
    builder.ask([0, 1])
    deadline = time.monotonic() + 5.0
    while builder.pending and len(found := builder.finished()) == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert found == {1: 1}
    assert builder.finished() == {}
    with pytest.raises(ZeroDivisionError):
        builder.fetch([0])


def test_a_failure_reaches_whoever_waits_and_is_tried_again():
    attempts = []

    def make(number: int) -> int:
        attempts.append(number)
        if len(attempts) == 1:
            raise ValueError("no such map")
        return number

    builder = Builder(make, 2)
    builder.ask([7])
    with pytest.raises(ValueError, match="no such map"):
        builder.fetch([7])
    assert builder.fetch([7]) == [7]


def test_threads_end_when_there_is_nothing_to_do():
    builder = Builder(lambda number: number, 4)
    builder.ask(range(20), threads=4)
    assert builder.fetch(list(range(20))) == list(range(20))
    deadline = time.monotonic() + 5.0
    while any(thread.name == "drivesim-maps" for thread in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(thread.name == "drivesim-maps" for thread in threading.enumerate())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_makes_things_anew():
    gate = threading.Event()
    builder = Builder(lambda number: (gate.wait(5.0) if number == 0 else None, number)[1], 2)
    builder.ask([0, 1])
    child = os.fork()
    if child == 0:
        os._exit(0 if builder.fetch([1]) == [1] else 1)
    gate.set()
    assert os.waitpid(child, 0)[1] == 0
    assert builder.fetch([0, 1]) == [0, 1]
