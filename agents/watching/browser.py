"""The browser of the window: suites and situations to choose from, by keys and by the mouse."""

from collections.abc import Mapping, Set
from typing import NamedTuple

from agents.watching.catalogue import Catalogue, Entry, Result, details_of, open_catalogue, suite_names
from agents.watching.scrubbing import Repeat
from drivesim.errors import DrivesimError
from drivesim.render.browser import BrowserPage, BrowserPlan, BrowserRow, BrowserSuite, draw_browser, plan_browser
from drivesim.render.ink import Ink
from drivesim.render.stickers import Stickers
from drivesim.render.window import Click, Drag, Event, KeyDown, Scroll
from drivesim.render.worker import Worker

SCROLL_ROWS = 3
_FOOT = "type to filter   ·   Up Down  choose   ·   Left Right  suite   ·   Enter plays   ·   Esc closes"
_REPEATING = frozenset({"up", "down", "page up", "page down", "backspace"})


class Choice(NamedTuple):
    """What is to be watched."""

    suite: str
    """As `catalogue.open_catalogue` takes it."""
    numbers: tuple[int, ...]
    """Of the situations or roads, in the order in which they are played."""


class Browser:
    """What there is to choose from, and what is chosen. It outlives the drives that it starts.

    Args:
        suite: The suite that is open first; None for the first that ships.
        query: What its entries are filtered by.
        results: What came of entries, by suite and number; see `catalogue.read_results`.
    """

    def __init__(
        self,
        suite: str | None = None,
        *,
        query: str = "",
        results: Mapping[str, Mapping[int, Result]] | None = None,
    ) -> None:
        names = suite_names()
        self.names: tuple[str, ...] = names if suite is None or suite in names else (suite, *names)
        """Suites, in the order of the list."""
        self.chosen = 0 if suite is None else self.names.index(suite)
        """Number of the one that is open."""
        self.query = query
        self.cursor = self.first = 0
        """Number of the chosen entry among those that match, and of the first in sight."""
        self.is_open = False
        self.choice: Choice | None = None
        """What is to be watched next; taken by who plays it."""
        self._results = dict(results or {})
        self._catalogues: dict[str, Catalogue | str] = {}
        """Suites that were opened, or why they could not be."""
        self._matches: tuple[tuple[str, str], tuple[Entry, ...]] = (("", ""), ())
        self._plan: BrowserPlan | None = None
        self._repeat = Repeat(_REPEATING)
        self._drag_y: float | None = None
        self._loader: Worker | None = None
        self._loading = ""

    @property
    def name(self) -> str:
        """The suite that is open."""
        return self.names[self.chosen]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its entries that match."""
        catalogue = self._catalogue()
        if not isinstance(catalogue, Catalogue):
            return ()
        key = (self.name, self.query)
        if self._matches[0] != key:
            self._matches = key, catalogue.matching(self.query, self._of_suite(catalogue))
        return self._matches[1]

    def toggle(self) -> None:
        """Opens or closes it."""
        self.is_open = not self.is_open

    def open_now(self) -> Catalogue:
        """The suite that is open, waited for.

        Raises:
            DrivesimError: It cannot be read.
        """
        found = self._catalogues.get(self.name)
        if not isinstance(found, Catalogue):
            found = self._catalogues[self.name] = open_catalogue(self.name)
        return found

    def play(self) -> None:
        """Asks for the chosen entry, and after it those that follow among the ones that match."""
        entries = self.entries
        if entries:
            numbers = [entry.number for entry in entries]
            self.choice = Choice(self.name, (*numbers[self.cursor :], *numbers[: self.cursor]))
            self.is_open = False

    def handle(self, event: Event) -> bool:
        """Obeys an event while it is open; whether it was meant for the browser."""
        if not self.is_open:
            return False
        if isinstance(event, KeyDown):
            self._key(event.name)
        elif isinstance(event, Scroll):
            self._scroll(self.first - round(event.steps * SCROLL_ROWS))
        elif isinstance(event, Click):
            self._click(event)
        elif isinstance(event, Drag) and self._drag_y is not None:
            self._drag_y += event.dy
            self._scroll_to(self._drag_y)
        return True

    def advance(self, held: Set[str], dt: float) -> None:
        """Lets keys that are held down count again."""
        if self.is_open:
            for key, count in self._repeat.due(held, dt).items():
                for _ in range(count):
                    self._key(key)

    def draw(self, ink: Ink, stickers: Stickers, pointer: tuple[float, float] | None) -> None:
        """Draws it where it is open."""
        if not self.is_open:
            return
        plan = self._plan = plan_browser(ink.size, len(self.names), ink.scale)
        self._keep_in_sight(follow_cursor=False)
        page, pointed = self._page(plan), self._pointed(plan, pointer)
        stickers.lay(ink, "browser", (page, pointed), lambda on: draw_browser(on, plan, page, pointed, _FOOT))

    def close(self) -> None:
        """Ends its thread."""
        if self._loader is not None:
            self._loader.close()

    def _key(self, name: str) -> None:
        rows = self._rows
        moves = {"up": -1, "down": 1, "page up": -rows, "page down": rows, "home": -(10**6), "end": 10**6}
        if name in moves:
            self._choose(self.cursor + moves[name])
        elif name in ("left", "right", "tab"):
            self._open((self.chosen + (-1 if name == "left" else 1)) % len(self.names))
        elif name in ("return", "enter"):
            self.play()
        elif name == "escape":
            if self.query:
                self._filter("")
            else:
                self.is_open = False
        elif name == "backspace":
            self._filter(self.query[:-1])
        elif name == "space" or len(name) == 1:
            self._filter(self.query + (" " if name == "space" else name))

    def _click(self, event: Click) -> None:
        plan = self._plan
        self._drag_y = None
        if plan is None:
            return
        suite, row = plan.suite_at(event.x, event.y), plan.row_at(event.x, event.y)
        if suite is not None:
            self._open(suite)
        elif plan.play.contains(event.x, event.y):
            self.play()
        elif plan.bar.contains(event.x, event.y):
            self._drag_y = event.y
            self._scroll_to(event.y)
        elif row is not None and self.first + row < len(self.entries):
            if self.first + row == self.cursor:
                self.play()
            else:
                self.cursor = self.first + row
        elif not plan.panel.contains(event.x, event.y):
            self.is_open = False

    @property
    def _rows(self) -> int:
        """Rows in sight."""
        return 10 if self._plan is None else len(self._plan.rows)

    def _open(self, number: int) -> None:
        self.chosen, self.cursor, self.first = number, 0, 0

    def _filter(self, query: str) -> None:
        self.query, self.cursor, self.first = query, 0, 0

    def _choose(self, cursor: int) -> None:
        self.cursor = min(max(cursor, 0), max(len(self.entries) - 1, 0))
        self._keep_in_sight(follow_cursor=True)

    def _scroll(self, first: int) -> None:
        self.first = min(max(first, 0), max(len(self.entries) - self._rows, 0))

    def _scroll_to(self, y: float) -> None:
        """Scrolls to where the bar was taken hold of."""
        if self._plan is not None:
            bar, hidden = self._plan.bar, len(self.entries) - self._rows
            self._scroll(round((y - bar.top) / bar.height * hidden))

    def _keep_in_sight(self, *, follow_cursor: bool) -> None:
        if follow_cursor:
            self.first = min(max(self.first, self.cursor - self._rows + 1), self.cursor)
        self._scroll(self.first)

    def _catalogue(self) -> Catalogue | str:
        """The suite that is open, or what is said in its place: it is read in a thread."""
        loader = self._loader
        if loader is not None and loader.busy and loader.ready:
            self._catalogues[self._loading] = loader.result()
        # The one that is open first, then the others for what the list says of them.
        unread = [name for name in (self.name, *self.names) if name not in self._catalogues]
        if unread:
            if loader is None:
                loader = self._loader = Worker()
            if not loader.busy:
                name = self._loading = unread[0]
                loader.submit(lambda: _opened(name))
        return self._catalogues.get(self.name, "reading the suite ...")

    def _of_suite(self, catalogue: Catalogue) -> Mapping[int, Result]:
        return self._results.get(catalogue.name, {})

    def _page(self, plan: BrowserPlan) -> BrowserPage:
        catalogue, entries = self._catalogue(), self.entries
        suites = tuple(
            BrowserSuite(_short(name), self._note(name), number == self.chosen)
            for number, name in enumerate(self.names)
        )
        if not isinstance(catalogue, Catalogue):
            return BrowserPage(suites, self.query, "", (), 0, 0, 0, (), catalogue)
        results = self._of_suite(catalogue)
        rows = tuple(
            _row(entry, results.get(entry.number)) for entry in entries[self.first : self.first + len(plan.rows)]
        )
        details: tuple[str, ...] = ()
        if entries:
            entry = entries[self.cursor]
            details = tuple(details_of(entry, catalogue.about, results.get(entry.number)))
        counted = f"{len(entries)} of {len(catalogue.entries)}"
        return BrowserPage(
            suites, self.query, counted, rows, self.first, len(entries), self.cursor, details, "nothing matches"
        )

    def _note(self, name: str) -> str:
        found = self._catalogues.get(name)
        if isinstance(found, str):
            return "cannot be read"
        results = self._results.get(found.name if found is not None else name, {})
        if results:
            passed = sum(result.passed for result in results.values())
            return f"{passed} of {len(results)} passed"
        if found is None:
            return ""
        return f"{len(found.entries)} {'roads' if found.scenarios is None else 'situations'}"

    def _pointed(self, plan: BrowserPlan, pointer: tuple[float, float] | None) -> tuple[str, int] | None:
        if pointer is None:
            return None
        suite, row = plan.suite_at(*pointer), plan.row_at(*pointer)
        if suite is not None:
            return "suite", suite
        if row is not None:
            return "row", row
        return ("play", 0) if plan.play.contains(*pointer) else None


def _opened(name: str) -> Catalogue | str:
    try:
        return open_catalogue(name)
    except (DrivesimError, OSError) as error:
        return str(error)


def _row(entry: Entry, result: Result | None) -> BrowserRow:
    if result is None:
        return BrowserRow(entry.family, entry.text)
    return BrowserRow(entry.family, entry.text, result.text, "passed" if result.passed else "failed")


def _short(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].removesuffix(".json")
