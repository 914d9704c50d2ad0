"""How kernels are run: ranges of worlds shared out to threads, and arguments handed over in one piece.

A kernel is `@njit(nogil=True, cache=True)` and takes its arguments, then `first` and `last`: the worlds it works on.
Threads come from a pool of Python's own: OpenMP aborts in a forked child, and `parallel=True` kernels collide in
Numba's cache.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numba import config as numba_config
from numba import njit
from numba.core import types
from numba.experimental import structref

WORLDS_PER_RANGE_MIN = 4
"""A range smaller than this costs more to hand over than it saves."""


@structref.register
class _BundleType(types.StructRef):
    """Numba's type of a `Bundle`."""


class Bundle(structref.StructRefProxy):
    """Arguments that kernels take as one, made by `pack`; inside, `bundle.value` gives the tuple back.

    Numba unpacks every array of an argument at every call, which takes 0.15 us each: 20 us for all maps and states.
    A bundle is unpacked once, when packed, and then is a pointer.
    """


structref.define_proxy(Bundle, _BundleType, ["value"])


class _PlainBundle:
    """Stands in where kernels run as plain Python (`NUMBA_DISABLE_JIT=1`)."""

    def __init__(self, value: tuple[Any, ...]) -> None:
        self.value = value


@njit(cache=True)
def _pack(value):
    return Bundle(value)


def pack(*values: Any) -> Any:
    """A `Bundle` of `values` for use as a kernel argument. It holds references to the arrays, no copies."""
    return _PlainBundle(values) if numba_config.DISABLE_JIT else _pack(values)


class Launcher:
    """Runs kernels over ranges of worlds on a pool of threads that starts when first needed.

    Kernels compute every world from that world's data alone, so results do not depend on the number of threads.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._pool_process = 0

    def run(self, kernel: Callable[..., Any], count: int, *args: Any) -> None:
        """Calls `kernel(*args, first, last)` for contiguous ranges that cover [0, count).

        The calling thread takes the first range. An exception in any range is raised here, after all have ended.
        """
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

    def _started_pool(self) -> ThreadPoolExecutor:
        """The pool of this process: threads do not survive a fork."""
        if self._pool is None or self._pool_process != os.getpid():
            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="drivesim")
            self._pool_process = os.getpid()
        return self._pool

    def close(self) -> None:
        """Ends the threads; `run` starts new ones if called again."""
        if self._pool is not None and self._pool_process == os.getpid():
            self._pool.shutdown()
        self._pool = None
