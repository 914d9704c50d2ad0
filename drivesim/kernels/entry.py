"""Functions that Python calls: compiled once per machine, kept on the disk, run without Python's lock.

`kernel` takes any function. `entry` takes the body for one world and makes a kernel of it that runs a range of worlds,
so that the loop stands in one place, and another launcher (one thread of a graphics card per world) can take the same
body. Where kernels run as plain Python (`NUMBA_DISABLE_JIT=1`) both are plain functions.
"""

import inspect
from collections.abc import Callable
from typing import Any, cast

from numba import njit

from drivesim.kernels.cache import KernelCache
from drivesim.kernels.device import device, routine

_LOOP = """
def loop(worlds, first, last, {args}):
    for at in range(first, last):
        if at + 2 < last:
            far_ahead({args}, worlds[at + 2])
        if at + 1 < last:
            ahead({args}, worlds[at + 1])
        body({args}, worlds[at])
"""
"""Written out, since Numba looks at each argument's type in C, but in Python at those that come as `*args`."""


@device
def _nothing(*args):
    """Fetches nothing."""


def kernel(function: Callable[..., Any]) -> Any:
    """Compiles a function for calls from Python, and keeps the code."""
    return _kept(function, (function.__module__,))


def entry(
    *, ahead: Callable[..., Any] = _nothing, far_ahead: Callable[..., Any] = _nothing, inline: bool = True
) -> Any:
    """Makes a kernel of the body for one world.

    The body is a function of some arguments and, as the last one, the world. The kernel is called as
    `kernel(worlds, first, last, *args)`, which `kernels.launch.Launcher` does, and calls `body(*args, world)` for each
    world in `worlds[first:last]`. `kernel.body` is the body.

    Args:
        ahead: Called like the body, before it, with the world that comes next: the place to fetch its data.
        far_ahead: The same with the world after the next.
        inline: Compile the body into the loop; faster to run, slower to compile.
    """

    def made(body: Callable[..., Any]) -> Any:
        compiled = device(body) if inline else routine(body)
        names = {"body": compiled, "ahead": ahead, "far_ahead": far_ahead}
        exec(_LOOP.format(args=", ".join(list(inspect.signature(body).parameters)[:-1])), names)
        loop = cast(Any, names["loop"])
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(loop, name, getattr(body, name))
        result = _kept(loop, tuple(dict.fromkeys(part.__module__ for part in (body, ahead, far_ahead))))
        result.body = compiled
        return result

    return made


def _kept(function: Callable[..., Any], modules: tuple[str, ...]) -> Any:
    compiled: Any = njit(nogil=True)(function)
    if compiled is not function:
        compiled._cache = KernelCache(function, modules)
    return compiled
