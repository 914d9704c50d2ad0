"""How functions are compiled that only kernels call: without entry points for Python and C, a third faster."""

from typing import Any

from numba import njit

_NO_ENTRY: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

device: Any = njit(forceinline=True, **_NO_ENTRY)
"""Compiles a function into its callers."""
routine: Any = njit(**_NO_ENTRY)
"""Compiles a function that is called."""
vectors: Any = njit(error_model="numpy", **_NO_ENTRY)
"""A routine made of plain loops over pixels: dividing by 0 gives inf, not a branch, so that they become vectors."""
