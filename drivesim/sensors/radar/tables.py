"""What kernels of a radar are given: the device as numbers, how things reflect, and arrays to work in.

Radar cross sections are usual means at 77 GHz: people -4 dBsm, bicycles about 0, cars 10 from the ends and 20 from the
side, trucks 20 and 30, guard rails 5 a metre square on. 3GPP TR 22.837 states ranges of radars for 10 dBsm.
"""

import math
import zlib
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors.radar import RCS_AT_RANGE_DBSM, SNR_AT_RANGE_DB, RadarConfig
from drivesim.config.simulation import VEHICLE_MODELS
from drivesim.maps.network import SceneryKind
from drivesim.semantics import Semantic
from drivesim.state.kinds import RoadUserKind

SCENERY_ROOM = 512
"""Pieces of scenery in a radar's field of view; more are left out."""
POINTS_PER_BODY = 20
POINTS_OF_SCENERY = 512
CHANCE_ROOM = 320
"""Detections out of clutter, false alarms and interference; more are left out."""
RARELY = 100.0
"""A point that would be found less often than once in so many frames is left out."""
OPAQUE_DB = 60.0
"""Loss behind what nothing passes through [dB]."""
BIN_COUNT = 256
f32 = np.float32


class Thing(IntEnum):
    """Columns of what may reflect, hide or mirror; frame of the radar, x ahead, y left."""

    X = 0
    Y = 1
    COS = 2
    SIN = 3
    HALF_LENGTH = 4
    HALF_WIDTH = 5
    TOP = 6
    END_DBSM = 7
    SIDE_DBSM = 8
    LOSS_DB = 9
    """Two-way loss behind it; 0: it hides nothing."""
    SPACING = 10
    """Distance of reflecting points along it [m]; 0: it is one point, negative: it is a box."""


class Point(IntEnum):
    """Columns of a scatter point; the first six are those of a detection."""

    RANGE = 0
    AZIMUTH = 1
    VELOCITY = 2
    GROUND_VELOCITY = 3
    """The same without the radar's own motion."""
    RCS = 4
    SNR = 5
    CHANCE = 6
    """A mirror image that is there if `Defect.GHOSTS` is greater; negative: no mirror image."""


class Cell(IntEnum):
    """Columns of a resolution cell: what it was opened by, and sums weighted with power."""

    RANGE = 0
    AZIMUTH = 1
    VELOCITY = 2
    POWER = 3
    RANGE_SUM = 4
    AZIMUTH_SUM = 5
    VELOCITY_SUM = 6
    STRONGEST = 7


class Defect(IntEnum):
    """Columns of what is wrong with a radar."""

    GHOSTS = 0
    """Probability of a mirror image."""
    NOISE_DB = 1
    RANDOM = 2
    """Random detections per frame, on average."""
    LOSS_DB = 3
    SHUT_FROM = 4
    """Sector through which nothing passes [rad]; empty where the second is not greater."""
    SHUT_TO = 5


class Device(NamedTuple):
    """A `RadarConfig` as float32 numbers; angles in radians, SI, decibels."""

    ahead: np.float32
    left: np.float32
    height: np.float32
    yaw: np.float32
    range: np.float32
    half_fov: np.float32
    fov_cos: np.float32
    fov_sin: np.float32
    edge_loss: np.float32
    snr_at_range: np.float32
    """SNR at `range` of 0 dBsm [dB]."""
    snr_min: np.float32
    """SNR of points that are found once in `RARELY` frames [dB]; weaker ones are left out."""
    range_cell: np.float32
    azimuth_cell: np.float32
    velocity_cell: np.float32
    range_sigma: np.float32
    azimuth_sigma: np.float32
    velocity_sigma: np.float32
    velocity_max: np.float32
    threshold: np.float32
    """Power over the mean noise above which there is a detection: -ln of the probability of a false alarm."""
    clutter_mean: np.float32
    clutter_range: np.float32
    """Range at which mean clutter has the SNR of 10 dBsm at `range` [m]."""
    false_alarm_mean: np.float32
    ghost_share_max: np.float32
    """Greatest share of road users that can have a mirror image, faults included."""
    ghost_loss: np.float32


class RadarArrays(NamedTuple):
    """A radar for kernels. Scratch rows belong to ranges of views, the others to views."""

    device: Device
    vehicle_model: np.int32
    """Index in `VEHICLE_MODELS`."""
    name: np.uint64
    kinds: np.ndarray
    """RCS at the ends and sides [dBsm] and loss behind [dB] of road users, float32, shape (kind, 3)."""
    scenery: np.ndarray
    """The same and `Thing.SPACING` by `SceneryKind`, float32, shape (kind, 4)."""
    things: np.ndarray
    """`Thing` columns, float32, shape (view, thing, 11); scratch."""
    thing_id: np.ndarray
    """Slots, or numbers of scenery within its map from `SCENERY_ID` on, int64, shape (view, thing); scratch."""
    blockers: np.ndarray
    """Things that hide others, int32, shape (view, thing); scratch."""
    spans: np.ndarray
    """Least and greatest y / x and least x of each of these, float32, shape (view, thing, 3); scratch."""
    points: np.ndarray
    """`Point` columns, float32, shape (view, point, 7)."""
    point_id: np.ndarray
    """Numbers that random draws depend on, int64, shape (view, point)."""
    order: np.ndarray
    """Points by range, int32, shape (view, point)."""
    count: np.ndarray
    """Number of points, int32, shape (view,)."""
    own: np.ndarray
    """Velocity of the radar over the ground along its own axes [m/s], float32, shape (view, 2)."""
    attenuation: np.ndarray
    """Two-way, by rain [dB/m], float32, shape (view,)."""
    defects: np.ndarray
    """`Defect` columns, float32, shape (view, 6)."""
    bins: np.ndarray
    """int32, shape (view, BIN_COUNT + 1); scratch."""
    cells: np.ndarray
    """`Cell` columns, float32, shape (view, point, 8); scratch."""
    cell_id: np.ndarray
    """Number of each cell's strongest point, int64, shape (view, point); scratch."""
    found: np.ndarray
    """Detections before they are ordered, `Point` columns, float32, shape (view, point + CHANCE_ROOM, 7); scratch."""
    found_order: np.ndarray
    """int32, shape (view, point + CHANCE_ROOM); scratch."""
    detections: np.ndarray
    """The sensor's frames, float32, shape (view, detection, 6)."""
    valid: np.ndarray
    """uint8, shape (view, detection)."""


CLUTTER_DBSM, CLUTTER_SPREAD_DB = -10.0, 5.0
"""RCS of a patch of ground or a plant: mean and standard deviation."""

_PERSON_LOSS_DB = 6.0
_ROAD_USERS = {
    Semantic.PEDESTRIAN: (-4.0, -4.0),
    Semantic.RIDER: (-2.0, 2.0),
    Semantic.BICYCLE: (-2.0, 2.0),
    Semantic.MOTORCYCLE: (5.0, 8.0),
    Semantic.CAR: (10.0, 20.0),
    Semantic.TRUCK: (20.0, 30.0),
    Semantic.BUS: (20.0, 30.0),
    Semantic.TRAIN: (25.0, 35.0),
}
"""RCS from an end and from a side [dBsm]."""
_OTHER_DBSM = (0.0, 5.0)
_SLIM = (Semantic.PEDESTRIAN, Semantic.RIDER, Semantic.BICYCLE, Semantic.MOTORCYCLE)
"""Much of the signal passes beside these."""
_BOX = -1.0
_SCENERY = {
    SceneryKind.TREE: (0.0, 0.0, 0.0, 0.0),
    SceneryKind.CONIFER: (-2.0, -2.0, 0.0, 0.0),
    SceneryKind.BUSH: (-8.0, -8.0, 0.0, 0.0),
    SceneryKind.BUILDING: (15.0, 15.0, OPAQUE_DB, _BOX),
    SceneryKind.POST: (-5.0, -5.0, 0.0, 0.0),
    SceneryKind.LAMP: (3.0, 3.0, 0.0, 0.0),
    SceneryKind.GUARD_RAIL: (-6.0, 5.0, 0.0, 4.0),
    SceneryKind.SIGN: (10.0, -5.0, 0.0, 0.0),
    SceneryKind.BARRIER: (-8.0, 8.0, OPAQUE_DB, 4.0),
    SceneryKind.WALL: (-6.0, 10.0, OPAQUE_DB, 4.0),
    SceneryKind.TRAFFIC_LIGHT: (2.0, 0.0, 0.0, 0.0),
    SceneryKind.WALK_LIGHT: (-2.0, -4.0, 0.0, 0.0),
    SceneryKind.ROAD_SIGN: (8.0, -5.0, 0.0, 0.0),
    SceneryKind.MAST_ARM: (-5.0, 5.0, 0.0, 0.0),
    SceneryKind.BIN: (0.0, 0.0, 0.0, 0.0),
    SceneryKind.BOLLARD: (-8.0, -8.0, 0.0, 0.0),
    SceneryKind.HYDRANT: (-4.0, -4.0, 0.0, 0.0),
    SceneryKind.BENCH: (-4.0, 2.0, 0.0, 0.0),
    SceneryKind.BUS_SHELTER: (4.0, 8.0, 0.0, 0.0),
    SceneryKind.HEDGE: (-8.0, -2.0, 0.0, 4.0),
}
"""RCS seen along its heading and across it [dBsm], loss behind it [dB], `Thing.SPACING` [m]. Of long things that is the
RCS of a post or joint, and of a metre square on; through a guard rail the signal passes, above and below the beam."""


def device_of(config: RadarConfig, ghost_share_max: float) -> Device:
    """The numbers of a config."""
    device = config.device
    snr_at_range = SNR_AT_RANGE_DB - RCS_AT_RANGE_DBSM
    half_fov = math.radians(0.5 * device.fov_deg)
    clutter_db = RCS_AT_RANGE_DBSM - CLUTTER_DBSM
    threshold = -math.log(config.false_alarm_probability)
    values: dict[str, float] = {
        "ahead": config.x_m,
        "left": config.y_m,
        "height": config.z_m,
        "yaw": math.radians(config.yaw_deg),
        "range": device.range_m,
        "half_fov": half_fov,
        "fov_cos": math.cos(half_fov),
        "fov_sin": math.sin(half_fov),
        "edge_loss": device.edge_loss_db,
        "snr_at_range": snr_at_range,
        "snr_min": 10.0 * math.log10(max(threshold / math.log(RARELY) - 1.0, 0.1)),
        "range_cell": device.range_resolution_m,
        "azimuth_cell": math.radians(device.azimuth_resolution_deg),
        "velocity_cell": device.velocity_resolution_mps,
        "range_sigma": device.range_accuracy_m,
        "azimuth_sigma": math.radians(device.azimuth_accuracy_deg),
        "velocity_sigma": device.velocity_accuracy_mps,
        "velocity_max": device.velocity_max_mps,
        "threshold": threshold,
        "clutter_mean": config.clutter_mean,
        "clutter_range": device.range_m * 10.0 ** (-clutter_db / 40.0),
        "false_alarm_mean": config.false_alarm_mean,
        "ghost_share_max": max(config.ghost_share, ghost_share_max),
        "ghost_loss": config.ghost_loss_db,
    }
    return Device(**{name: np.float32(value) for name, value in values.items()})


def radar_for(
    config: RadarConfig,
    *,
    views: int,
    slots: int,
    kinds: tuple[RoadUserKind, ...],
    vehicle_model: str,
    ghost_share_max: float,
    frames: dict[str, np.ndarray],
) -> RadarArrays:
    """A radar with room for so many views and road users.

    Args:
        config: Its config.
        views: Cars that carry it.
        slots: Road users per world.
        kinds: Kinds of road user, in the order of their numbers.
        vehicle_model: One of `VEHICLE_MODELS`.
        ghost_share_max: Greatest probability of a mirror image among its faults.
        frames: The sensor's frames by channel name, which kernels write.
    """
    things = slots + SCENERY_ROOM
    points = slots * (POINTS_PER_BODY + 1) + POINTS_OF_SCENERY
    scenery = np.zeros((1 + max(SceneryKind), 4), np.float32)
    for kind, row in _SCENERY.items():
        scenery[kind] = row
    return RadarArrays(
        device=device_of(config, ghost_share_max),
        vehicle_model=np.int32(VEHICLE_MODELS.index(vehicle_model)),
        name=np.uint64(zlib.crc32(config.name.encode())),
        kinds=_kind_rows(kinds, config.beneath_loss_db),
        scenery=scenery,
        things=np.zeros((views, things, len(Thing)), np.float32),
        thing_id=np.zeros((views, things), np.int64),
        blockers=np.zeros((views, things), np.int32),
        spans=np.zeros((views, things, 3), np.float32),
        points=np.zeros((views, points, len(Point)), np.float32),
        point_id=np.zeros((views, points), np.int64),
        order=np.zeros((views, points), np.int32),
        count=np.zeros(views, np.int32),
        own=np.zeros((views, 2), np.float32),
        attenuation=np.zeros(views, np.float32),
        defects=np.zeros((views, len(Defect)), np.float32),
        bins=np.zeros((views, BIN_COUNT + 1), np.int32),
        cells=np.zeros((views, points, len(Cell)), np.float32),
        cell_id=np.zeros((views, points), np.int64),
        found=np.zeros((views, points + CHANCE_ROOM, len(Point)), np.float32),
        found_order=np.zeros((views, points + CHANCE_ROOM), np.int32),
        detections=frames["detections"],
        valid=frames["valid"],
    )


def _kind_rows(kinds: tuple[RoadUserKind, ...], beneath_loss_db: float) -> np.ndarray:
    rows = np.zeros((1 + len(kinds), 3), np.float32)
    for number, kind in enumerate(kinds, start=1):
        loss = min(_PERSON_LOSS_DB, beneath_loss_db) if kind.semantic in _SLIM else beneath_loss_db
        rows[number] = (*(kind.rcs_dbsm or _ROAD_USERS.get(kind.semantic, _OTHER_DBSM)), loss)
    return rows
