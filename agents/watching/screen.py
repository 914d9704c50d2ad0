"""`Screen`: what a frame shows, and what keys and buttons do."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from agents.watching.eyes import Eyes
from agents.watching.player import Player
from agents.watching.session import Session, lines_of
from drivesim.render.hud import Readout, draw_hud, draw_legend
from drivesim.render.ink import GAP, Box, Ink, ui_scale
from drivesim.render.panels import (
    Line,
    Pane,
    arrange,
    depth_picture,
    draw_lines,
    draw_panes,
    free_area,
    semantic_picture,
)
from drivesim.render.reasons import binding, speed_limit
from drivesim.render.toolbar import button_boxes, draw_toolbar
from drivesim.render.topdown import Layers, TopDownView
from drivesim.render.video import VideoWriter, save_png
from drivesim.render.view import FollowCamera
from drivesim.render.window import Click, Drag, Event, KeyDown, Scroll
from drivesim.semantics import Semantic
from drivesim.sensors.camera.sky import SKY_DEPTH_M

GROUND_BUDGET_S = 0.003
"""Time per frame for ground that was not seen before."""
NOTICE_S = 2.5
BUTTONS_S = 4.0
"""The buttons go this long after the mouse last moved [s]."""
RECORDING_FPS = 30
ZOOM_STEP = 1.15
PANES = ("camera", "semantics", "depth", "network semantics", "network depth", "numbers")
"""Panes 1 to 6."""
_LINES_PX = 160.0
_PAINT: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "rgb": ("camera", lambda picture: picture),
    "semantic": ("semantics", semantic_picture),
    "depth": ("depth", depth_picture),
}
"""Title of a channel's pane, and its colours."""


class Screen:
    """Draws a player's moments and obeys its user.

    Args:
        session: What is played.
        player: Who plays it.
        pictures: Folder for screenshots and recordings.
        size: First size, for the zoom [px].
        interactive: Show buttons, frame rate and passing messages.
    """

    def __init__(
        self, session: Session, player: Player, *, pictures: Path, size: tuple[int, int], interactive: bool = True
    ) -> None:
        self.session, self.player = session, player
        self.topdown = TopDownView(session.bank)
        slot_count = session.simulation.world.state.actors.kind.shape[1]
        self.eyes = [
            Eyes(camera, session.bank, slot_count=slot_count, step_s=session.step_s) for camera in session.sensors
        ]
        self.follow = FollowCamera(zoom=min(size) / 54.0)
        self.shown = set(PANES)
        self.route, self.trail, self.expert_plan, self.network_plan = True, False, True, True
        self.legend = False
        self.done = False
        self.wants_fullscreen_change = False
        self.writer: VideoWriter | None = None
        self._pictures, self._interactive = pictures, interactive
        self._notice, self._notice_until = "", 0.0
        self._buttons: dict[str, Box] = {}
        self._began = player.began
        self._wants_picture = self._wants_recording = False
        self._recorded_s = 0.0
        self._fps = 0.0
        self._pointer: tuple[float, float] | None = None
        self._buttons_until = time.monotonic() + 2 * BUTTONS_S

    def handle(self, event: Event) -> None:
        """Obeys one event."""
        if isinstance(event, KeyDown):
            action = KEY_ACTIONS.get(event.name)
            if action is not None:
                action(self)
        elif isinstance(event, Scroll):
            self.follow.zoom_by(ZOOM_STEP**event.steps)
        elif isinstance(event, Drag):
            self.follow.drag(event.dx, event.dy)
        elif isinstance(event, Click):
            for name, box in self._buttons.items():
                if box.contains(event.x, event.y):
                    BUTTON_ACTIONS[name](self)

    def say(self, text: str) -> None:
        """Shows a passing message."""
        self._notice, self._notice_until = text, time.monotonic() + NOTICE_S

    def toggle_pane(self, name: str) -> None:
        """Shows or hides a pane."""
        self.shown ^= {name}

    def toggle_panes(self) -> None:
        """Shows all panes, or none."""
        self.shown = set() if self.shown else set(PANES)

    def ask_picture(self) -> None:
        """Saves the next frame."""
        self._wants_picture = True

    def ask_recording(self) -> None:
        """Starts a recording with the next frame, or finishes it."""
        self._wants_recording = True

    def draw(self, frame: np.ndarray, dt: float, *, pointer: tuple[float, float] | None = None) -> None:
        """Draws the player's moment into a frame, RGBA uint8 (H, W, 4), `dt` seconds after the last one."""
        player = self.player
        if player.began != self._began:
            self._began = player.began
            self.follow.snap()
        moment, size = player.moment, (frame.shape[1], frame.shape[0])
        for eyes in self.eyes:
            eyes.look(moment)
        numbers = "numbers" in self.shown and size[0] >= size[1]
        extra = _LINES_PX if numbers else 0.0
        rows, around = self._pane_rows(size, extra)
        free = free_area(size, around)
        actors = moment.actors
        view = self.follow.update(
            x=float(actors.x[0]),
            y=float(actors.y[0]),
            yaw=float(actors.yaw[0]),
            speed=float(actors.speed[0]),
            size=size,
            dt=dt,
            centre=((free.left + free.width / 2) / size[0], (free.top + free.height / 2) / size[1]),
        )
        layers = Layers(
            route=self.route, trail=self.trail, expert_plan=self.expert_plan, network_plan=self.network_plan
        )
        self.topdown.draw(
            frame,
            view,
            moment,
            layers=layers,
            network_plan=player.plan,
            trail=np.array(player.trail).reshape(-1, 2),
            budget_s=GROUND_BUDGET_S if self._interactive else None,
        )
        ink = Ink(frame)
        draw_panes(ink, rows, extra=extra)
        if numbers:
            gap = GAP * ink.scale
            wide = around.width or 300 * ink.scale
            lines = [Line(name=name, truth=truth, network=said) for name, truth, said in lines_of(player.before)]
            draw_lines(ink, lines, size[0] - gap - wide, around.bottom + gap, wide)
            if not rows:
                free = free._replace(width=size[0] - 2 * gap - wide)
        cluster = draw_hud(ink, self._readout(dt), free)
        if self._interactive:
            self._buttons = button_boxes(size, free, ui_scale(size), cluster.right) if self._pointing(pointer) else {}
            draw_toolbar(ink, self._buttons, self._lit(), pointer)
        if self.legend:
            draw_legend(ink)
        self._keep(frame, dt)

    def close(self) -> None:
        """Finishes a recording that runs."""
        writer, self.writer = self.writer, None
        if writer is not None:
            writer.close()

    def _pane_rows(self, size: tuple[int, int], extra: float) -> tuple[list[list[Pane]], Box]:
        """The panes that are shown, cameras rendered at the size of their boxes, and the box around them."""
        said, first = self.player.before.explanation, self.eyes[0]
        plan: list[list[tuple[Eyes, str, bool]]] = []
        if "camera" in self.shown:
            plan += [[(eyes, "rgb", False)] for eyes in self.eyes]
        for channel, title in (("semantic", "semantics"), ("depth", "depth")):
            row = [(first, channel, False)] if title in self.shown else []
            if channel in said and f"network {title}" in self.shown:
                row.append((first, channel, True))
            plan += [row] if row else []
        boxes, around = arrange([[eyes.aspect for eyes, _, _ in row] for row in plan], size, extra=extra)
        places = iter(boxes)
        rows = []
        for row in plan:
            panes = []
            for eyes, channel, by_network in row:
                box = next(places)
                values = seen_by(said, channel) if by_network else eyes.see(box.width, (channel,))[channel]
                title, paint = _PAINT[channel]
                if eyes is not first:
                    title = eyes.title
                panes.append(
                    Pane(
                        title="network" if by_network else title,
                        picture=paint(values),
                        by_network=by_network,
                        smooth=channel != "semantic",
                    )
                )
            rows.append(panes)
        return rows, around

    def _readout(self, dt: float) -> Readout:
        player, session = self.player, self.session
        moment, maps = player.moment, session.bank.arrays
        if dt > 0.0:
            self._fps += (1.0 / dt - self._fps) * min(1.0, 2.0 * dt)
        action = player.wheel.action if player.manual else moment.actuators.action
        gap = float(moment.labels.lead_distance) if bool(moment.labels.lead_present) else math.inf
        road = session.first_road + player.road_index % session.road_count
        driver = "you" if player.manual else session.agent_name
        return Readout(
            speed=float(moment.actors.speed[0]),
            limit=speed_limit(maps, moment),
            steering=float(action[0]),
            pedal=float(action[1]),
            completion=float(moment.navigation.completion),
            score=player.after.score,
            time_s=moment.time_s,
            reason=binding(maps, moment),
            lead_gap=gap,
            end=moment.end if player.ended_s > 0.0 or player.paused else player.before.moment.end,
            title=f"{session.env_name} · {driver}",
            subtitle=f"road {road} · seed {session.seed + player.road_index // session.road_count}",
            manual=player.manual,
            paused=player.paused,
            recording_s=-1.0 if self.writer is None or not self._interactive else self.writer.duration_s,
            factor=player.factor,
            fps=self._fps if self._interactive else 0.0,
            notice=self._notice if time.monotonic() < self._notice_until else "",
            lagging=player.lagging and self._interactive,
            interactive=self._interactive,
        )

    def _pointing(self, pointer: tuple[float, float] | None) -> bool:
        """The mouse has moved of late, or the window is new: buttons are of use."""
        now = time.monotonic()
        if pointer != self._pointer:
            self._pointer, self._buttons_until = pointer, now + BUTTONS_S
        return now < self._buttons_until

    def _lit(self) -> set[str]:
        states = {
            "pause": self.player.paused,
            "wheel": self.player.manual,
            "record": self.writer is not None,
            "help": self.legend,
        }
        return {name for name, on in states.items() if on}

    def _keep(self, frame: np.ndarray, dt: float) -> None:
        """Saves the frame where asked to; a full disk ends the recording, not the drive."""
        try:
            if self._wants_picture:
                self._wants_picture = False
                self.say(f"saved {save_png(free_name(self._pictures, '.png'), frame)}")
            if self._wants_recording:
                self._wants_recording = False
                self._toggle_recording(frame)
            if self.writer is not None and self._interactive:
                self._recorded_s += dt
                while self._recorded_s >= 1.0 / RECORDING_FPS:
                    self._recorded_s -= 1.0 / RECORDING_FPS
                    self.writer.write(frame)
        except OSError as error:
            self.writer = None
            self.say(f"not saved: {error.strerror or error}")

    def _toggle_recording(self, frame: np.ndarray) -> None:
        if self.writer is None:
            size = (frame.shape[1], frame.shape[0])
            self.writer = VideoWriter(free_name(self._pictures, ".mp4"), fps=RECORDING_FPS, size=size)
            self._recorded_s = 0.0
        else:
            writer, self.writer = self.writer, None
            path = writer.close()
            self.say(f"saved {path}" if path else "nothing recorded")


def seen_by(said: Mapping[str, np.ndarray], channel: str) -> np.ndarray:
    """What a driver says about a channel; nobody learns how far the sky is, so its depth is that of the sky."""
    values = np.asarray(said[channel])
    semantic = said.get("semantic")
    if channel != "depth" or semantic is None or semantic.shape != values.shape:
        return values
    return np.where(semantic == Semantic.SKY, np.float32(SKY_DEPTH_M), values)


def free_name(folder: Path, suffix: str) -> Path:
    """The first of drivesim-0001, drivesim-0002, ... that does not exist in a folder."""
    number = 1
    while (path := folder / f"drivesim-{number:04d}{suffix}").exists():
        number += 1
    return path


def _flip(name: str) -> Callable[[Screen], None]:
    return lambda screen: setattr(screen, name, not getattr(screen, name))


def _pane(number: int) -> Callable[[Screen], None]:
    return lambda screen: screen.toggle_pane(PANES[number - 1])


def _zoom(factor: float) -> Callable[[Screen], None]:
    return lambda screen: screen.follow.zoom_by(factor)


def _pace(direction: int) -> Callable[[Screen], None]:
    return lambda screen: screen.player.change_pace(direction)


def _toggle_north_up(screen: Screen) -> None:
    screen.follow.car_up = not screen.follow.car_up


def _quit(screen: Screen) -> None:
    screen.done = True


def _fullscreen(screen: Screen) -> None:
    screen.wants_fullscreen_change = True


BUTTON_ACTIONS: dict[str, Callable[[Screen], None]] = {
    "restart": lambda screen: screen.player.restart(),
    "slower": _pace(-1),
    "pause": lambda screen: screen.player.toggle_pause(),
    "step": lambda screen: screen.player.step_once(),
    "faster": _pace(1),
    "next": lambda screen: screen.player.next_road(),
    "wheel": lambda screen: screen.player.toggle_wheel(),
    "picture": Screen.ask_picture,
    "record": Screen.ask_recording,
    "help": _flip("legend"),
}
"""What each button does."""

KEY_ACTIONS: dict[str, Callable[[Screen], None]] = {
    "space": BUTTON_ACTIONS["pause"],
    "n": BUTTON_ACTIONS["step"],
    ".": BUTTON_ACTIONS["step"],
    **dict.fromkeys(("+", "=", "]", "[+]"), _pace(1)),
    **dict.fromkeys(("-", "[", "[-]"), _pace(-1)),
    "r": BUTTON_ACTIONS["restart"],
    **dict.fromkeys(("tab", "return", "enter"), BUTTON_ACTIONS["next"]),
    "t": BUTTON_ACTIONS["wheel"],
    "z": _zoom(ZOOM_STEP),
    "x": _zoom(1.0 / ZOOM_STEP),
    "home": lambda screen: screen.follow.recentre(),
    "f": _toggle_north_up,
    **{str(number): _pane(number) for number in range(1, len(PANES) + 1)},
    "0": Screen.toggle_panes,
    "g": _flip("route"),
    "b": _flip("trail"),
    "j": _flip("expert_plan"),
    "k": _flip("network_plan"),
    "p": BUTTON_ACTIONS["picture"],
    "v": BUTTON_ACTIONS["record"],
    "f11": _fullscreen,
    "h": BUTTON_ACTIONS["help"],
    "f1": BUTTON_ACTIONS["help"],
    "escape": _quit,
    "q": _quit,
}
"""What each key does; the keys that drive are in `wheel`."""
