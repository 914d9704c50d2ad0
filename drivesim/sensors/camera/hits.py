"""Where one ray meets one part."""

import math

import numpy as np

from drivesim.kernels.device import device
from drivesim.sensors.camera.paint import CLEAR
from drivesim.sensors.camera.parts import PartColumn
from drivesim.sensors.camera.shading import code_at, face_light, mip_level, round_light, texels_per_metre
from drivesim.sensors.camera.solids import NEAR_M

_FACE_REAR, _FACE_FRONT = int(PartColumn.FACE_REAR), int(PartColumn.FACE_FRONT)
_FACE_SIDE, _FACE_TOP = int(PartColumn.FACE_SIDE), int(PartColumn.FACE_TOP)
_FAR = np.float32(1e9)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
_MISS = np.uint8(CLEAR)
_DARK = np.int64(0)
f32 = np.float32
u64 = np.uint64


@device
def clip(by, room, enter, leave, face, number):
    """Clips the ray's inside interval by one plane: position . normal grows by `by` per unit and may grow by `room`."""
    if by < _ZERO:
        depth = room / by
        if depth > enter:
            return depth, leave, np.int64(number)
    elif by > _ZERO:
        return enter, min(leave, room / by), face
    elif room < _ZERO:
        return enter, -_FAR, face
    return enter, leave, face


@device
def hit_tapered(parts, atlas, view, solid, part, eye_l, eye_w, by_l, by_w, by_up, focal):
    """First point of a ray on a box whose faces may lean inwards.

    Args:
        parts: `Parts`.
        atlas: `Atlas`.
        view: `View`, for the sun and the height of the eye.
        solid: The box.
        part: Its row of `parts`.
        eye_l: The eye in the box's frame, along its heading [m].
        eye_w: The eye in the box's frame, to its left [m].
        by_l: The ray's direction per unit of depth.
        by_w: The same to the left.
        by_up: The same upwards.
        focal: Focal length, for the level of the texture [px].

    Returns:
        Depth [m], paint code and light (0 to 256); code 0 for a miss.
    """
    high = view.height - solid.z0
    half_l, half_w = solid.half_length, solid.half_width
    rear, front, side = solid.shrink_rear, solid.shrink_front, solid.shrink_side
    enter, leave, face = -_FAR, _FAR, np.int64(-1)
    enter, leave, face = clip(-by_l + rear * by_up, half_l + eye_l - rear * high, enter, leave, face, 0)
    enter, leave, face = clip(by_l + front * by_up, half_l - eye_l - front * high, enter, leave, face, 1)
    enter, leave, face = clip(-by_w + side * by_up, half_w + eye_w - side * high, enter, leave, face, 2)
    enter, leave, face = clip(by_w + side * by_up, half_w - eye_w - side * high, enter, leave, face, 3)
    enter, leave, face = clip(by_up, solid.z1 - view.height, enter, leave, face, 4)
    enter, leave, face = clip(-by_up, high, enter, leave, face, 5)
    if not (NEAR_M < enter < leave):
        return _FAR, _MISS, _DARK
    at_l, at_w, up = eye_l + enter * by_l, eye_w + enter * by_w, high + enter * by_up
    sun_l = view.sun_forward * solid.axis_forward + view.sun_right * solid.axis_right
    sun_w = view.sun_forward * solid.axis_right - view.sun_right * solid.axis_forward
    wide = half_w - side * up
    if face >= 4:
        texture = np.int64(parts.row[part, _FACE_TOP])
        long = half_l
        across, rise = half_l + at_l, (half_w + at_w) / (half_w + half_w)
        lean, towards = _ZERO, _ZERO
        light = face_light(view.light, view.sun_up if face == 4 else -view.sun_up)
    elif face >= 2:
        texture = np.int64(parts.row[part, _FACE_SIDE])
        low, far = -half_l + rear * up, half_l - front * up
        long = _HALF * (far - low)
        across, rise = at_l - low, up / (solid.z1 - solid.z0)
        lean, towards = side, -sun_w if face == 2 else sun_w
    else:
        texture = np.int64(parts.row[part, _FACE_REAR if face == 0 else _FACE_FRONT])
        long = wide
        across, rise = wide - at_w, up / (solid.z1 - solid.z0)
        lean, towards = rear if face == 0 else front, -sun_l if face == 0 else sun_l
    if face < 4:
        light = face_light(view.light, (towards + lean * view.sun_up) / f32(math.sqrt(_ONE + lean * lean)))
        if solid.tile_z > _ZERO:
            rise = up * solid.tile_z
    long = max(long, f32(1e-3))
    scale = solid.tile if solid.tile > _ZERO else _HALF / long
    level = atlas.level[u64(texture), u64(mip_level(enter / focal * texels_per_metre(atlas, texture, scale)))]
    code = code_at(atlas, level, max(across * scale, _ZERO), max(rise, _ZERO))
    return enter, code, light


@device
def hit_billboard(parts, atlas, view, solid, part, by_forward, by_right, by_up, focal):
    """Where a ray meets a billboard: in the upright plane through its axis that faces the ray.

    Args:
        parts: `Parts`.
        atlas: `Atlas`.
        view: `View`, for the sun and the height of the eye.
        solid: The billboard; `half_width` is half its width.
        part: Its row of `parts`.
        by_forward: The ray's direction per unit of depth.
        by_right: The same to the right.
        by_up: The same upwards.
        focal: Focal length, for the level of the texture [px].

    Returns:
        Depth [m], paint code and light (0 to 256); code 0 for a miss.
    """
    norm_2 = by_forward * by_forward + by_right * by_right
    if norm_2 < f32(1e-9):
        return _FAR, _MISS, _DARK
    depth = (solid.forward * by_forward + solid.right * by_right) / norm_2
    norm = _ONE / f32(math.sqrt(norm_2))
    aside = (by_right * solid.forward - by_forward * solid.right) * norm / solid.half_width
    up = view.height + depth * by_up - solid.z0
    tall = solid.z1 - solid.z0
    if not (-_ONE < aside < _ONE and depth > NEAR_M and _ZERO < up <= tall):
        return _FAR, _MISS, _DARK
    along_sun = (view.sun_forward * by_forward + view.sun_right * by_right) * norm
    across_sun = (view.sun_right * by_forward - view.sun_forward * by_right) * norm
    light = round_light(view.light, aside * across_sun - f32(math.sqrt(_ONE - aside * aside)) * along_sun)
    texture = np.int64(parts.row[part, _FACE_REAR])
    texels = texels_per_metre(atlas, texture, _HALF / solid.half_width)
    level = atlas.level[u64(texture), u64(mip_level(depth / focal * texels))]
    code = code_at(atlas, level, _HALF + _HALF * aside, up / tall)
    return depth, code, light
