"""A look at what was recorded: a row of pictures with boxes for every drive, and a sheet of the first ones."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from drivesim.export.drive import Drive, Frame
from drivesim.export.folder import write_bytes
from drivesim.export.pictures import decoded, jpeg, png
from drivesim.render.overlay import over_camera

PREVIEW_FRAMES = (0, 4)
"""The frame that is shown of a drive is the last of these that it has."""
FOLDER, SHEET_FILE = "previews", "contact_sheet.png"
ROWS_MAX, WIDTH_MAX = 12, 1920
HEIGHT = 96
"""Of a row [px]."""
_LABELS = ("valid", "visibility", "position", "box")


def preview_labels(drive: Drive) -> tuple[str, ...]:
    """Labels that boxes are drawn from."""
    names = ["objects_valid", "objects_semantic", "objects_track"]
    for camera in drive.cameras:
        names += [f"{camera.name}_objects_{name}" for name in _LABELS]
    return tuple(names)


class Preview:
    """The row of a drive."""

    def __init__(self, folder: Path, drive: Drive) -> None:
        self.file, self.drive = folder / FOLDER / f"{drive.name}.jpg", drive

    def draw(self, frame: Frame, labels: Mapping[str, np.ndarray]) -> None:
        """Draws a frame in place of an earlier one; nothing where the rig has no camera."""
        pictures = [
            over_camera(frame.observation[camera.name], labels, camera, ("boxes",)) for camera in self.drive.cameras
        ]
        if pictures:
            self.file.parent.mkdir(exist_ok=True)
            self.file.write_bytes(jpeg(np.hstack([_of_height(picture, HEIGHT) for picture in pictures]), 90))


def write_sheet(folder: Path) -> Path | None:
    """Puts the first drives' rows under one another; None where there are none."""
    files = sorted((folder / FOLDER).glob("*.jpg"))[:ROWS_MAX]
    if not files:
        return None
    rows = [decoded(file.read_bytes(), str(file)) for file in files]
    width = min(max(row.shape[1] for row in rows), WIDTH_MAX)
    sheet = np.zeros((sum(row.shape[0] for row in rows), width, 3), np.uint8)
    top = 0
    for row in rows:
        sheet[top : top + row.shape[0], : min(width, row.shape[1])] = row[:, :width]
        top += row.shape[0]
    write_bytes(folder / SHEET_FILE, png(sheet))
    return folder / SHEET_FILE


def _of_height(picture: np.ndarray, height: int) -> np.ndarray:
    width = max(round(picture.shape[1] * height / picture.shape[0]), 1)
    shrinks = height < picture.shape[0]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST)
