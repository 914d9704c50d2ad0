"""What windows are made of: SDL has one display per process, one window that belongs to it, and any number beside.

The first window of a process is the display's own; while it is open, further ones are windows of SDL's renderer. The
display ends with the last of them, whatever order they are closed in.
"""

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from drivesim.render.x11 import ConnectionGuard

if TYPE_CHECKING:
    import pygame

DRIVER_VARIABLE = "SDL_VIDEODRIVER"
"""Environment variable that chooses SDL's window system."""
_BGRX = (0xFF0000, 0xFF, 4)


class Surface(ABC):
    """A window as the window system has it, and the events that are meant for it."""

    def __init__(self) -> None:
        self._inbox: list[pygame.event.Event] = []

    @property
    @abstractmethod
    def key(self) -> Any:
        """What pygame's events call this window."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height now [px]."""

    @abstractmethod
    def present(self, frame: np.ndarray) -> None:
        """Shows a frame, RGBA uint8 (H, W, 4)."""

    @abstractmethod
    def fill_screen(self, fills: bool, size: tuple[int, int]) -> None:
        """Fills the screen, or takes a size [px]."""

    @abstractmethod
    def leave(self) -> None:
        """Takes the window off the screen."""

    def take_events(self) -> "list[pygame.event.Event]":
        """What happened to this window since the last call."""
        _deliver_events()
        taken, self._inbox = self._inbox, []
        return taken

    def deliver(self, event: "pygame.event.Event") -> None:
        """Keeps an event until it is taken."""
        self._inbox.append(event)

    def close(self) -> None:
        """Closes the window, and with the last one the display."""
        _OPEN.remove(self)
        if connection_lost():
            return
        if _OPEN:
            self.leave()
        else:
            _quit_display()


class DisplaySurface(Surface):
    """The window that belongs to the display."""

    def __init__(self, size: tuple[int, int], title: str, fullscreen: bool) -> None:
        import pygame

        super().__init__()
        pygame.display.set_caption(title)
        self.fill_screen(fullscreen, size)

    @property
    def key(self) -> Any:
        """What pygame's events call this window."""
        return None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height now [px]."""
        return _display_picture().get_size()

    def present(self, frame: np.ndarray) -> None:
        """Shows a frame, RGBA uint8 (H, W, 4)."""
        import pygame

        _copy(frame, _display_picture())
        pygame.display.flip()

    def fill_screen(self, fills: bool, size: tuple[int, int]) -> None:
        """Fills the screen, or takes a size [px]."""
        import pygame

        pygame.display.set_mode((0, 0) if fills else size, pygame.FULLSCREEN if fills else pygame.RESIZABLE)

    def leave(self) -> None:
        """Hides the window: the display, which other windows still need, cannot be without it."""
        from pygame._sdl2 import video

        video.Window.from_display_module().hide()


class RendererSurface(Surface):
    """A window beside the display's own."""

    def __init__(self, size: tuple[int, int], title: str, fullscreen: bool) -> None:
        from pygame._sdl2 import video

        super().__init__()
        self._window: Any = video.Window(title, size, resizable=True)
        self._renderer: Any = video.Renderer(self._window)
        self._texture: Any = None
        if fullscreen:
            self.fill_screen(True, size)

    @property
    def key(self) -> Any:
        """What pygame's events call this window."""
        return self._window

    @property
    def size(self) -> tuple[int, int]:
        """Width and height now [px]."""
        return tuple(self._window.size)

    def present(self, frame: np.ndarray) -> None:
        """Shows a frame, RGBA uint8 (H, W, 4)."""
        import pygame
        from pygame._sdl2 import video

        size = (frame.shape[1], frame.shape[0])
        if self._texture is None or (self._texture.width, self._texture.height) != size:
            self._texture = video.Texture(self._renderer, size, streaming=True)
        self._texture.update(pygame.image.frombuffer(frame.data, size, "RGBX"))
        self._renderer.clear()
        self._texture.draw()
        self._renderer.present()

    def fill_screen(self, fills: bool, size: tuple[int, int]) -> None:
        """Fills the screen, or takes a size [px]."""
        if fills:
            self._window.set_fullscreen(True)
        else:
            self._window.set_windowed()
            self._window.size = size

    def leave(self) -> None:
        """Takes the window off the screen."""
        self._texture = self._renderer = None
        self._window.destroy()


_OPEN: list[Surface] = []
_GUARDS: list[ConnectionGuard] = []
"""The guard of the display's connection while it is open."""


def open_surface(size: tuple[int, int], title: str, *, fullscreen: bool) -> Surface:
    """A window on the screen.

    Raises:
        pygame.error: There is no screen.
    """
    import pygame

    if not pygame.display.get_init():
        # Whoever quit pygame behind our back took the windows with it.
        _OPEN.clear()
    if not _OPEN:
        pygame.display.init()
        # SDL's last resort draws into nothing; whoever asked for that by name may have it.
        if pygame.display.get_driver() in ("offscreen", "dummy") and not os.environ.get(DRIVER_VARIABLE):
            pygame.display.quit()
            raise pygame.error("no display answers")
    free = not any(isinstance(surface, DisplaySurface) for surface in _OPEN)
    surface = (DisplaySurface if free else RendererSurface)(size, title, fullscreen)
    if free and _OPEN:
        from pygame._sdl2 import video

        video.Window.from_display_module().show()
    _OPEN.append(surface)
    if not _GUARDS and (guard := ConnectionGuard.of_current_window()) is not None:
        _GUARDS.append(guard)
    return surface


def connection_lost() -> bool:
    """The connection to the window system is gone, or somebody else has ended it; no further call may be made."""
    import pygame

    return any(guard.lost for guard in _GUARDS) or not pygame.display.get_init()


def _quit_display() -> None:
    import pygame

    for guard in _GUARDS:
        guard.release()
    _GUARDS.clear()
    pygame.display.quit()


def _deliver_events() -> None:
    """Hands every event to the window it is meant for, and those that name none to the first."""
    import pygame

    for event in pygame.event.get():
        key = getattr(event, "window", None)
        meant = [surface for surface in _OPEN if event.type == pygame.QUIT or surface.key is key]
        for surface in meant or _OPEN[:1]:
            surface.deliver(event)


def _display_picture() -> "pygame.Surface":
    import pygame

    picture = pygame.display.get_surface()
    if picture is None:
        raise pygame.error("the display has no window")
    return picture


def _copy(frame: np.ndarray, picture: "pygame.Surface") -> None:
    """Copies an RGBA frame onto the display's picture."""
    import pygame

    width, height = picture.get_size()
    red, _, blue, _ = picture.get_masks()
    if (red, blue, picture.get_bytesize()) == _BGRX and picture.get_pitch() == 4 * width:
        # Six times as fast as pygame's own conversion.
        memory: Any = picture.get_buffer()
        pixels = np.frombuffer(memory, np.uint8).reshape(height, width, 4)
        high, wide = min(height, frame.shape[0]), min(width, frame.shape[1])
        cv2.cvtColor(frame[:high, :wide], cv2.COLOR_RGBA2BGRA, dst=pixels[:high, :wide])
    else:
        picture.blit(pygame.image.frombuffer(frame.data, (frame.shape[1], frame.shape[0]), "RGBX"), (0, 0))
