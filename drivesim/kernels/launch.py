"""How kernels are run: ranges of worlds shared out to threads, named tuples handed over as views.

A kernel is `@njit(nogil=True, cache=True)` and takes its arguments, then `first` and `last`: the worlds it works on.
Threads come from a pool of Python's own: OpenMP aborts in a forked child, and `parallel=True` kernels collide in
Numba's cache.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, final

from drivesim.kernels.views import view

WORLDS_PER_RANGE_MIN = 4
"""A range smaller than this costs more to hand over than it saves."""
_VIEWS_MAX = 64


@final
class Launcher:
    """Runs kernels over ranges of worlds on a pool of threads that starts when first needed.

    Kernels compute every world from that world's data alone, so results do not depend on the number of threads.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._pool_process = 0
        self._views: dict[int, tuple[Any, Any]] = {}

    def run(self, kernel: Callable[..., Any], count: int, *args: Any) -> None:
        """Calls `kernel(*args, first, last)` for contiguous ranges that cover [0, count).

        A named tuple among `args` goes in as a view (`kernels.views`), which is made once per tuple. The calling thread
        takes the first range. An exception in any range is raised here, after all have ended.
        """
        args = tuple(self._viewed(arg) if isinstance(arg, tuple) else arg for arg in args)
        ranges = min(self.threads, count // WORLDS_PER_RANGE_MIN)
        if ranges <= 1:
            kernel(*args, 0, count)
            return
        bounds = [count * index // ranges for index in range(ranges + 1)]
        pool = self._started_pool()
        pending = [pool.submit(kernel, *args, bounds[i], bounds[i + 1]) for i in range(1, ranges)]
        try:
            kernel(*args, 0, bounds[1])
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
        """The view of a named tuple, from the last time if it has been here."""
        known = self._views.get(id(value))
        if known is None:
            if len(self._views) == _VIEWS_MAX:
                self._views.clear()
            known = self._views[id(value)] = (value, view(value))
        return known[1]

    def _started_pool(self) -> ThreadPoolExecutor:
        """The pool of this process: threads do not survive a fork."""
        if self._pool is None or self._pool_process != os.getpid():
            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="drivesim")
            self._pool_process = os.getpid()
        return self._pool
