"""Outliving the X server.

When the connection to the X server breaks, Xlib prints two lines and ends the process from inside whatever call
was running. A guard replaces that with a flag, so that the caller can save its work and say what happened.
"""

import atexit
import contextlib
import ctypes
import ctypes.util
from typing import Any, Self

_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_ExitHandler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


class ConnectionGuard:
    """Watches the X connection of the current pygame window."""

    def __init__(self, library: Any, display: int) -> None:
        self.lost = False
        """The connection is gone; no further call into the window system may be made."""
        self._library = library
        # Xlib keeps bare pointers to these.
        self._handler = _Handler(self._on_error)
        self._exit_handler = _ExitHandler(self._on_exit)
        library.XSetIOErrorHandler.restype = ctypes.c_void_p
        self._previous = library.XSetIOErrorHandler(self._handler)
        library.XSetIOErrorExitHandler.argtypes = [ctypes.c_void_p, _ExitHandler, ctypes.c_void_p]
        library.XSetIOErrorExitHandler(display, self._exit_handler, None)

    @classmethod
    def of_current_window(cls) -> Self | None:
        """A guard, or None where there is nothing to guard (another window system, or Xlib before 1.7)."""
        import pygame

        if pygame.display.get_driver() != "x11":
            return None
        name = ctypes.util.find_library("X11")
        display = _pointer(pygame.display.get_wm_info().get("display"))
        if name is None or not display:
            return None
        library = ctypes.CDLL(name)
        if not hasattr(library, "XSetIOErrorExitHandler"):
            return None
        guard = cls(library, display)
        _KEPT.append(guard)
        return guard

    def release(self) -> None:
        """Hands errors back to Xlib's own handler."""
        self._library.XSetIOErrorHandler.argtypes = [ctypes.c_void_p]
        self._library.XSetIOErrorHandler(self._previous)
        self._library.XSetIOErrorHandler.argtypes = None

    def _on_error(self, display: int) -> int:
        self._mark_lost()
        return 0

    def _on_exit(self, display: int, data: int) -> None:
        self._mark_lost()

    def _mark_lost(self) -> None:
        if not self.lost:
            import pygame

            self.lost = True
            # Closing the window would talk to the server that is gone.
            with contextlib.suppress(Exception):
                atexit.unregister(pygame.quit)


_KEPT: list[ConnectionGuard] = []


def _pointer(display: Any) -> int:
    """The address of Xlib's Display, which pygame hands out as a capsule."""
    if isinstance(display, int):
        return display
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    try:
        return get(display, b"display") or 0
    except (ValueError, TypeError):
        return 0
