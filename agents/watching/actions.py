"""What the keys and the buttons of the window do; the keys that drive are in `wheel`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.watching.scrubbing import SECOND_S

if TYPE_CHECKING:
    from agents.watching.screen import Screen

ZOOM_STEP = 1.15
PANE_KEYS = 9
"""Panes that have a number key."""
Action = Callable[["Screen"], None]


def _flip(name: str) -> Action:
    return lambda screen: setattr(screen, name, not getattr(screen, name))


def _pane(number: int) -> Action:
    def toggle(screen: "Screen") -> None:
        if number <= len(screen.side.panes):
            screen.toggle_pane(screen.side.panes[number - 1])

    return toggle


def _zoom(factor: float) -> Action:
    return lambda screen: screen.follow.zoom_by(factor)


def _pace(direction: int) -> Action:
    return lambda screen: screen.player.change_pace(direction)


def _toggle_north_up(screen: "Screen") -> None:
    screen.follow.car_up = not screen.follow.car_up


def _quit(screen: "Screen") -> None:
    screen.done = True


def _fullscreen(screen: "Screen") -> None:
    screen.wants_fullscreen_change = True


def _second(direction: int) -> Action:
    """Back or forth; while the user drives these keys steer."""

    def seek(screen: "Screen") -> None:
        if not screen.player.manual:
            screen.player.seek_by(direction * SECOND_S)

    return seek


BUTTON_ACTIONS: dict[str, Action] = {
    "restart": lambda screen: screen.player.restart(),
    "slower": _pace(-1),
    "back": lambda screen: screen.player.seek_by(-screen.drive.step_s),
    "pause": lambda screen: screen.player.toggle_pause(),
    "step": lambda screen: screen.player.step_once(),
    "faster": _pace(1),
    "next": lambda screen: screen.player.next_road(),
    "wheel": lambda screen: screen.player.toggle_wheel(),
    "picture": lambda screen: screen.ask_picture(),
    "record": lambda screen: screen.ask_recording(),
    "browser": lambda screen: screen.browse(),
    "menu": lambda screen: screen.menu.toggle(),
    "help": _flip("legend"),
}
"""What each button does."""

KEY_ACTIONS: dict[str, Action] = {
    "space": BUTTON_ACTIONS["pause"],
    "n": BUTTON_ACTIONS["step"],
    ".": BUTTON_ACTIONS["step"],
    ",": BUTTON_ACTIONS["back"],
    "left": _second(-1),
    "right": _second(1),
    "u": lambda screen: screen.player.seek_mark(-1),
    "i": lambda screen: screen.player.seek_mark(1),
    "backspace": lambda screen: screen.player.seek(0),
    "end": lambda screen: screen.player.go_live(),
    **dict.fromkeys(("+", "=", "]", "[+]"), _pace(1)),
    **dict.fromkeys(("-", "[", "[-]"), _pace(-1)),
    "r": BUTTON_ACTIONS["restart"],
    **dict.fromkeys(("tab", "return", "enter"), BUTTON_ACTIONS["next"]),
    "t": BUTTON_ACTIONS["wheel"],
    "z": _zoom(ZOOM_STEP),
    "x": _zoom(1.0 / ZOOM_STEP),
    "home": lambda screen: screen.follow.recentre(),
    "f": _toggle_north_up,
    **{str(number): _pane(number) for number in range(1, PANE_KEYS + 1)},
    "0": lambda screen: screen.toggle_panes(),
    "g": _flip("route"),
    "b": _flip("trail"),
    "j": _flip("expert_plan"),
    "k": _flip("network_plan"),
    "o": BUTTON_ACTIONS["browser"],
    "m": BUTTON_ACTIONS["menu"],
    "e": lambda screen: screen.enlarge_next(),
    "l": lambda screen: screen.next_labels(),
    "c": lambda screen: screen.next_weather(),
    "y": lambda screen: screen.clear_faults(),
    "p": BUTTON_ACTIONS["picture"],
    "v": BUTTON_ACTIONS["record"],
    "f5": lambda screen: screen.keep_drive(),
    "f11": _fullscreen,
    "h": BUTTON_ACTIONS["help"],
    "f1": BUTTON_ACTIONS["help"],
    "escape": _quit,
    "q": _quit,
}
"""What each key does; the keys that drive are in `wheel`."""

REPEATING = (",", ".", "left", "right")
"""Keys that count again and again while they are held."""
