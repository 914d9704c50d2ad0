import numpy as np
import pytest
from numba import njit

from drivesim.kernels.target import is_finite, prefetch, prefetch_write


@njit
def hint(array, index):
    prefetch(array, index)
    prefetch_write(array, index)


def test_hints_change_nothing_and_allow_any_index():
    for array in (np.arange(8.0), np.arange(12, dtype=np.int32).reshape(4, 3)):
        before = array.copy()
        for index in (0, 3, -1, 10**12):
            hint(array, index)
        np.testing.assert_array_equal(array, before)


@njit
def has_finite(value):
    return is_finite(value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_is_what_numpy_calls_finite(dtype):
    largest = np.finfo(dtype).max
    for value in (0.0, -0.0, 1.5, largest, -largest, np.finfo(dtype).smallest_subnormal, np.inf, -np.inf, np.nan):
        assert has_finite(dtype(value)) == np.isfinite(value)
