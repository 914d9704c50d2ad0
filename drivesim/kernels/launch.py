"""How kernels are run: ranges of worlds shared out to threads, named tuples handed over as views.

A kernel is called as `kernel(worlds, first, last, *args)` and works on `worlds[first:last]`; `kernels.entry` makes such
kernels. Threads come from a pool of Python's own: OpenMP aborts in a forked child, and `parallel=True` kernels collide
in Numba's cache.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, final

import numpy as np

from drivesim.kernels.target import view

WORLDS_PER_RANGE_MIN = 4
"""A range smaller than this costs more to hand over than it saves."""
WORLDS_PER_TURN = 128
"""Several kernels take turns on so many worlds, whose data stay in the caches from one to the next."""
_VIEWS_MAX = 128
"""Views that are kept; tuples that are made anew at every step push out each other, not those that stay."""


class Call(NamedTuple):
    """A kernel and its arguments but for the worlds."""

    kernel: Callable[..., Any]
    args: tuple[Any, ...]


@final
class Launcher:
    """Runs kernels over worlds on a pool of threads that starts when first needed.

    Kernels compute every world from that world's data alone, so results do not depend on the number of threads.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._pool_process = 0
        self._views: OrderedDict[int, tuple[Any, Any]] = OrderedDict()

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy starts threads and makes views of its own: those are found by the identity of tuples."""
        return Launcher, (self.threads,)

    def run(self, kernel: Callable[..., Any], worlds: np.ndarray, *args: Any) -> None:
        """Runs a kernel over some worlds.

        Args:
            kernel: Called with ranges that cover `worlds`, the first one in the calling thread.
            worlds: Indices of worlds, int64, in the order they are worked on.
            *args: The kernel's further arguments. A named tuple goes in as a view (`kernels.views`), which is made once
                per tuple.

        Raises:
            Exception: What a range has raised, after all have ended.
        """
        self.run_in_turns((Call(kernel, args),), worlds)

    def run_in_turns(self, calls: tuple[Call, ...], worlds: np.ndarray) -> None:
        """Runs several kernels, one after the other in every world; see `run`."""
        calls = tuple(Call(call.kernel, tuple(self._viewed(arg) for arg in call.args)) for call in calls)
        count = len(worlds)
        ranges = min(self.threads, count // WORLDS_PER_RANGE_MIN)
        if ranges <= 1:
            _run_range(calls, worlds, 0, count)
            return
        bounds = [count * index // ranges for index in range(ranges + 1)]
        pool = self._started_pool()
        pending = [pool.submit(_run_range, calls, worlds, bounds[i], bounds[i + 1]) for i in range(1, ranges)]
        try:
            _run_range(calls, worlds, 0, bounds[1])
        finally:
            errors = [future.exception() for future in pending]
        for error in errors:
            if error is not None:
                raise error

    def close(self) -> None:
        """Ends the threads; `run` starts new ones if called again."""
        if self._pool is not None and self._pool_process == os.getpid():
            self._pool.shutdown()
        self._pool = None

    def _viewed(self, value: Any) -> Any:
        """The view of a named tuple, from the last time if it has been here; anything else as it is."""
        if not isinstance(value, tuple):
            return value
        key = id(value)
        known = self._views.get(key)
        if known is None:
            if len(self._views) == _VIEWS_MAX:
                self._views.popitem(last=False)
            known = self._views[key] = (value, view(value))
        else:
            self._views.move_to_end(key)
        return known[1]

    def _started_pool(self) -> ThreadPoolExecutor:
        """The pool of this process: threads do not survive a fork."""
        if self._pool is None or self._pool_process != os.getpid():
            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="drivesim")
            self._pool_process = os.getpid()
        return self._pool


def _run_range(calls: tuple[Call, ...], worlds: np.ndarray, first: int, last: int) -> None:
    if len(calls) == 1:
        calls[0].kernel(worlds, first, last, *calls[0].args)
        return
    for start in range(first, last, WORLDS_PER_TURN):
        end = min(start + WORLDS_PER_TURN, last)
        for kernel, args in calls:
            kernel(worlds, start, end, *args)
