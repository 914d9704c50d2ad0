"""A display that nobody sees, and what a window manager does to a window on it."""

import os
import subprocess
from pathlib import Path

CLOSE = """
# What a window manager sends when the cross on the title bar is clicked.
import ctypes, sys

class ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("rest", ctypes.c_long * 12)]

x11 = ctypes.CDLL("libX11.so.6")
x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XInternAtom.restype = ctypes.c_ulong
x11.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
x11.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
display = x11.XOpenDisplay(None)
window = int(sys.argv[1])
event = ClientMessage(type=33, window=window, format=32, message_type=x11.XInternAtom(display, b"WM_PROTOCOLS", 0))
event.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
x11.XSendEvent(display, window, 0, 0, ctypes.byref(event))
x11.XCloseDisplay(display)
"""


def start_display(screen: str) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """A virtual X server, and an environment in which programs find it and this checkout."""
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", screen], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    number = server.stdout.readline().decode().strip()
    environment = {**os.environ, "DISPLAY": f":{number}", "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("SDL_VIDEODRIVER", None)
    return server, environment
