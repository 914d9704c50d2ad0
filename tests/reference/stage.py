"""A world set by hand: one driver on a small road, moved by assignment, with columns that the drivers would fill."""

import numpy as np

from drivesim.config import EnvConfig
from drivesim.kernels.views import view
from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind, allocate_state
from drivesim.state.parameters import parameters_from
from drivesim.world.vehicle import LENGTH, REAR_OVERHANG, WHEELBASE, WIDTH

FRONT = LENGTH - REAR_OVERHANG
"""Rear axle to front bumper [m]."""


class Stage:
    """One world on map 0 of a bank, route 0."""

    def __init__(self, bank: MapBank, config: EnvConfig | None = None, slots: int = 1) -> None:
        self.maps = view(bank.arrays)
        self.state = allocate_state(world=1, slot=slots)
        self.view = view(self.state)
        self.parameters = view(parameters_from(config or EnvConfig(), slots))
        actors = self.state.actors
        actors.kind[0, 0] = ActorKind.CAR
        actors.length[0, 0], actors.width[0, 0] = LENGTH, WIDTH
        actors.rear[0, 0], actors.wheelbase[0, 0] = REAR_OVERHANG, WHEELBASE
        actors.lead[:] = -1
        self.state.conditions.friction[:] = (config or EnvConfig()).vehicle.friction
        self.state.episode.hit[:] = -1

    def put(self, *, lane: int, s: float, x: float, y: float, d: float = 0.0, yaw: float = 0.0, speed: float = 10.0):
        """Places the rear axle."""
        actors = self.state.actors
        for name, value in {"lane": lane, "s": s, "x": x, "y": y, "d": d, "yaw": yaw, "speed": speed}.items():
            getattr(actors, name)[0, 0] = value

    def call(self, function, *args):
        """Calls a device function of (maps, state, parameters, ..., world, driver)."""
        return function(self.maps, self.view, self.parameters, *args, 0, 0)

    def __getattr__(self, name: str):
        """A column of the driver's episode or navigation as a Python value."""
        group = self.state.episode if name in self.state.episode._fields else self.state.navigation
        return np.asarray(getattr(group, name)[0, 0]).tolist()
