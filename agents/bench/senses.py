"""Rates of sensors: what each adds to the full step."""

from typing import Any

from agents.bench.scenes import FULL_CAMERA, Batch
from agents.bench.timing import Rate, measure

MOTION_WORLDS, MOTION_CARS = 64, 12
MOTION_SENSORS: tuple[dict[str, Any], ...] = ({"type": "imu"}, {"type": "gnss"}, {"type": "odometry"})


def motion_rows(*, worlds: int = MOTION_WORLDS, maps: int = 16, stagger: int = 100, **windows: Any) -> dict[str, Rate]:
    """Full steps with the camera alone, with one motion sensor beside it, and with all three, by name.

    Args:
        worlds: Worlds that step together.
        maps: Distinct highways.
        stagger: Steps over which the worlds' episodes are spread.
        **windows: `windows`, `window_s` and `warm_up_s` of `measure`.
    """
    rigs = {
        "camera": (),
        **{f"camera, {sensor['type']}": (sensor,) for sensor in MOTION_SENSORS},
        "camera, all motion": MOTION_SENSORS,
    }
    batches = {
        name: Batch("drivesim/Highway-v0", worlds=worlds, maps=maps, sensors=[FULL_CAMERA, *sensors], cars=MOTION_CARS)
        for name, sensors in rigs.items()
    }
    try:
        for batch in batches.values():
            batch.stagger(stagger)
        return measure({name: batch.loop() for name, batch in batches.items()}, unit="frames", **windows)
    finally:
        for batch in batches.values():
            batch.close()
