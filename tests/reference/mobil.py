"""MOBIL's incentive in float64 for cars on straight lanes, from lists of cars and plain arithmetic."""

import math
from typing import NamedTuple

from tests.reference.idm import idm_reference


class Driver(NamedTuple):
    """A car on a straight road: rear bumper at `x`, all with the same driver."""

    lane: int
    x: float
    speed: float
    length: float = 4.5
    desired: float = 30.0


def acceleration(car: Driver, lead: Driver | None, driver: dict) -> float:
    """IDM acceleration behind `lead`."""
    gap = math.inf if lead is None else lead.x - (car.x + car.length)
    return idm_reference(car.speed, car.desired, gap, 0.0 if lead is None else lead.speed, **driver)


def neighbours(cars: list[Driver], x: float, lane: int, own: Driver) -> tuple[Driver | None, Driver | None]:
    """The car ahead of and the car behind a place on a lane."""
    ahead = [car for car in cars if car.lane == lane and car is not own and car.x > x]
    behind = [car for car in cars if car.lane == lane and car is not own and car.x < x]
    return min(ahead, key=lambda car: car.x, default=None), max(behind, key=lambda car: car.x, default=None)


def advantage(cars: list[Driver], own: Driver, lane: int, politeness: float, driver: dict) -> float:
    """Kesting, Treiber, Helbing 2007, left side of equation 2."""
    lead, old_follower = neighbours(cars, own.x, own.lane, own)
    new_lead, new_follower = neighbours(cars, own.x, lane, own)
    gain = acceleration(own, new_lead, driver) - acceleration(own, lead, driver)
    others = 0.0
    if new_follower is not None:
        others += acceleration(new_follower, own, driver) - acceleration(new_follower, new_lead, driver)
    if old_follower is not None:
        others += acceleration(old_follower, lead, driver) - acceleration(old_follower, own, driver)
    return gain + politeness * others
