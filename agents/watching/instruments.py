"""What the instruments of the window show of a drive."""

import math
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agents.watching.catalogue import parameters_of
from agents.watching.tick import Tick
from drivesim.render.hud import Readout
from drivesim.render.moment import Moment
from drivesim.render.reasons import binding, speed_limit

if TYPE_CHECKING:
    from agents.watching.screen import Screen

_FPS_SHOWN_S = 0.5
_NOTE_LETTERS, _NOTES_MAX = 40, 3


class Instruments:
    """Reads off a screen's drive.

    Args:
        screen: Whose.
    """

    def __init__(self, screen: "Screen") -> None:
        self._screen = screen
        self._read: tuple[Tick | None, Readout] = (None, Readout())
        self._frame_s, self._fps, self._fps_until = 0.0, 0.0, 0.0

    def read(self, moment: Moment, dt: float) -> Readout:
        """What the instruments show: speed and time glide, the rest is what the last step said."""
        screen, player = self._screen, self._screen.player
        if self._read[0] is not player.before:
            self._read = player.before, self._facts(player.before)
        now = time.monotonic()
        if dt > 0.0:
            self._frame_s += (dt - self._frame_s) * min(1.0, 2.0 * dt)
            if now >= self._fps_until:
                self._fps, self._fps_until = 1.0 / self._frame_s, now + _FPS_SHOWN_S
        action = player.wheel.action if player.manual else player.after.moment.actuators.action
        driver = "you" if player.manual else screen.drive.agent_name
        return replace(
            self._read[1],
            speed=float(moment.actors.speed[0]),
            steering=float(action[0]),
            pedal=float(action[1]),
            score=player.after.score,
            time_s=moment.time_s,
            end=moment.end if player.ended_s > 0.0 or player.paused else player.before.moment.end,
            title=f"{screen.drive.env_name} · {driver}",
            label=screen.label,
            manual=player.manual,
            paused=player.paused,
            recording_s=-1.0 if screen.writer is None or not screen.interactive else screen.writer.duration_s,
            factor=player.factor,
            fps=self._fps if screen.interactive else 0.0,
            notice=screen.notice,
            lagging=player.lagging and screen.interactive,
            replays=player.replays and screen.interactive,
            interactive=screen.interactive,
        )

    def _facts(self, tick: Tick) -> Readout:
        """The part of the readout that changes only with the step."""
        moment, maps = tick.moment, self._screen.drive.bank.arrays
        return Readout(
            limit=speed_limit(maps, moment),
            completion=float(moment.navigation.completion),
            reason=binding(maps, moment),
            in_town=self._screen.drive.in_town,
            lead_gap=float(moment.labels.lead_distance) if bool(moment.labels.lead_present) else math.inf,
            subtitle=self.where(tick),
            notes=self._parameters(tick),
            weather=tick.weather,
            faults=tuple(
                f"{name} {kind} {severity}".replace("_", " ")
                for name, faults in tick.faults.items()
                for kind, severity in faults.items()
            ),
        )

    def where(self, tick: Tick) -> str:
        """Which road or situation a step is of."""
        drive = self._screen.drive
        if drive.scenarios is not None:
            variants = drive.scenarios.variants
            return f"{variants[tick.variant].family}  ·  {tick.variant + 1} of {len(variants)}"
        lap, index = divmod(self._screen.player.road_index, drive.road_count)
        if drive.map_file is not None:
            return f"{Path(drive.map_file).name}  ·  seed {drive.seed + lap}"
        return f"road {drive.first_road + index} · seed {drive.seed + lap}"

    def _parameters(self, tick: Tick) -> tuple[str, ...]:
        """A situation's parameters, a few a line."""
        scenarios = self._screen.drive.scenarios
        if scenarios is None:
            return ()
        # The weather has a line of its own.
        text = parameters_of(replace(scenarios.variants[tick.variant], weather=""))
        return tuple(textwrap.wrap(text, _NOTE_LETTERS)[:_NOTES_MAX])
