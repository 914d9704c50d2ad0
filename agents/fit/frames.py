"""Frames of a data set as batches of the network: order, split, cut of the picture, background reading."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from agents.data import FrameBatch
from agents.heads.contract import PICTURE_STEP, Head, Quantity
from agents.network.inputs import INPUTS
from drivesim.config import CameraConfig, replace
from drivesim.errors import ConfigError
from drivesim.export.read import DataSet, Place

STEP_PX = 16
"""Networks look at pictures whose sides are multiples of this [px]."""
HISTORY_TICKS = 4
"""Control steps back to the earlier picture, as near as the data set's frames allow."""
AHEAD = 3
"""Batches that are read in advance."""


def cut_camera(camera: CameraConfig, height: int = 0, width: int = 0) -> CameraConfig:
    """The camera that sees the middle of a picture, of the largest size that networks can look at, or of the one given.

    It is a camera of its own: a simulator with it draws just what the cut picture shows.

    Raises:
        ConfigError: The picture is smaller than that.
    """
    height = height or camera.height // STEP_PX * STEP_PX
    width = width or camera.width // STEP_PX * STEP_PX
    if height > camera.height or width > camera.width or not height or not width:
        raise ConfigError(
            f"data: its pictures are {camera.width} x {camera.height}, expected at least {max(width, STEP_PX)} x "
            f"{max(height, STEP_PX)}"
        )
    if (height, width) == (camera.height, camera.width):
        return camera
    top, left = _margins(camera, height, width)
    x, y = camera.principal_px
    return replace(
        camera, height=height, width=width, focal_px=camera.focal, principal_x=(x - left) / width,
        principal_y=(y - top) / height,
    )  # fmt: skip


def _margins(camera: CameraConfig, height: int, width: int) -> tuple[int, int]:
    return (camera.height - height) // 2, (camera.width - width) // 2


def history_of(data: DataSet) -> tuple[int, int]:
    """How many frames back the earlier picture lies, and how many control steps these are."""
    frames = max(round(HISTORY_TICKS / data.key_ticks), 1)
    return frames, frames * data.key_ticks


def offered(heads: Sequence[Head], data: DataSet) -> list[Head]:
    """The heads that a data set has all labels of."""
    there = {*data.numbers, *data.pictures}
    return [head for head in heads if head.labels and all(label.name in there for label in head.labels)]


def split(data: DataSet, share: float, seed: int) -> tuple[list[Place], list[Place]]:
    """Frames to learn from and to look at: whole drives, because frames of one drive are alike.

    Of a single drive the last part is looked at.
    """
    drives = np.random.default_rng([seed, 1]).permutation(data.drives).tolist()
    count = min(max(round(share * len(drives)), 1), len(drives) - 1) if share else 0
    if share and len(drives) == 1:
        places = data.places()
        first = len(places) - max(round(share * len(places)), 1)
        return places[:first], places[first:]
    return data.places(sorted(drives[count:])), data.places(sorted(drives[:count]))


class Frames:
    """Reads batches.

    Args:
        data: The data set.
        camera: What the network looks through: the data set's camera, or one cut out of it.
        history: Frames back to the earlier picture.
        labels: What the heads learn from; those that the data set has are read.
    """

    def __init__(self, data: DataSet, camera: CameraConfig, history: int, labels: dict[str, Quantity]) -> None:
        self.data, self.camera, self.history = data, camera, history
        there = {*data.numbers, *data.pictures}
        self.labels = {name: label for name, label in labels.items() if name in there}
        missing = [quantity.name for quantity in INPUTS if quantity.name not in there]
        if missing:
            raise ConfigError(f"data: {data.path} lacks {missing[0]}, which networks read")
        top, left = _margins(data.camera, camera.height, camera.width)
        self._cut = np.s_[top : top + camera.height, left : left + camera.width]

    def batch(self, places: Sequence[Place]) -> FrameBatch:
        """Frames, all of them with labels that are pictures."""
        name = self.camera.name
        now = np.stack([self._rgb(place) for place in places])
        before = [place._replace(frame=max(place.frame - self.history, 0)) for place in places]
        earlier = np.stack([self._rgb(place)[..., 1] for place in before])
        return FrameBatch(
            pictures={name: torch.from_numpy(now)},
            earlier={name: torch.from_numpy(earlier)},
            inputs={quantity.name: self._number(quantity, places) for quantity in INPUTS},
            senses={},
            windows={},
            labels={
                label.name: self._picture(label, places) if label.is_picture else self._number(label, places)
                for label in self.labels.values()
            },
        )

    def stream(self, batches: Sequence[Sequence[Place]]) -> Iterator[FrameBatch]:
        """Batches in their order; a thread reads ahead while the network learns."""
        ready: queue.Queue[Any] = queue.Queue(AHEAD)
        stopped = threading.Event()

        def offer(item: Any) -> None:
            while not stopped.is_set():
                try:
                    return ready.put(item, timeout=0.1)
                except queue.Full:
                    continue

        def read() -> None:
            try:
                for places in batches:
                    if stopped.is_set():
                        return
                    offer(self.batch(places))
            except BaseException as error:
                offer(error)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            for _ in batches:
                item = ready.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stopped.set()
            thread.join()

    def _rgb(self, place: Place) -> np.ndarray:
        return self.data.rgb(place)[self._cut]

    def _picture(self, label: Quantity, places: Sequence[Place]) -> torch.Tensor:
        read: Callable[[Place], np.ndarray] = getattr(self.data, label.name)
        values = np.stack([read(place)[self._cut][::PICTURE_STEP, ::PICTURE_STEP] for place in places])
        return torch.from_numpy(values.astype(label.dtype or values.dtype))

    def _number(self, quantity: Quantity, places: Sequence[Place]) -> torch.Tensor:
        values = [self.data.number(quantity.name, place) for place in places]
        kind = np.bool_ if quantity.unit == "bool" else np.float32
        return torch.from_numpy(np.array(values, kind))


def batches_of(places: Sequence[Place], size: int, order: np.random.Generator | None = None) -> list[list[Place]]:
    """Frames in batches; shuffled where an order is given, in which case an incomplete last batch is left out."""
    numbers = np.arange(len(places)) if order is None else order.permutation(len(places))
    batches = [[places[i] for i in numbers[first : first + size]] for first in range(0, len(places), size)]
    return batches[:-1] if order is not None and len(batches) > 1 and len(batches[-1]) < size else batches
