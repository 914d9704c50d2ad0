"""What an inspector measures of pictures: brightness, contrast, tint, sharpness, noise, grids, bands, motion."""

import numpy as np

from agents.network.senses.contract import Parts
from drivesim.kernels.device import device
from drivesim.kernels.entry import kernel

PICTURE_STATISTICS = (
    "red", "green", "blue", "red_deviation", "green_deviation", "blue_deviation", "saturation",
    "step_across", "step_down", "bend_across", "bend_down", "laplacian", "laplacian_bright", "laplacian_dark",
    "level_across", "laplacian_small", "laplacian_large", "coarse_step_across", "coarse_step_down", "coarse_laplacian",
    "rows", "grid_across", "grid_down", "values", "black", "white", "change", "change_above", "change_rows",
)  # fmt: skip
"""Means of each colour, their deviations, most minus least colour; mean sizes of first and second differences of green
across and down; of its four-neighbour Laplacian, and where it is bright and dark; shares of equal neighbours, of small
and of large Laplacians; the same differences of means of 2 x 2 pixels; of rows against their neighbours; how much
larger differences are at the edges of blocks of 8 x 8 pixels; share of the 256 values that occur, and of pixels at
either end; mean change of green since the picture before, in the upper half, and of its rows. Units of 64 levels."""
_SMALL, _LARGE = 13, 64
"""Laplacians below the former are small, above the latter large [levels]."""
_BLACK, _WHITE = 5, 251
_BLOCK = 8
_BRIGHT = 128


def measure_pictures(now: Parts, before: Parts, speed: np.ndarray) -> np.ndarray:
    """`PICTURE_STATISTICS` of `picture`, uint8 (world, H, W, 3)."""
    out = np.empty((len(speed), len(PICTURE_STATISTICS)), np.float32)
    pictures_measured(np.ascontiguousarray(now["picture"]), np.ascontiguousarray(before["picture"]), out)
    return out


@kernel
def pictures_measured(now, before, out):
    """Measures pictures.

    Args:
        now: uint8 (picture, H, W, 3).
        before: The same a control step earlier.
        out: Written: float32 (picture, number).
    """
    count, rows, columns = now.shape[:3]
    green = np.empty((rows, columns), np.int32)
    row_sum, row_before = np.empty(rows, np.int64), np.empty(rows, np.int64)
    occurs = np.empty(256, np.int64)
    coarse = np.empty((rows // 2, columns // 2), np.int32)
    for each in range(count):
        occurs[:] = 0
        total, square, spread = np.zeros(3), np.zeros(3), 0
        change, change_above = 0, 0
        for y in range(rows):
            row_sum[y] = row_before[y] = 0
            row_change = 0
            for x in range(columns):
                red, middle, blue = (
                    np.int32(now[each, y, x, 0]),
                    np.int32(now[each, y, x, 1]),
                    np.int32(now[each, y, x, 2]),
                )
                total[0] += red
                total[1] += middle
                total[2] += blue
                square[0] += red * red
                square[1] += middle * middle
                square[2] += blue * blue
                spread += max(red, middle, blue) - min(red, middle, blue)
                green[y, x] = middle
                occurs[middle] += 1
                earlier = np.int32(before[each, y, x, 1])
                row_sum[y] += middle
                row_before[y] += earlier
                row_change += abs(middle - earlier)
            change += row_change
            if 2 * y < rows:
                change_above += row_change
        pixels = rows * columns
        for colour in range(3):
            mean = total[colour] / pixels
            out[each, colour] = (mean - 128.0) / 64.0
            out[each, 3 + colour] = np.sqrt(max(square[colour] / pixels - mean * mean, 0.0)) / 64.0
        out[each, 6] = spread / (64.0 * pixels)
        across, down, edge_across, edge_down = steps(green, _BLOCK)
        out[each, 7], out[each, 8] = across, down
        out[each, 9], out[each, 10], out[each, 14] = bends(green)
        whole, bright, dark, small, large = laplacians(green)
        out[each, 11], out[each, 12], out[each, 13] = whole, bright, dark
        out[each, 15], out[each, 16] = small, large
        for y in range(rows // 2):
            for x in range(columns // 2):
                two = green[2 * y, 2 * x] + green[2 * y, 2 * x + 1]
                coarse[y, x] = (two + green[2 * y + 1, 2 * x] + green[2 * y + 1, 2 * x + 1]) // 4
        out[each, 17], out[each, 18], _, _ = steps(coarse, _BLOCK)
        out[each, 19] = laplacians(coarse)[0]
        bent, row_change = 0, 0
        for y in range(rows):
            row_change += abs(row_sum[y] - row_before[y])
            if 0 < y < rows - 1:
                bent += abs(row_sum[y - 1] + row_sum[y + 1] - 2 * row_sum[y])
        out[each, 20] = bent / (64.0 * columns * (rows - 2))
        out[each, 21], out[each, 22] = edge_across - across, edge_down - down
        found, black, white = 0, 0, 0
        for value in range(256):
            found += occurs[value] > 0
            black += occurs[value] if value < _BLACK else 0
            white += occurs[value] if value >= _WHITE else 0
        out[each, 23], out[each, 24], out[each, 25] = found / 128.0, black / pixels, white / pixels
        out[each, 26] = change / (64.0 * pixels)
        out[each, 27] = change_above / (64.0 * columns * ((rows + 1) // 2))
        out[each, 28] = row_change / (64.0 * pixels)


@device
def steps(plane, block):
    """Mean size of the differences of neighbours across and down, and of those at the edges of blocks."""
    rows, columns = plane.shape
    across, down, edge_across, edge_down = 0, 0, 0, 0
    for y in range(rows):
        for x in range(columns - 1):
            across += abs(plane[y, x + 1] - plane[y, x])
        for x in range(block - 1, columns - 1, block):
            edge_across += abs(plane[y, x + 1] - plane[y, x])
    for y in range(rows - 1):
        row = 0
        for x in range(columns):
            row += abs(plane[y + 1, x] - plane[y, x])
        down += row
        edge_down += row if y % block == block - 1 else 0
    edges_across, edges_down = (columns - 1) // block, (rows - 1) // block
    return (
        across / (64.0 * rows * (columns - 1)),
        down / (64.0 * (rows - 1) * columns),
        edge_across / (64.0 * rows * max(edges_across, 1)),
        edge_down / (64.0 * columns * max(edges_down, 1)),
    )


@device
def bends(plane):
    """Mean size of second differences across and down, and the share of neighbours across that are equal."""
    rows, columns = plane.shape
    across, down, level = 0, 0, 0
    for y in range(rows):
        for x in range(columns - 2):
            across += abs(plane[y, x] + plane[y, x + 2] - 2 * plane[y, x + 1])
        for x in range(columns - 1):
            level += plane[y, x] == plane[y, x + 1]
    for y in range(rows - 2):
        for x in range(columns):
            down += abs(plane[y, x] + plane[y + 2, x] - 2 * plane[y + 1, x])
    return (
        across / (64.0 * rows * (columns - 2)),
        down / (64.0 * (rows - 2) * columns),
        level / (rows * (columns - 1)),
    )


@device
def laplacians(plane):
    """Mean size of the four-neighbour Laplacian, where it is bright, where dark; shares of small and large ones."""
    rows, columns = plane.shape
    whole, bright, lit, small, large = 0, 0, 0, 0, 0
    for y in range(1, rows - 1):
        for x in range(1, columns - 1):
            around = plane[y - 1, x] + plane[y + 1, x] + plane[y, x - 1] + plane[y, x + 1]
            size = abs(4 * plane[y, x] - around)
            is_bright = plane[y, x] > _BRIGHT
            whole += size
            bright += size if is_bright else 0
            lit += is_bright
            small += size < _SMALL
            large += size > _LARGE
    count = (rows - 2) * (columns - 2)
    return (
        whole / (64.0 * count),
        bright / 64.0 / (lit + 0.02 * count),
        (whole - bright) / 64.0 / (1.02 * count - lit),
        small / count,
        large / count,
    )
