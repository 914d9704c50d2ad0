"""The first start on a machine: kernels that are missing are compiled by several processes, and the user is told.

Numba holds one lock while it compiles, so threads do not help, and LLVM hears no Ctrl-C; processes do not share the
lock and can be ended. What they compile lands in the cache, where the process that waits for them finds it.
"""

import contextlib
import logging
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numba import typeof
from numba.core import types

from drivesim.kernels.alone import compile_kernels_alone
from drivesim.kernels.cache import compile_once, is_compiled
from drivesim.kernels.target import view

LOG = logging.getLogger(__name__)
_PROGRAM = "from drivesim.kernels.warm_up import compile_what_is_asked; compile_what_is_asked()"
_NO_WORLDS = np.zeros(0, np.int64)


class Job(NamedTuple):
    """A kernel, to be compiled for arguments of some types."""

    kernel: Any
    signature: tuple[types.Type, ...]


def job(kernel: Any, *args: Any) -> Job:
    """The job of compiling a kernel for a call from Python with arguments like these."""
    return Job(kernel, tuple(typeof(view(arg) if isinstance(arg, tuple) else arg) for arg in args))


def launch_job(kernel: Any, *args: Any) -> Job:
    """The job of compiling a kernel for `Launcher.run` with arguments like these."""
    return job(kernel, _NO_WORLDS, 0, 0, *args)


class WarmUp:
    """Compiles the kernels that are missing on this machine in the background, from now on.

    Args:
        jobs: What will be called. Of what is compiled already, nothing is done; with nothing missing, nothing is said.
        report: Called with (kernels compiled, kernels to compile) at the start and after each, from any thread.
    """

    def __init__(self, jobs: Iterable[Job], report: Callable[[int, int], None] | None = None) -> None:
        missing = [each for each in jobs if not is_compiled(*each) and _can_be_found(each.kernel)]
        self.missing = len(missing)
        self._report = report or (lambda done, count: None)
        self._answered: list[Job] = []
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[threading.Thread] = []
        if not missing:
            return
        for each in missing:
            self._waiting.put(each)
        count = min(_core_count(), len(missing))
        LOG.warning("compiling for this machine, which happens once: %d kernels, %d at a time", len(missing), count)
        self._report(0, self.missing)
        try:
            for _ in range(count):
                self._start()
        except OSError as error:  # no further processes: the first calls compile what is missing
            LOG.warning("kernels are compiled as they are called: %s", error.strerror)
        except BaseException:  # Ctrl-C while they start: nobody holds this object to cancel it
            self.cancel()
            raise

    def finish(self) -> None:
        """Waits for the processes. What has failed there is compiled, and raises, when it is called."""
        try:
            for thread in self._threads:
                thread.join()
        except BaseException:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _start(self) -> None:
        """Starts one process and the thread that hands it jobs."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C goes to the process that the user sees, which ends this one
        )
        self._processes.append(process)
        self._threads.append(threading.Thread(target=self._feed, args=(process,), daemon=True))
        self._threads[-1].start()

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        with process, process.stdin as jobs, process.stdout as answers:
            try:
                while True:
                    asked = self._waiting.get_nowait()
                    pickle.dump((asked.kernel.__module__, asked.kernel.__name__, asked.signature), jobs)
                    jobs.flush()
                    if not answers.readline():
                        return
                    self._answered.append(asked)
                    self._report(len(self._answered), self.missing)
            except (queue.Empty, BrokenPipeError):
                return


def compile_what_is_asked() -> None:
    """The program of the processes: compiles the jobs that come on the standard input until it ends."""
    compile_kernels_alone()
    answers = os.fdopen(os.dup(1), "wb")
    while True:
        try:
            module, name, signature = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        with contextlib.suppress(Exception):  # raised once more where the kernel is called
            compile_once(getattr(import_module(module), name), signature)
        answers.write(b"\n")
        answers.flush()


def _can_be_found(kernel: Any) -> bool:
    """Whether another process can import a kernel under its name."""
    module = kernel.__module__
    return module != "__main__" and getattr(sys.modules.get(module), kernel.__name__, None) is kernel


def _core_count() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
