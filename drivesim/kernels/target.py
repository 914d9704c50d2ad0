"""What kernels need from the machine they run on, by names that do not say which machine.

Kernels and those who call them take these names from here, so another target (a graphics card) replaces this module.
"""

from drivesim.kernels.device import device
from drivesim.kernels.prefetch import prefetch, prefetch_write
from drivesim.kernels.views import clear_row, view

__all__ = ["clear_row", "is_finite", "prefetch", "prefetch_write", "view"]


@device
def is_finite(value):
    """Whether a number is neither infinite nor NaN."""
    return value - value == 0
