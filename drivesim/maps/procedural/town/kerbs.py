"""The kerbs of a street between its junctions: they step back where there is a lane for turning right."""

from dataclasses import dataclass

import numpy as np

from drivesim.maps.curves import Profile
from drivesim.maps.procedural.town.plan import GUTTER_M, RIGHT_WIDTH_M, CrossSection, Street, opening_before


@dataclass(frozen=True)
class Kerbs:
    """The kerbs of a street from station `start` to `stop` [m]."""

    street: Street
    section: CrossSection
    start: float
    stop: float

    def opening(self, *, forward: bool) -> tuple[float, float] | None:
        """Stations between which lanes for turning open, in the order in which they are driven; None: there are none.

        Those for turning left and right of one direction open together [m].
        """
        street = self.street
        length = max(street.pocket_end, street.right_end) if forward else max(street.pocket_start, street.right_start)
        return opening_before(self.start, self.stop, length, forward=forward)

    def has_right(self, *, forward: bool) -> bool:
        """Whether a direction has a lane for turning right."""
        return (self.street.right_end if forward else self.street.right_start) > 0.0

    def right_of(self, *, forward: bool, inwards: float = 0.0) -> Profile:
        """The kerb on the right of a direction, or a line so far inside of it, left of the middle line [m]."""
        kerb = self.section.kerb_right + inwards if forward else self.section.kerb_left - inwards
        return self._stepped(kerb, forward=forward)

    def lane_line(self, *, forward: bool) -> Profile:
        """Middle of the lane that opens on the right, left of the middle line [m]."""
        span = self.opening(forward=forward)
        assert span is not None, "a lane opens"
        outer, side = (self.section.lanes_right, -1.0) if forward else (self.section.lanes_left, 1.0)
        ends = outer - side * 0.5 * self.street.lane_width, outer + side * 0.5 * RIGHT_WIDTH_M
        return Profile.through(sorted(span), ends if forward else ends[::-1])

    def border(self, *, forward: bool) -> Profile:
        """Right side of the outermost lane for cars, left of the middle line [m]."""
        return self._stepped(self.section.lanes_right if forward else self.section.lanes_left, forward=forward)

    def sides(self, station: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left and right kerb, left of the middle line, shape (station,) [m]."""
        return self.right_of(forward=False).value(station), self.right_of(forward=True).value(station)

    def cycle_line(self, *, forward: bool) -> Profile:
        """Middle of the cycle lane on the right of a direction, left of the middle line [m]."""
        parking = self.street.parking[1 if forward else 0]
        return self.right_of(forward=forward, inwards=GUTTER_M + parking + 0.5 * self.street.cycle)

    def _stepped(self, offset: float, *, forward: bool) -> Profile:
        """A line that steps back by the width of a lane for turning right, where there is one."""
        span = self.opening(forward=forward)
        if span is None or not self.has_right(forward=forward):
            return Profile.constant(offset)
        if forward:
            return Profile.through(span, (offset, offset - RIGHT_WIDTH_M))
        return Profile.through(sorted(span), (offset + RIGHT_WIDTH_M, offset))
