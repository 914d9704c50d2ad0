"""Painted lines with sharp edges, for zooms at which the texels of the ground picture show."""

import cv2
import numpy as np

from drivesim.maps.arrays import GroundArrays
from drivesim.maps.materials import MATERIAL_OF, NEAREST_SHADE, Material
from drivesim.maps.mips import PAINT_GAIN
from drivesim.maps.network import RoadNetwork
from drivesim.maps.strokes import strokes_of
from drivesim.render.compose import FRACTION_BITS, fixed
from drivesim.render.view import View

YELLOW_GAIN = 0.8
"""Luma of yellow paint over white paint's."""
IS_PAINT = np.isin(MATERIAL_OF, (Material.WHITE_PAINT, Material.YELLOW_PAINT))
"""Whether a palette index is paint, bool, shape (256,)."""
_AROUND = 9
_LUMA = np.array((0.299, 0.587, 0.114), np.float32)


def without_paint(colors: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Ground colours with painted texels replaced by what lies around them.

    Args:
        colors: RGB uint8, shape (row, column, 3).
        material: Palette indices, uint8, shape (row, column).
    """
    painted = IS_PAINT[material]
    if not painted.any():
        return colors
    bare = np.where(painted, np.float32(0.0), np.float32(1.0))
    around = cv2.boxFilter(colors * bare[..., None], -1, (_AROUND, _AROUND))
    share = np.maximum(cv2.boxFilter(bare, -1, (_AROUND, _AROUND)), np.float32(1e-3))
    return np.where(painted[..., None], np.clip(around / share[..., None], 0, 255).astype(np.uint8), colors)


class MarkingPainter:
    """Paints the lines of one map onto ground from which they were taken off.

    Args:
        network: The map.
        ground: For the palette.
    """

    def __init__(self, network: RoadNetwork, ground: GroundArrays) -> None:
        self._strokes = strokes_of(network.markings, network.areas)
        reach = self._strokes[:, 4:5]
        ends = self._strokes[:, :4].reshape(-1, 2, 2)
        self._low, self._high = ends.min(axis=1) - reach, ends.max(axis=1) + reach
        self._palette = ground.palette[:, :3]

    def __call__(self, picture: np.ndarray, view: View) -> None:
        """Paints what lies in a view onto its picture, RGBA uint8 (H, W, 4)."""
        west, south, east, north = view.bounds()
        near = (self._high > (west, south)).all(axis=1) & (self._low < (east, north)).all(axis=1)
        strokes = self._strokes[near]
        for yellow, material, gain in ((0.0, Material.WHITE_PAINT, 1.0), (1.0, Material.YELLOW_PAINT, YELLOW_GAIN)):
            chosen = strokes[strokes[:, 5] == yellow]
            if not len(chosen):
                continue
            mask = self._coverage(chosen, view)
            # Paint is as bright as the light on it, but smoother than the asphalt below.
            light = cv2.boxFilter(picture[..., :3] @ _LUMA, -1, (_AROUND, _AROUND))
            luma = np.clip(light * np.float32(PAINT_GAIN * gain), 0, 255).astype(np.uint8)
            paint = self._palette[NEAREST_SHADE[material][luma]]
            share = mask[..., None].astype(np.float32) * np.float32(1 / 255)
            ground = picture[..., :3].astype(np.float32)
            picture[..., :3] = np.rint(ground + (paint - ground) * share)

    @staticmethod
    def _coverage(strokes: np.ndarray, view: View) -> np.ndarray:
        start, end = view.to_screen(strokes[:, :2]), view.to_screen(strokes[:, 2:4])
        along = end - start
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        # OpenCV paints half a pixel of rim around a polygon.
        half = np.maximum(strokes[:, 4] * view.zoom / 2 - 0.5, 0.05)[:, None]
        side = np.column_stack([-along[:, 1], along[:, 0]]) * half
        quads = np.stack([start + side, end + side, end - side, start - side], axis=1)
        mask = np.zeros((view.size[1], view.size[0]), np.uint8)
        for quad in fixed(quads):
            cv2.fillConvexPoly(mask, quad, 255, cv2.LINE_AA, FRACTION_BITS)
        return mask
