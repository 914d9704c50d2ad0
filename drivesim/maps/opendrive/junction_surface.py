"""Slivers between the ways across a junction: no file says what they are, and nobody leaves them unpaved."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from drivesim.maps.network import Area, AreaKind
from drivesim.maps.opendrive.report import MapReport

HOLE_MAX_M2 = 25.0
"""Larger holes are islands [m^2]."""
CELL_M = 0.1
EXTENT_MAX_M = 200.0
"""Junctions that are wider than this are left as they are [m]."""


def fill_holes(surfaces: Sequence[tuple[str, Area]], report: MapReport) -> Iterator[Area]:
    """Drivable patches over small holes in junctions.

    Args:
        surfaces: Areas of the roads that cross junctions, with the junction's id.
        report: Patches are noted there.
    """
    polygons = defaultdict(list)
    for junction, area in surfaces:
        if area.kind == AreaKind.DRIVABLE:
            polygons[junction].append(area.polygon)
    for junction, outlines in polygons.items():
        for hole in _holes(outlines):
            report.repair("holes between the ways across a junction, paved", f"junction {junction}")
            yield Area(polygon=hole, kind=AreaKind.DRIVABLE)


def _holes(outlines: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    corners = np.concatenate(outlines)
    low = corners.min(axis=0) - 1.0
    size = np.ceil((corners.max(axis=0) + 1.0 - low) / CELL_M).astype(int)
    if len(outlines) < 2 or size.max() > EXTENT_MAX_M / CELL_M:
        return
    covered = np.zeros((size[1], size[0]), np.uint8)
    for outline in outlines:
        cv2.fillPoly(covered, [np.round((outline - low) / CELL_M).astype(np.int32)], 255)
    contours, hierarchy = cv2.findContours(covered, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for contour, (*_, parent) in zip(contours, hierarchy[0] if contours else (), strict=True):
        # An outline inside another bounds a hole; it runs along the cells around it, so the patch overlaps them.
        if parent >= 0 and len(contour) >= 3 and cv2.contourArea(contour) * CELL_M**2 < HOLE_MAX_M2:
            yield contour[:, 0].astype(np.float64) * CELL_M + low
