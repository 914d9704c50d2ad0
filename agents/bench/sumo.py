"""Traffic of SUMO and ours on the same streets, with as many vehicles, in turns, one thread each."""

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.bench.peer import Peer, PeerError, PeerProcess, install
from agents.bench.timing import Loop, Rate, measure
from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.network import RoadNetwork
from drivesim.maps.opendrive.write import save_opendrive
from drivesim.world.step import World

WORLDS = 32
"""Ours are driven so many at a time."""
SETTLE_S = 60.0
"""Driven by both before they are timed [s]."""


@dataclass(frozen=True, kw_only=True)
class SumoComparison:
    """Vehicles moved by one step, per second of processor time; `problem` says why there are no rates."""

    vehicles: int
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Of SUMO: version, vehicles, their mean speed [m/s]."""
    speed: float = 0.0
    """Mean of ours [m/s]."""
    theirs: Rate | None = None
    ours: Rate | None = None
    problem: str = ""

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        assert self.theirs is not None and self.ours is not None
        return self.ours.median_per_cpu / self.theirs.median_per_cpu


def compare_with_sumo(network: RoadNetwork, vehicles: int, *, windows: int, window_s: float) -> SumoComparison:
    """Drives a map with both; SUMO reads it as OpenDRIVE. Where SUMO cannot be had, that is told, not raised."""
    config = EnvConfig(traffic=TrafficConfig(car_count=vehicles), sensors=())
    world = World(MapBank.bare([network]), config, WORLDS, driver_count=0)
    world.reset(0, maps=np.zeros(WORLDS, np.int64))
    action = np.zeros((WORLDS, 0, 2), np.float32)
    for _ in range(round(SETTLE_S / config.step_s)):
        world.step(action)
    kind, speed = world.state.actors.kind, world.state.actors.speed
    mean = float(speed[kind > 0].mean())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.xodr"
        save_opendrive(network, file)
        peer = Peer(
            name="SUMO", home="sumo", program=("run_libsumo.py", str(file), str(vehicles), str(config.step_s)),
            note=f"{vehicles} vehicles, {config.step_s} s",
        )  # fmt: skip
        try:
            with PeerProcess(peer, install(peer.home)) as process:
                rates = measure(
                    {"theirs": process, "ours": Loop(lambda: world.step(action), float((kind > 0).sum()))},
                    unit="vehicle-steps", windows=windows, window_s=window_s,
                )  # fmt: skip
        except PeerError as error:
            return SumoComparison(vehicles=vehicles, speed=mean, problem=str(error))
    return SumoComparison(
        vehicles=vehicles, facts=process.facts, speed=mean, theirs=rates["theirs"], ours=rates["ours"]
    )
