"""The camera of any pose: every pixel has its own ray, from a table.

Slower than the level camera and free of its conditions: pitch and roll now, distorted lenses with another table. It
shares parts, textures, light and ground with the fast path, and draws the same picture where both apply.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.semantics import Semantic
from drivesim.sensors.camera.hits import hit_billboard, hit_tapered
from drivesim.sensors.camera.optics import BLOCK_PX
from drivesim.sensors.camera.paint import CLASS_SHIFT, CLEAR
from drivesim.sensors.camera.parts import PartColumn, Shape
from drivesim.sensors.camera.pixels import haze_at, put_pixel
from drivesim.sensors.camera.scene import blink_is_on, heading_bearing, map_slot, place_of_view, sky_of, view_of
from drivesim.sensors.camera.shadows import cast_shadow, shadow_span
from drivesim.sensors.camera.sky import SKY_DEPTH_M
from drivesim.sensors.camera.solids import Things, collect_actors, place_part
from drivesim.sensors.camera.standing import collect_standing, list_cells
from drivesim.sensors.camera.surface import blend_samples, darken, material_near, write_rgb

_SKY = np.uint8(Semantic.SKY)
_SKY_DEPTH = np.float32(SKY_DEPTH_M)
_CLASS_SHIFT = np.uint64(CLASS_SHIFT)
_CLEAR = np.uint8(CLEAR)
_BILLBOARD = np.float32(Shape.BILLBOARD)
_SHAPE, _SEMANTIC = int(PartColumn.SHAPE), int(PartColumn.SEMANTIC)
_BLOCK = np.int64(BLOCK_PX)
_HALF, _ZERO = np.float32(0.5), np.float32(0.0)
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
    material = scene.material[u64(view.light.tone)]
    for k in range(optics.sample_count.shape[0]):
        at = u64(k)
        count = optics.sample_count[at]
        place = pixel + k
        frames.depth[u64(place + depth_shift)] = optics.depth[at]
        if frames.has_instance:
            frames.instance[u64(place)] = np.uint16(0)
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
            seen = material[material_near(scene.ground, scene.texel, map_index, optics.level[at], x, y)]
            total += seen
            if frames.has_semantic and sample == count >> 1:
                frames.semantic[u64(place)] = np.uint8(seen >> _CLASS_SHIFT)
        if frames.has_rgb:
            write_rgb(frames.rgb, place, *blend_samples(total, count >> 1, optics.haze[at], view.haze))


@device
def is_block_reached(optics, row, column, forward, right, up, radius):
    """A sphere, relative to the eye, may meet a ray of a block."""
    distance_2 = forward * forward + right * right + up * up
    if distance_2 <= radius * radius:
        return True
    distance = f32(math.sqrt(distance_2))
    sin = radius / distance
    cos = f32(math.sqrt(f32(1.0) - sin * sin))
    along = (
        optics.block_axis[row, column, 0] * forward
        + optics.block_axis[row, column, 1] * right
        + optics.block_axis[row, column, 2] * up
    )
    return along >= (optics.block_cos[row, column] * cos - optics.block_sin[row, column] * sin) * distance


@device
def draw_shadows(scene, frames, view, world, own, pixel, shaded):
    """Darkens the ground in the shadows of road users, each pixel once."""
    optics, mount = scene.optics, scene.mount
    for k in range(shaded.shape[0]):
        shaded[k] = np.uint8(0)
    for slot in range(scene.actors.kind.shape[1]):
        if scene.actors.kind[world, slot] == 0 or slot == own:
            continue
        shadow = cast_shadow(view, mount, scene.parts, scene.actors, world, slot)
        if not shadow[0]:
            continue
        for k in range(shaded.shape[0]):
            at = u64(k)
            if optics.sample_count[at] > 0 and shaded[at] == 0:
                enter, leave = shadow_span(shadow, optics.ray[at, 0], optics.ray[at, 1])
                if enter <= optics.depth[at] < leave:
                    shaded[at] = np.uint8(1)
                    darken(frames.rgb, pixel + k, view.light.shadow, optics.haze[at], view.haze)


@routine
def draw_things(scene, frames, view, things, count, pixel, depth_shift):
    """Draws the first `count` of `things`, every part of each."""
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
            eye_l = -(solid.forward * solid.axis_forward + solid.right * solid.axis_right)
            eye_w = -(solid.forward * solid.axis_right - solid.right * solid.axis_forward)
            half_l = _ZERO if is_billboard else solid.half_length
            half_z = _HALF * (solid.z1 - solid.z0)
            radius = f32(math.sqrt(half_l * half_l + solid.half_width * solid.half_width + half_z * half_z))
            middle = _HALF * (solid.z0 + solid.z1) - view.height
            for block in range(optics.block_cos.shape[0] * optics.block_cos.shape[1]):
                down, across = block // optics.block_cos.shape[1], block % optics.block_cos.shape[1]
                if not is_block_reached(optics, down, across, solid.forward, solid.right, middle, radius):
                    continue
                for v in range(down * _BLOCK, min((down + 1) * _BLOCK, mount.height_px)):
                    for u in range(across * _BLOCK, min((across + 1) * _BLOCK, mount.width)):
                        ray = u64(v * mount.width + u)
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
    shaded, runs = scratch.shaded[row], scratch.runs[row]
    pixels = scene.mount.width * scene.mount.height_px
    world, own = place_of_view(scene, index)
    view = view_of(scene, world, own)
    pixel = index * pixels
    depth_shift = np.int64(0) if frames.has_depth else row * pixels - pixel
    draw_background(scene, frames, view, world, own, pixel, depth_shift)
    if frames.has_rgb:
        draw_shadows(scene, frames, view, world, own, pixel, shaded)
    map_index = map_slot(scene, world)
    origin_x, origin_y = scene.origin[map_index, 0], scene.origin[map_index, 1]
    run_count = list_cells(view, scene.mount, scene.standing, map_index, origin_x, origin_y, runs)
    count = collect_actors(view, scene.mount, scene.parts, scene.actors, world, own, blink_is_on(scene, world), things)
    for run in range(run_count):
        for thing in range(runs[u64(run), 0], runs[u64(run), 1]):
            count = collect_standing(view, scene.mount, scene.standing, thing, things, count)
    draw_things(scene, frames, view, things, count, pixel, depth_shift)


@kernel
def render_rays(views, first, last, scene, frames, scratch):
    """`draw_rays` for `views[first:last]`; they come fastest in the order of their maps."""
    for at in range(first, last):
        draw_rays(scene, frames, scratch, first, views[at])
