"""Geodetic coordinates by iteration, in NumPy float64: slow, plain, and of another form than the simulator's."""

import numpy as np

A, F = 6378137.0, 1.0 / 298.257223563
E2 = F * (2.0 - F)


def ecef(latitude_deg, longitude_deg, height):
    """Earth-centred coordinates [m], shape (..., 3)."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    n = A / np.sqrt(1.0 - E2 * np.sin(lat) ** 2)
    across = (n + height) * np.cos(lat)
    return np.stack([across * np.cos(lon), across * np.sin(lon), (n * (1.0 - E2) + height) * np.sin(lat)], axis=-1)


def geodetic(point):
    """Latitude, longitude [deg] and height [m] of earth-centred coordinates off the poles, by fixed-point iteration."""
    x, y, z = np.moveaxis(np.asarray(point, np.float64), -1, 0)
    across = np.hypot(x, y)
    lat = np.arctan2(z, across * (1.0 - E2))
    for _ in range(30):
        n = A / np.sqrt(1.0 - E2 * np.sin(lat) ** 2)
        lat = np.arctan2(z + E2 * n * np.sin(lat), across)
    n = A / np.sqrt(1.0 - E2 * np.sin(lat) ** 2)
    height = across * np.cos(lat) + z * np.sin(lat) - A**2 / n
    return np.stack([np.degrees(lat), np.degrees(np.arctan2(y, x)), height], axis=-1)


def enu_axes(latitude_deg, longitude_deg):
    """East, north and up at a place, rows in earth-centred coordinates, by differences of nearby points."""
    at = ecef(latitude_deg, longitude_deg, 0.0)
    up = ecef(latitude_deg, longitude_deg, 1000.0) - at
    east = np.cross([0.0, 0.0, 1.0], up)
    axes = np.stack([east, np.cross(up, east), up])
    return axes / np.linalg.norm(axes, axis=1, keepdims=True)
