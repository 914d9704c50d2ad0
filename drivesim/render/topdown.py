"""One world from above: ground, route, cars with shadows and lights, plans."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from drivesim.maps.bank import MapBank
from drivesim.render.compose import FRACTION_BITS, fill, fixed, rings, stamp_sprite, stroke, tint
from drivesim.render.ground import GroundPainter
from drivesim.render.lights import LightPainter
from drivesim.render.markings import MarkingPainter
from drivesim.render.moment import Moment, moment_of
from drivesim.render.route import route_ahead
from drivesim.render.scenery import SceneryPainter, box_corners
from drivesim.render.vehicles import body_sprite, lamp_sprite
from drivesim.render.view import FollowCamera, View
from drivesim.sensors.camera.solids import BLINK_RATE_HZ
from drivesim.state import ActorKind, EndReason, Lamp, WorldState

ROUTE_COLOR = (72, 160, 255)
EXPERT_COLOR = (112, 236, 255)
NETWORK_COLOR = (255, 84, 190)
EGO_COLOR = (255, 150, 50)
ALERT_COLOR = (255, 60, 50)
TRAIL_COLOR = (255, 176, 96)
_SHADOW_COLOR = (8, 12, 22)
_SHADOW_OPACITY = 0.5
_ROUTE_WIDTH_M = 1.5
_RIBBON_PIECE = 3
_BODY_REACH_M, _SHADOW_REACH_M = 8.0, 20.0
"""How far bodies with the glow of their lamps, and shadows, reach from a road user's middle."""


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What is drawn besides ground and cars."""

    route: bool = True
    """The route ahead."""
    expert_plan: bool = True
    """The expert's way-points."""
    network_plan: bool = True
    """The driver's own way-points, where it explains them."""
    trail: bool = False
    """Where the car came from."""


class TopDownView:
    """Draws moments of the worlds that drive on one bank of maps.

    Args:
        bank: The maps.
    """

    def __init__(self, bank: MapBank) -> None:
        self.bank = bank
        self._painters: dict[int, MarkingPainter] = {}
        self._lights: dict[int, LightPainter] = {}
        self._lease = bank.lease(1)
        self._scenery = SceneryPainter(bank.arrays)
        self._ground = GroundPainter(bank.arrays, self._scenery, self._markings)

    def _markings(self, map_index: int) -> MarkingPainter:
        if map_index not in self._painters:
            self._painters[map_index] = MarkingPainter(self.bank.network(map_index), self.bank.arrays.ground)
        return self._painters[map_index]

    def _light_painter(self, map_index: int) -> LightPainter:
        if map_index not in self._lights:
            self._lights[map_index] = LightPainter(self.bank.network(map_index))
        return self._lights[map_index]

    @property
    def complete(self) -> bool:
        """The last frame's ground had all its detail."""
        return self._ground.complete

    def close(self) -> None:
        """Ends the thread that makes the ground."""
        self._ground.close()

    def draw(
        self,
        frame: np.ndarray,
        view: View,
        moment: Moment,
        *,
        layers: Layers = Layers(),
        network_plan: np.ndarray | None = None,
        trail: Sequence[tuple[float, float]] | np.ndarray = (),
        wait: bool = True,
    ) -> None:
        """Draws a moment.

        Args:
            frame: RGBA uint8, shape (H, W, 4), written, where the view reaches and a little beyond.
            view: From where; no larger than the frame, whose corner is its own.
            moment: What to draw.
            layers: What to draw besides ground and cars.
            network_plan: The driver's way-points, world frame [m], shape (way-point, 2).
            trail: Where the ego was, oldest first, world frame [m].
            wait: Draw all of the ground; otherwise coarse ground stands in for what was not seen before.
        """
        # A moment may be older than the world, which is on another map by now.
        self._lease.take(np.zeros(1, np.int64), np.array([moment.map]))
        self._ground.maps = self._scenery.maps = maps = self.bank.arrays
        self._ground.paint(frame, view, moment.map, wait=wait)
        if layers.trail and len(trail) > 1:
            stroke(frame, view.to_screen(np.asarray(trail)), 0.25 * view.zoom, TRAIL_COLOR, 0.55)
        if layers.route:
            reach = 1.2 * math.hypot(*view.size) / view.zoom
            draw_ribbon(frame, view, route_ahead(maps, moment, min(reach, 400.0)))
        self._light_painter(moment.map)(frame, view, moment.lights, flash=blink_is_lit(moment.time_s))
        painter = ActorPainter(frame, view, moment, maps.sun[maps.slot_of[moment.map]])
        painter.shadows()
        painter.others()
        if layers.expert_plan:
            draw_plan(frame, view, moment, moment.plan, EXPERT_COLOR, hollow=True)
        if layers.network_plan and network_plan is not None:
            draw_plan(frame, view, moment, network_plan, NETWORK_COLOR, hollow=False)
        painter.ego()


def draw_ribbon(frame: np.ndarray, view: View, points: np.ndarray) -> None:
    """Draws the route as a ribbon that fades with distance; `points` world frame [m], shape (point, 2)."""
    if len(points) < 2:
        return
    pixels = view.to_screen(points)
    width = max(_ROUTE_WIDTH_M * view.zoom, 3.0)
    low = np.maximum(np.floor(pixels.min(axis=0) - width), 0).astype(int)
    high = np.minimum(np.ceil(pixels.max(axis=0) + width), view.size).astype(int)
    if (high <= low).any():
        return
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    place = fixed(pixels - low)
    # Far parts first: where pieces meet, the nearer one's strength wins instead of both adding up.
    strength = np.interp(np.arange(len(points)) / len(points), (0.0, 0.35, 1.0), (150.0, 105.0, 0.0))
    thickness = max(1, round(width))
    first = _RIBBON_PIECE * ((len(points) - 2) // _RIBBON_PIECE)
    for start in range(first, -1, -_RIBBON_PIECE):
        piece = place[start : start + _RIBBON_PIECE + 1]
        cv2.polylines(mask, [piece], False, int(strength[start]), thickness, cv2.LINE_AA, FRACTION_BITS)
    tint(frame, int(low[0]), int(low[1]), mask, ROUTE_COLOR)


def draw_plan(
    frame: np.ndarray, view: View, moment: Moment, plan: np.ndarray, color: tuple[int, int, int], *, hollow: bool
) -> None:
    """Draws way-points, world frame [m], shape (way-point, 2): rings or discs on a thin line from the car."""
    actors = moment.actors
    points = view.to_screen(np.vstack([[(actors.x[0], actors.y[0])], plan]))
    if not np.isfinite(points).all():
        return
    size = float(np.clip(0.45 * view.zoom, 3.0, 7.0)) * (1.25 if hollow else 0.85)
    stroke(frame, points, 3.4, (12, 16, 24), 0.35)
    stroke(frame, points, 1.8, color, 0.75)
    dark = (12, 16, 24)
    if hollow:
        rings(frame, points[1:], size, dark, 0.45, width_px=4.0)
        rings(frame, points[1:], size, color, width_px=2.0)
    else:
        rings(frame, points[1:], size + 1.5, dark, 0.5)
        rings(frame, points[1:], size, color)


class ActorPainter:
    """Draws the road users of one moment, in the order its methods are listed.

    Args:
        frame: RGBA uint8, shape (H, W, 4), written.
        view: From where.
        moment: Who is where.
        sun: Unit vector towards the sun, shape (3,).
    """

    def __init__(self, frame: np.ndarray, view: View, moment: Moment, sun: np.ndarray) -> None:
        self._frame, self._view, self._moment = frame, view, moment
        actors = moment.actors
        ahead = actors.length / 2 - actors.rear
        self._x, self._y = actors.x + ahead * np.cos(actors.yaw), actors.y + ahead * np.sin(actors.yaw)
        half = np.array(view.size) / 2
        apart = np.abs(view.to_screen(np.column_stack([self._x, self._y])) - half) - half
        outside_m = np.where(actors.kind != ActorKind.NONE, np.max(apart, axis=1) / view.zoom, np.inf)
        self._shadow_slots = [int(slot) for slot in np.flatnonzero(outside_m < _SHADOW_REACH_M)]
        self._slots = [int(slot) for slot in np.flatnonzero(outside_m < _BODY_REACH_M)]
        self._shift = -sun[:2] / max(float(sun[2]), 0.15)
        self._failed = moment.end not in (EndReason.RUNNING, EndReason.SUCCESS, EndReason.TIMEOUT)

    def shadows(self) -> None:
        """Shadows on the ground, along the sun."""
        actors, view = self._moment.actors, self._view
        for slot in self._shadow_slots:
            # A body is rounder than its box, and its roof is smaller than its floor.
            foot = box_corners(*self._pose(slot), 0.96 * float(actors.length[slot]), 0.94 * float(actors.width[slot]))
            outline = shadow_outline(foot, 0.8 * float(actors.height[slot]) * self._shift)
            fill(self._frame, view.to_screen(outline), _SHADOW_COLOR, _SHADOW_OPACITY, blur_px=0.1 * view.zoom)

    def others(self) -> None:
        """Everybody but the ego."""
        for slot in self._slots:
            if slot > 0:
                self._body(slot)

    def ego(self) -> None:
        """The ego in its halo."""
        if 0 in self._slots:
            self._body(0)

    def _pose(self, slot: int) -> tuple[float, float, float]:
        return float(self._x[slot]), float(self._y[slot]), float(self._moment.actors.yaw[slot])

    def _body(self, slot: int) -> None:
        moment, view, pose = self._moment, self._view, self._pose(slot)
        actors = moment.actors
        kind, length, width = int(actors.kind[slot]), float(actors.length[slot]), float(actors.width[slot])
        hit = self._failed and slot in (0, moment.hit)
        if slot == 0 or hit:
            halo = view.to_screen(box_corners(*pose, length + 0.7, width + 0.7))
            fill(self._frame, halo, ALERT_COLOR if hit else EGO_COLOR, 0.75, blur_px=max(0.35 * view.zoom, 2.0))
        sprite = body_sprite(kind, int(actors.look[slot]), slot == 0)
        stamp_sprite(self._frame, sprite, view, *pose, length=length, width=width)
        lamps = int(actors.lamps[slot])
        if not blink_is_lit(moment.time_s):
            lamps &= ~(Lamp.LEFT | Lamp.RIGHT)
        if lamps:
            stamp_sprite(self._frame, lamp_sprite(kind, lamps), view, *pose, length=length, width=width)


def blink_is_lit(time_s: float) -> bool:
    """Whether indicators are in the bright half of a flash, as the cameras see them, `time_s` into an episode."""
    return int(time_s * 2.0 * BLINK_RATE_HZ + 0.01) % 2 == 0


def shadow_outline(corners: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Ground shadow of an upright box: the hull of its foot and of its roof moved by `shift`, shape (point, 2)."""
    points = np.vstack([corners, corners + shift]).astype(np.float32)
    return cv2.convexHull(points)[:, 0].astype(np.float64)


class SceneRenderer:
    """Pictures of any world of a batch, without a window; equal states give equal pictures.

    Args:
        bank: The maps the batch drives on.
        step_s: The batch's control step [s].
        size: Width and height of the picture [px].
        zoom: [px/m]; None chooses one that suits the size.
        car_up: The ego's heading points up; north otherwise.
        layers: What to draw besides ground and cars.
    """

    def __init__(
        self,
        bank: MapBank,
        size: tuple[int, int] = (960, 540),
        *,
        zoom: float | None = None,
        car_up: bool = True,
        layers: Layers = Layers(),
        step_s: float,
    ) -> None:
        self.size = size
        self._step_s = step_s
        self.layers = layers
        self._zoom = zoom if zoom is not None else min(size) / 54.0
        self._car_up = car_up
        self._topdown = TopDownView(bank)
        self._frame = np.zeros((size[1], size[0], 4), np.uint8)

    def frame(self, state: WorldState, world_index: int = 0) -> np.ndarray:
        """A picture of one world, RGB uint8, shape (H, W, 3)."""
        moment = moment_of(state, world_index, step_s=self._step_s)
        actors = moment.actors
        camera = FollowCamera(car_up=self._car_up, zoom=self._zoom)
        view = camera.update(
            x=float(actors.x[0]),
            y=float(actors.y[0]),
            yaw=float(actors.yaw[0]),
            speed=float(actors.speed[0]),
            size=self.size,
            dt=0.0,
        )
        self._topdown.draw(self._frame, view, moment, layers=self.layers)
        return cv2.cvtColor(self._frame, cv2.COLOR_RGBA2RGB)
