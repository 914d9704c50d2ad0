"""Upright things in a level picture: spans of rows, column by column.

In the vertical plane of a column a box is a rectangle: its side is a span of rows at one depth, its top (or its
bottom) a span of rows whose depth follows from the row alone. A billboard is a span at one depth. Tapered boxes are
hit pixel by pixel inside the rectangle around them.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.sensors.camera.atlas import HEIGHT_SHIFT, WIDTH_SHIFT
from drivesim.sensors.camera.hits import hit_tapered
from drivesim.sensors.camera.paint import CLEAR
from drivesim.sensors.camera.parts import PartColumn, Shape
from drivesim.sensors.camera.pixels import fetch_frames, haze_at, put_pixel
from drivesim.sensors.camera.rounding import ceil_int, floor_int
from drivesim.sensors.camera.shading import code_at, face_light, mip_level, round_light, texel_on, texels_per_metre
from drivesim.sensors.camera.solids import NEAR_M, place_part

_CLEAR = np.uint8(CLEAR)
_WIDTH, _HEIGHT, _BYTE = np.int64(WIDTH_SHIFT), np.int64(HEIGHT_SHIFT), np.int64(255)
_FIRST = np.int64((1 << WIDTH_SHIFT) - 1)
_BILLBOARD, _TAPERED = np.float32(Shape.BILLBOARD), np.float32(Shape.TAPERED)
_SHAPE, _SEMANTIC = int(PartColumn.SHAPE), int(PartColumn.SEMANTIC)
_FACE_REAR, _FACE_FRONT = int(PartColumn.FACE_REAR), int(PartColumn.FACE_FRONT)
_FACE_SIDE, _FACE_TOP = int(PartColumn.FACE_SIDE), int(PartColumn.FACE_TOP)
_HALF, _ZERO, _ONE, _FAR = np.float32(0.5), np.float32(0.0), np.float32(1.0), np.float32(1e9)
_INVERSE_NEAR = np.float32(1.0) / NEAR_M
f32 = np.float32
u64 = np.uint64


@device
def first_row_at(scene, drop):
    """First row whose centre lies at or below `drop` (down / forward), clipped to the picture."""
    row = ceil_int(min(max(drop * scene.mount.focal + scene.mount.centre_y - _HALF, f32(-1.0)), f32(1e5)))
    return min(max(row, np.int64(0)), scene.mount.height_px)


@device
def slopes_beyond_near(solid, along_f, along_r, across_f, across_r):
    """Range of slopes (right / forward) of the part of a box's outline that lies beyond the near plane."""
    low, high = _FAR, -_FAR
    last_f, last_r = solid.forward + along_f - across_f, solid.right + along_r - across_r
    for corner in range(4):
        sign_l = _ONE if corner == 0 or corner == 3 else -_ONE
        sign_w = _ONE if corner < 2 else -_ONE
        at_f = solid.forward + sign_l * along_f + sign_w * across_f
        at_r = solid.right + sign_l * along_r + sign_w * across_r
        if (at_f >= NEAR_M) != (last_f >= NEAR_M):
            slope = (last_r + (at_r - last_r) * (NEAR_M - last_f) / (at_f - last_f)) * _INVERSE_NEAR
            low, high = min(low, slope), max(high, slope)
        if at_f >= NEAR_M:
            slope = at_r / at_f
            low, high = min(low, slope), max(high, slope)
        last_f, last_r = at_f, at_r
    return low, high


@device
def box_columns(scene, view, solid):
    """Columns that a box may cover: first, last + 1; equal if it lies between two rows or two columns."""
    along_f, along_r = solid.half_length * solid.axis_forward, solid.half_length * solid.axis_right
    across_f, across_r = solid.half_width * solid.axis_right, -solid.half_width * solid.axis_forward
    nearest = solid.forward - abs(along_f) - abs(across_f)
    if nearest > NEAR_M:
        a_f, a_r = solid.forward + along_f, solid.right + along_r
        b_f, b_r = solid.forward - along_f, solid.right - along_r
        inverse_1, inverse_2 = _ONE / (a_f + across_f), _ONE / (a_f - across_f)
        inverse_3, inverse_4 = _ONE / (b_f + across_f), _ONE / (b_f - across_f)
        slope_1, slope_2 = (a_r + across_r) * inverse_1, (a_r - across_r) * inverse_2
        slope_3, slope_4 = (b_r + across_r) * inverse_3, (b_r - across_r) * inverse_4
        low = min(min(slope_1, slope_2), min(slope_3, slope_4))
        high = max(max(slope_1, slope_2), max(slope_3, slope_4))
        near = max(max(inverse_1, inverse_2), max(inverse_3, inverse_4))
        far = min(min(inverse_1, inverse_2), min(inverse_3, inverse_4))
    else:
        low, high = slopes_beyond_near(solid, along_f, along_r, across_f, across_r)
        near, far = _INVERSE_NEAR, _ONE / max(solid.forward + solid.forward - nearest, NEAR_M)
    above, below = view.height - solid.z1, view.height - solid.z0
    if first_row_at(scene, min(above * near, above * far)) >= first_row_at(scene, max(below * near, below * far)):
        return np.int64(0), np.int64(0)
    return columns_between(scene, low, high)


@device
def columns_between(scene, low, high):
    """Columns whose rays have a slope (right / forward) between two: first, last + 1."""
    focal, centre = scene.mount.focal, scene.mount.centre_x - _HALF
    far = f32(1e6)
    first = ceil_int(min(max(low * focal + centre, f32(-1.0)), far))
    last = floor_int(min(max(high * focal + centre, f32(-1.0)), far)) + 1
    return max(first, np.int64(0)), min(last, scene.mount.width)


@device
def inverse_rooms(eye, half):
    """Inverse distances from the eye to the near and far face of a slab [-half, half], along its axis.

    The near one is 0 when the eye is inside the slab: then no face is entered and either may be left by.
    """
    if eye < -half:
        return _ONE / (-half - eye), _ONE / (half - eye)
    if eye > half:
        return _ONE / (half - eye), _ONE / (-half - eye)
    return _ZERO, _ZERO


@device
def clip_slab(by, eye, half, near, far, enter, leave):
    """Clips a ray's inside interval, given by inverse depths, by a slab; says whether the slab is entered last.

    Inverse depth is linear in the ray's direction, so no column needs a division for it.
    """
    if near != _ZERO:
        at = by * near
        if at <= _ZERO:
            return _ZERO, _FAR, False
        return min(enter, at), max(leave, by * far), at < enter
    room = half - eye if by > _ZERO else -half - eye
    return enter, max(leave, by / room if room != _ZERO else _FAR), False


@device
def draw_box(scene, frames, view, solid, part, row, semantic, instance, pixel, depth_shift):
    """Covers the columns of a box."""
    optics, mount, atlas = scene.optics, scene.mount, scene.atlas
    width = mount.width
    first_column, last_column = box_columns(scene, view, solid)
    if first_column >= last_column:
        return
    axis_f, axis_r = solid.axis_forward, solid.axis_right
    eye_l = -(solid.forward * axis_f + solid.right * axis_r)
    eye_w = -(solid.forward * axis_r - solid.right * axis_f)
    half_l, half_w = solid.half_length, solid.half_width
    near_l, far_l = inverse_rooms(eye_l, half_l)
    near_w, far_w = inverse_rooms(eye_w, half_w)
    above, below = view.height - solid.z1, view.height - solid.z0
    tile_l = solid.tile if solid.tile > _ZERO else _HALF / half_l
    tile_w = solid.tile if solid.tile > _ZERO else _HALF / half_w
    tile_z = solid.tile_z if solid.tile_z > _ZERO else _ONE / (solid.z1 - solid.z0)
    # Which end and which side can be seen depends on where the eye is, not on the column.
    sun_l = view.sun_forward * axis_f + view.sun_right * axis_r
    sun_w = view.sun_forward * axis_r - view.sun_right * axis_f
    from_rear = eye_l < _ZERO
    end_face = u64(np.int64(scene.parts.row[part, _FACE_REAR if from_rear else _FACE_FRONT]))
    side_face = u64(np.int64(scene.parts.row[part, _FACE_SIDE]))
    end_light = face_light(view.light, -sun_l if from_rear else sun_l)
    side_light = face_light(view.light, -sun_w if eye_w < _ZERO else sun_w)
    end_texels = texels_per_metre(atlas, end_face, tile_w) / mount.focal
    side_texels = texels_per_metre(atlas, side_face, tile_l) / mount.focal
    for column in range(first_column, last_column):
        slope = optics.slope[u64(column)]
        by_l, by_w = axis_f + axis_r * slope, axis_r - axis_f * slope
        enter, leave, _ = clip_slab(by_l, eye_l, half_l, near_l, far_l, _INVERSE_NEAR, _ZERO)
        enter, leave, by_side = clip_slab(by_w, eye_w, half_w, near_w, far_w, enter, leave)
        # Inverse depths: what is entered later is smaller.
        if not leave < enter:
            continue
        first, last = first_row_at(scene, above * enter), first_row_at(scene, below * enter)
        if first < last and enter < _INVERSE_NEAR:
            depth = _ONE / enter
            if by_side:
                level = atlas.level[side_face, u64(mip_level(depth * side_texels))]
                across, light = (half_l + (eye_l + depth * by_l)) * tile_l, side_light
            else:
                level = atlas.level[end_face, u64(mip_level(depth * end_texels))]
                across, light = (half_w - (eye_w + depth * by_w)) * tile_w, end_light
            log2_width, log2_height = level >> _WIDTH & _BYTE, level >> _HEIGHT
            texel = (level & _FIRST) + texel_on(max(across, _ZERO), log2_width)
            haze_share = haze_at(scene, depth)
            for v in range(first, last):
                place = pixel + v * width + column
                if depth < frames.depth[u64(place + depth_shift)]:
                    up = max((below - optics.drop[u64(v)] * depth) * tile_z, _ZERO)
                    code = atlas.texel[u64(texel + (texel_on(up, log2_height) << log2_width))]
                    if code != _CLEAR:
                        frames.depth[u64(place + depth_shift)] = depth
                        put_pixel(scene, frames, view, place, code, row, light, haze_share, semantic, instance)
        lid = _ZERO
        if above > _ZERO:
            lid, first, last = above, first_row_at(scene, above * leave), first
        elif below < _ZERO:
            lid, first, last = below, last, first_row_at(scene, below * leave)
        if lid != _ZERO and first < last:
            face = u64(np.int64(scene.parts.row[part, _FACE_TOP]))
            light = face_light(view.light, view.sun_up if lid > _ZERO else -view.sun_up)
            lid_texels = texels_per_metre(atlas, face, tile_l) / mount.focal
            for v in range(first, last):
                depth = lid * optics.inverse_drop[u64(v)]
                place = pixel + v * width + column
                if depth < frames.depth[u64(place + depth_shift)]:
                    level = atlas.level[face, u64(mip_level(depth * lid_texels))]
                    across = max((half_l + eye_l + depth * by_l) * tile_l, _ZERO)
                    up = max((half_w + eye_w + depth * by_w) * _HALF / half_w, _ZERO)
                    code = code_at(atlas, level, across, up)
                    if code != _CLEAR:
                        frames.depth[u64(place + depth_shift)] = depth
                        share = haze_at(scene, depth)
                        put_pixel(scene, frames, view, place, code, row, light, share, semantic, instance)


@device
def draw_billboard(scene, frames, view, solid, part, row, semantic, instance, pixel, depth_shift):
    """Covers the columns of a billboard, lit as if it were round."""
    optics, mount, atlas = scene.optics, scene.mount, scene.atlas
    width = mount.width
    forward, right, radius = solid.forward, solid.right, solid.half_width
    beside = forward * forward - radius * radius
    if forward > radius:
        spread = radius * f32(math.sqrt(beside + right * right))
        middle = forward * right
        first_column, last_column = columns_between(scene, (middle - spread) / beside, (middle + spread) / beside)
    else:
        first_column, last_column = np.int64(0), width
    above, below = view.height - solid.z1, view.height - solid.z0
    inverse_radius = _ONE / radius
    tile_z = _ONE / (solid.z1 - solid.z0)
    face = u64(np.int64(scene.parts.row[part, _FACE_REAR]))
    texels = texels_per_metre(atlas, face, _HALF * inverse_radius) / mount.focal
    for column in range(first_column, last_column):
        slope, norm = optics.slope[u64(column)], optics.inverse_norm[u64(column)]
        aside = (slope * forward - right) * norm * inverse_radius
        depth = (forward + slope * right) * norm * norm
        if not (-_ONE < aside < _ONE and depth > NEAR_M):
            continue
        inverse_depth = _ONE / depth
        first, last = first_row_at(scene, above * inverse_depth), first_row_at(scene, below * inverse_depth)
        if first >= last:
            continue
        along_sun = (view.sun_forward + slope * view.sun_right) * norm
        across_sun = (view.sun_right - slope * view.sun_forward) * norm
        light = round_light(view.light, aside * across_sun - f32(math.sqrt(_ONE - aside * aside)) * along_sun)
        level = atlas.level[face, u64(mip_level(depth * texels))]
        log2_width, log2_height = level >> _WIDTH & _BYTE, level >> _HEIGHT
        texel = (level & _FIRST) + texel_on(_HALF + _HALF * aside, log2_width)
        haze_share = haze_at(scene, depth)
        for v in range(first, last):
            place = pixel + v * width + column
            if depth < frames.depth[u64(place + depth_shift)]:
                up = max((below - optics.drop[u64(v)] * depth) * tile_z, _ZERO)
                code = atlas.texel[u64(texel + (texel_on(up, log2_height) << log2_width))]
                if code != _CLEAR:
                    frames.depth[u64(place + depth_shift)] = depth
                    put_pixel(scene, frames, view, place, code, row, light, haze_share, semantic, instance)


@device
def draw_tapered(scene, frames, view, solid, part, row, semantic, instance, pixel, depth_shift):
    """Covers the pixels of a tapered box."""
    optics, mount = scene.optics, scene.mount
    width = mount.width
    first_column, last_column = box_columns(scene, view, solid)
    if first_column >= last_column:
        return
    axis_f, axis_r = solid.axis_forward, solid.axis_right
    eye_l = -(solid.forward * axis_f + solid.right * axis_r)
    eye_w = -(solid.forward * axis_r - solid.right * axis_f)
    half_l, half_w = solid.half_length, solid.half_width
    above, below = view.height - solid.z1, view.height - solid.z0
    near_l, far_l = inverse_rooms(eye_l, half_l)
    near_w, far_w = inverse_rooms(eye_w, half_w)
    for column in range(first_column, last_column):
        slope = optics.slope[u64(column)]
        by_l, by_w = axis_f + axis_r * slope, axis_r - axis_f * slope
        enter, leave, _ = clip_slab(by_l, eye_l, half_l, near_l, far_l, _INVERSE_NEAR, _ZERO)
        enter, leave, _ = clip_slab(by_w, eye_w, half_w, near_w, far_w, enter, leave)
        if not leave < enter:
            continue
        first = first_row_at(scene, min(above * enter, above * leave))
        last = first_row_at(scene, max(below * enter, below * leave))
        nearest = _ONE / enter
        for v in range(first, last):
            place = pixel + v * width + column
            if nearest < frames.depth[u64(place + depth_shift)]:
                depth, code, light = hit_tapered(
                    scene.parts, scene.atlas, view, solid, part, eye_l, eye_w, by_l, by_w, -optics.drop[u64(v)],
                    mount.focal,
                )  # fmt: skip
                if code != _CLEAR and depth < frames.depth[u64(place + depth_shift)]:
                    frames.depth[u64(place + depth_shift)] = depth
                    share = haze_at(scene, depth)
                    put_pixel(scene, frames, view, place, code, row, light, share, semantic, instance)


@routine
def draw_things(scene, frames, view, things, count, pixel, depth_shift, next_pixel):
    """Draws the first `count` of `things`, every part of each.

    Meanwhile asks the memory for the picture from `next_pixel` on, which is drawn next; negative for none.
    """
    fetched = np.int64(0)
    for index in range(count):
        if next_pixel >= 0:
            fetched = fetch_frames(scene, frames, next_pixel, fetched, index + 1, count)
        model = np.int64(things.number[u64(index), 0])
        row = np.int64(things.number[u64(index), 1])
        instance = np.uint16(things.number[u64(index), 2])
        at = u64(index)
        nearest = things.place[at, 0] - things.place[at, 4] - things.place[at, 5]
        for part in range(scene.parts.first[u64(model)], scene.parts.first[u64(model + 1)]):
            at = u64(part)
            if nearest > scene.part_range[at]:
                continue
            shape = scene.parts.row[at, _SHAPE]
            semantic = np.uint8(scene.parts.row[at, _SEMANTIC])
            solid = place_part(scene.parts, part, things, index)
            if not solid.z1 > solid.z0:
                continue
            if shape == _BILLBOARD:
                draw_billboard(scene, frames, view, solid, at, row, semantic, instance, pixel, depth_shift)
            elif shape == _TAPERED:
                draw_tapered(scene, frames, view, solid, at, row, semantic, instance, pixel, depth_shift)
            else:
                draw_box(scene, frames, view, solid, at, row, semantic, instance, pixel, depth_shift)
