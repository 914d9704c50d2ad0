"""The fast camera: level, so that a row has one ground depth and a column one bearing.

Sky and ground fill the picture row by row, then shadows and upright things cover it column by column (`spans`).
"""

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M
from drivesim.semantics import Semantic
from drivesim.sensors.camera.magnify import magnify_row
from drivesim.sensors.camera.rounding import floor_int
from drivesim.sensors.camera.scene import blink_is_on, heading_bearing, map_slot, place_of_view, sky_of, view_of
from drivesim.sensors.camera.shadows import cast_shadow, shadow_slopes, shadow_span
from drivesim.sensors.camera.sky import SKY_DEPTH_M
from drivesim.sensors.camera.solids import Things, collect_actors
from drivesim.sensors.camera.spans import columns_between, draw_things, first_row_at
from drivesim.sensors.camera.standing import collect_standing, fetch_cells, list_cells
from drivesim.sensors.camera.surface import (
    aim_row,
    darken,
    fetch_row,
    fetch_tiles,
    finish_row,
    gather_row,
    gather_whole_row,
    list_tiles,
    write_classes,
)

_SKY = np.uint8(Semantic.SKY)
_SKY_DEPTH = np.float32(SKY_DEPTH_M)
_NO_PLACE = np.int64(-1)
_ONE, _FAR = np.float32(1.0), np.float32(1e9)
_LEVELS = LEVEL_COUNT
_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
f32 = np.float32
i32 = np.int32
u64 = np.uint64


@device
def draw_sky(scene, frames, turn, world, own, pixel, depth_shift):
    """Fills the rows above the ground; `turn` is scratch for two numbers per column."""
    optics, sky = scene.optics, scene.sky
    count = optics.ground_row * scene.mount.width
    width = scene.mount.width
    if frames.has_rgb:
        picture = sky_of(scene, world) * sky.picture_size
        heading = heading_bearing(scene, world, own)
        shift = np.uint32(sky.bearing_shift)
        for column in range(width):
            turn[u64(column)] = i32(picture + np.int64(np.uint32(heading + optics.bearing[u64(column)]) >> shift))
        for row in range(optics.ground_row):
            first = row * width
            for column in range(width):
                where = i32(turn[u64(column)] + optics.sky_place[u64(first + column)])
                turn[u64(width + column)] = i32(sky.color[u64(where)])
            for column in range(width):
                color = turn[u64(width + column)]
                place = u64(3) * u64(pixel + first + column)
                frames.rgb[place] = np.uint8(color)
                frames.rgb[place + u64(1)] = np.uint8(color >> 8)
                frames.rgb[place + u64(2)] = np.uint8(color >> 16)
    for k in range(count):
        frames.depth[u64(pixel + depth_shift + k)] = _SKY_DEPTH
    if frames.has_semantic:
        for k in range(count):
            frames.semantic[u64(pixel + k)] = _SKY


@device
def tile_rectangle(optics, view, x0, y0, level):
    """Tiles that the rows of a level may touch: first column, first row, columns, rows."""
    scale = _TEXELS_PER_M / f32(1 << level)
    low_x, high_x, low_y, high_y = _FAR, -_FAR, _FAR, -_FAR
    for depth in (optics.level_near[level], optics.level_far[level]):
        for slope in (optics.slope[0], optics.slope[optics.slope.shape[0] - 1]):
            x = (x0 + depth * (view.cos + slope * view.sin)) * scale
            y = (y0 + depth * (view.sin - slope * view.cos)) * scale
            low_x, high_x = min(low_x, x), max(high_x, x)
            low_y, high_y = min(low_y, y), max(high_y, y)
    # A texel to spare on every side covers the rounding of the fixed-point walk.
    first_x, first_y = floor_int(low_x - _ONE) >> 6, floor_int(low_y - _ONE) >> 6
    last_x, last_y = floor_int(high_x + _ONE) >> 6, floor_int(high_y + _ONE) >> 6
    return first_x, first_y, last_x - first_x + 1, last_y - first_y + 1


@device
def find_ground(scene, view, base, rectangle, map_index):
    """Lists the tiles of the ground picture that the rows of every level may touch."""
    optics = scene.optics
    x0, y0 = view.x - scene.origin[map_index, 0], view.y - scene.origin[map_index, 1]
    table = np.int64(0)
    for level in range(_LEVELS):
        if optics.level_far[level] > f32(0.0):
            low_x, low_y, count_x, count_y = tile_rectangle(optics, view, x0, y0, level)
            is_whole = list_tiles(scene.ground, map_index, level, low_x, low_y, count_x, count_y, base, table)
            rectangle[level, 0], rectangle[level, 1] = low_x, low_y
            rectangle[level, 2], rectangle[level, 3], rectangle[level, 4] = count_x, table, np.int64(is_whole)
            table += count_x * count_y


@device
def aim_band(scene, view, code, base, rectangle, map_index, band):
    """Works out where the samples of a band of rows lie and asks the memory for them."""
    optics, width = scene.optics, scene.mount.width
    x0, y0 = view.x - scene.origin[map_index, 0], view.y - scene.origin[map_index, 1]
    slope = optics.slope[0]
    pitch = optics.slope[1] - optics.slope[0]
    place = np.int64(0)
    for row in range(band, min(band + optics.band_rows, scene.mount.height_px)):
        level = optics.level[row]
        low_x, low_y = rectangle[level, 0], rectangle[level, 1]
        for k in range(optics.sample_count[row]):
            depth = optics.sample_depth[row, k]
            aside, step = slope * depth, pitch * depth
            aim_row(
                level, x0 + depth * view.cos + aside * view.sin, y0 + depth * view.sin - aside * view.cos,
                step * view.sin, -step * view.cos, low_x, low_y, rectangle[level, 2], rectangle[level, 3],
                code, place, width,
            )  # fmt: skip
            if optics.sample_fetch[row, k] != 0:
                fetch_row(scene.texel, base, code, place, width)
            place += width


@routine
def magnify_samples(scene, view, color, map_index, row):
    """Puts colours between texels into the sums of a row that is close by."""
    optics, tint = scene.optics, scene.tint[u64(view.light.tone)]
    x0, y0 = view.x - scene.origin[map_index, 0], view.y - scene.origin[map_index, 1]
    slope, pitch = optics.slope[0], optics.slope[1] - optics.slope[0]
    for k in range(optics.sample_count[row]):
        depth = optics.sample_depth[row, k]
        aside, step = slope * depth, pitch * depth
        magnify_row(
            scene.ground, scene.texel, tint, map_index, x0 + depth * view.cos + aside * view.sin,
            y0 + depth * view.sin - aside * view.cos, step * view.sin, -step * view.cos, k == 0, color,
        )  # fmt: skip


@device
def gather_band(scene, frames, view, color, code, base, rectangle, map_index, pixel, band):
    """Reads the samples of a band of rows that has been aimed, and writes its pixels."""
    optics, width = scene.optics, scene.mount.width
    material, tint = scene.material[u64(view.light.tone)], scene.tint[u64(view.light.tone)]
    place = np.int64(0)
    for row in range(band, min(band + optics.band_rows, scene.mount.height_px)):
        level = optics.level[row]
        low_x, low_y = rectangle[level, 0], rectangle[level, 1]
        first = pixel + row * width
        count = optics.sample_count[row]
        if rectangle[level, 4] != 0:
            gather_whole_row(scene.texel, material, tint, base, code, place, count, color)
        else:
            gather_row(
                scene.texel, material, tint, base, code, place, count, rectangle[level, 3], low_x, low_y,
                rectangle[level, 2], color,
            )  # fmt: skip
        place += count * width
        if row >= optics.magnified_row and frames.has_rgb:
            magnify_samples(scene, view, color, map_index, row)
        if frames.has_semantic:
            write_classes(color, frames.semantic, first)
        if frames.has_rgb:
            finish_row(color, count >> 1, optics.haze[row], view.haze, frames.rgb, first)


@device
def draw_ground(scene, frames, view, color, code, base, rectangle, map_index, pixel):
    """Fills the rows that see the ground, band by band: aim and fetch all samples of a band, then read them."""
    find_ground(scene, view, base, rectangle, map_index)
    band = scene.optics.ground_row
    while band < scene.mount.height_px:
        aim_band(scene, view, code, base, rectangle, map_index, band)
        gather_band(scene, frames, view, color, code, base, rectangle, map_index, pixel, band)
        band += scene.optics.band_rows


@device
def draw_ground_depth(scene, frames, pixel, depth_shift):
    """Fills the depth of the rows that see the ground."""
    optics, width = scene.optics, scene.mount.width
    for row in range(optics.ground_row, scene.mount.height_px):
        first = pixel + depth_shift + row * width
        depth = optics.depth[row]
        for column in range(width):
            frames.depth[u64(first + column)] = depth


@device
def draw_shadows(scene, frames, view, world, own, pixel, shaded):
    """Darkens the ground in the shadows of road users, each pixel once."""
    optics, mount = scene.optics, scene.mount
    width = mount.width
    for k in range(shaded.shape[0]):
        shaded[k] = np.uint8(0)
    for slot in range(scene.actors.kind.shape[1]):
        if scene.actors.kind[world, slot] == 0 or slot == own:
            continue
        shadow = cast_shadow(view, mount, scene.parts, scene.actors, world, slot)
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
                    darken(frames.rgb, pixel + np.int64(at), view.light.shadow, optics.haze[u64(v)], view.haze)


@device
def fetch_ahead(scene, index):
    """Asks the memory for what drawing a view begins with."""
    world, own = place_of_view(scene, index)
    view = view_of(scene, world, own)
    optics, map_index = scene.optics, map_slot(scene, world)
    origin_x, origin_y = scene.origin[map_index, 0], scene.origin[map_index, 1]
    fetch_cells(view, scene.mount, scene.standing, map_index, origin_x, origin_y)
    for level in range(_LEVELS):
        if optics.level_far[level] > f32(0.0):
            low_x, low_y, count_x, count_y = tile_rectangle(optics, view, view.x - origin_x, view.y - origin_y, level)
            fetch_tiles(scene.ground, map_index, level, low_x, low_y, count_x, count_y)


@routine
def draw_level(scene, frames, scratch, row, next_view, index):
    """Draws what one level camera sees.

    Args:
        scene: `Scene` with `LevelOptics`.
        frames: `Frames` to write.
        scratch: `Scratch`.
        row: Row of `scratch` that is free for this.
        next_view: The view that is drawn after this one, whose data are fetched meanwhile, or -1.
        index: Number of the view.
    """
    color, code, base, rectangle = scratch.color[row], scratch.code[row], scratch.base[row], scratch.rectangle[row]
    things = Things(scratch.place[row], scratch.number[row])
    shaded, runs = scratch.shaded[row], scratch.runs[row]
    pixels = scene.mount.width * scene.mount.height_px
    world, own = place_of_view(scene, index)
    view = view_of(scene, world, own)
    pixel = index * pixels
    depth_shift = np.int64(0) if frames.has_depth else row * pixels - pixel
    map_index = map_slot(scene, world)
    origin_x, origin_y = scene.origin[map_index, 0], scene.origin[map_index, 1]
    run_count = list_cells(view, scene.mount, scene.standing, map_index, origin_x, origin_y, runs)
    draw_sky(scene, frames, code, world, own, pixel, depth_shift)
    draw_ground_depth(scene, frames, pixel, depth_shift)
    if frames.has_rgb or frames.has_semantic:
        draw_ground(scene, frames, view, color, code, base, rectangle, map_index, pixel)
    if frames.has_instance:
        for k in range(pixels):
            frames.instance[u64(pixel + k)] = np.uint16(0)
    if frames.has_rgb:
        draw_shadows(scene, frames, view, world, own, pixel, shaded)
    blink = blink_is_on(scene, world)
    count = collect_actors(view, scene.mount, scene.parts, scene.actors, world, own, blink, things)
    for run in range(run_count):
        for thing in range(runs[u64(run), 0], runs[u64(run), 1]):
            count = collect_standing(
                view, scene.mount, scene.standing, thing, scene.light, world, blink, things, count
            )  # fmt: skip
    next_pixel = _NO_PLACE
    if next_view >= 0:
        fetch_ahead(scene, next_view)
        next_pixel = next_view * pixels
    draw_things(scene, frames, view, things, count, pixel, depth_shift, next_pixel)


@kernel
def render_level(views, first, last, scene, frames, scratch):
    """`draw_level` for `views[first:last]`; they come fastest in the order of their maps."""
    for at in range(first, last):
        draw_level(scene, frames, scratch, first, views[at + 1] if at + 1 < last else _NO_PLACE, views[at])
