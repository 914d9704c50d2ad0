"""`Player`: when which control step runs, and what moment is shown between two of them."""

import contextlib
import math
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np

from agents.evaluation.replay import Replay
from agents.watching.args import FACTORS
from agents.watching.driven_world import DrivenWorld
from agents.watching.history import DriveHistory
from agents.watching.tick import Tick
from agents.watching.wheel import Wheel
from drivesim.errors import ConfigError
from drivesim.render.moment import Moment, between
from drivesim.render.window import Report
from drivesim.render.worker import Worker
from drivesim.state import EndReason

END_HOLD_S = 3.0
"""An ended drive stays on the screen this long before the next road begins, unless told otherwise [s]."""
TRAIL_S = 60.0
"""The trail shows where the car was for this long [s]."""
_PATIENCE_S = 0.008
"""A frame waits this long for a control step that is due."""
_LAST_STEP_S = 2.0


class Player:
    """Plays a drive at any pace: steps run in a worker thread, frames show the moments in between.

    Args:
        drive: What is played.
        speed: Simulated over real time.
        manual: The user has the wheel.
        synchronous: Wait for every step instead of showing the last one again; for videos.
        hold: Keep the last moment after the end instead of going on to the next road.
        end_hold_s: Otherwise it stays on the screen this long [s].
        keeps: Keep the drive, so that any moment of it can be shown again.
    """

    def __init__(
        self,
        drive: DrivenWorld,
        *,
        speed: float = 1.0,
        manual: bool = False,
        synchronous: bool = False,
        hold: bool = False,
        end_hold_s: float = END_HOLD_S,
        keeps: bool = False,
    ) -> None:
        self.drive = drive
        self.history = DriveHistory(drive, keeps=keeps)
        self.factor = speed
        self.paused = False
        self.manual = manual
        self.lagging = False
        """The last step that was due came late."""
        self.began = 0
        """Episodes begun; changes when another one is shown."""
        self.jumps = 0
        """Changes when a moment is shown that does not follow the one before."""
        self.road_index = 0
        self.wheel = Wheel(drive.config.vehicle)
        self.trail: deque[tuple[float, float]] = deque(maxlen=max(round(TRAIL_S / drive.step_s), 1))
        self.ended_s = 0.0
        """Real time since the drive shown ended [s]."""
        self.prepare: Callable[[Tick], object] | None = None
        """Called with every new step by the thread that made it, to draw what takes long before it is shown."""
        self.hold = hold
        """Keep the last moment after the end instead of going on to the next road."""
        self.kept_to = -1
        """Last step of a kept drive that is played."""
        self._synchronous, self._end_hold_s = synchronous, end_hold_s
        self._worker = Worker()
        self._begins: int | None = None
        self._seeks: int | None = None
        self._cuts: int | None = None
        self._sought = 0
        self._wants_refresh = False
        self._running = ""
        """What the worker does other than the next step: "begin", "seek", "cut" or "refresh"."""
        self._steps_owed = 0
        self._clock = 0.0
        self._next: Tick | None = None
        first = self.history.begin(0)
        self.before = self.after = first
        self._install(first)

    @property
    def moment(self) -> Moment:
        """What to show now."""
        return between(self.before.moment, self.after.moment, self._fraction)

    @property
    def plan(self) -> np.ndarray | None:
        """The driver's own way-points to show now, world frame [m], shape (way-point, 2)."""
        old, new = self.before.plan, self.after.plan
        if old is None or new is None:
            return new
        return old + (new - old) * self._fraction

    @property
    def ended(self) -> bool:
        """The drive that is shown is over."""
        return self.after.moment.end != EndReason.RUNNING

    @property
    def tick(self) -> int:
        """Control steps since the episode began."""
        return int(self.after.moment.world.tick)

    @property
    def replays(self) -> bool:
        """What is shown has been shown before; the step that is made ahead of time does not count."""
        return self.history.head > self.wanted_tick + 1

    @property
    def wanted_tick(self) -> int:
        """The step that is shown, or about to be."""
        if self._seeks is not None:
            return self._seeks
        return self._sought if self._running == "seek" else self.tick

    def close(self) -> None:
        """Ends the worker, after the step it is at; a driver that takes longer is left alone with it."""
        if self._worker.busy:
            with contextlib.suppress(Exception):
                self._worker.result(_LAST_STEP_S)
        self._worker.close()

    def play(self, replay: Replay, report: Report) -> int | None:
        """Begins with a kept drive, whole, at its start; once it is over its end stays.

        Args:
            replay: One that the drive was made of.
            report: Told how far it is.

        Returns:
            As `DriveHistory.repeat`.
        """
        differs = self.history.repeat(replay, report)
        self.before = self.after = self.history.show(0)
        self.hold, self.kept_to = True, self.history.head
        return differs

    def replay(self, about: Mapping[str, str]) -> Replay:
        """The drive so far, to be kept; see `DriveHistory.replay`.

        Raises:
            ConfigError: Nothing is kept, or another drive is about to begin.
        """
        if self._is_changing:
            raise ConfigError("replay: another moment is about to be shown")
        return self.history.replay(about)

    def toggle_pause(self) -> None:
        """Stops time, or lets it go on."""
        self.paused = not self.paused

    def step_once(self) -> None:
        """Stops time and advances by one control step."""
        self.paused = True
        self._steps_owed += 1

    def seek(self, tick: int) -> None:
        """Stops time, gives the wheel back and shows a step of this drive again, or the nearest one that is kept."""
        if self.history.keeps:
            self.paused, self.manual, self._steps_owed = True, False, 0
            self._seeks = min(max(tick, self.history.first), self.history.head)

    def seek_by(self, seconds: float) -> None:
        """Stops time and goes back (negative) or forth; by at least a step."""
        steps = max(round(abs(seconds) / self.drive.step_s), 1)
        self.seek(self.wanted_tick + int(math.copysign(steps, seconds)))

    def seek_mark(self, direction: int) -> None:
        """Stops time and goes to the next (+1) or the last (-1) moment at which something happened."""
        now = self.wanted_tick
        ticks = [mark.index for mark in self.history.marks]
        if direction > 0:
            self.seek(min((tick for tick in ticks if tick > now), default=self.history.head))
        else:
            self.seek(max((tick for tick in ticks if tick < now), default=self.history.first))

    def go_live(self) -> None:
        """Leaves the replay for the newest moment, and goes on from there."""
        self.seek(self.history.head)
        self.paused = False

    def change_pace(self, direction: int) -> None:
        """To the next faster (+1) or slower (-1) of `FACTORS`."""
        index = int(np.argmin([abs(math.log(factor / self.factor)) for factor in FACTORS]))
        self.factor = FACTORS[int(np.clip(index + direction, 0, len(FACTORS) - 1))]

    def begin(self, road_index: int) -> None:
        """Begins a road, by its number in the drive's row of roads."""
        self._begins = road_index

    def restart(self) -> None:
        """Begins this road again, the same way."""
        self._begins = self.road_index

    def next_road(self) -> None:
        """Begins the next road."""
        self._begins = (self.road_index if self._begins is None else self._begins) + 1

    def toggle_wheel(self) -> None:
        """Takes the wheel or gives it back; a replay goes on from the moment shown, and what came after it is gone."""
        if not self.manual and self.replays:
            self._cuts = self.wanted_tick
        self.manual = not self.manual
        action = self.after.moment.actuators.action
        self.wheel.take(float(action[0]), float(action[1]))

    def refresh(self) -> None:
        """Something about the drive was set: one that stands still is shown anew, one that goes on is so by itself.

        A step that was made ahead of time is what is shown then.
        """
        self._wants_refresh = True

    def advance(self, dt: float, held: frozenset[str] = frozenset()) -> None:
        """Lets real time pass.

        Args:
            dt: How much [s].
            held: Keys that are down.
        """
        if self.manual:
            self.wheel.update(held, float(self.after.moment.actors.speed[0]), 0.0 if self.paused else dt * self.factor)
        self._collect(0.0)
        self._start_work()
        if self.ended and self._fraction >= 1.0:
            self.ended_s += dt
            if self.ended_s > self._end_hold_s and not self.paused and not self.hold and self._begins is None:
                self.next_road()
        while self._synchronous and self._is_changing:
            self._start_work()
            self._collect(math.inf)
        if self.paused:
            self._pay_steps()
            return
        step_s = self.drive.step_s
        self._clock += dt * self.factor
        while self._clock >= step_s and not self.ended and not self._is_changing:
            self._start_work(due=True)
            self._collect(math.inf if self._synchronous else _PATIENCE_S)
            self.lagging = self._next is None
            if self._next is None:
                break
            self._shift()
            self._clock -= step_s
            self._start_work()
        self._clock = min(self._clock, step_s)

    @property
    def _fraction(self) -> float:
        return 1.0 if self.before is self.after else min(self._clock / self.drive.step_s, 1.0)

    @property
    def _is_changing(self) -> bool:
        """Another moment than the next one is about to be shown."""
        refreshes = self._wants_refresh and self._stands
        asked = (self._begins, self._seeks, self._cuts) != (None, None, None)
        return asked or refreshes or bool(self._running)

    @property
    def _stands(self) -> bool:
        """No step is coming that would show a change by itself."""
        return self.paused or self.ended or self.replays

    def _start_work(self, *, due: bool = False) -> None:
        """Gives the worker what is needed next: a new episode, another moment, or the next step."""
        if self._worker.busy:
            return
        history = self.history
        if self._begins is not None:
            index, self._begins = self._begins, None
            self.road_index, self._seeks, self._cuts = index, None, None
            self._give("begin", lambda: history.begin(index))
        elif self._seeks is not None:
            seek, self._seeks = self._seeks, None
            self._sought = seek
            self._give("seek", lambda: history.show(seek))
        elif self._cuts is not None:
            cut, self._cuts = self._cuts, None
            self._give("cut", lambda: history.cut(cut))
        elif self._wants_refresh:
            self._wants_refresh = False
            if self._stands:
                shown = self.tick
                self._give("refresh", lambda: history.renew(shown))
        # The user's hands are read as late as possible; a driver may think ahead of time.
        wanted = due or self._steps_owed > 0 or (not self.manual and not self.paused)
        if wanted and self._next is None and not self.ended and not self._worker.busy:
            following, action = self.tick + 1, self.wheel.action if self.manual else None
            if following <= history.head:
                self._worker.submit(lambda: self._prepared(history.show(following)))
            else:
                self._worker.submit(lambda: self._prepared(history.step(action)))

    def _give(self, name: str, work: Callable[[], Tick | None]) -> None:
        """Gives the worker something other than the next step, which is void with it."""
        self._next, self._running = None, name
        self._worker.submit(lambda: self._prepared(work()))

    def _prepared(self, tick: Tick | None) -> Tick | None:
        if self.prepare is not None and tick is not None:
            self.prepare(tick)
        return tick

    def _collect(self, patience_s: float) -> None:
        """Takes what the worker has finished, waiting up to `patience_s`."""
        if not self._worker.busy:
            return
        if patience_s == 0.0 and not self._worker.ready:
            return
        try:
            tick = self._worker.result(None if math.isinf(patience_s) else patience_s)
        except TimeoutError:
            return
        done, self._running = self._running, ""
        if tick is None:
            return
        if done == "begin":
            self._install(tick)
        elif done == "seek":
            self._jump(tick)
        elif done == "refresh":
            self.before = self.after = tick
        elif self._begins is None:
            self._next = tick

    def _pay_steps(self) -> None:
        while self._steps_owed > 0 and not self.ended:
            if self._next is None:
                self._start_work()
                self._collect(math.inf if self._synchronous else _PATIENCE_S)
            if self._next is None:
                return
            self._shift()
            self.before = self.after
            self._steps_owed -= 1
        if self.ended:
            self._steps_owed = 0

    def _shift(self) -> None:
        assert self._next is not None
        self.before, self.after, self._next = self.after, self._next, None
        actors = self.after.moment.actors
        self.trail.append((float(actors.x[0]), float(actors.y[0])))

    def _jump(self, tick: Tick) -> None:
        """Shows a step again."""
        self.before = self.after = tick
        self._clock = self.ended_s = 0.0
        self.jumps += 1
        count = self.trail.maxlen or 1
        self.trail = deque(self.history.trail(self.tick, count), maxlen=count)

    def _install(self, tick: Tick) -> None:
        self.before = self.after = tick
        self._clock = self.ended_s = 0.0
        self._steps_owed = 0
        self.trail.clear()
        self.began += 1
        self.wheel.take(0.0, 0.0)
