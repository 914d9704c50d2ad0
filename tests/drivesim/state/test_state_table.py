"""The README's table of columns is the declaration, printed. Run as a script, this file writes it."""

import typing
from pathlib import Path

from drivesim.state import WorldState, columns

README = Path(__file__).resolve().parents[3] / "drivesim" / "state" / "README.md"
MARK = "<!-- state table: written by tests/drivesim/state/test_state_table.py -->\n"


def table() -> str:
    rows = ["| column | shape | dtype | unit | |", "|---|---|---|---|---|"]
    for group, declared in typing.get_type_hints(WorldState).items():
        for name, column in columns(declared).items():
            shape = ", ".join(str(size) for size in column.dims)
            dtype = column.dtype.__name__.rstrip("_")
            rows.append(f"| `{group}.{name}` | {shape} | {dtype} | {column.unit} | {column.doc} |")
    return "\n".join(rows) + "\n"


def test_the_readme_shows_every_column_as_declared():
    assert README.read_text(encoding="utf-8").partition(MARK)[2].strip() == table().strip()


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + table(), encoding="utf-8")
