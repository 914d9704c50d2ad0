"""What the window shows of a driver's heads: pictures, rows of numbers, a path on the road."""

from collections.abc import Mapping, Sequence

import numpy as np

from agents.heads import HEADS, Head, PathFromAbove, PicturePane, Said, TextRow, Truth, labels_of
from drivesim.config import CameraConfig


def picture_panes(heads: Sequence[Head]) -> list[PicturePane]:
    """The pictures that heads show, in their order."""
    return [pane for head in heads for pane in head.panes if isinstance(pane, PicturePane)]


def pane_names(heads: Sequence[Head]) -> tuple[str, ...]:
    """Every pane of heads: true pictures, the driver's, numbers; then those of heads from outside."""
    shipped = [head for head in heads if head.name in HEADS]
    others = [head for head in heads if head.name not in HEADS]
    return (*_titles(shipped), "numbers", *_titles(others))


def _titles(heads: Sequence[Head]) -> list[str]:
    panes = picture_panes(heads)
    return [*(pane.title for pane in panes if pane.channel), *(f"network {pane.title}" for pane in panes)]


def truth_of(
    heads: Sequence[Head],
    observation: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    camera: CameraConfig | None,
) -> dict[str, np.ndarray]:
    """The labels that are no pictures, of the first world, without the world axis."""
    source = Truth(observation, labels, camera)
    return {name: label.read(source)[0].copy() for name, label in labels_of(heads).items() if not label.channel}


def rows_of(heads: Sequence[Head], truth: Said, said: Said) -> list[tuple[str, str, str]]:
    """Rows of title, truth and what the driver says, "" where it says nothing.

    Args:
        heads: Whose rows.
        truth: From `truth_of`.
        said: The explanation, without the world axis.
    """

    def cell(row: TextRow, values: Said) -> str:
        return row.text(values) if all(key in values for key in row.needs) else ""

    rows = [pane for head in heads for pane in head.panes if isinstance(pane, TextRow)]
    return [(row.title, cell(row, truth), cell(row, said)) for row in rows]


def path_of(heads: Sequence[Head], said: Said) -> np.ndarray | None:
    """The first path of the heads that the driver explains, ego frame [m], shape (point, 2); None without one."""
    keys = [pane.key for head in heads for pane in head.panes if isinstance(pane, PathFromAbove)]
    return next((np.asarray(said[key]) for key in keys if key in said), None)
