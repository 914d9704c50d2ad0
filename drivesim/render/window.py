"""A window that never freezes: events, frames, and long work in a thread behind a moving picture."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self, TypeVar

import cv2
import numpy as np

from drivesim.errors import DisplayError
from drivesim.render.hud import draw_progress
from drivesim.render.ink import Ink
from drivesim.render.surfaces import DRIVER_VARIABLE, Surface, connection_lost, open_surface
from drivesim.render.worker import Worker

Result = TypeVar("Result")
Report = Callable[[str, float | None], None]
"""Tells what is going on, and how much of it is done in [0, 1] or None."""
SIZE_MIN = (320, 240)
FPS_MAX = 60
_DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", DRIVER_VARIABLE)


class WindowClosed(DisplayError):
    """The user closed the window."""


@dataclass(frozen=True)
class KeyDown:
    """A key was pressed; `name` is pygame's, in lower case ("space", "n", "+", "f1")."""

    name: str


@dataclass(frozen=True)
class Scroll:
    """The mouse wheel turned; up is positive."""

    steps: float


@dataclass(frozen=True)
class Drag:
    """The mouse moved by pixels with the left button down."""

    dx: float
    dy: float


@dataclass(frozen=True)
class Click:
    """The left button was pressed at a pixel."""

    x: float
    y: float


Event = KeyDown | Scroll | Drag | Click


class Window:
    """A resizable window on the screen; use it as a context manager, from the main thread.

    Args:
        size: Width and height [px].
        title: In the title bar.
        fullscreen: Fills the screen.

    Raises:
        DisplayError: There is no screen.
    """

    def __init__(
        self, size: tuple[int, int] = (1280, 720), title: str = "drivesim", *, fullscreen: bool = False
    ) -> None:
        import pygame

        # Spares SDL the search through drivers that would only draw into nothing.
        if not display_is_named():
            raise _no_display("there is no display")
        self._windowed_size = (max(size[0], SIZE_MIN[0]), max(size[1], SIZE_MIN[1]))
        self._fullscreen = fullscreen
        self._surface: Surface | None = None
        try:
            with _quiet_stderr():
                self._surface = open_surface(self._windowed_size, title, fullscreen=fullscreen)
        except pygame.error as error:
            raise _no_display(str(error)) from None
        pygame.key.set_repeat()
        self._clock = pygame.time.Clock()
        self._held: set[str] = set()
        self._pointer: tuple[float, float] | None = None
        self._closed = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height now [px]."""
        return self._windowed_size if self._surface is None or connection_lost() else self._surface.size

    @property
    def held(self) -> frozenset[str]:
        """Names of the keys that are down."""
        return frozenset(self._held)

    @property
    def pointer(self) -> tuple[float, float] | None:
        """Where the mouse is [px], or None while it is elsewhere or has not moved yet."""
        return self._pointer

    def events(self) -> list[Event]:
        """What happened since the last call.

        Raises:
            WindowClosed: The user closed the window.
            DisplayError: The display has vanished.
        """
        import pygame

        surface = self._check()
        found: list[Event] = []
        for event in surface.take_events():
            if event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
                self._closed = True
                raise WindowClosed("the window was closed")
            if event.type == pygame.KEYDOWN:
                name = pygame.key.name(event.key)
                self._held.add(name)
                # A layout may put "+" anywhere: what was typed counts where it is a character.
                typed = event.unicode if event.unicode and event.unicode in "+-[]." else name
                found.append(KeyDown(typed))
            elif event.type == pygame.KEYUP:
                self._held.discard(pygame.key.name(event.key))
            elif event.type == pygame.WINDOWFOCUSLOST:
                self._held.clear()
            elif event.type == pygame.MOUSEWHEEL:
                found.append(Scroll(float(event.y)))
            elif event.type == pygame.MOUSEMOTION:
                self._pointer = (float(event.pos[0]), float(event.pos[1]))
                if event.buttons[0]:
                    found.append(Drag(float(event.rel[0]), float(event.rel[1])))
            elif event.type == pygame.WINDOWLEAVE:
                self._pointer = None
            elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
                found.append(Click(float(event.pos[0]), float(event.pos[1])))
        self._check()
        return found

    def present(self, frame: np.ndarray, *, fps: float = FPS_MAX) -> float:
        """Shows a frame and waits for its turn.

        Args:
            frame: RGBA uint8, shape (H, W, 4); the window's size.
            fps: At most this many frames per second.

        Returns:
            Time since the last frame [s].

        Raises:
            DisplayError: The display has vanished.
        """
        self._check().present(frame)
        self._check()
        return self._clock.tick(fps) / 1000.0

    def show(self, picture: np.ndarray, *, fps: float = FPS_MAX) -> None:
        """Shows an RGB picture, uint8 (H, W, 3), fitted to the window; pumps events, so it is all a simple loop needs.

        Raises:
            WindowClosed: The user closed the window.
            DisplayError: The display has vanished.
        """
        self.events()
        width, height = self.size
        frame = np.zeros((height, width, 4), np.uint8)
        scale = min(width / picture.shape[1], height / picture.shape[0])
        inner = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        frame[top : top + inner[1], left : left + inner[0], :3] = cv2.resize(picture, inner, interpolation=how)
        self.present(frame, fps=fps)

    def wait_for(self, work: Callable[[Report], Result], text: str) -> Result:
        """Runs `work` in a thread while the window shows its progress and stays alive.

        Args:
            work: Called with a function to report progress with.
            text: What is going on until `work` says more.

        Returns:
            What `work` returned; what it raised is raised here.

        Raises:
            WindowClosed: The user closed the window; the thread is abandoned.
            DisplayError: The display has vanished.
        """
        reports: list[tuple[str, float | None]] = [(text, None)]
        worker = Worker()
        started = time.monotonic()
        # Drawing compiles on its first run, for which it would have to wait once the worker is compiling too.
        self._show_progress(*reports[-1], 0.0)
        worker.submit(lambda: work(lambda said, share: reports.append((said, share))))
        while not worker.ready:
            self.events()
            self._show_progress(*reports[-1], time.monotonic() - started)
        return worker.result()

    def _show_progress(self, text: str, share: float | None, time_s: float) -> None:
        width, height = self.size
        frame = np.zeros((height, width, 4), np.uint8)
        draw_progress(Ink(frame), text, share, time_s)
        self.present(frame, fps=30)

    def toggle_fullscreen(self) -> None:
        """Fills the screen, or returns to the size before."""
        if not self._fullscreen:
            self._windowed_size = self.size
        self._fullscreen = not self._fullscreen
        self._check().fill_screen(self._fullscreen, self._windowed_size)

    def close(self) -> None:
        """Closes the window; does nothing if it is gone already."""
        self._closed = True
        surface, self._surface = self._surface, None
        if surface is not None:
            surface.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check(self) -> Surface:
        if self._closed or self._surface is None:
            raise WindowClosed("the window was closed")
        if connection_lost():
            raise DisplayError("the display has vanished")
        return self._surface


def _no_display(cause: str) -> DisplayError:
    return DisplayError(f"no window can be opened ({cause}); a video needs none: add --record out.mp4")


def display_is_named() -> bool:
    """Whether there may be a display: the environment names one, or the system always has one."""
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in _DISPLAY_VARIABLES)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hides what C libraries print; what matters comes back as an error."""
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
