"""A thread for long work, asked from a loop that must not wait."""

import queue
import threading
from collections.abc import Callable
from typing import Any


class Worker:
    """One thread that does one job at a time. It never keeps the process alive, and ends with `close`."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self._pending = False
        threading.Thread(target=self._run, daemon=True, name="drivesim-worker").start()

    @property
    def busy(self) -> bool:
        """A job was submitted and its result not yet taken."""
        return self._pending

    @property
    def ready(self) -> bool:
        """The result of the last job waits to be taken."""
        return self._pending and not self._answers.empty()

    def submit(self, job: Callable[[], Any]) -> None:
        """Starts a job.

        Raises:
            RuntimeError: The result of the last one was not taken yet.
        """
        if self._pending:
            raise RuntimeError("the worker is busy")
        self._pending = True
        self._jobs.put(job)

    def result(self, timeout_s: float | None = None) -> Any:
        """Waits for the job and returns its result; what it raised is raised here.

        Raises:
            TimeoutError: It takes longer than `timeout_s`; the job goes on and may be asked for again.
        """
        try:
            failed, answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError("the worker is not done") from None
        self._pending = False
        if failed:
            raise answer
        return answer

    def close(self) -> None:
        """Ends the thread once its job is done; its result may still be taken."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._answers.put((False, job()))
            except BaseException as error:  # whatever it is belongs to who asked
                self._answers.put((True, error))
            # What a job holds must not outlive it in a thread that waits.
            del job
