import numpy as np
from numba import njit

from drivesim.kernels.prefetch import prefetch, prefetch_write


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
