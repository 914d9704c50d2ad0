"""Local coordinates on the ellipsoid, against an iterative reference and pymap3d."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from drivesim.sensors.motion.geodesy import datum_at, ecef_from_geodetic, geodetic_from_ecef, geodetic_from_enu
from tests.judges import ask
from tests.reference.geodesy import ecef, enu_axes, geodetic

_of_ecef = njit(lambda x, y, z: geodetic_from_ecef(x, y, z))
_of_enu = njit(lambda datum, east, north, up: geodetic_from_enu(datum, east, north, up))
DEGREE_M = 111_320.0


def distance(a, b):
    """Metres between two geodetic points, which are near each other, shape (...)."""
    return np.linalg.norm(ecef(*np.moveaxis(np.asarray(a), -1, 0)) - ecef(*np.moveaxis(np.asarray(b), -1, 0)), axis=-1)


@given(st.floats(-90.0, 90.0), st.floats(-179.99, 179.99), st.floats(-5000.0, 20_000.0))
def test_latitude_longitude_and_height_return_from_ecef(latitude, longitude, height):
    found = _of_ecef(*ecef_from_geodetic(latitude, longitude, height))
    assert distance(found, (latitude, longitude, height)) < 1e-7
    assert found[2] == pytest.approx(height, abs=1e-7)


@given(
    st.floats(-80.0, 80.0),
    st.floats(-179.0, 179.0),
    st.floats(-5e3, 5e3),
    st.floats(-5e3, 5e3),
    st.floats(-50.0, 500.0),
)
def test_a_local_point_is_where_the_iterative_reference_puts_it(latitude, longitude, east, north, up):
    expected = geodetic(ecef(latitude, longitude, 100.0) + np.array([east, north, up]) @ enu_axes(latitude, longitude))
    found = _of_enu(datum_at(latitude, longitude, 100.0), east, north, up)
    assert distance(found, expected) < 1e-6


def test_the_flat_formula_would_be_metres_off_at_two_kilometres():
    latitude, longitude, height = _of_enu(datum_at(49.0, 8.0, 0.0), 1000.0, 2000.0, 0.0)
    flat = 49.0 + 2000.0 / DEGREE_M, 8.0 + 1000.0 / (DEGREE_M * np.cos(np.radians(49.0)))
    assert abs(latitude - flat[0]) * DEGREE_M == pytest.approx(1.9, abs=0.2)
    assert abs(longitude - flat[1]) * DEGREE_M * np.cos(np.radians(49.0)) == pytest.approx(1.5, abs=0.2)
    # The ground falls away by half the square of the distance over the earth's radius.
    assert height == pytest.approx((1000.0**2 + 2000.0**2) / (2.0 * 6.38e6), rel=0.01)


def test_pymap3d_agrees_over_five_kilometres(rng):
    points = rng.uniform([-5e3, -5e3, -20.0], [5e3, 5e3, 300.0], (500, 3))
    for origin in ((49.0, 8.43, 115.0), (-33.9, 151.2, 20.0), (0.0, -78.5, 2850.0), (78.2, 15.6, 0.0)):
        datum = datum_at(*origin)
        found = np.array([_of_enu(datum, *point) for point in points])
        script = """
import pymap3d
e, n, u = given["points"].T
answer["geodetic"] = np.stack(pymap3d.enu2geodetic(e, n, u, *given["origin"]), axis=1)
"""
        judged = ask(script, {"points": points, "origin": np.array(origin)}, "pymap3d")["geodetic"]
        assert distance(found, judged).max() < 1e-6
