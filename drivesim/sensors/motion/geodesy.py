"""Local east-north-up coordinates on the WGS84 ellipsoid, exact to the rounding of float64 (1e-8 m near the ground).

From a local frame into earth-centred, earth-fixed coordinates (ECEF) by a rotation, and from there to latitude,
longitude and height by the closed form of H. Vermeille, "Direct transformation from geocentric coordinates to geodetic
coordinates", Journal of Geodesy 76, 2002; it holds above 6,314 km below the ground.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device

SEMI_MAJOR_M = 6378137.0
FLATTENING = 1.0 / 298.257223563
_E2 = FLATTENING * (2.0 - FLATTENING)
"""Square of the eccentricity."""
_E4 = _E2 * _E2
_THIRD = 1.0 / 3.0


class Datum(NamedTuple):
    """A local frame on the ellipsoid."""

    origin: np.ndarray
    """ECEF [m], float64, shape (3,)."""
    ecef_from_enu: np.ndarray
    """Rotation, float64, shape (3, 3)."""


def ecef_from_geodetic(latitude_deg: float, longitude_deg: float, altitude_m: float) -> np.ndarray:
    """ECEF coordinates [m], float64, shape (3,), of a latitude, longitude and height above the ellipsoid."""
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    normal = SEMI_MAJOR_M / math.sqrt(1.0 - _E2 * math.sin(latitude) ** 2)
    across = (normal + altitude_m) * math.cos(latitude)
    up = (normal * (1.0 - _E2) + altitude_m) * math.sin(latitude)
    return np.array([across * math.cos(longitude), across * math.sin(longitude), up])


def datum_at(latitude_deg: float, longitude_deg: float, altitude_m: float) -> Datum:
    """The local frame with its origin there."""
    latitude, longitude = math.radians(latitude_deg), math.radians(longitude_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = (
        math.sin(latitude),
        math.cos(latitude),
        math.sin(longitude),
        math.cos(longitude),
    )
    axes = [
        [-sin_lon, -sin_lat * cos_lon, cos_lat * cos_lon],
        [cos_lon, -sin_lat * sin_lon, cos_lat * sin_lon],
        [0.0, cos_lat, sin_lat],
    ]
    return Datum(ecef_from_geodetic(latitude_deg, longitude_deg, altitude_m), np.array(axes))


@device
def geodetic_from_enu(datum, east, north, up):
    """Latitude, longitude [deg] and height above the ellipsoid [m] of a point in a `Datum`'s frame [m]; float64."""
    origin, turn = datum.origin, datum.ecef_from_enu
    x = origin[0] + turn[0, 0] * east + turn[0, 1] * north + turn[0, 2] * up
    y = origin[1] + turn[1, 0] * east + turn[1, 1] * north + turn[1, 2] * up
    z = origin[2] + turn[2, 0] * east + turn[2, 1] * north + turn[2, 2] * up
    return geodetic_from_ecef(x, y, z)


@device
def geodetic_from_ecef(x, y, z):
    """Latitude, longitude [deg] and height above the ellipsoid [m] of ECEF coordinates [m]; names as in the paper."""
    across = math.sqrt(x * x + y * y)
    p = (across / SEMI_MAJOR_M) ** 2
    q = (1.0 - _E2) * (z / SEMI_MAJOR_M) ** 2
    r = (p + q - _E4) / 6.0
    s = _E4 * p * q / (4.0 * r**3)
    t = (1.0 + s + math.sqrt(s * (2.0 + s))) ** _THIRD
    u = r * (1.0 + t + 1.0 / t)
    v = math.sqrt(u * u + _E4 * q)
    w = _E2 * (u + v - q) / (2.0 * v)
    k = math.sqrt(u + v + w * w) - w
    d = k * across / (k + _E2)
    reach = math.sqrt(d * d + z * z)
    height = (k + _E2 - 1.0) / k * reach
    return math.degrees(2.0 * math.atan2(z, d + reach)), math.degrees(math.atan2(y, x)), height
