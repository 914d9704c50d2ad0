"""A window that never freezes: events, frames, and long work in a thread behind a moving picture."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

import cv2
import numpy as np

from drivesim.errors import DisplayError
from drivesim.render.hud import draw_progress
from drivesim.render.ink import Ink
from drivesim.render.worker import Worker
from drivesim.render.x11 import ConnectionGuard

if TYPE_CHECKING:
    import pygame

Result = TypeVar("Result")
Report = Callable[[str, float | None], None]
"""Tells what is going on, and how much of it is done in [0, 1] or None."""
SIZE_MIN = (320, 240)
FPS_MAX = 60
_BGRX = (0xFF0000, 0xFF, 4)
DRIVER_VARIABLE = "SDL_VIDEODRIVER"
"""Environment variable that chooses SDL's window system."""
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
        self._guard: ConnectionGuard | None = None
        self._windowed_size = (max(size[0], SIZE_MIN[0]), max(size[1], SIZE_MIN[1]))
        self._fullscreen = fullscreen
        try:
            with _quiet_stderr():
                pygame.display.init()
            # SDL's last resort draws into nothing; whoever asked for that by name may have it.
            if pygame.display.get_driver() in ("offscreen", "dummy") and not os.environ.get(DRIVER_VARIABLE):
                raise pygame.error("no display answers")
            self._set_mode()
        except pygame.error as error:
            pygame.display.quit()
            raise _no_display(str(error)) from None
        self._guard = ConnectionGuard.of_current_window()
        pygame.display.set_caption(title)
        pygame.key.set_repeat()
        self._clock = pygame.time.Clock()
        self._held: set[str] = set()
        self._closed = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height now [px]."""
        import pygame

        surface = pygame.display.get_surface()
        return surface.get_size() if surface is not None else self._windowed_size

    @property
    def held(self) -> frozenset[str]:
        """Names of the keys that are down."""
        return frozenset(self._held)

    @property
    def pointer(self) -> tuple[float, float] | None:
        """Where the mouse is [px], or None while it is elsewhere."""
        import pygame

        if not pygame.mouse.get_focused():
            return None
        x, y = pygame.mouse.get_pos()
        return float(x), float(y)

    def events(self) -> list[Event]:
        """What happened since the last call.

        Raises:
            WindowClosed: The user closed the window.
            DisplayError: The display has vanished.
        """
        import pygame

        self._check()
        found: list[Event] = []
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
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
            elif event.type == pygame.MOUSEMOTION and event.buttons[0]:
                found.append(Drag(float(event.rel[0]), float(event.rel[1])))
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
        import pygame

        self._check()
        surface = pygame.display.get_surface()
        if surface is None:
            raise DisplayError("the display has vanished")
        _show_on(surface, frame)
        pygame.display.flip()
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
        self._set_mode()

    def close(self) -> None:
        """Closes the window; does nothing if it is gone already."""
        import pygame

        self._closed = True
        if self._guard is not None and self._guard.lost:
            return
        if self._guard is not None:
            self._guard.release()
            self._guard = None
        pygame.display.quit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _set_mode(self) -> None:
        import pygame

        if self._fullscreen:
            pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        else:
            pygame.display.set_mode(self._windowed_size, pygame.RESIZABLE)

    def _check(self) -> None:
        if self._guard is not None and self._guard.lost:
            raise DisplayError("the display has vanished")
        if self._closed:
            raise WindowClosed("the window was closed")


def _show_on(surface: "pygame.Surface", frame: np.ndarray) -> None:
    """Copies an RGBA frame onto the screen's surface."""
    import pygame

    width, height = surface.get_size()
    red, _, blue, _ = surface.get_masks()
    if (red, blue, surface.get_bytesize()) == _BGRX and surface.get_pitch() == 4 * width:
        # Six times as fast as pygame's own conversion.
        memory: Any = surface.get_buffer()
        pixels = np.frombuffer(memory, np.uint8).reshape(height, width, 4)
        high, wide = min(height, frame.shape[0]), min(width, frame.shape[1])
        cv2.cvtColor(frame[:high, :wide], cv2.COLOR_RGBA2BGRA, dst=pixels[:high, :wide])
    else:
        surface.blit(pygame.image.frombuffer(frame.data, (frame.shape[1], frame.shape[0]), "RGBX"), (0, 0))


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
