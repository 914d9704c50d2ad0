"""Each fault does what its line says, at each severity, and nothing to worlds that do not have it."""

import numpy as np
import pytest

from drivesim.config import FaultConfig, LidarConfig, fault_names
from drivesim.sensors.lidar.defects import DEFECTS, Rays
from drivesim.sensors.lidar.pattern import azimuths_of
from drivesim.state import ActorKind
from tests.drivesim.sensors.lidar.scenes import at_rest, standing, swept
from tests.reference.views import maps_of, put

CHANNELS = ("range", "intensity", "semantic", "instance", "valid")


def with_fault(kind, severity, **more):
    faults = (FaultConfig(kind=kind, severity=severity, **more),) if kind else ()
    return LidarConfig(channels=CHANNELS, columns=240, faults=faults, noise=False)


@pytest.fixture(scope="module")
def scene():
    state = standing(world=6)
    for world in range(6):
        put(state, world, 1, 8.0, 1.0, kind=ActorKind.TRUCK)
        put(state, world, 2, -12.0, -2.0)
    state.worlds.tick[:] = 3
    return maps_of(), at_rest(state)


@pytest.fixture(scope="module")
def sound(scene):
    return swept(with_fault(None, 0), *scene).frames["range"].astype(np.float64)


def faulty(scene, kind, severity):
    return swept(with_fault(kind, severity), *scene).frames["range"].astype(np.float64)


def test_every_registered_fault_is_there():
    assert set(DEFECTS) <= set(fault_names("lidar"))


@pytest.mark.parametrize(
    ("kind", "shares"),
    [
        ("density_loss", (0.06, 0.12, 0.18, 0.24, 0.3)),
        ("crosstalk", (0.004, 0.008, 0.012, 0.016, 0.02)),
        ("sunlight", (0.01, 0.02, 0.03, 0.04, 0.05)),
    ],
)
def test_so_many_points_are_hit(scene, sound, kind, shares):
    met = sound > 0.0
    for severity, share in enumerate(shares, start=1):
        changed = (faulty(scene, kind, severity) != sound)[met].mean()
        assert changed == pytest.approx(share, abs=4.0 * np.sqrt(share / met.sum()))


@pytest.mark.parametrize(("kind", "sigma_m"), [("crosstalk", 3.0), ("sunlight", 2.0)])
def test_points_are_moved_along_their_ray(scene, sound, kind, sigma_m):
    moved = faulty(scene, kind, 5) - sound
    # Those not clipped at the least range.
    moved = moved[(moved != 0.0) & (sound > 3.5 * sigma_m)]
    assert len(moved) > 80
    assert moved.std() == pytest.approx(sigma_m, rel=0.25)


def test_ranges_jitter(scene, sound):
    for severity, sigma_m in enumerate((0.02, 0.04, 0.06, 0.08, 0.1), start=1):
        error = (faulty(scene, "range_jitter", severity) - sound)[sound > 3.0]
        assert error.std() == pytest.approx(sigma_m, rel=0.05)


def test_dead_beams_stay_dead_throughout_an_episode(scene, sound):
    maps, state = scene
    for severity, dead in enumerate((2, 4, 8, 12, 16), start=1):
        lidar = swept(with_fault("beam_loss", severity), maps, state)
        seen = (sound > 0.0).any(axis=2)
        lost = seen & ~(lidar.frames["range"] > 0.0).any(axis=2)
        assert (lost.sum(axis=1) <= dead).all()
        assert lost.any(axis=1).all()
        tick = state.worlds.tick.copy()
        state.worlds.tick[:] += 40
        later = swept(with_fault("beam_loss", severity), maps, state)
        state.worlds.tick[:] = tick
        np.testing.assert_array_equal(later.frames["range"], lidar.frames["range"])
    assert len({tuple(row) for row in lost.tolist()}) > 1


def test_a_lost_sector_is_behind(scene, sound):
    azimuth = np.degrees(np.abs(azimuths_of(with_fault(None, 0))))
    for severity, kept in enumerate((105.0, 90.0, 75.0, 60.0, 45.0), start=1):
        ranges = faulty(scene, "sector_loss", severity)
        assert (ranges[..., azimuth > kept] == 0.0).all()
        np.testing.assert_array_equal(ranges[..., azimuth < kept], sound[..., azimuth < kept])


def test_one_that_looks_ahead_alone_loses_as_much_of_its_view():
    config = LidarConfig(pattern="solid_state", elevations_deg=(0.0, -1.0), columns=120, fov_deg=120.0)
    full, none = np.ones((1, 2, 120)), np.zeros(1, np.uint64)
    rays = Rays(full, full.copy(), none, config, none, none)
    DEFECTS["sector_loss"](rays, 2)
    azimuth = np.degrees(np.abs(azimuths_of(rays.config)))
    # 75 of 180 degrees to either side, of 60: 25.
    assert ((rays.measured[0] > 0.0) == (azimuth <= 25.0)).all()


def test_false_points_come_near_and_are_no_thing(scene, sound):
    lidar = swept(with_fault("fog_points", 5), *scene)
    ranges = lidar.frames["range"].astype(np.float64)
    false = ranges != sound
    assert 0.15 < false.mean() < 0.3
    assert ranges[false].min() >= 1.0
    assert ranges[false].max() <= 20.0
    assert (ranges <= sound)[sound > 0.0].all()
    semantic = np.moveaxis(lidar.frames["semantic"].reshape(6, 240, 32), 1, 2)
    assert (semantic[false] == 0).all()


def test_echoes_of_road_users_are_missing(scene, sound):
    whole = swept(with_fault(None, 0), *scene).frames["instance"]
    for severity, share in ((1, 0.3), (5, 0.9)):
        left = swept(with_fault("missing_echo", severity), *scene).frames["instance"]
        assert 1.0 - (left > 0).sum() / (whole > 0).sum() == pytest.approx(share, abs=0.06)


def test_patches_are_missing(scene, sound):
    lost = [((faulty(scene, "cutout", severity) == 0.0) & (sound > 0.0)).sum() for severity in (1, 3, 5)]
    assert 0 < lost[0] < lost[1] < lost[2]
    cells = sound[0].size
    assert lost[2] / 6 < 0.25 * cells


def test_a_world_without_the_fault_at_the_time_is_as_before(scene, sound):
    maps, state = scene
    config = with_fault("beam_loss", 5, start_s=2.0)
    np.testing.assert_array_equal(swept(config, maps, state).frames["range"], sound.astype(np.float32))
    state.worlds.tick[2] = 20
    ranges = swept(config, maps, state).frames["range"]
    state.worlds.tick[2] = 3
    np.testing.assert_array_equal(ranges[[0, 1, 3, 4, 5]], sound.astype(np.float32)[[0, 1, 3, 4, 5]])
    assert (ranges[2] != sound[2]).any()
