"""The strip between both directions of a street: an island, and the lanes for turning left that lie in it."""

from dataclasses import dataclass

import numpy as np

from drivesim.maps.curves import Profile
from drivesim.maps.procedural.town.plan import GUTTER_M, CrossSection, Street, opening_before

ISLAND_MIN_M = 0.3
"""Where less would be left, there is no island [m]."""
ISLAND_LENGTH_MIN_M = 8.0
"""Nor is there one in a street that is shorter between its junctions [m]."""


@dataclass(frozen=True)
class Median:
    """The strip between the directions of a street from station `start` to `stop` [m]."""

    street: Street
    section: CrossSection
    start: float
    stop: float

    def pocket(self, *, forward: bool) -> tuple[float, float] | None:
        """Stations between which a lane for turning left opens, in the order in which it is driven; None: none [m]."""
        length = self.street.pocket_end if forward else self.street.pocket_start
        return opening_before(self.start, self.stop, length, forward=forward)

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

    def border(self, *, forward: bool) -> Profile:
        """Left side of the lane that opens, as offset from the middle line [m]."""
        span = self.pocket(forward=forward)
        if span is None:
            return Profile.constant(self.section.inner_forward if forward else self.section.inner_backward)
        return Profile.through(sorted(span), (self.section.inner_forward, self.section.inner_backward))

    def sides(self, station: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left and right side of the island [m]; where there is none, both are a line through the strip."""
        left = self.border(forward=False).value(station) - GUTTER_M
        right = self.border(forward=True).value(station) + GUTTER_M
        middle = 0.5 * (left + right)
        is_there = (left - right > ISLAND_MIN_M) & (self.stop - self.start > ISLAND_LENGTH_MIN_M)
        return np.where(is_there, left, middle), np.where(is_there, right, middle)
