"""What reading a map file left out or repaired."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class MapReport:
    """What a file holds that a flat network does not, and what had to be mended in it."""

    path: str
    revision: str = ""
    """OpenDRIVE revision, such as "1.7"."""
    geo_reference: str = ""
    """Projection, as the file has it."""
    origin: tuple[float, float] = (0.0, 0.0)
    """Where the network's origin lies in the file's coordinates [m]; elsewhere only for maps far away."""
    roads: int = 0
    junctions: int = 0
    length_m: float = 0.0
    """Of all reference lines [m]."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What a flat world cannot hold or nobody needs, with the number of times."""
    repairs: Counter[str] = field(default_factory=Counter)
    """What was mended, with the number of times."""
    added: Counter[str] = field(default_factory=Counter)
    """What a file leaves open and the network needs, with the number of times; no fault of the file's."""
    examples: dict[str, str] = field(default_factory=dict)
    """Where each of them happened first."""

    def leave_out(self, what: str, where: str) -> None:
        """Notes something that is not taken over."""
        self.left_out[what] += 1
        self.examples.setdefault(what, where)

    def repair(self, what: str, where: str) -> None:
        """Notes something that was mended."""
        self.repairs[what] += 1
        self.examples.setdefault(what, where)

    def add(self, what: str, where: str) -> None:
        """Notes something that was made up."""
        self.added[what] += 1
        self.examples.setdefault(what, where)

    def lines(self) -> list[str]:
        """Everything for people, a line each."""
        rows = []
        for title, counts in (("left out", self.left_out), ("mended", self.repairs), ("added", self.added)):
            for what, count in sorted(counts.items()):
                rows.append(f"{title}: {what}, {count} times, first at {self.examples[what]}")
        return rows
