"""Speed of sensors other than the camera: full steps of Highway worlds with a sensor each, beside steps without."""

from typing import Any

from agents.bench.scenes import Batch
from agents.bench.timing import Rate, measure
from drivesim.config import RADAR_MODELS

SENSE_WORLDS = 64
SENSE_MAPS = 16
SENSE_CARS = 12


def radar_rows(*, windows: int = 5, window_s: float = 0.5, worlds: int = SENSE_WORLDS) -> dict[str, Rate]:
    """Frames per second of a full step with one radar of each model, and with none, taking turns on one thread.

    Args:
        windows: Windows per figure.
        window_s: Length of a window [s].
        worlds: Worlds that step together.
    """
    rigs: dict[str, list[dict[str, Any]]] = {"no sensor": []}
    rigs |= {f"radar {model}": [{"type": "radar", "model": model}] for model in RADAR_MODELS}
    batches = {
        name: Batch("drivesim/Highway-v0", worlds=worlds, maps=SENSE_MAPS, sensors=sensors, cars=SENSE_CARS)
        for name, sensors in rigs.items()
    }
    try:
        for batch in batches.values():
            batch.stagger()
        loops = {name: batch.loop() for name, batch in batches.items()}
        return measure(loops, unit="frames/s", windows=windows, window_s=window_s)
    finally:
        for batch in batches.values():
            batch.close()
