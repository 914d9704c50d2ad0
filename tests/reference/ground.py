"""Slow, plain references for the ground picture and for clearance from roads; float64 and loops only."""

import math

import numpy as np

from drivesim.maps.ground import GroundPicture
from drivesim.maps.network import RoadNetwork


def material(picture: GroundPicture, level: int, ix: int, iy: int) -> int:
    """Palette index of a texel, found by walking from fine to coarse in Python integers."""
    for k in range(level, len(picture.directory)):
        x, y = ix // 2 ** (k - level), iy // 2 ** (k - level)
        rows, columns = picture.directory[k].shape
        if not (0 <= x < 64 * columns and 0 <= y < 64 * rows):
            return 0
        tile = int(picture.directory[k][y // 64, x // 64])
        if tile >= 0:
            blocks = picture.texel[tile].reshape(8, 8, 8, 8)
            return int(blocks[y % 64 // 8, x % 64 // 8, y % 8, x % 8])
    return 0


def material_at_point(picture: GroundPicture, x: float, y: float, level: int = 0) -> int:
    """Palette index at a point [m]."""
    texel = 0.1 * 2**level
    return material(
        picture, level, math.floor((x - picture.origin[0]) / texel), math.floor((y - picture.origin[1]) / texel)
    )


def clearance(x: float, y: float, outline: np.ndarray) -> float:
    """Distance from a point to a polygon [m], negative inside: winding number by angles, then every edge."""
    turned, nearest = 0.0, math.inf
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        a, b = math.atan2(ay - y, ax - x), math.atan2(by - y, bx - x)
        turned += (b - a + math.pi) % (2.0 * math.pi) - math.pi
        length = math.hypot(bx - ax, by - ay)
        t = 0.0 if length == 0.0 else ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length**2
        t = min(max(t, 0.0), 1.0)
        nearest = min(nearest, math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y))
    return -nearest if abs(turned) > math.pi else nearest


def outside_of_lanes(network: RoadNetwork, points: np.ndarray) -> np.ndarray:
    """How far points, shape (point, 2), lie outside the drivable surface of every lane [m], negative inside.

    Each lane point stands for the strip between its edges, half a step to both sides.
    """
    nearest = np.full(len(points), np.inf)
    for lane in network.lanes:
        dx, dy = (points[:, None, :] - lane.points[None, :, :]).transpose(2, 0, 1)
        along = dx * np.cos(lane.heading) + dy * np.sin(lane.heading)
        across = dy * np.cos(lane.heading) - dx * np.sin(lane.heading)
        sideways = np.maximum(across - lane.edge_left, -across - lane.edge_right)
        lengthways = np.abs(along) - 0.5 * lane.length / (len(lane.points) - 1)
        beyond = np.hypot(np.maximum(sideways, 0.0), np.maximum(lengthways, 0.0))
        inside = np.maximum(sideways, lengthways)
        nearest = np.minimum(nearest, np.where(inside < 0.0, inside, beyond).min(axis=1))
    return nearest
