import copy
import pickle
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from drivesim.kernels.target import clear_row, view


class Inner(NamedTuple):
    values: np.ndarray
    table: np.ndarray


class Outer(NamedTuple):
    inner: Inner
    flags: np.ndarray
    scale: np.float32
    count: np.int32


def outer():
    inner = Inner(np.arange(4.0, dtype=np.float32), np.arange(6, dtype=np.int32).reshape(2, 3))
    return Outer(inner, np.array([True, False]), np.float32(0.5), np.int32(7))


@njit
def scaled(inner, scale):
    return inner.values[1] * scale


@njit
def work(value):
    """Reads and writes through every kind of field."""
    value.inner.values[0] = value.inner.table[1, 2] * value.scale
    value.flags[1] = not value.flags[1]
    row = value.inner.table[1]
    row[0] = value.count
    return scaled(value.inner, value.scale) + len(row) + value.inner.values.shape[0]


def test_a_view_reads_and_writes_the_arrays_of_its_tuple():
    value = outer()
    assert work(view(value)) == 0.5 + 3 + 4
    assert value.inner.values[0] == 2.5
    assert value.inner.table[1].tolist() == [7, 4, 5]
    assert value.flags.tolist() == [True, True]


def test_a_view_computes_what_the_tuple_itself_does():
    one, other = outer(), outer()
    assert work(view(one)) == work(other)
    for a, b in zip((*one.inner, one.flags), (*other.inner, other.flags), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_view_keeps_its_arrays_alive():
    viewed = view(outer())
    [np.full(4, 99.0, np.float32) for _ in range(100)]
    assert work(viewed) == 7.5


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_of_a_view_is_a_view_of_copied_arrays(copied):
    original = view(outer())
    other = copied(original)
    work(other)
    assert other.value.inner.values[0] == 2.5
    assert original.value.inner.values[0] == 0.0


def test_arrays_of_a_view_are_not_reference_counted():
    work(view(outer()))
    code = next(iter(work.inspect_llvm().values()))
    assert "NRT_" not in code.split("define")[1]


class Rows(NamedTuple):
    inner: Inner
    flags: np.ndarray


@njit
def clear(value, row):
    clear_row(value, row)


@pytest.mark.parametrize("hand_over", [view, lambda value: value], ids=["view", "tuple"])
def test_clearing_a_row_zeroes_it_in_every_array_and_leaves_the_others(hand_over):
    value = Rows(Inner(np.arange(1.0, 4.0), np.arange(1, 13, dtype=np.int32).reshape(3, 2, 2)), np.ones(3, np.bool_))
    clear(hand_over(value), 1)
    assert value.inner.values.tolist() == [1.0, 0.0, 3.0]
    assert value.inner.table.reshape(3, 4).tolist() == [[1, 2, 3, 4], [0, 0, 0, 0], [9, 10, 11, 12]]
    assert value.flags.tolist() == [True, False, True]
