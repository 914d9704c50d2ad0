"""The strip between both directions of a street: an island, and the lanes for turning left that lie in it."""

from dataclasses import dataclass

import numpy as np

from drivesim.maps.curves import Profile
from drivesim.maps.procedural.town.plan import GUTTER_M, TAPER_M, CrossSection, Street

ISLAND_MIN_M = 0.3
"""Where less would be left, there is no island [m]."""


@dataclass(frozen=True)
class Median:
    """The strip between the directions of a street from station `start` to `stop` [m]."""

    street: Street
    section: CrossSection
    start: float
    stop: float

    def pocket(self, *, forward: bool) -> tuple[float, float] | None:
        """Stations between which a lane for turning left opens, in the order in which it is driven; None: none [m].

        Raises nothing where the street is too short for it: the taper then begins before the street does.
        """
        length = self.street.pocket_end if forward else self.street.pocket_start
        if length <= 0.0:
            return None
        if forward:
            return self.stop - length - TAPER_M, self.stop - length
        return self.start + length + TAPER_M, self.start + length

    def pocket_line(self, *, forward: bool) -> Profile:
        """Lateral offset of the middle of the lane that opens [m]."""
        span = self.pocket(forward=forward)
        middle = 0.5 * (self.section.inner_forward + self.section.inner_backward)
        half = 0.5 * self.street.lane_width
        beside = self.section.inner_forward - half if forward else self.section.inner_backward + half
        if span is None:
            return Profile.constant(beside)
        ends = (beside, middle) if forward else (middle, beside)
        return Profile.through(sorted(span), ends)

    def pocket_width(self) -> float:
        """Width of the lanes for turning left [m]."""
        return self.street.median

    def sides(self, station: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left and right side of the island [m]; where there is none, both are the middle of the strip."""
        half = 0.5 * self.pocket_width()
        middle = 0.5 * (self.section.inner_forward + self.section.inner_backward)
        left = np.full(station.shape, self.section.inner_backward - GUTTER_M)
        right = np.full(station.shape, self.section.inner_forward + GUTTER_M)
        ahead, behind = self.pocket(forward=True), self.pocket(forward=False)
        if ahead is not None:
            right = np.maximum(right, self.pocket_line(forward=True).value(station) + half + GUTTER_M)
            right[station >= ahead[1]] = np.inf
        if behind is not None:
            left = np.minimum(left, self.pocket_line(forward=False).value(station) - half - GUTTER_M)
            left[station <= behind[1]] = -np.inf
        is_there = left - right > ISLAND_MIN_M
        return np.where(is_there, left, middle), np.where(is_there, right, middle)

    def is_there(self, station: np.ndarray) -> np.ndarray:
        """Whether there is an island at a station."""
        left, right = self.sides(station)
        return left > right
