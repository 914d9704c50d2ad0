"""OpenDRIVE files that tests write, and the folder of real ones."""

import gzip
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("DRIVESIM_OPENDRIVE") or Path(__file__).resolve().parents[3] / "shared/data/opendrive")
"""Real files; `$DRIVESIM_OPENDRIVE` names another folder."""
REAL = (
    "esmini_curves", "esmini_e6mini", "esmini_fabriksgatan_traffic_lights", "esmini_soderleden",
    "esmini_straight_500m", "town01", "town01_signals", "town02", "town07",
)  # fmt: skip


def real(name: str) -> Path:
    """A real file; the test is skipped where it is not there."""
    path = FOLDER / f"{name}.xodr"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path


def lane(number: int, kind: str = "driving", *, width: str = "3.5", link: str = "", more: str = "") -> str:
    """A `<lane>`; `width` is one number, or elements."""
    shape = width if width.startswith("<") else f'<width sOffset="0" a="{width}" b="0" c="0" d="0"/>'
    return f'<lane id="{number}" type="{kind}"><link>{link}</link>{shape}{more}</lane>'


def section(*lanes: str, s: float = 0.0, centre: str = "") -> str:
    """A `<laneSection>`; lanes are sorted to their sides."""
    left = "".join(text for text in lanes if not text.startswith('<lane id="-'))
    right = "".join(text for text in lanes if text.startswith('<lane id="-'))
    middle = f'<center><lane id="0" type="none">{centre}</lane></center>'
    return f'<laneSection s="{s}"><left>{left}</left>{middle}<right>{right}</right></laneSection>'


def geometry(
    shape: str = "<line/>", *, s: float = 0.0, x: float = 0.0, y: float = 0.0, hdg: float = 0.0, length: float = 100.0
) -> str:
    """A `<geometry>`."""
    return f'<geometry s="{s}" x="{x}" y="{y}" hdg="{hdg}" length="{length}">{shape}</geometry>'


def road(
    number: int | str = 1,
    *,
    plan: str | None = None,
    sections: str | None = None,
    link: str = "",
    junction: int = -1,
    rule: str = "",
    offsets: str = "",
    more: str = "",
) -> str:
    """A `<road>`; by default a straight one of 100 m with a lane each way."""
    given = f' rule="{rule}"' if rule else ""
    return (
        f'<road id="{number}" length="100" junction="{junction}"{given}><link>{link}</link>'
        f"<planView>{geometry() if plan is None else plan}</planView>"
        f"<lanes>{offsets}{section(lane(1), lane(-1)) if sections is None else sections}</lanes>{more}</road>"
    )


def joined(kind: str, number: int, contact: str = "", *, end: str = "successor") -> str:
    """A `<predecessor>` or `<successor>` of a road."""
    at = f' contactPoint="{contact}"' if contact else ""
    return f'<{end} elementType="{kind}" elementId="{number}"{at}/>'


def write(folder: Path, *parts: str, name: str = "map.xodr", minor: int = 7) -> Path:
    """A file of these roads and junctions, each on a line from the fourth on; packed if its name ends in .gz."""
    text = (
        f'<?xml version="1.0"?>\n<OpenDRIVE>\n<header revMajor="1" revMinor="{minor}"/>\n'
        + "\n".join(parts)
        + "\n</OpenDRIVE>\n"
    )
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path
