"""`DriveHistory`: a drive that can be looked at again from any moment, and gone on with from there."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.evaluation.replay import AT_START, BEFORE, Change, Replay
from agents.watching.driven_world import DrivenWorld
from agents.watching.tick import Answer, SavedDrive, Tick
from drivesim.errors import ConfigError
from drivesim.render.window import Report
from drivesim.state import EndReason

SAVED_EVERY_S = 1.0
"""Time between two moments that are saved whole [s]; those between are driven again."""
KEPT_BYTES = 384 << 20
"""Saved moments and what the driver said take at most this; then the oldest second goes."""
TICKS_BYTES = 128 << 20
"""Steps that are kept as they were shown take at most this."""


class Mark(NamedTuple):
    """Something that happened during a drive."""

    index: int
    """Control step that it shows in, counted from the start of the episode."""
    kind: str
    """"infraction", "trigger" (an event of the situation), "success" or "failure"."""
    text: str


class _Record(NamedTuple):
    """How a step came about."""

    action: np.ndarray
    """The one that led here, float32 (2,)."""
    by_hand: bool
    answer: Answer
    """The driver's at this step."""
    x: float
    y: float
    counts: np.ndarray
    """How often every event had happened, int32 (event,)."""
    triggered: frozenset[int]
    """Events of the situation that had begun."""
    size: int


class DriveHistory:
    """Keeps a drive: how every step came about, and now and then the whole moment.

    A step that is asked for again is driven again from the saved moment before it, with the actions of then, so that it
    is the same to the last bit; the driver is not asked anew, what it said is kept. Steps are counted as the world
    counts them, from 0 at the start of the episode. All methods that drive may run in another thread, one at a time.

    Args:
        drive: The world and its driver.
        keeps: Whether anything is kept; without it there is only the present.
        kept_bytes: Memory for saved moments and for what the driver said.
        ticks_bytes: Memory for steps as they were shown; 0: every step is driven again.
    """

    def __init__(
        self, drive: DrivenWorld, *, keeps: bool = True, kept_bytes: int = KEPT_BYTES, ticks_bytes: int = TICKS_BYTES
    ) -> None:
        self.keeps = keeps
        self.first = self.head = 0
        """The oldest and the newest step there is."""
        self.marks: tuple[Mark, ...] = ()
        """What happened, in the order of time."""
        self.by_hand: tuple[tuple[int, int], ...] = ()
        """Steps that the user drove: first and last of each stretch."""
        self._drive, self._kept_bytes, self._ticks_bytes = drive, kept_bytes, ticks_bytes
        self._records: list[_Record] = []
        self._saved: dict[int, SavedDrive] = {}
        self._changed: dict[int, SavedDrive] = {}
        """Moments at which the user changed something: the state with the change, from which the next step went on."""
        self._sizes: dict[int, int] = {}
        self._ticks: OrderedDict[int, tuple[Any, Tick, int]] = OrderedDict()
        self._at = 0
        """The step that the world is at."""
        self._actions: list[np.ndarray] = []
        self._sums: list[int] = []
        self._start: list[Change] = []
        self._begun: tuple[Change, ...] = ()
        self._set: list[tuple[int, Change]] = []
        self._hands: list[int] = []
        """Of the whole drive, also where moments have been given up: actions, checksums, what was set before it, at its
        start and on the way, steps by hand."""

    def begin(self, road_index: int) -> Tick:
        """Begins an episode; what was kept of the one before is forgotten."""
        if self._records:
            # What was set lasts: what holds is what did at the newest moment, whichever is looked at.
            self._go_to(self.head)
        before = [*self._start, *self._begun, *(change for _, change in self._set)]
        lasting = {c.subject: c for c in before if c.sensor or not self._drive.brings_weather}
        tick = self._drive.begin(road_index)
        self._start, self._begun, self._set = list(lasting.values()), self._drive.began_with, []
        self._actions, self._hands, self._sums = [], [], [self._drive.checksum]
        self.first = self.head = self._at = 0
        self.marks, self.by_hand = (), ()
        self._records, self._saved, self._changed, self._sizes = [], {}, {}, {}
        self._ticks.clear()
        if self.keeps:
            self._record(np.zeros(2, np.float32), False, tick)
            self._save(0)
        return tick

    def step(self, action: np.ndarray | None = None, *, by_hand: bool = True) -> Tick:
        """Drives one step on from the newest one, with the driver's action or with another, float32 (2,).

        Args:
            action: The other one; None: the driver's.
            by_hand: It is the user's.
        """
        drive = self._drive
        if not self.keeps:
            self.head += 1
            return drive.step(action)
        self._go_to(self.head)
        taken = drive.take_changes()
        if taken:
            self._changed[self.head] = drive.save()
            self._set += [(self.head, change) for change in taken]
        before = self._records[-1]
        chosen = drive.action if action is None else np.asarray(action, np.float32).reshape(2)
        tick = drive.advance(chosen)
        self.head = self._at = self.head + 1
        self._actions.append(chosen.copy())
        self._sums.append(drive.checksum)
        by_hand = by_hand and action is not None
        self._hands += [self.head] if by_hand else []
        self._record(chosen, by_hand, tick)
        self._note(before, tick)
        if self.head % max(round(SAVED_EVERY_S / drive.step_s), 1) == 0:
            self._save(self.head)
        self._forget()
        return tick

    def show(self, index: int) -> Tick:
        """A step as it was shown."""
        index = min(max(index, self.first), self.head)
        kept = self._ticks.get(index)
        if kept is not None and kept[0] == self._drive.shows:
            self._ticks.move_to_end(index)
            return kept[1]
        self._go_to(index)
        kept = self._ticks.get(index)
        # A step that was driven again just now is here; one that was restored whole is not.
        if kept is not None and kept[0] == self._drive.shows:
            return kept[1]
        return self._keep(index, self._drive.look())

    def cut(self, index: int) -> None:
        """Goes back to a step and forgets all that came after it; the driver goes on from there."""
        index = min(max(index, self.first), self.head)
        if index == self.head:
            self._go_to(index)
            return
        self._go_to(index, with_driver=True)
        del self._records[index - self.first + 1 :]
        for kept in (self._saved, self._changed, self._sizes, self._ticks):
            for number in [number for number in kept if number > index]:
                del kept[number]
        self._changed.pop(index, None)
        self.head = index
        del self._actions[index:], self._sums[index + 1 :]
        self._set = [(step, change) for step, change in self._set if step < index]
        self._hands = [step for step in self._hands if step <= index]
        self.marks = tuple(mark for mark in self.marks if mark.index <= index)
        self.by_hand = tuple((a, min(b, index)) for a, b in self.by_hand if a <= index)

    def renew(self, index: int) -> Tick:
        """Shows a step anew; changes that were asked for are made there, and then what came after it is forgotten."""
        if not self.keeps:
            return self._drive.refresh()
        if not self._drive.has_changes:
            return self.show(index)
        self.cut(index)
        self._set += [(index, change) for change in self._drive.take_changes()]
        self._save(index)
        self._changed[index] = self._saved[index]
        return self._keep(index, self._drive.look())

    def replay(self, about: Mapping[str, str]) -> Replay:
        """The drive so far, from its beginning up to the newest step.

        Args:
            about: As `Replay.about`.

        Raises:
            ConfigError: Nothing is kept.
        """
        if not self.keeps:
            raise ConfigError("replay: of this drive there is only the present")
        # A step may be on its way in another thread: it ends with its checksum.
        sums = np.array(self._sums, np.uint32)
        return Replay(
            beginning=self._drive.beginning,
            actions=np.array(self._actions[: len(sums) - 1], np.float32).reshape(-1, 2),
            checksums=sums,
            by_hand=stretches([step for step in self._hands if step < len(sums)]),
            changes=(
                *((BEFORE, change) for change in self._start),
                *((AT_START, change) for change in self._begun),
                *self._set,
            ),
            about=about,
        )

    def repeat(self, replay: Replay, report: Report) -> int | None:
        """Drives a kept drive again, right after its beginning, up to its end.

        Args:
            replay: One that `DrivenWorld` was made of.
            report: Told how far it is.

        Returns:
            The first step that comes out differently, which another version of the simulator may cause; None: all are
            the same.
        """
        count, hands = len(replay.actions), set()
        for first, last in replay.by_hand:
            hands |= set(range(first, last + 1))
        differs = None if self._sums[0] == replay.checksums[0] else 0
        for index in range(count + 1):
            for step, change in replay.changes:
                if step == index:
                    self._drive.change(change)
            if index == count:
                self.renew(index)
                break
            self.step(replay.actions[index], by_hand=index + 1 in hands)
            if differs is None and self._sums[-1] != replay.checksums[index + 1]:
                differs = self.head
            report(f"driving {replay.title} again", (index + 1) / count)
        return differs

    def trail(self, index: int, count: int) -> list[tuple[float, float]]:
        """Where the car was after each of the last `count` steps up to one, world frame [m]."""
        end = index - self.first + 1
        return [(record.x, record.y) for record in self._records[max(end - count, int(self.first == 0)) : end]]

    def _go_to(self, index: int, *, with_driver: bool = False) -> None:
        """Brings the world to a step; with the driver's memory too, else that stays what it is at the newest step."""
        base = max(number for number in self._saved if number <= index)
        if with_driver or not base <= self._at <= index:
            self._drive.restore(self._saved[base])
            self._at = base
            if with_driver:
                self._drive.remember(self._saved[base])
        while self._at < index:
            if self._at in self._changed:
                self._drive.restore(self._changed[self._at])
            record = self._records[self._at + 1 - self.first]
            tick = self._drive.advance(record.action, answer=record.answer, rehearses=with_driver)
            self._at += 1
            self._keep(self._at, tick)

    def _record(self, action: np.ndarray, by_hand: bool, tick: Tick) -> None:
        answer, moment = self._drive.answer, tick.moment
        x, y = float(moment.actors.x[0]), float(moment.actors.y[0])
        record = _Record(action.copy(), by_hand, answer, x, y, moment.events.count.copy(), tick.triggered, 0)
        self._records.append(record._replace(size=size_of(record)))
        if by_hand:
            old = self.by_hand
            goes_on = bool(old) and old[-1][1] == self.head - 1
            self.by_hand = (*old[:-1], (old[-1][0], self.head)) if goes_on else (*old, (self.head, self.head))
        self._keep(self.head, tick)

    def _note(self, before: _Record, tick: Tick) -> None:
        """Marks what has happened since the step before."""
        moment, names = tick.moment, self._drive.event_names
        began = np.flatnonzero(moment.events.count > before.counts)
        marks = [Mark(self.head, "infraction", names[number].replace("_", " ")) for number in began]
        marks += [
            Mark(self.head, "trigger", self._drive.trigger_name(number))
            for number in sorted(tick.triggered - before.triggered)
        ]
        if moment.end != EndReason.RUNNING:
            kind = "success" if moment.end == EndReason.SUCCESS else "failure"
            marks.append(Mark(self.head, kind, moment.end.name.lower().replace("_", " ")))
        if marks:
            self.marks = (*self.marks, *marks)

    def _save(self, index: int) -> None:
        saved = self._drive.save()
        self._saved[index] = saved
        self._sizes[index] = size_of(saved)

    def _keep(self, index: int, tick: Tick) -> Tick:
        """Keeps a step as it is shown now; the ones that were looked at longest ago go."""
        self._ticks[index] = (self._drive.shows, tick, size_of(tick))
        self._ticks.move_to_end(index)
        total = sum(size for _, _, size in self._ticks.values())
        while len(self._ticks) > 1 and total > self._ticks_bytes:
            total -= self._ticks.popitem(last=False)[1][2]
        return tick

    def _forget(self) -> None:
        """Gives up the oldest stretch while all that is kept takes too much memory."""
        while len(self._saved) > 1:
            total = sum(self._sizes.values()) + sum(record.size for record in self._records)
            total += sum(self._sizes.get(number, 0) for number in self._changed)
            if total <= self._kept_bytes:
                return
            first = sorted(self._saved)[1]
            del self._records[: first - self.first]
            for kept in (self._saved, self._changed, self._sizes, self._ticks):
                for number in [number for number in kept if number < first]:
                    del kept[number]
            self.first = first
            self.marks = tuple(mark for mark in self.marks if mark.index >= first)
            self.by_hand = tuple((max(a, first), b) for a, b in self.by_hand if b >= first)


def stretches(steps: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """First and last of every row of numbers that follow one another, of numbers in rising order."""
    found: list[tuple[int, int]] = []
    for step in steps:
        if found and found[-1][1] == step - 1:
            found[-1] = found[-1][0], step
        else:
            found.append((step, step))
    return tuple(found)


def size_of(value: Any) -> int:
    """Bytes of all arrays in something made of tuples, mappings and objects."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(map(size_of, value.values()))
    if isinstance(value, tuple | list):
        return sum(map(size_of, value))
    return size_of(vars(value)) if hasattr(value, "__dict__") and not isinstance(value, type) else 0
