"""Lanes, markings and ground of one carriageway, from its plan and its reference line.

The reference line is the middle of the median, run in the direction of travel; everything lies to its right. Where
a ramp and the carriageway share one surface, the drivable edges of both reach across it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesim.maps.curves import Curve, Profile, lane_line
from drivesim.maps.draw import Draw
from drivesim.maps.network import Area, AreaKind, LaneType, Marking, MarkingColor, MarkingType
from drivesim.maps.procedural.plan import EXIT_SLOW_M, GORE_SOLID_M, Plan, Strip, StripEnd
from drivesim.maps.procedural.ramps import LATERAL_MAX_M_S2, Ramp, bend_limit
from drivesim.maps.procedural.road import (
    KMH,
    OUTLINE_STEP_M,
    LaneDraft,
    Paint,
    painted,
    painted_line,
    stations,
    strip,
)

SECTION_M = 220.0
"""Longest section [m]."""
LIMIT_ZONE_M = 280.0
"""Stretch of one speed limit, about [m]."""
SNAP_M = 60.0
"""A limit changes at a section's end if one is this near [m]."""
LIMITS_KMH = (80.0, 100.0, 120.0)
AUXILIARY_LIMIT_KMH, EXIT_LIMIT_KMH = 100.0, 90.0
"""Highest limits on acceleration and deceleration lanes, and shortly before an off-ramp."""
NOSE_M = 30.0
"""The surface widens or narrows this fast at a ramp's nose, underneath the ramp [m]."""
SHOULDER_TAPER_M = 70.0
"""A ramp's right shoulder takes its own width within this distance of the nose [m]."""
HATCH_M = 5.0
"""Distance between the bars painted on a gore [m]."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """Measures and paint that a highway keeps all along."""

    lane_width: float
    median: float
    """Between the two surfaces [m]."""
    left_shoulder: float
    right_shoulder: float
    ramp_left: float
    """Shoulders of ramps [m]."""
    ramp_right: float
    left_color: MarkingColor
    line_width: float
    dash_m: float
    gap_m: float
    block_m: float
    """Dashes and gaps of the wide line beside lanes that end, enter or exit [m]."""

    def side(self, count: float | np.ndarray) -> float | np.ndarray:
        """Lateral offset of the right side of `count` lanes [m]."""
        return -(0.5 * self.median + self.left_shoulder + count * self.lane_width)

    def centre(self, place: int) -> float:
        """Lateral offset of the centre of a strip [m]."""
        return -(0.5 * self.median + self.left_shoulder + (place + 0.5) * self.lane_width)

    @property
    def left_surface(self) -> float:
        """Lateral offset of the left end of the surface [m]."""
        return -0.5 * self.median

    @property
    def oncoming(self) -> float:
        """Lateral offset of where oncoming traffic begins [m]."""
        return 0.5 * self.median + self.left_shoulder


class Carriageway:
    """One direction of a highway."""

    def __init__(self, curve: Curve, style: Style, plan: Plan, ramps: tuple[Ramp, ...]) -> None:
        self.curve, self.style, self.plan, self.ramps = curve, style, plan, ramps
        self._widenings = [change for lane in plan.strips for change in _widenings(lane)]

    def lane_count(self, station: np.ndarray, *, ramps_as_of: float | None = None) -> np.ndarray:
        """How many lanes wide the surface is, fractions where it widens or narrows.

        Args:
            station: Stations [m], ascending or descending.
            ramps_as_of: Takes the ramps' strips to be there or not as they are at this station, rather than
                widening and narrowing at their noses.
        """
        count = np.full(np.shape(station), float(self.plan.count(0.0)))
        low, high = station[[0, -1]] if station[0] <= station[-1] else station[[-1, 0]]
        for start, stop, change, is_ramp in self._widenings:
            if high < start:
                continue
            if is_ramp and ramps_as_of is not None:
                nose = stop if change > 0 else start
                count += change * (ramps_as_of >= nose)
            elif low > stop:
                count += change
            else:
                u = np.clip((station - start) / (stop - start), 0.0, 1.0)
                count += change * u * u * (3.0 - 2.0 * u)
        return count

    def right_surface(self, station: np.ndarray) -> np.ndarray:
        """Lateral offset of the right end of the carriageway's own surface [m]."""
        return np.asarray(self.style.side(self.lane_count(station))) - self.style.right_shoulder

    def shares_surface(self, ramp: Ramp, station: np.ndarray) -> np.ndarray:
        """Whether the ramp's surface touches the carriageway's."""
        low, high = sorted((ramp.far, ramp.nose))
        left = ramp.offset.value(station) + 0.5 * self.style.lane_width + self.style.ramp_left
        return (station >= low) & (station <= high) & (left >= self.right_surface(station))

    def ramp_shoulder(self, ramp: Ramp, station: np.ndarray) -> np.ndarray:
        """Width of a ramp's right shoulder, the carriageway's at the nose [m]."""
        outward = float(np.sign(ramp.far - ramp.nose))
        u = np.clip(outward * (station - ramp.nose) / SHOULDER_TAPER_M, 0.0, 1.0)
        return self.style.right_shoulder + (self.style.ramp_right - self.style.right_shoulder) * u * u * (3.0 - 2.0 * u)

    def right_drivable(self, station: np.ndarray) -> np.ndarray:
        """Lateral offset up to which the surface can be driven on, ramps included [m]."""
        right = self.right_surface(station)
        for ramp in self.ramps:
            if station.max() < min(ramp.far, ramp.nose) or station.min() > max(ramp.far, ramp.nose):
                continue
            over = ramp.offset.value(station) - 0.5 * self.style.lane_width - self.ramp_shoulder(ramp, station)
            right = np.where(self.shares_surface(ramp, station), np.minimum(right, over), right)
        return right

    def sections(self, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        """Cuts the carriageway into sections of constant lanes, rules and speed limit.

        Limits fall by at most one step from zone to zone, and allow for the sharpest bend of their zone.

        Returns:
            Stations of the cuts [m], shape (section + 1,), and limits [m/s], shape (section,).
        """
        length, cuts = self.plan.length, self.plan.cuts
        bounds = [0.0]
        for wanted in stations(0.0, length, LIMIT_ZONE_M)[1:-1]:
            nearest = float(cuts[np.argmin(np.abs(cuts - wanted))])
            bound = nearest if abs(nearest - wanted) <= SNAP_M else 5.0 * round(float(wanted) / 5.0)
            if bound - bounds[-1] >= 100.0 and length - bound >= 100.0:
                bounds.append(bound)
        bounds.append(length)
        zone_limits = self._zone_limits(draw, bounds)
        fine = [np.zeros(1)]
        for low, high in pairwise(np.union1d(cuts, bounds)):
            fine.append(stations(low, high, SECTION_M)[1:])
        cuts = np.concatenate(fine)
        zone = np.searchsorted(bounds, 0.5 * (cuts[1:] + cuts[:-1]), side="right") - 1
        return cuts, np.array(zone_limits)[zone] * KMH

    def _zone_limits(self, draw: Draw, bounds: list[float]) -> list[float]:
        step = draw.pick((0, 1, 1, 2, 2))
        limits: list[float] = []
        for low, high in pairwise(bounds):
            if draw.chance(0.35):
                step = min(max(step + draw.pick((-1, 1)), 0), 2)
            sharpest = float(np.abs(self.curve.curvature(stations(low, high, 5.0))).max())
            bend = float(np.sqrt(LATERAL_MAX_M_S2 / max(sharpest, 1e-6))) / KMH
            limits.append(max([limit for limit in LIMITS_KMH[: step + 1] if limit <= bend], default=LIMITS_KMH[0]))
        for zone in range(len(limits) - 2, -1, -1):
            limits[zone] = min(limits[zone], limits[zone + 1] + 20.0)
        return limits

    def _strips_at(self, station: float) -> list[Strip]:
        present = [lane for lane in self.plan.strips if lane.start <= station < lane.stop]
        return sorted(present, key=lambda lane: lane.place)

    def solid_place(self, station: float) -> int:
        """The strip whose left line must not be crossed beside a ramp's nose, -1 for none."""
        for lane in self.plan.strips:
            opening = lane.opens == StripEnd.RAMP and lane.start <= station < lane.start + GORE_SOLID_M
            closing = lane.closes == StripEnd.RAMP and lane.stop - GORE_SOLID_M <= station < lane.stop
            if opening or closing:
                return lane.place
        return -1

    def lanes(self, cuts: np.ndarray, limits: np.ndarray, first_lane: int, first_road: int) -> list[LaneDraft]:
        """Lanes section by section, each from left to right, then the ramps' lanes in driving order.

        Args:
            cuts: Section ends [m], from `sections`.
            limits: Speed limit of each section [m/s].
            first_lane: Index that the first lane will have.
            first_road: Number that the first section will have.
        """
        drafts: list[LaneDraft] = []
        begins: dict[tuple[float, int], int] = {}
        ends: dict[tuple[float, int], int] = {}
        for section, (start, stop) in enumerate(pairwise(cuts)):
            present = self._strips_at(0.5 * (start + stop))
            solid = self.solid_place(0.5 * (start + stop))
            for lane in present:
                index = first_lane + len(drafts)
                begins[(float(start), lane.place)], ends[(float(stop), lane.place)] = len(drafts), len(drafts)
                draft = self._lane(lane, float(start), float(stop), float(limits[section]))
                draft.road = first_road + section
                draft.left = index - 1 if lane.place > 0 else -1
                draft.right = index + 1 if lane.place + 1 < len(present) else -1
                draft.change_left = draft.left >= 0 and lane.place != solid
                draft.change_right = draft.right >= 0 and lane.place + 1 != solid
                drafts.append(draft)
        for key, before in ends.items():
            if key in begins:
                drafts[before].successors.append(first_lane + begins[key])
        for number, ramp in enumerate(self.ramps):
            self._add_ramp(drafts, ramp, begins, ends, first_lane, first_road + len(cuts) + 2 * number)
        return drafts

    def _lane(self, lane: Strip, start: float, stop: float, limit: float) -> LaneDraft:
        style, centre = self.style, self.style.centre(lane.place)
        line = lane_line(self.curve, start, stop, Profile.constant(centre), step_count=max(round(stop - start), 1))
        highest = np.inf if lane.type == LaneType.DRIVING else AUXILIARY_LIMIT_KMH
        if lane.closes == StripEnd.RAMP and start >= lane.stop - EXIT_SLOW_M:
            highest = EXIT_LIMIT_KMH
        return LaneDraft(
            line=line,
            width=style.lane_width,
            edge_left=style.left_surface - centre,
            edge_right=centre - self.right_drivable(line.station),
            oncoming_left=style.oncoming - centre,
            speed_limit=min(limit, highest * KMH),
            type=lane.type,
        )

    def _add_ramp(
        self,
        drafts: list[LaneDraft],
        ramp: Ramp,
        begins: dict[tuple[float, int], int],
        ends: dict[tuple[float, int], int],
        first_lane: int,
        road: int,
    ) -> None:
        index = first_lane + len(drafts)
        half, kind = 0.5 * self.style.lane_width, LaneType.ON_RAMP if ramp.entry else LaneType.OFF_RAMP
        for part, line in enumerate(ramp.lines(self.curve)):
            beside = part == (1 if ramp.entry else 0)
            edge_left, edge_right = half + self.style.ramp_left, half + self.style.ramp_right
            oncoming = np.full(line.station.shape, np.inf)
            if beside:
                centre = ramp.offset.value(line.station)
                shared = self.shares_surface(ramp, line.station)
                edge_left = np.where(shared, self.style.left_surface - centre, edge_left)
                oncoming = np.where(shared, self.style.oncoming - centre, oncoming)
                edge_right = half + self.ramp_shoulder(ramp, line.station)
            drafts.append(
                LaneDraft(
                    line=line,
                    width=self.style.lane_width,
                    edge_left=edge_left,
                    edge_right=edge_right,
                    oncoming_left=oncoming,
                    speed_limit=bend_limit(line, 40.0, 80.0),
                    type=kind,
                    road=road + part,
                )
            )
        drafts[-2].successors.append(index + 1)
        if ramp.entry:
            drafts[-1].successors.append(first_lane + begins[(ramp.nose, ramp.place)])
        else:
            drafts[ends[(ramp.nose, ramp.place)]].successors.append(index)

    def markings(self, cuts: np.ndarray) -> list[Marking]:
        """Edge lines, lane lines and the paint at ramps."""
        style, length = self.style, self.plan.length
        left = Paint(type=MarkingType.SOLID, color=style.left_color, width_m=style.line_width)
        right = Paint(type=MarkingType.SOLID, width_m=style.line_width)
        lines = [painted_line(self.curve, 0.0, length, lambda _: style.side(0), left)]
        noses = sorted({0.0, length, *(ramp.nose for ramp in self.ramps)})
        for start, stop in pairwise(noses):
            middle = 0.5 * (start + stop)
            lines.append(
                painted_line(
                    self.curve, start, stop,
                    lambda s, middle=middle: style.side(self.lane_count(s, ramps_as_of=middle)), right,
                )
            )  # fmt: skip
        for place in range(1, max(lane.place for lane in self.plan.strips) + 1):
            lines += self._lane_lines(cuts, place)
        for ramp in self.ramps:
            lines += self._ramp_lines(ramp, left, right)
        return lines

    def _lane_lines(self, cuts: np.ndarray, place: int) -> list[Marking]:
        """The line on the left side of a strip, as few pieces as its changes allow."""
        pieces: list[tuple[float, float, MarkingType]] = []
        for start, stop in pairwise(cuts.tolist()):
            present = self._strips_at(0.5 * (start + stop))
            if len(present) <= place:
                continue
            kind = MarkingType.BLOCK if present[place].type != LaneType.DRIVING else MarkingType.BROKEN
            if present[place].closes == StripEnd.TAPER and present[place].stop - stop < 100.0:
                kind = MarkingType.BLOCK
            if self.solid_place(0.5 * (start + stop)) == place:
                kind = MarkingType.SOLID
            if pieces and pieces[-1][1:] == (start, kind):
                start = pieces.pop()[0]
            pieces.append((start, stop, kind))
        style = self.style
        lines = []
        for start, stop, kind in pieces:
            wide = kind != MarkingType.BROKEN
            paint = Paint(
                type=kind,
                width_m=style.line_width * (2.0 if wide else 1.0),
                dash_m=style.block_m if wide else style.dash_m,
                gap_m=style.block_m if wide else style.gap_m,
            )
            lines.append(painted_line(self.curve, start, stop, lambda _: style.side(place), paint))
        return lines

    def _ramp_lines(self, ramp: Ramp, left: Paint, right: Paint) -> list[Marking]:
        half, own_side = 0.5 * self.style.lane_width, -1.0 if ramp.entry else 1.0
        lines = []
        for side, paint in ((half, left), (-half, right)):
            lines.append(painted_line(self.curve, ramp.nose, ramp.far, (ramp.offset + side).value, right))
            offset = Profile.constant(side * own_side)
            lines.append(painted_line(ramp.own, 0.0, ramp.own.length, offset.value, paint))
        return lines + self._gore(ramp, right)

    def _gore(self, ramp: Ramp, paint: Paint) -> list[Marking]:
        """Slanted bars between the lines that part at the nose."""
        outward = np.sign(ramp.far - ramp.nose)
        station = ramp.nose + outward * np.arange(10.0, 100.0, HATCH_M)
        near = self.style.side(ramp.place)
        gap = near - ramp.offset.value(station) - 0.5 * self.style.lane_width
        shown = (gap > 0.5) & (gap < 2.6)
        station, gap = station[shown], gap[shown]
        begin = self.curve.pose(station).beside(near - 0.1)
        end = self.curve.pose(station + outward * gap).beside(near - gap + 0.1)
        bar = Paint(type=MarkingType.SOLID, width_m=2.0 * paint.width_m)
        return [painted(np.stack(points), bar) for points in zip(begin, end, strict=True)]

    def areas(self) -> list[Area]:
        """The surfaces."""
        station = stations(0.0, self.plan.length, OUTLINE_STEP_M)
        surfaces = strip(
            self.curve.pose(station), self.style.left_surface, self.right_surface(station), AreaKind.DRIVABLE
        )
        left, right = (0.5 * self.style.lane_width + more for more in (self.style.ramp_left, self.style.ramp_right))
        for ramp in self.ramps:
            station = stations(ramp.nose, ramp.far, OUTLINE_STEP_M)
            centre = ramp.offset.value(station)
            beyond = centre - 0.5 * self.style.lane_width - self.ramp_shoulder(ramp, station)
            surfaces += strip(self.curve.pose(station), centre + left, beyond, AreaKind.DRIVABLE)
            sides = (right, -left) if ramp.entry else (left, -right)
            own = ramp.own.pose(stations(0.0, ramp.own.length, OUTLINE_STEP_M))
            surfaces += strip(own, *sides, AreaKind.DRIVABLE)
        return surfaces


def _widenings(lane: Strip) -> list[tuple[float, float, float, bool]]:
    """Where a strip widens or narrows the surface: (start, stop, lanes gained, at a ramp)."""
    changes = []
    if lane.opens == StripEnd.TAPER:
        changes.append((lane.start - lane.taper, lane.start, 1.0, False))
    elif lane.opens == StripEnd.RAMP:
        changes.append((lane.start - NOSE_M, lane.start, 1.0, True))
    if lane.closes == StripEnd.TAPER:
        changes.append((lane.stop, lane.stop + lane.taper, -1.0, False))
    elif lane.closes == StripEnd.RAMP:
        changes.append((lane.stop, lane.stop + NOSE_M, -1.0, True))
    return changes
