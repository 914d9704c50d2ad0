"""The fast camera: level, so that a row has one ground depth and a column one bearing.

Sky and ground fill the picture row by row, then shadows and upright things cover it column by column (`spans`).
"""

import math

import numpy as np
from numba import njit

from drivesim.sensors.scene import Line, view_of
from drivesim.sensors.shading import SHADOW_SHADE
from drivesim.sensors.shadows import cast_shadow, shadow_slopes, shadow_span
from drivesim.sensors.sky import FULL_TURN, SKY_DEPTH_M
from drivesim.sensors.solids import (
    BLINK_RATE_HZ,
    THING_CAPACITY,
    Things,
    cell_bounds,
    collect_actors,
    collect_object,
    is_cell_seen,
)
from drivesim.sensors.spans import columns_between, draw_things, first_row_at
from drivesim.sensors.surface import darken, finish_row, sample_row
from drivesim.semantics import Semantic

_SKY = np.uint8(Semantic.SKY)
_SKY_DEPTH = np.float32(SKY_DEPTH_M)
_TURN_PER_RAD = np.float64(FULL_TURN / (2.0 * math.pi))
_HALF_FLASHES = np.float32(2.0 * BLINK_RATE_HZ)
_NO_PLACE = np.int64(-1)
_ONE = np.float32(1.0)
_CAPACITY = np.int64(THING_CAPACITY)
f32 = np.float32
u64 = np.uint64


@njit(forceinline=True)
def heading_bearing(scene, world):
    """The camera's heading from the sun's, fixed-point turns, uint32."""
    heading = np.int64(math.floor((scene.actors.yaw[world, 0] + scene.mount.yaw) * _TURN_PER_RAD))
    return np.uint32(heading - np.int64(scene.sun_bearing[scene.map[world]]))


@njit(forceinline=True)
def draw_sky(scene, frames, world, pixel, depth_shift):
    """Fills the rows above the ground."""
    optics, sky = scene.optics, scene.sky
    count = optics.ground_row * scene.mount.width
    width = scene.mount.width
    if frames.has_rgb:
        picture = np.int64(scene.sun_height[scene.map[world]]) * sky.picture_size
        heading = heading_bearing(scene, world)
        shift = np.uint32(sky.bearing_shift)
        for row in range(optics.ground_row):
            first = row * width
            for column in range(width):
                turn = np.uint32(heading + optics.bearing[u64(column)]) >> shift
                color = sky.color[u64(picture + optics.sky_place[u64(first + column)] + turn)]
                place = u64(3) * u64(pixel + first + column)
                frames.rgb[place] = np.uint8(color)
                frames.rgb[place + u64(1)] = np.uint8(color >> np.uint32(8))
                frames.rgb[place + u64(2)] = np.uint8(color >> np.uint32(16))
    for k in range(count):
        frames.depth[u64(pixel + depth_shift + k)] = _SKY_DEPTH
    if frames.has_semantic:
        for k in range(count):
            frames.semantic[u64(pixel + k)] = _SKY


@njit(forceinline=True)
def draw_ground(scene, frames, view, line, world, pixel, depth_shift):
    """Fills the rows that see the ground."""
    optics = scene.optics
    width = scene.mount.width
    map_index = np.int64(scene.map[world])
    x0, y0 = view.x - scene.origin[map_index, 0], view.y - scene.origin[map_index, 1]
    slope = optics.slope[0]
    pitch = optics.slope[1] - optics.slope[0]
    for row in range(optics.ground_row, scene.mount.height_px):
        first = pixel + row * width
        if frames.has_rgb or frames.has_semantic:
            count = optics.sample_count[row]
            central = count >> 1
            start = np.int64(0) if frames.has_rgb else central
            stop = count if frames.has_rgb else central + 1
            for k in range(start, stop):
                depth = optics.sample_depth[row, k]
                aside, step = slope * depth, pitch * depth
                sample_row(
                    scene.ground, scene.texel, scene.material, map_index, optics.level[row],
                    x0 + depth * view.cos + aside * view.sin, y0 + depth * view.sin - aside * view.cos,
                    step * view.sin, -step * view.cos, line, frames.semantic,
                    first if frames.has_semantic and k == central else _NO_PLACE, k == start,
                )  # fmt: skip
            if frames.has_rgb:
                finish_row(line, count >> 1, optics.haze[row], view.haze, frames.rgb, first)
        depth = optics.depth[row]
        for column in range(width):
            frames.depth[u64(first + depth_shift + column)] = depth


@njit(forceinline=True)
def draw_shadows(scene, frames, view, world, pixel, shaded):
    """Darkens the ground in the shadows of road users, each pixel once."""
    optics, mount = scene.optics, scene.mount
    width = mount.width
    for k in range(shaded.shape[0]):
        shaded[k] = np.uint8(0)
    for slot in range(1, scene.actors.kind.shape[1]):
        if scene.actors.kind[world, slot] == 0:
            continue
        shadow = cast_shadow(view, mount, scene.actors, world, slot)
        if not shadow[0]:
            continue
        low, high = shadow_slopes(shadow)
        first_column, last_column = columns_between(scene, low, high)
        for column in range(first_column, last_column):
            enter, leave = shadow_span(shadow, _ONE, optics.slope[u64(column)])
            if not enter < leave:
                continue
            first = max(first_row_at(scene, view.height / leave), optics.ground_row)
            for v in range(first, first_row_at(scene, view.height / enter)):
                at = u64(v * width + column)
                if shaded[at] == 0:
                    shaded[at] = np.uint8(1)
                    darken(frames.rgb, pixel + np.int64(at), SHADOW_SHADE, optics.haze[u64(v)], view.haze)


@njit(nogil=True, cache=True)
def render_level(scene, frames, scratch, order, mask, first, last):
    """Renders the worlds `order[first:last]` that `mask` selects with a level camera.

    Args:
        scene: `Scene` with `LevelOptics`.
        frames: `Frames` to write.
        scratch: `Scratch`.
        order: A permutation of the worlds, int64; worlds on the same map next to each other.
        mask: Which worlds to render, bool, shape (world,).
        first: First place in `order`.
        last: Place after the last.
    """
    line = Line(scratch.color[first], scratch.offset[first], scratch.tile[first])
    things = Things(scratch.place[first], scratch.number[first])
    shaded = scratch.shaded[first]
    pixels = scene.mount.width * scene.mount.height_px
    for turn in range(first, last):
        world = order[turn]
        if not mask[world]:
            continue
        view = view_of(scene, world)
        pixel = world * pixels
        depth_shift = np.int64(0) if frames.has_depth else first * pixels - pixel
        draw_sky(scene, frames, world, pixel, depth_shift)
        draw_ground(scene, frames, view, line, world, pixel, depth_shift)
        if frames.has_instance:
            for k in range(pixels):
                frames.instance[u64(pixel + k)] = np.uint16(0)
        if frames.has_rgb:
            draw_shadows(scene, frames, view, world, pixel, shaded)
        blink_is_on = np.int64(f32(scene.tick[world]) * scene.step_s * _HALF_FLASHES + f32(0.01)) & 1 == 0
        count = collect_actors(view, scene.mount, scene.actors, world, blink_is_on, things)
        map_index = np.int64(scene.map[world])
        origin, size = scene.origin[map_index], scene.scenery.grid_size[map_index]
        x0, x1, y0, y1 = cell_bounds(view, scene.mount, origin, size)
        for iy in range(y0, y1):
            for ix in range(x0, x1):
                if not is_cell_seen(view, scene.mount, origin, ix, iy):
                    continue
                cell = u64(np.int64(scene.scenery.grid_first[map_index]) + iy * np.int64(size[0]) + ix)
                for entry in range(scene.scenery.cell_first[cell], scene.scenery.cell_first[cell + u64(1)]):
                    if count == _CAPACITY:
                        draw_things(scene, frames, view, things, count, pixel, depth_shift)
                        count = np.int64(0)
                    index = np.int64(scene.scenery.cell_object[u64(entry)])
                    count = collect_object(view, scene.mount, scene.scenery, index, things, count)
        draw_things(scene, frames, view, things, count, pixel, depth_shift)
