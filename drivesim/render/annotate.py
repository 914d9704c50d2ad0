"""Labels drawn over the pictures of sensors: boxes, lane lines, free space, paths, points, classes.

Every function takes a picture, RGB uint8 (H, W, 3), and gives a new one. Pixel coordinates are continuous, (column,
row) from the upper left corner. What is not finite is left out. Lines and letters grow with the picture.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from drivesim.maps.network import MarkingColor, MarkingType
from drivesim.render.compose import fill, rings, stroke, strokes
from drivesim.render.ink import Box, Color, Ink
from drivesim.semantics import SEMANTIC_COLOR, Semantic
from drivesim.sensors.truth.boxes import BOX_EDGES
from drivesim.sensors.truth.lanes import AHEAD_M

CLASS_COLOR: dict[int, Color] = {
    Semantic.CAR: (72, 202, 255),
    Semantic.TRUCK: (255, 176, 64),
    Semantic.BUS: (255, 132, 92),
    Semantic.TRAIN: (200, 150, 255),
    Semantic.MOTORCYCLE: (255, 96, 196),
    Semantic.BICYCLE: (255, 96, 196),
    Semantic.RIDER: (255, 120, 150),
    Semantic.PEDESTRIAN: (255, 84, 84),
}
"""Colours of road users by class, bright enough to stand before asphalt, grass and sky."""
OTHER_COLOR: Color = (214, 222, 230)
CLASS_NAME = {kind.value: kind.name.lower().replace("_", " ") for kind in Semantic}
OWN_LINE: Color = (60, 232, 190)
OTHER_LINE: Color = (132, 168, 255)
YELLOW_LINE: Color = (255, 208, 60)
EDGE: Color = (255, 104, 84)
SPACE: Color = (64, 220, 120)
PATH: Color = (255, 120, 214)
_DARK: Color = (12, 14, 18)
_BROKEN = (MarkingType.BROKEN, MarkingType.BLOCK)
"""Types that are drawn with gaps."""
_NEAR_M = 6.0
_BEYOND = 8
_OUTSIDE_PX = 12.0
"""Pieces of lines that lie so far outside of a picture are not drawn."""
_WHOLE, _DASHES = ((0.0, 1.0),), ((0.0, 0.28), (0.5, 0.78))
_TAG_HEIGHT_MIN = 9.0
"""Of a box at scale 1 that is named [px]."""
_FRONT, _FLOOR = np.array([0, 1, 5, 4]), np.array([0, 1, 2, 3])


def scale_of(picture: np.ndarray) -> float:
    """How large lines and letters are in a picture: 1 at 480 x 270, never less than 0.75."""
    return max(min(picture.shape[1] / 480.0, picture.shape[0] / 270.0), 0.75)


def color_of(semantic: int) -> Color:
    """Colour of a class's boxes."""
    return CLASS_COLOR.get(int(semantic), OTHER_COLOR)


def draw_boxes(
    picture: np.ndarray,
    boxes: np.ndarray,
    semantic: np.ndarray,
    *,
    track: np.ndarray | None = None,
    visibility: np.ndarray | None = None,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """Draws rectangles with class colours, and names those that are large enough.

    Args:
        picture: uint8, shape (H, W, 3).
        boxes: Left, top, right, bottom [px], shape (box, 4); empty ones are left out. The first are on top.
        semantic: `Semantic` ids, shape (box,).
        track: Numbers to show behind the class, shape (box,).
        visibility: In [0, 1], shape (box,): what is hidden is drawn fainter.
        names: Instead of the names of the classes.
    """
    ink, scale = _inked(picture)
    tags: list[tuple[Box, str, Color]] = []
    order = [k for k in range(len(boxes)) if np.isfinite(boxes[k]).all() and (boxes[k, 2:] > boxes[k, :2]).all()]
    for k in reversed(order):
        left, top, right, bottom = (float(v) for v in boxes[k])
        color, share = color_of(semantic[k]), 1.0 if visibility is None else float(visibility[k])
        outline = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        fill(ink.frame, outline, color, 0.05 + 0.05 * share)
        stroke(ink.frame, outline, 2.4 * scale, _DARK, 0.35 + 0.2 * share, closed=True)
        stroke(ink.frame, outline, 1.3 * scale, color, 0.4 + 0.6 * share, closed=True)
    for k in order:
        if boxes[k, 3] - boxes[k, 1] >= _TAG_HEIGHT_MIN * scale:
            name = names[k] if names is not None else _name(semantic[k], None if track is None else track[k])
            tags.append((_place(boxes[k]), name, color_of(semantic[k])))
    _write_tags(ink, tags)
    return _finished(ink)


def draw_boxes_3d(
    picture: np.ndarray,
    corners: np.ndarray,
    semantic: np.ndarray,
    *,
    track: np.ndarray | None = None,
    visibility: np.ndarray | None = None,
) -> np.ndarray:
    """Draws the edges of boxes in perspective; the front is filled.

    Args:
        picture: uint8, shape (H, W, 3).
        corners: Floor then roof, each front left, front right, rear right, rear left [px], shape (box, 8, 2). Edges
            with an end that is not finite are left out. The first boxes are on top.
        semantic: `Semantic` ids, shape (box,).
        track: Numbers to show behind the class, shape (box,).
        visibility: In [0, 1], shape (box,): what is hidden is drawn fainter.
    """
    ink, scale = _inked(picture)
    order = [k for k in range(len(corners)) if (np.isfinite(corners[k]) & (corners[k] != 0.0)).any()]
    tags = []
    for k in reversed(order):
        color, share = color_of(semantic[k]), 1.0 if visibility is None else float(visibility[k])
        points = np.asarray(corners[k], np.float64)
        for face, opacity in ((_FLOOR, 0.12), (_FRONT, 0.30)):
            if np.isfinite(points[face]).all():
                fill(ink.frame, points[face], color, opacity * (0.4 + 0.6 * share))
        edges = points[np.array(BOX_EDGES)]
        edges = edges[np.isfinite(edges).all(axis=(1, 2))]
        if len(edges):
            strokes(ink.frame, edges, 2.2 * scale, _DARK, 0.3)
            strokes(ink.frame, edges, 1.2 * scale, color, 0.4 + 0.6 * share)
    for k in order:
        points = corners[k][np.isfinite(corners[k]).all(axis=-1)]
        bounds = np.concatenate([points.min(axis=0), points.max(axis=0)])
        if len(points) == 8 and bounds[3] - bounds[1] >= _TAG_HEIGHT_MIN * scale:
            tags.append(
                (_place(bounds), _name(semantic[k], None if track is None else track[k]), color_of(semantic[k]))
            )
    _write_tags(ink, tags)
    return _finished(ink)


def draw_lanes(
    picture: np.ndarray,
    lines: np.ndarray,
    *,
    kind: np.ndarray,
    color: np.ndarray,
    visible: np.ndarray | None = None,
    edges: np.ndarray | None = None,
    edges_visible: np.ndarray | None = None,
    ahead_m: np.ndarray = AHEAD_M,
) -> np.ndarray:
    """Draws lane lines, those of the own lane brighter, broken ones with gaps and yellow ones yellow, and road edges.

    Args:
        picture: uint8, shape (H, W, 3).
        lines: Far left, left, right, far right [px], shape (4, point, 2); nan where there is none.
        kind: `MarkingType`, 0 where nothing is painted, shape (4, point).
        color: `MarkingColor`, shape (4, point).
        visible: Points with nothing before them, bool, shape (4, point); the rest is drawn faintly.
        edges: Ends of the drivable surface [px], shape (2, point, 2).
        edges_visible: Like `visible`, shape (2, point).
        ahead_m: How far ahead the points are [m], shape (point,): lines grow thinner with it.
    """
    ink, scale = _inked(picture)
    for index, points in enumerate([] if edges is None else edges):
        opacity = _less_where_hidden(picture, points, 0.75, None if edges_visible is None else edges_visible[index])
        _draw_line(ink, points, opacity, EDGE, 1.6 * scale, ahead_m, broken=None)
    for index in (0, 3, 1, 2):
        own = index in (1, 2)
        seen = None if visible is None else visible[index]
        opacity = _less_where_hidden(picture, lines[index], 0.95 if own else 0.75, seen)
        opacity = np.where(kind[index] > 0, opacity, 0.4 * opacity)
        shade = YELLOW_LINE if np.any(color[index] == MarkingColor.YELLOW) else OWN_LINE if own else OTHER_LINE
        _draw_line(
            ink,
            lines[index],
            opacity,
            shade,
            (3.2 if own else 2.2) * scale,
            ahead_m,
            broken=np.isin(kind[index], _BROKEN),
        )
    return _finished(ink)


def draw_space(picture: np.ndarray, mask: np.ndarray, *, color: Color = SPACE, opacity: float = 0.25) -> np.ndarray:
    """Tints the pixels of a mask, bool, shape (H, W), and draws its rim."""
    tinted = _tinted(picture, np.asarray(color, np.float32), np.asarray(mask, np.float32) * np.float32(opacity))
    # The rim of the picture is none of the mask: it lies outside of the picture that is drawn.
    grown = cv2.copyMakeBorder(np.asarray(mask, np.uint8), _BEYOND, _BEYOND, _BEYOND, _BEYOND, cv2.BORDER_REPLICATE)
    rims, _ = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    ink, scale = _inked(tinted)
    for rim in rims:
        if len(rim) > 24 * scale:
            points = rim[:, 0].astype(np.float64) + 0.5 - _BEYOND
            stroke(ink.frame, points, 1.2 * scale, color, 0.8, closed=True)
    return _finished(ink)


def draw_outlines(
    picture: np.ndarray, outlines: np.ndarray, semantic: np.ndarray, *, track: np.ndarray | None = None
) -> np.ndarray:
    """Draws the floors of boxes over a picture from above, with a notch at the front.

    Args:
        picture: uint8, shape (H, W, 3).
        outlines: Front left, front right, rear right, rear left [px], shape (box, 4, 2). The first are on top.
        semantic: `Semantic` ids, shape (box,).
        track: Numbers to show, shape (box,).
    """
    ink, scale = _inked(picture)
    order = [k for k in range(len(outlines)) if np.isfinite(outlines[k]).all() and np.ptp(outlines[k]) > 0.0]
    for k in reversed(order):
        points, color = np.asarray(outlines[k], np.float64), color_of(semantic[k])
        fill(ink.frame, points, color, 0.25)
        stroke(ink.frame, points, 2.4 * scale, _DARK, 0.5, closed=True)
        stroke(ink.frame, points, 1.2 * scale, color, 1.0, closed=True)
        front, middle = points[:2].mean(axis=0), points.mean(axis=0)
        stroke(ink.frame, np.stack([middle, front]), 1.2 * scale, color, 1.0)
    tags = []
    for k in order:
        bounds = np.concatenate([outlines[k].min(axis=0), outlines[k].max(axis=0)])
        if track is not None and (bounds[:2] < picture.shape[1::-1]).all() and (bounds[2:] > 0.0).all():
            tags.append((_place(bounds), str(int(track[k])), color_of(semantic[k])))
    _write_tags(ink, tags)
    return _finished(ink)


def draw_paths(
    picture: np.ndarray,
    paths: np.ndarray,
    *,
    colors: Color | Sequence[Color] = PATH,
    width: float = 2.0,
    fade: bool = True,
    dots: bool = True,
) -> np.ndarray:
    """Draws paths with a dot at each of their points.

    Args:
        picture: uint8, shape (H, W, 3).
        paths: Points [px], shape (path, point, 2); nan ends a path's piece.
        colors: One colour, or one per path.
        width: At 480 x 270 [px].
        fade: Fade towards the end.
        dots: Mark the points.
    """
    ink, scale = _inked(picture)
    for index, path in enumerate(np.asarray(paths, np.float64)):
        one: Any = colors
        color = one if isinstance(one[0], int) else one[index]
        if not fade:
            for run in _runs(path):
                stroke(ink.frame, run, (width + 1.2) * scale, _DARK, 0.3)
                stroke(ink.frame, run, width * scale, color, 0.95)
        for k in range(len(path) - 1 if fade else 0):
            piece = path[k : k + 2]
            if np.isfinite(piece).all():
                share = 1.0 - 0.65 * k / len(path)
                stroke(ink.frame, piece, (width + 1.2) * scale, _DARK, 0.3 * share)
                stroke(ink.frame, piece, width * scale, color, share)
        if dots:
            shown = path[np.isfinite(path).all(axis=-1)]
            rings(ink.frame, shown, (0.9 * width + 0.6) * scale, _DARK, 0.5)
            rings(ink.frame, shown, 0.9 * width * scale, color, 0.95)
    return _finished(ink)


def draw_points(
    picture: np.ndarray, points: np.ndarray, value: np.ndarray, *, low: float, high: float, radius: float = 1.1
) -> np.ndarray:
    """Draws points coloured by a value, such as a lidar's by their range, the first on top.

    Args:
        picture: uint8, shape (H, W, 3).
        points: [px], shape (point, 2).
        value: What their colour says, shape (point,).
        low: Value of the warm end of the scale.
        high: Value of the cold end.
        radius: At 480 x 270 [px].
    """
    drawn, scale = picture.copy(), scale_of(picture)
    share = np.clip((np.asarray(value, np.float64) - low) / (high - low), 0.0, 1.0)
    table = cv2.applyColorMap((255 - np.arange(256)).astype(np.uint8)[:, None], cv2.COLORMAP_TURBO)[:, 0, ::-1]
    inside = _is_inside(picture, points)
    size = max(round(radius * scale * 16), 8)
    for k in np.flatnonzero(inside)[::-1]:
        at = np.round((points[k] - 0.5) * 16.0).astype(int)
        shade = table[int(12 + 231 * share[k])]
        cv2.circle(drawn, (int(at[0]), int(at[1])), size, [int(v) for v in shade], -1, cv2.LINE_AA, 4)
    return drawn


def draw_classes(picture: np.ndarray, semantic: np.ndarray, *, opacity: float = 0.5) -> np.ndarray:
    """Lays class colours over a picture; ids, shape (H, W)."""
    ids = np.minimum(semantic, len(SEMANTIC_COLOR) - 1)
    share = np.where(semantic < len(SEMANTIC_COLOR), np.float32(opacity), np.float32(0.0))
    return _tinted(picture, SEMANTIC_COLOR[ids].astype(np.float32), share)


def draw_instances(picture: np.ndarray, instance: np.ndarray, *, opacity: float = 0.55) -> np.ndarray:
    """Lays a colour of its own over every road user, instance ids 1 to 255, shape (H, W), with its rim."""
    turn = np.arange(256) * 0.618034 % 1.0 * 180.0
    wheel = np.stack([turn, np.full(256, 190.0), np.full(256, 255.0)], axis=-1).astype(np.uint8)[None]
    table = cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB)[0].astype(np.float32)
    is_user = (instance > 0) & (instance < 256)
    number = np.where(is_user, instance, 0).astype(np.uint16)
    rim = cv2.morphologyEx(number, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    share = np.where(is_user, np.where(rim, 0.95, opacity), 0.0).astype(np.float32)
    return _tinted(picture, table[number], share)


def _less_where_hidden(
    picture: np.ndarray, points: np.ndarray, opacity: float, visible: np.ndarray | None
) -> np.ndarray:
    """Opacity at points, shape (point, 2): less at those in the picture that something stands before."""
    if visible is None:
        return np.full(len(points), opacity)
    return np.where(_is_inside(picture, points) & ~visible, 0.2 * opacity, opacity)


def _is_inside(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether points, shape (..., 2), lie in a picture; not if they are not finite."""
    height, width = picture.shape[:2]
    with np.errstate(invalid="ignore"):
        inside = (points >= 0.0) & (points < (width, height))
    return np.logical_and(inside[..., 0], inside[..., 1])


def _tinted(picture: np.ndarray, color: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A picture with colours laid over it by shares in [0, 1], shape (H, W)."""
    base = picture.astype(np.float32)
    return np.rint(base + (color - base) * share[..., None]).astype(np.uint8)


def _draw_line(
    ink: Ink,
    points: np.ndarray,
    opacity: np.ndarray,
    color: Color,
    width: float,
    ahead_m: np.ndarray,
    *,
    broken: np.ndarray | None,
) -> None:
    """Draws a line piece by piece, broken ones as short dashes whose places mean nothing."""
    begins, ends = np.asarray(points[:-1], np.float64), np.asarray(points[1:], np.float64)
    known = np.isfinite(begins).all(axis=-1) & np.isfinite(ends).all(axis=-1)
    near = (np.maximum(begins, ends) > -_OUTSIDE_PX) & (np.minimum(begins, ends) < np.array(ink.size) + _OUTSIDE_PX)
    thin = _NEAR_M / np.maximum(np.abs(np.asarray(ahead_m[: len(begins)], np.float64)), _NEAR_M)
    wide = np.round(np.maximum(width * np.sqrt(thin), 0.8), 1)
    shares = np.round(np.asarray(opacity[: len(begins)], np.float64), 2)
    gaps = np.zeros(len(begins), np.bool_) if broken is None else np.asarray(broken[: len(begins)])
    pieces: dict[tuple[float, float], list[np.ndarray]] = {}
    for k in np.flatnonzero(known & near.all(axis=-1)):
        for begin, end in _DASHES if gaps[k] else _WHOLE:
            part = begins[k] + np.array([[begin], [end]]) * (ends[k] - begins[k])
            pieces.setdefault((float(wide[k]), float(shares[k])), []).append(part)
    for (across, share), parts in pieces.items():
        strokes(ink.frame, np.array(parts), across + 1.4, _DARK, 0.25 * share)
    for (across, share), parts in pieces.items():
        strokes(ink.frame, np.array(parts), across, color, share)


def _runs(path: np.ndarray) -> list[np.ndarray]:
    """The pieces of a path, shape (point, 2), between points that are not finite."""
    is_point = np.isfinite(path).all(axis=-1)
    cuts = np.flatnonzero(np.diff(is_point.astype(np.int8))) + 1
    return [run for run in np.split(path, cuts) if len(run) > 1 and np.isfinite(run[0]).all()]


def _name(semantic: int, track: int | None) -> str:
    name = CLASS_NAME.get(int(semantic), "?")
    return name if track is None else f"{name} {int(track)}"


def _place(bounds: np.ndarray) -> Box:
    left, top, right, bottom = (float(v) for v in bounds)
    return Box(left, top, right - left, bottom - top)


def _write_tags(ink: Ink, tags: Sequence[tuple[Box, str, Color]]) -> None:
    """Names boxes above their upper left corner, the first ones first; names that would cover another are left out."""
    # Letters need not grow as much as the picture to be read.
    size, taken = 10.0 * ink.scale**-0.3, []
    pad, high = 0.3 * size * ink.scale, 1.25 * size * ink.scale
    for box, name, color in tags:
        width = ink.text_width(name, size=size, bold=True) + 2 * pad
        left = min(max(box.left - 0.5, 0.0), ink.size[0] - width)
        top = box.top - high - 1.0 if box.top - high - 1.0 >= 0.0 else max(box.top, 0.0) + 1.0
        tag = Box(left, top, width, high)
        if left < 0.0 or top + high > ink.size[1] or any(_overlap(tag, other) for other in taken):
            continue
        taken.append(tag)
        ink.panel(tag, color=color, opacity=0.92, radius=2.5)
        ink.text(name, tag.left + pad, tag.top + 0.5 * high, size=size, color=_DARK, align=(0.0, 0.5), bold=True)


def _overlap(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def _inked(picture: np.ndarray) -> tuple[Ink, float]:
    """A copy of a picture to draw on."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"picture: expected uint8 of shape (H, W, 3), got {picture.dtype} {picture.shape}")
    scale = scale_of(picture)
    return Ink(np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)), scale=scale), scale


def _finished(ink: Ink) -> np.ndarray:
    return cv2.cvtColor(ink.frame, cv2.COLOR_RGBA2RGB)
