"""Laying pictures and shapes over a frame, clipped to what they touch. Frames are RGBA uint8 (H, W, 4), opaque."""

import math

import cv2
import numpy as np

from drivesim.render.blend import blend_color, blend_picture, blend_rings
from drivesim.render.brush import Sprite
from drivesim.render.view import View

FRACTION_BITS = 4
"""Fixed-point bits of OpenCV's antialiased shapes."""


def stamp(frame: np.ndarray, picture: np.ndarray, frame_from_picture: np.ndarray, opacity: float = 1.0) -> None:
    """Lays a premultiplied RGBA picture over the frame, to a fraction of a pixel.

    Args:
        frame: Written.
        picture: uint8, shape (h, w, 4).
        frame_from_picture: Affine matrix between continuous pixel coordinates, shape (2, 3).
        opacity: In [0, 1].
    """
    height, width = picture.shape[:2]
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)]) @ frame_from_picture[:, :2].T
    corners += frame_from_picture[:, 2]
    box = _clip(frame, corners, 1)
    if box is None:
        return
    left, top, right, bottom = box
    matrix = frame_from_picture.astype(np.float64)
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5 - (left, top)
    patch = cv2.warpAffine(picture, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    blend_picture(frame, left, top, patch, round(256 * opacity))


def stamp_sprite(
    frame: np.ndarray,
    sprite: Sprite,
    view: View,
    x: float,
    y: float,
    yaw: float,
    *,
    length: float,
    width: float,
    opacity: float = 1.0,
) -> None:
    """Lays a sprite over the frame.

    Args:
        frame: Written.
        sprite: What to draw, stretched to `length` by `width`.
        view: From where.
        x: Middle of the body, east [m].
        y: North [m].
        yaw: World direction of the sprite's x axis [rad].
        length: Size of the body along yaw [m].
        width: Across [m].
        opacity: In [0, 1].
    """
    picture, density = sprite.at(view.zoom)
    rows, columns = picture.shape[:2]
    cos, sin = math.cos(yaw), math.sin(yaw)
    along, across = length / sprite.length / density, width / sprite.width / density
    world_from_picture = np.array([[along * cos, across * sin, 0.0], [along * sin, -across * cos, 0.0]])
    world_from_picture[:, 2] = (x, y) - world_from_picture[:, :2] @ (columns / 2, rows / 2)
    screen_from_world = view.screen_from_world
    matrix = screen_from_world[:, :2] @ world_from_picture
    matrix[:, 2] += screen_from_world[:, 2]
    stamp(frame, picture, matrix, opacity)


def fill(
    frame: np.ndarray,
    outline_px: np.ndarray,
    color: tuple[int, int, int],
    opacity: float = 1.0,
    *,
    blur_px: float = 0.0,
) -> None:
    """Fills a polygon, shape (point, 2) [px], antialiased, translucent and with a soft edge if asked for."""
    box = _clip(frame, outline_px, 2 + math.ceil(3 * blur_px))
    if box is None:
        return
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [fixed(outline_px - (left, top))], 255, cv2.LINE_AA, FRACTION_BITS)
    if blur_px > 0.3:
        mask = cv2.GaussianBlur(mask, (0, 0), blur_px)
    tint(frame, left, top, mask, color, opacity)


def stroke(
    frame: np.ndarray,
    points_px: np.ndarray,
    width_px: float,
    color: tuple[int, int, int],
    opacity: float = 1.0,
    *,
    closed: bool = False,
) -> None:
    """Draws a line through points, shape (point, 2) [px]; lines thinner than a pixel fade instead."""
    box = _clip(frame, points_px, 2 + math.ceil(width_px))
    if box is None or len(points_px) < 2:
        return
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    thickness = max(1, round(width_px))
    cv2.polylines(mask, [fixed(points_px - (left, top))], closed, 255, thickness, cv2.LINE_AA, FRACTION_BITS)
    tint(frame, left, top, mask, color, opacity * min(1.0, width_px))


def strokes(
    frame: np.ndarray, lines_px: np.ndarray, width_px: float, color: tuple[int, int, int], opacity: float = 1.0
) -> None:
    """Draws equal lines, shape (line, point, 2) [px], in one pass: no stronger where they meet."""
    box = _clip(frame, lines_px.reshape(-1, 2), 2 + math.ceil(width_px))
    if box is None:
        return
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    thickness = max(1, round(width_px))
    cv2.polylines(mask, list(fixed(lines_px - (left, top))), False, 255, thickness, cv2.LINE_AA, FRACTION_BITS)
    tint(frame, left, top, mask, color, opacity * min(1.0, width_px))


def rings(
    frame: np.ndarray,
    centers_px: np.ndarray,
    radius_px: float,
    color: tuple[int, int, int],
    opacity: float = 1.0,
    *,
    width_px: float = math.inf,
) -> None:
    """Draws equal circles around points, shape (circle, 2) [px]: discs, or rings of a width centred on the radius."""
    centers = np.asarray(centers_px, np.float64).reshape(-1, 2)
    hollow = width_px < math.inf
    outer = radius_px + 0.5 * width_px if hollow else radius_px
    inner = radius_px - 0.5 * width_px if hollow else -1.0
    if len(centers) and np.isfinite(centers).all():
        blend_rings(frame, centers, float(inner), float(outer), *color, float(opacity))


def disc(
    frame: np.ndarray, x_px: float, y_px: float, radius_px: float, color: tuple[int, int, int], opacity: float = 1.0
) -> None:
    """Fills a disc."""
    rings(frame, np.array([(x_px, y_px)]), radius_px, color, opacity)


def tint(
    frame: np.ndarray, left: int, top: int, mask: np.ndarray, color: tuple[int, int, int], opacity: float = 1.0
) -> None:
    """Blends a colour into the frame by a mask, uint8 (h, w), whose corner lies at (left, top)."""
    red, green, blue = color
    blend_color(frame, left, top, mask, red, green, blue, round(256 * opacity))


def fixed(points_px: np.ndarray) -> np.ndarray:
    """Continuous pixel coordinates as OpenCV's fixed-point pixel centres, int32."""
    return np.round((np.asarray(points_px) - 0.5) * 2**FRACTION_BITS).astype(np.int32)


def _clip(frame: np.ndarray, points_px: np.ndarray, margin: int) -> tuple[int, int, int, int] | None:
    """The pixels around points that lie inside the frame: left, top, right, bottom; None if there are none."""
    if len(points_px) == 0:
        return None
    low, high = np.minimum.reduce(points_px).tolist(), np.maximum.reduce(points_px).tolist()
    edges = (low[0] - margin, low[1] - margin, high[0] + margin, high[1] + margin)
    if not all(map(math.isfinite, edges)):
        return None
    left, top = max(math.floor(edges[0]), 0), max(math.floor(edges[1]), 0)
    right, bottom = min(math.ceil(edges[2]), frame.shape[1]), min(math.ceil(edges[3]), frame.shape[0])
    return (left, top, right, bottom) if right > left and bottom > top else None
