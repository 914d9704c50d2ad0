import numpy as np
import pytest

from drivesim.maps.network import Area, AreaKind
from drivesim.maps.opendrive.junction_surface import fill_holes
from drivesim.maps.opendrive.report import MapReport


def frame(side: float) -> list[tuple[str, Area]]:
    """Four strips 3 m wide around a square hole."""
    out = side + 3.0
    boxes = [(-3, -3, out, 0), (-3, side, out, out), (-3, -3, 0, out), (side, -3, out, out)]
    return [
        ("9", Area(polygon=np.array([(a, b), (c, b), (c, d), (a, d)], np.float64), kind=AreaKind.DRIVABLE))
        for a, b, c, d in boxes
    ]


def test_a_small_hole_between_ways_across_is_paved_and_listed():
    report = MapReport(path="a")
    (patch,) = fill_holes(frame(2.0), report)
    np.testing.assert_allclose(patch.polygon.min(axis=0), 0.0, atol=0.2)
    np.testing.assert_allclose(patch.polygon.max(axis=0), 2.0, atol=0.2)
    assert sum(report.repairs.values()) == 1


@pytest.mark.parametrize("surfaces", [frame(8.0), frame(2.0)[:3], []])
def test_islands_and_open_corners_stay(surfaces):
    assert not [*fill_holes(surfaces, MapReport(path="a"))]
