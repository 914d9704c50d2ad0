"""Rates of sensors: what each adds to the full step."""

from typing import Any

from agents.bench.lidar_judge import embree_sweeps
from agents.bench.scenes import FULL_CAMERA, Batch
from agents.bench.timing import Loop, Rate, measure

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


LIDAR_WORLDS, LIDAR_CARS = 64, 12
LIDARS: dict[str, dict[str, Any]] = {
    "lidar 32 x 360": {"type": "lidar", "columns": 360},
    "lidar 1 x 128": {"type": "lidar", "model": "planar", "columns": 128, "z_m": 0.6, "channels": ["range"]},
}


def lidar_rows(*, worlds: int = LIDAR_WORLDS, maps: int = 16, stagger: int = 100, **windows: Any) -> dict[str, Rate]:
    """Sweeps per second of full steps with one lidar, with none, of the casting alone, and of embree's, by name.

    "casting" is what the rays of 32 x 360 meet, without device and frames; "trimesh + embreex" casts the same rays at
    the same boxes and is there where DRIVESIM_JUDGES names an environment that has it: compare their rates per second
    of processor time.

    Args:
        worlds: Worlds that step together.
        maps: Distinct highways.
        stagger: Steps over which the worlds' episodes are spread.
        **windows: `windows`, `window_s` and `warm_up_s` of `measure`.
    """
    rigs: dict[str, list[dict[str, Any]]] = {"no sensor": [], **{name: [rig] for name, rig in LIDARS.items()}}
    batches = {
        name: Batch("drivesim/Highway-v0", worlds=worlds, maps=maps, sensors=sensors, cars=LIDAR_CARS)
        for name, sensors in rigs.items()
    }
    try:
        for batch in batches.values():
            batch.stagger(stagger)
        simulation = batches["lidar 32 x 360"].env.simulation
        lidar, world = simulation.rig.sensors[0], simulation.world
        loops = {name: batch.loop() for name, batch in batches.items()}
        loops["casting"] = Loop(lambda: lidar.cast(simulation.bank.arrays, world.state, world.launcher, None), worlds)
        rates = measure(loops, unit="sweeps", **windows)
        judged = [embree_sweeps(lidar, simulation.bank.arrays, world.state, index) for index in (0, 1, 2)]
        casts = tuple(rate for rate in judged if rate is not None)
        if casts:
            rates["trimesh + embreex"] = Rate(unit="sweeps", per_second=casts, per_cpu_second=casts)
        return rates
    finally:
        for batch in batches.values():
            batch.close()
