"""`Builder`: makes maps on threads, those that are waited for before those that will be needed."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar, final

Made = TypeVar("Made")


@final
class Builder(Generic[Made]):
    """Makes things by number, each once, and keeps them until they are fetched.

    Threads start when there is work and end when there is none. Whoever waits works along, so nothing depends on
    there being threads; at the end of the program what nobody waits for is left undone.

    Args:
        make: Makes the thing with a number; called on any thread.
        threads: Threads that may make things at the same time, the caller's included.
    """

    def __init__(self, make: Callable[[int], Made], threads: int) -> None:
        self._make = make
        self.threads = threads
        self._begin()

    def _begin(self) -> None:
        """An empty start; a forked child has no thread that would finish what the parent began."""
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._queue: deque[int] = deque()
        self._working: set[int] = set()
        self._made: dict[int, Made | BaseException] = {}
        self._running = 0

    @property
    def pending(self) -> int:
        """Things that are made or asked for, and not fetched."""
        return len(self._queue) + len(self._working) + len(self._made)

    def ask(self, numbers: Iterable[int], *, threads: int = 1) -> None:
        """Has things made some time, by as many threads."""
        self._check_process()
        with self._changed:
            for number in numbers:
                if number not in self._queue and number not in self._working and number not in self._made:
                    self._queue.append(number)
            self._start(threads)

    def fetch(self, numbers: list[int]) -> list[Made]:
        """Things, as soon as all are made.

        Raises:
            Exception: What `make` raised for the first that failed.
        """
        self._check_process()
        with self._changed:
            for number in reversed(numbers):
                if number in self._queue:
                    self._queue.remove(number)
                if number not in self._working and number not in self._made:
                    self._queue.appendleft(number)
            self._start(min(self.threads, len(numbers)) - 1)
        wanted = set(numbers)
        while self._work_once(wanted):
            pass
        with self._changed:
            self._changed.wait_for(lambda: wanted <= self._made.keys())
            results = {number: self._made.pop(number) for number in wanted}
        for number in numbers:
            result = results[number]
            if isinstance(result, BaseException):
                raise result
        return [results[number] for number in numbers]  # type: ignore[misc]  # exceptions were raised above

    def finished(self) -> dict[int, Made]:
        """Things that are made and were not fetched, by number; what has failed is left for `fetch`."""
        self._check_process()
        with self._changed:
            done = {number: made for number, made in self._made.items() if not isinstance(made, BaseException)}
            for number in done:
                del self._made[number]
        return done

    def _check_process(self) -> None:
        if self._process != os.getpid():
            self._begin()

    def _start(self, threads: int) -> None:
        for _ in range(min(threads, len(self._queue)) - self._running):
            self._running += 1
            threading.Thread(target=self._work, name="drivesim-maps").start()

    def _work(self) -> None:
        # The main thread is no longer alive while the interpreter waits for the others.
        while threading.main_thread().is_alive() and self._work_once(None):
            pass
        with self._changed:
            self._running -= 1

    def _work_once(self, wanted: set[int] | None) -> bool:
        """Makes the next thing in the queue; one of `wanted`, if given. False if there is none."""
        with self._changed:
            if not self._queue or (wanted is not None and self._queue[0] not in wanted):
                return False
            number = self._queue.popleft()
            self._working.add(number)
        made: Made | BaseException
        try:
            made = self._make(number)
        except BaseException as error:
            made = error
        with self._changed:
            self._working.discard(number)
            self._made[number] = made
            self._changed.notify_all()
        return True
