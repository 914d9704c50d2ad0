"""Driving with keys: steering that ramps, centres itself and keeps within what the tyres hold at speed."""

import math
from collections.abc import Set
from dataclasses import dataclass

import numpy as np

from drivesim.config import VehicleConfig

LEFT, RIGHT = frozenset({"left", "a"}), frozenset({"right", "d"})
FORWARD, BACK = frozenset({"up", "w"}), frozenset({"down", "s"})
WHEELBASE_M = 2.57882
LATERAL_MAX_M_S2 = 5.5
"""Full lock is limited to this lateral acceleration."""
TURN_RATE, CENTRE_RATE = 2.2, 3.6
"""Shares of the permitted lock per second, with and without a key down."""
PEDAL_RATE = 3.5
"""Pedal travel per second."""
COAST = -0.06
"""Pedal with no key down: engine drag."""


@dataclass
class Wheel:
    """Steering and pedals as the user holds them; both in [-1, 1], left and throttle positive."""

    vehicle: VehicleConfig
    steering: float = 0.0
    pedal: float = 0.0

    @property
    def action(self) -> np.ndarray:
        """The environment's action, float32 (2,)."""
        return np.array([self.steering, self.pedal], np.float32)

    def lock(self, speed: float) -> float:
        """The largest steering allowed at a speed [m/s]: atan(L a / v^2), as a share of full steering."""
        angle = math.atan(WHEELBASE_M * LATERAL_MAX_M_S2 / max(speed * speed, 1.0))
        return min(1.0, angle / self.vehicle.steering_max_rad)

    def take(self, steering: float, pedal: float) -> None:
        """Begins where the driver before left off."""
        self.steering, self.pedal = steering, pedal

    def update(self, held: Set[str], speed: float, dt: float) -> None:
        """Moves wheel and pedals for `dt` seconds with these keys held, at `speed` [m/s]."""
        lock = self.lock(speed)
        wanted = lock * (bool(held & LEFT) - bool(held & RIGHT))
        rate = lock * (TURN_RATE if wanted else CENTRE_RATE)
        self.steering = float(np.clip(_towards(self.steering, wanted, rate * dt), -lock, lock))
        press = bool(held & FORWARD) - bool(held & BACK)
        self.pedal = _towards(self.pedal, float(press) if press else COAST, PEDAL_RATE * dt)


def _towards(value: float, target: float, step: float) -> float:
    return target if abs(target - value) <= step else value + math.copysign(step, target - value)
