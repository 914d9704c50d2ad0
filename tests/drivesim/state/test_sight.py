import math

import numpy as np
import pytest
from numba import njit

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.config.base import replace
from drivesim.config.presets import SENSOR_PRESETS
from drivesim.config.sensors import CameraConfig, telephoto
from drivesim.envs.simulation import Simulation
from drivesim.kernels.views import view
from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind, sight
from tests.reference.roads import country

WORLDS = 48
CAMERAS = (
    *SENSOR_PRESETS["surround"],
    telephoto(),
    CameraConfig(name="camera_tilted", pitch_deg=5.0, yaw_deg=20.0),
    CameraConfig(name="camera_fisheye", lens="fisheye", fov_deg=190.0, principal_y=0.5, yaw_deg=90.0),
)


@njit
def seen_in(state, parameters, out):
    for world in range(out.shape[0]):
        out[world] = sight.is_seen(state, parameters.sight, world, np.int64(1))


@njit
def shown(cameras, camera, ahead, left, half_length, half_width, height):
    return sight.is_shown(
        cameras, camera, ahead, left, np.float32(1.0), np.float32(0.0), half_length, half_width, height
    )


def test_who_shows_with_twelve_pixels_is_seen_and_who_is_far_or_aside_is_not(rng):
    cameras = tuple(replace(camera, channels=("instance",)) for camera in CAMERAS)
    config = EnvConfig(traffic=TrafficConfig(car_count=1), sensors=cameras)
    simulation = Simulation(config, world_count=WORLDS, bank=MapBank.from_networks([country()]))
    simulation.world.reset(0)
    actors = simulation.world.state.actors
    kinds = (
        (ActorKind.CAR, 4.5, 1.8, 1.5, 0.9),
        (ActorKind.TRUCK, 12.0, 2.5, 4.0, 2.6),
        (ActorKind.MOTORCYCLE, 2.2, 0.9, 1.5, 0.35),
    )
    seen = np.zeros(WORLDS, np.bool_)
    right = missed = unseen = 0
    for _ in range(12):
        for world in range(WORLDS):
            kind, length, width, height, rear = kinds[int(rng.integers(len(kinds)))]
            distance, bearing = float(rng.uniform(5.0, 200.0)), float(rng.uniform(-math.pi, math.pi))
            values = {
                "kind": kind, "length": length, "width": width, "height": height, "rear": rear,
                "x": actors.x[world, 0] + distance * math.cos(bearing), "yaw": float(rng.uniform(-4.0, 4.0)),
                "y": actors.y[world, 0] + distance * math.sin(bearing),
            }  # fmt: skip
            for name, value in values.items():
                getattr(actors, name)[world, 1] = value
        simulation.observe()
        pictures = simulation.observation()
        pixels = np.max([(pictures[camera.key("instance")] == 2).sum(axis=(1, 2)) for camera in cameras], axis=0)
        seen_in(view(simulation.world.state), view(simulation.world.parameters), seen)
        missed += int((~seen & (pixels >= 12)).sum())
        right += int((seen & (pixels >= 12)).sum())
        unseen += int((~seen).sum())
        assert (pixels[seen] > 0).mean() > 0.5
    assert missed == 0
    assert right > 50
    assert unseen > 100


@pytest.mark.parametrize(
    ("ahead", "left", "expected"),
    [
        (50.0, 0.0, True),  # 363^2 x 1.8 x 1.5 / 48^2 = 154 px
        (149.0, 0.0, True),  # 17 px
        (160.0, 0.0, False),  # beyond the range of 150 m
        (50.0, 30.0, False),  # 31 deg aside, of 10
        (-50.0, 0.0, False),
    ],
)
def test_a_telephoto_sees_as_far_as_its_range_and_within_its_angle(ahead, left, expected):
    cameras = sight.sight_of([telephoto()])
    place = (np.float32(value) for value in (ahead, left, 2.25, 0.9, 1.5))
    assert shown(cameras, 0, *place) == expected
    assert (cameras.ahead, cameras.behind) == (pytest.approx(160.0), 0.0)


def test_who_has_no_camera_sees_nothing():
    nothing = sight.sight_of([])
    assert nothing.focal.shape == (0,)
    assert (nothing.ahead, nothing.behind) == (0.0, 0.0)
