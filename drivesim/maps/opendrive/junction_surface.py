"""What is paved between the ways across a junction, and the rounded corners of its kerbs: no file says either."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from drivesim.maps.network import Area, AreaKind
from drivesim.maps.opendrive.report import MapReport

CORNER_RADIUS_M = 4.0
"""Kerbs are built round at corners [m]."""
CORNER_MAX_M2, CORNER_MIN_M2 = 22.0, 0.1
"""Larger gaps between roads are islands, smaller ones do not matter [m^2]."""
AROUND_M = 9.0
"""Corners are rounded so far around a junction [m]."""
HOLE_MAX_M2 = 25.0
"""Larger holes are islands [m^2]."""
CELL_M = 0.1
NO_JUNCTION = "-1"
EXTENT_MAX_M = 200.0
"""Junctions that are wider than this are left as they are [m]."""


def fill_holes(surfaces: Sequence[tuple[str, Area]], report: MapReport) -> Iterator[Area]:
    """Drivable patches over small holes in junctions.

    Args:
        surfaces: Areas of roads, with the id of the junction that each crosses, `NO_JUNCTION` for none.
        report: Patches are noted there.
    """
    for junction, outlines in _across(surfaces).items():
        for hole in _holes(outlines):
            report.repair("holes between the ways across a junction, paved", f"junction {junction}")
            yield Area(polygon=hole, kind=AreaKind.DRIVABLE)


def round_corners(surfaces: Sequence[tuple[str, Area]], report: MapReport) -> Iterator[Area]:
    """Drivable patches in the corners between the roads that meet at junctions.

    Args:
        surfaces: Areas of all roads, as for `fill_holes`.
        report: Patches are noted there.
    """
    paved = [area.polygon for _, area in surfaces if area.kind == AreaKind.DRIVABLE]
    low = np.array([outline.min(axis=0) for outline in paved]).reshape(-1, 2)
    high = np.array([outline.max(axis=0) for outline in paved]).reshape(-1, 2)
    for junction, outlines in _across(surfaces).items():
        places = np.concatenate(outlines)
        first, last = places.min(axis=0) - AROUND_M, places.max(axis=0) + AROUND_M
        near = np.flatnonzero((low < last).all(axis=1) & (high > first).all(axis=1))
        for corner in _corners([paved[k] for k in near], first, last):
            report.add("kerbs at the corners of a junction, rounded", f"junction {junction}")
            yield Area(polygon=corner, kind=AreaKind.DRIVABLE)


def _across(surfaces: Sequence[tuple[str, Area]]) -> dict[str, list[np.ndarray]]:
    """Outlines of what is paved by junction."""
    polygons: dict[str, list[np.ndarray]] = defaultdict(list)
    for junction, area in surfaces:
        if area.kind == AreaKind.DRIVABLE and junction != NO_JUNCTION:
            polygons[junction].append(area.polygon)
    return polygons


def _corners(outlines: Sequence[np.ndarray], low: np.ndarray, high: np.ndarray) -> Iterator[np.ndarray]:
    """What lies between roads in a box and no disc of `CORNER_RADIUS_M` reaches."""
    size = np.ceil((high - low) / CELL_M).astype(int)
    if size.max() > EXTENT_MAX_M / CELL_M:
        return
    covered = _drawn(outlines, low, size)
    radius = int(CORNER_RADIUS_M / CELL_M)
    # A distance transform does what a closing by a large disc does, in the time of one pass.
    away = cv2.distanceTransform(np.where(covered > 0, 0, 255).astype(np.uint8), cv2.DIST_L2, 5)
    outside = np.where(away > radius, 0, 255).astype(np.uint8)
    reached = cv2.distanceTransform(outside, cv2.DIST_L2, 5) <= radius
    rest = np.where((covered == 0) & ~reached, 255, 0).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=4)
    for label in range(1, count):
        x, y, width, height, cells = stats[label]
        on_border = x == 0 or y == 0 or x + width == size[0] or y + height == size[1]
        if on_border or not CORNER_MIN_M2 < cells * CELL_M**2 < CORNER_MAX_M2:
            continue
        window = np.pad((labels[y : y + height, x : x + width] == label).astype(np.uint8) * 255, 3)
        # A little wider, so that no seam is left along the roads.
        window = cv2.dilate(window, np.ones((3, 3), np.uint8))
        contours, _ = cv2.findContours(window, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
        outline = max(contours, key=cv2.contourArea)[:, 0]
        if len(outline) >= 3:
            yield (outline + np.array([x - 3, y - 3])) * CELL_M + low


def _drawn(outlines: Sequence[np.ndarray], low: np.ndarray, size: np.ndarray) -> np.ndarray:
    covered = np.zeros((size[1], size[0]), np.uint8)
    for outline in outlines:
        cv2.fillPoly(covered, [np.round((outline - low) / CELL_M).astype(np.int32)], 255)
    return covered


def _holes(outlines: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    corners = np.concatenate(outlines)
    low = corners.min(axis=0) - 1.0
    size = np.ceil((corners.max(axis=0) + 1.0 - low) / CELL_M).astype(int)
    if len(outlines) < 2 or size.max() > EXTENT_MAX_M / CELL_M:
        return
    covered = _drawn(outlines, low, size)
    contours, hierarchy = cv2.findContours(covered, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for number, contour in enumerate(contours):
        # An outline inside another bounds a hole; it runs along the cells around it, so the patch overlaps them.
        is_hole = int(hierarchy[0, number, 3]) >= 0
        if is_hole and len(contour) >= 3 and cv2.contourArea(contour) * CELL_M**2 < HOLE_MAX_M2:
            yield contour[:, 0].astype(np.float64) * CELL_M + low
