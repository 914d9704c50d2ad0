"""The camera of any pose: every pixel has its own ray, from a table.

Slower than the level camera and free of its conditions: pitch, roll, distorted lenses and fisheyes. It shares parts,
textures, light and ground with the fast path, and draws the same picture where both apply.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import TEXEL_M
from drivesim.maps.ground import texel_offset
from drivesim.semantics import Semantic
from drivesim.sensors.camera.hits import hit_billboard, hit_tapered
from drivesim.sensors.camera.magnify import color_between
from drivesim.sensors.camera.optics import BLOCK_PX, TILE_BLOCKS, BlockColumn
from drivesim.sensors.camera.paint import CLASS_SHIFT, CLEAR
from drivesim.sensors.camera.parts import PartColumn, Shape
from drivesim.sensors.camera.pixels import haze_at, put_pixel
from drivesim.sensors.camera.rounding import floor_int
from drivesim.sensors.camera.scene import blink_is_on, heading_bearing, map_slot, place_of_view, sky_of, view_of
from drivesim.sensors.camera.shadows import cast_shadow, shadow_span
from drivesim.sensors.camera.sky import SKY_DEPTH_M
from drivesim.sensors.camera.solids import Things, collect_actors, place_part
from drivesim.sensors.camera.standing import collect_standing, list_cells
from drivesim.sensors.camera.surface import blend_samples, darken, find_tile, write_rgb

_NOWHERE = np.int64(-(1 << 40))
_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
_SKY, _NOTHING = np.uint8(Semantic.SKY), np.uint8(Semantic.UNLABELED)
_SKY_DEPTH = np.float32(SKY_DEPTH_M)
_CLASS_SHIFT = np.uint64(CLASS_SHIFT)
_CLEAR = np.uint8(CLEAR)
_BILLBOARD = np.float32(Shape.BILLBOARD)
_SHAPE, _SEMANTIC = int(PartColumn.SHAPE), int(PartColumn.SEMANTIC)
_BLOCK, _TILE = np.int64(BLOCK_PX), np.int64(TILE_BLOCKS)
_FORWARD, _RIGHT, _COS = int(BlockColumn.FORWARD), int(BlockColumn.RIGHT), int(BlockColumn.COS)
_SIN, _LOW, _HIGH = int(BlockColumn.SIN), int(BlockColumn.LOW), int(BlockColumn.HIGH)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
_TINY = np.float32(1e-3)
_LESS, _MORE = np.float32(1.0 - 1e-5), np.float32(1.0 + 1e-5)
_EDGE = np.float32(1e-5)
"""Rounding: bounds may be wider than what they hold, never narrower."""
f32 = np.float32
u64 = np.uint64


@device
def draw_background(scene, frames, view, world, own, pixel, depth_shift):
    """Fills every pixel with ground or sky."""
    optics, sky = scene.optics, scene.sky
    map_index = map_slot(scene, world)
    x0, y0 = view.x - scene.origin[map_index, 0], view.y - scene.origin[map_index, 1]
    picture = sky_of(scene, world) * sky.picture_size
    heading = heading_bearing(scene, world, own)
    shift = np.uint32(sky.bearing_shift)
    # The tile of the sample before, which mostly holds the next one as well.
    tile_x, tile_y, tile_level, base, coarser = _NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE
    material, tint = scene.material[u64(view.light.tone)], scene.tint[u64(view.light.tone)]
    for k in range(optics.sample_count.shape[0]):
        at = u64(k)
        count = optics.sample_count[at]
        place = pixel + k
        frames.depth[u64(place + depth_shift)] = optics.depth[at]
        if frames.has_instance:
            frames.instance[u64(place)] = np.uint16(0)
        if count < 0:
            if frames.has_semantic:
                frames.semantic[u64(place)] = _NOTHING
            if frames.has_rgb:
                write_rgb(frames.rgb, place, u64(0), u64(0))
            continue
        if count == 0:
            if frames.has_semantic:
                frames.semantic[u64(place)] = _SKY
            if frames.has_rgb:
                turn = np.uint32(heading + optics.bearing[at]) >> shift
                color = sky.color[u64(picture + optics.sky_place[at] + turn)]
                first = u64(3) * u64(place)
                frames.rgb[first] = np.uint8(color)
                frames.rgb[first + u64(1)] = np.uint8(color >> np.uint32(8))
                frames.rgb[first + u64(2)] = np.uint8(color >> np.uint32(16))
            continue
        total = u64(0)
        for sample in range(count):
            ahead, aside = optics.sample[at, sample, 0], optics.sample[at, sample, 1]
            x, y = x0 + ahead * view.cos + aside * view.sin, y0 + ahead * view.sin - aside * view.cos
            level = optics.level[at]
            scale = _TEXELS_PER_M / f32(1 << level)
            ix, iy = floor_int(x * scale), floor_int(y * scale)
            if ix >> 6 != tile_x or iy >> 6 != tile_y or level != tile_level:
                tile_x, tile_y, tile_level = ix >> 6, iy >> 6, level
                base, coarser = find_tile(scene.ground, map_index, level, tile_x, tile_y)
            index = np.uint8(0)
            if base >= 0:
                index = scene.texel[u64(base + texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63))]
            seen = material[u64(index)]
            if optics.is_magnified[at] == 0:
                total += seen
            elif frames.has_rgb:
                total += color_between(scene.ground, scene.texel, tint, map_index, x, y)
            if frames.has_semantic and sample == count >> 1:
                frames.semantic[u64(place)] = np.uint8(seen >> _CLASS_SHIFT)
        if frames.has_rgb:
            write_rgb(frames.rgb, place, *blend_samples(total, count >> 1, optics.haze[at], view.haze))


class Bounds(NamedTuple):
    """What an upright thing covers at most, as seen from the eye."""

    is_around: bool
    """The eye is above, below or inside it: it covers all bearings."""
    forward: np.float32
    """Direction of its middle on the ground, unit vector."""
    right: np.float32
    cos: np.float32
    """Of half the angle that a disc around it covers."""
    sin: np.float32
    low: np.float32
    """Least and greatest up per metre along the ground."""
    high: np.float32
    left_forward: np.float32
    """Directions on the ground of its left and of its right edge."""
    left_right: np.float32
    right_forward: np.float32
    right_right: np.float32


@device
def bounds_of_disc(forward, right, radius, near, far, below, above):
    """Bounds of what lies on a disc.

    Args:
        forward: Its middle from the eye [m].
        right: The same to the right.
        radius: Its radius [m].
        near: Least distance on the ground [m].
        far: Greatest distance [m].
        below: Its lowest point, up from the eye [m].
        above: Its highest point.
    """
    distance = f32(math.sqrt(forward * forward + right * right))
    near, far = max(near, _TINY) * _LESS, far * _MORE
    low, high = below / (near if below < _ZERO else far), above / (far if above < _ZERO else near)
    if distance <= radius * _MORE or near <= _TINY:
        return Bounds(True, _ZERO, _ZERO, _ZERO, _ZERO, low, high, _ZERO, _ZERO, _ZERO, _ZERO)
    ahead, aside = forward / distance, right / distance
    sin = radius * _MORE / distance
    cos = f32(math.sqrt(max(_ONE - sin * sin, _ZERO)))
    return Bounds(
        False, ahead, aside, cos, sin, low, high,
        ahead * cos + aside * sin, aside * cos - ahead * sin, ahead * cos - aside * sin, aside * cos + ahead * sin,
    )  # fmt: skip


@device
def bounds_of_box(solid, eye_l, eye_w, below, above):
    """Bounds of a box whose frame the eye has the place (eye_l, eye_w) in."""
    long, wide = solid.half_length, solid.half_width
    beside_l, beside_w = max(abs(eye_l) - long, _ZERO), max(abs(eye_w) - wide, _ZERO)
    beyond_l, beyond_w = abs(eye_l) + long, abs(eye_w) + wide
    near = f32(math.sqrt(beside_l * beside_l + beside_w * beside_w))
    far = f32(math.sqrt(beyond_l * beyond_l + beyond_w * beyond_w))
    radius = f32(math.sqrt(long * long + wide * wide))
    bounds = bounds_of_disc(solid.forward, solid.right, radius, near, far, below, above)
    if bounds.is_around or near <= _TINY:
        return bounds
    # From outside, a corner is leftmost if none lies to the left of it.
    left_f, left_r, right_f, right_r = bounds.forward, bounds.right, bounds.forward, bounds.right
    for corner in range(4):
        by_l = long if corner & 1 else -long
        by_w = wide if corner & 2 else -wide
        ahead = solid.forward + by_l * solid.axis_forward + by_w * solid.axis_right
        aside = solid.right + by_l * solid.axis_right - by_w * solid.axis_forward
        if left_f * aside - left_r * ahead < _ZERO:
            left_f, left_r = ahead, aside
        if right_f * aside - right_r * ahead > _ZERO:
            right_f, right_r = ahead, aside
    return Bounds(
        False, bounds.forward, bounds.right, bounds.cos, bounds.sin, bounds.low, bounds.high,
        left_f, left_r, right_f, right_r,
    )  # fmt: skip


@device
def is_block_met(block, at, bounds):
    """Some ray of a block may meet what has these bounds."""
    if not (block[at, _LOW] <= bounds.high and block[at, _HIGH] >= bounds.low):
        return False
    if bounds.is_around or block[at, _COS] < _ZERO:
        return True
    along = block[at, _FORWARD] * bounds.forward + block[at, _RIGHT] * bounds.right
    return along >= block[at, _COS] * bounds.cos - block[at, _SIN] * bounds.sin


@device
def is_ray_near(flat, at, bounds):
    """A ray may meet what has these bounds."""
    if not bounds.low <= flat[at, 2] <= bounds.high:
        return False
    ahead, aside = flat[at, 0], flat[at, 1]
    return bounds.is_around or (
        bounds.left_forward * aside - bounds.left_right * ahead >= -_EDGE
        and ahead * bounds.right_right - aside * bounds.right_forward >= -_EDGE
    )


@routine
def list_blocks(optics, mount, bounds, found):
    """Writes the first pixels of all blocks that may meet what has these bounds to `found`; returns how many."""
    across = (mount.width + _BLOCK - 1) // _BLOCK
    down = (mount.height_px + _BLOCK - 1) // _BLOCK
    tiles = (across + _TILE - 1) // _TILE
    count = np.int64(0)
    for tile in range(optics.tile.shape[0]):
        if not is_block_met(optics.tile, u64(tile), bounds):
            continue
        row, column = tile // tiles * _TILE, tile % tiles * _TILE
        for v in range(row, min(row + _TILE, down)):
            for u in range(column, min(column + _TILE, across)):
                if is_block_met(optics.block, u64(v * across + u), bounds):
                    found[u64(count)] = (v * mount.width + u) * _BLOCK
                    count += 1
    return count


@device
def block_end(mount, first):
    """Row and column after the last of the block whose first pixel is `first`, and its own row and column."""
    row = first // mount.width
    column = first - row * mount.width
    return row, column, min(row + _BLOCK, mount.height_px), min(column + _BLOCK, mount.width)


@device
def draw_shadows(scene, frames, view, world, own, pixel, shaded, found):
    """Darkens the ground in the shadows of road users, each pixel once; `found` is scratch for blocks."""
    optics, mount = scene.optics, scene.mount
    for k in range(shaded.shape[0]):
        shaded[k] = np.uint8(0)
    for slot in range(scene.actors.kind.shape[1]):
        if scene.actors.kind[world, slot] == 0 or slot == own:
            continue
        shadow = cast_shadow(view, mount, scene.parts, scene.actors, world, slot)
        if not shadow[0]:
            continue
        _, forward, right, a_f, a_r, b_f, b_r, c_f, c_r = shadow
        reach_f, reach_r = abs(a_f) + abs(b_f) + abs(c_f), abs(a_r) + abs(b_r) + abs(c_r)
        radius = f32(math.sqrt(reach_f * reach_f + reach_r * reach_r))
        distance = f32(math.sqrt(forward * forward + right * right))
        bounds = bounds_of_disc(
            forward, right, radius, distance - radius, distance + radius, -view.height, -view.height
        )
        for block in range(list_blocks(optics, mount, bounds, found)):
            top, left, bottom, end = block_end(mount, np.int64(found[u64(block)]))
            for v in range(top, bottom):
                for u in range(left, end):
                    at = u64(v * mount.width + u)
                    if optics.sample_count[at] > 0 and shaded[at] == 0 and is_ray_near(optics.flat, at, bounds):
                        enter, leave = shadow_span(shadow, optics.ray[at, 0], optics.ray[at, 1])
                        if enter <= optics.depth[at] < leave:
                            shaded[at] = np.uint8(1)
                            darken(frames.rgb, pixel + np.int64(at), view.light.shadow, optics.haze[at], view.haze)


@device
def is_beyond(optics, solid, view, radius, limit):
    """All of a part is deeper than `limit` [m]."""
    axis = optics.forward
    middle = _HALF * (solid.z0 + solid.z1) - view.height
    if axis[0] == _ZERO and axis[2] == _ZERO:
        squared = solid.forward * solid.forward + solid.right * solid.right + middle * middle
        return squared > (limit + radius) * (limit + radius)
    return solid.forward * axis[0] + solid.right * axis[1] + middle * axis[2] - radius > limit


@routine
def draw_things(scene, frames, view, things, count, pixel, depth_shift, found):
    """Draws the first `count` of `things`, every part of each; `found` is scratch for blocks."""
    optics, mount = scene.optics, scene.mount
    for index in range(count):
        model = np.int64(things.number[u64(index), 0])
        row = np.int64(things.number[u64(index), 1])
        instance = np.uint16(things.number[u64(index), 2])
        for part in range(scene.parts.first[u64(model)], scene.parts.first[u64(model + 1)]):
            at = u64(part)
            is_billboard = scene.parts.row[at, _SHAPE] == _BILLBOARD
            semantic = np.uint8(scene.parts.row[at, _SEMANTIC])
            solid = place_part(scene.parts, part, things, index)
            if not solid.z1 > solid.z0:
                continue
            radius = solid.half_length + solid.half_width + solid.z1 - solid.z0
            if is_beyond(optics, solid, view, radius, scene.part_range[at]):
                continue
            below, above = solid.z0 - view.height, solid.z1 - view.height
            eye_l = -(solid.forward * solid.axis_forward + solid.right * solid.axis_right)
            eye_w = -(solid.forward * solid.axis_right - solid.right * solid.axis_forward)
            if is_billboard:
                squared = solid.forward * solid.forward + solid.right * solid.right
                wide = solid.half_width
                near = f32(math.sqrt(max(squared - wide * wide, _ZERO)))
                bounds = bounds_of_disc(solid.forward, solid.right, wide, near, f32(math.sqrt(squared)), below, above)
            else:
                bounds = bounds_of_box(solid, eye_l, eye_w, below, above)
            for block in range(list_blocks(optics, mount, bounds, found)):
                top, left, bottom, end = block_end(mount, np.int64(found[u64(block)]))
                for v in range(top, bottom):
                    for u in range(left, end):
                        ray = u64(v * mount.width + u)
                        if not is_ray_near(optics.flat, ray, bounds):
                            continue
                        by_f, by_r, by_up = optics.ray[ray, 0], optics.ray[ray, 1], optics.ray[ray, 2]
                        if is_billboard:
                            depth, code, light = hit_billboard(
                                scene.parts, scene.atlas, view, solid, at, by_f, by_r, by_up, mount.focal
                            )
                        else:
                            depth, code, light = hit_tapered(
                                scene.parts, scene.atlas, view, solid, at, eye_l, eye_w,
                                by_f * solid.axis_forward + by_r * solid.axis_right,
                                by_f * solid.axis_right - by_r * solid.axis_forward, by_up, mount.focal,
                            )  # fmt: skip
                        place = pixel + np.int64(ray)
                        if code != _CLEAR and depth < frames.depth[u64(place + depth_shift)]:
                            frames.depth[u64(place + depth_shift)] = depth
                            share = haze_at(scene, depth)
                            put_pixel(scene, frames, view, place, code, row, light, share, semantic, instance)


@routine
def draw_rays(scene, frames, scratch, row, index):
    """Draws what one camera sees, whatever its pose.

    Args:
        scene: `Scene` with `RayOptics`.
        frames: `Frames` to write.
        scratch: `Scratch`.
        row: Row of `scratch` that is free for this.
        index: Number of the view.
    """
    things = Things(scratch.place[row], scratch.number[row])
    shaded, runs, found = scratch.shaded[row], scratch.runs[row], scratch.code[row]
    pixels = scene.mount.width * scene.mount.height_px
    world, own = place_of_view(scene, index)
    view = view_of(scene, world, own)
    pixel = index * pixels
    depth_shift = np.int64(0) if frames.has_depth else row * pixels - pixel
    draw_background(scene, frames, view, world, own, pixel, depth_shift)
    if frames.has_rgb:
        draw_shadows(scene, frames, view, world, own, pixel, shaded, found)
    map_index = map_slot(scene, world)
    origin_x, origin_y = scene.origin[map_index, 0], scene.origin[map_index, 1]
    run_count = list_cells(view, scene.mount, scene.standing, map_index, origin_x, origin_y, runs)
    blink = blink_is_on(scene, world)
    count = collect_actors(view, scene.mount, scene.parts, scene.actors, world, own, blink, things)
    for run in range(run_count):
        for thing in range(runs[u64(run), 0], runs[u64(run), 1]):
            count = collect_standing(
                view, scene.mount, scene.standing, thing, scene.light, world, blink, things, count
            )  # fmt: skip
    draw_things(scene, frames, view, things, count, pixel, depth_shift, found)


@kernel
def render_rays(views, first, last, scene, frames, scratch):
    """`draw_rays` for `views[first:last]`; they come fastest in the order of their maps."""
    for at in range(first, last):
        draw_rays(scene, frames, scratch, first, views[at])
