"""The menu of the window: panes and labels, weather, faults; by keys and by the mouse."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from agents.watching.rig import LABEL_LAYERS
from agents.watching.sources import title_of
from drivesim.config import SEVERITY_MAX, WEATHER_PRESETS, applicable_faults
from drivesim.render.ink import Ink
from drivesim.render.menu import MenuPlan, MenuRow, Page, Switch, draw_menu, move, plan_menu
from drivesim.render.stickers import Stickers
from drivesim.render.window import Click, Event, KeyDown

if TYPE_CHECKING:
    from agents.watching.screen import Screen

PAGES = ("Panes", "Weather", "Faults")
TIMES = ("Noon", "Sunset", "Night")
OWN_WEATHER = "as it was"
_DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_PRESS = ("return", "enter", "space")
_CLOSE = ("m", "escape")
_FOOT = "arrows move   ·   Enter switches   ·   Tab next page   ·   M closes"


class Menu:
    """What the menu of a screen offers, and what it does.

    Args:
        screen: Whose.
    """

    def __init__(self, screen: "Screen") -> None:
        self.is_open = False
        self.page = 0
        self.sensor = 0
        """Number of the sensor whose faults are shown."""
        self.cursor: Hashable = None
        self._screen = screen
        self._plan: MenuPlan | None = None

    def toggle(self) -> None:
        """Opens or closes it."""
        self.is_open = not self.is_open

    def pages(self) -> tuple[Page, ...]:
        """All pages as they are now."""
        return self._panes(), self._weather(), self._faults()

    def handle(self, event: Event) -> bool:
        """Obeys an event while it is open; whether it was meant for the menu."""
        if not self.is_open:
            return False
        if isinstance(event, Click):
            return self._click(event)
        if not isinstance(event, KeyDown):
            return False
        if event.name in _CLOSE:
            self.is_open = False
        elif event.name == "tab":
            self.page, self.cursor = (self.page + 1) % len(PAGES), None
        elif event.name in _DIRECTIONS and self._plan is not None:
            self.cursor = move(self._plan, self.cursor, *_DIRECTIONS[event.name])
        elif event.name in _PRESS:
            self.press(self.cursor)
        else:
            return False
        return True

    def press(self, name: Hashable) -> None:
        """Does what a switch does."""
        screen = self._screen
        match name:
            case ("page", int(number)):
                self.page, self.cursor = number, None
            case ("pane", str(pane)):
                screen.toggle_pane(pane)
            case ("large", str(pane)):
                screen.enlarge(pane)
            case ("labels", str(layers)):
                screen.show_labels(layers)
            case ("weather", str(weather)):
                screen.set_weather(weather)
            case ("sensor", int(number)):
                self.sensor = number
            case ("fault", str(sensor), str(kind), int(severity)):
                screen.set_fault(sensor, kind, severity)
            case ("no faults",):
                screen.clear_faults()
            case _:
                pass

    def draw(self, ink: Ink, stickers: Stickers, pointer: tuple[float, float] | None) -> None:
        """Draws it where it is open."""
        if not self.is_open:
            return
        pages = self.pages()
        plan = self._plan = plan_menu(pages, self.page, ink.size, ink.scale)
        under = plan.at(*pointer) if pointer is not None else None
        pointed = None if under is None else under.name
        key = (pages, self.page, self.cursor, pointed)
        stickers.lay(ink, "menu", key, lambda on: draw_menu(on, plan, self.cursor, pointed, _FOOT))

    def _click(self, click: Click) -> bool:
        if self._plan is None:
            return False
        switch = self._plan.at(click.x, click.y)
        if switch is not None:
            self.press(switch.name)
        elif not self._plan.panel.contains(click.x, click.y):
            self.is_open = False
        return True

    def _panes(self) -> Page:
        side = self._screen.side
        rows = [
            MenuRow(
                pane,
                (
                    Switch(("pane", pane), "shown", pane in side.shown),
                    Switch(("large", pane), "large", pane == side.enlarged and pane in side.shown),
                ),
            )
            for pane in side.panes
        ]
        labels = tuple(Switch(("labels", name), name, side.layers == layers) for name, layers in LABEL_LAYERS.items())
        return Page(PAGES[0], tuple(rows), (Switch(("heading",), "labels over cameras"), *labels))

    def _weather(self) -> Page:
        chosen = self._screen.weather
        rows = [MenuRow("", (Switch(("weather", ""), OWN_WEATHER, not chosen),))]
        table: dict[str, dict[str, str]] = {}
        for name in WEATHER_PRESETS:
            time = next((time for time in TIMES if name.endswith(time)), "")
            # CARLA calls the same rain "MidRainy" by noon and night, and "MidRain" at sunset.
            table.setdefault(name.removesuffix(time).replace("Rainy", "Rain"), {})[time] = name
        for sky, names in table.items():
            switches = tuple(
                Switch(("weather", name), time or "all day", name == chosen) for time, name in names.items()
            )
            rows.append(MenuRow(_spaced(sky), switches))
        return Page(PAGES[1], tuple(rows))

    def _faults(self) -> Page:
        screen = self._screen
        sensors = screen.drive.sensors
        if not sensors:
            return Page(PAGES[2], (MenuRow("there is no sensor", ()),))
        self.sensor = min(self.sensor, len(sensors) - 1)
        config = sensors[self.sensor]
        rows = []
        for kind in applicable_faults(config):
            now = screen.faults.get((config.name, kind), 0)
            switches = tuple(
                Switch(("fault", config.name, kind, severity), str(severity or "-"), severity == now)
                for severity in range(SEVERITY_MAX + 1)
            )
            rows.append(MenuRow(kind.replace("_", " "), switches))
        bad = {name for name, _ in screen.faults}
        aside = tuple(
            Switch(("sensor", number), f"{title_of(each)}{' !' if each.name in bad else ''}", number == self.sensor)
            for number, each in enumerate(sensors)
        )
        return Page(PAGES[2], tuple(rows), (*aside, Switch(("no faults",), "no faults at all", not screen.faults)))


def _spaced(name: str) -> str:
    """A name such as HardRain in plain words."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
