"""What the device does to pictures: statistics with fixed seeds, and numbers worked out by hand."""

import math

import cv2
import numpy as np
import pytest

from drivesim.config import CameraConfig
from drivesim.errors import ConfigError
from drivesim.kernels.launch import Launcher
from drivesim.maps.materials import Material, shade
from drivesim.sensors.camera.device.develop import METER_TARGET
from drivesim.sensors.camera.device.light import ENCODED_SIZE, byte_of_linear, linear_of_byte, normal_quantiles
from drivesim.sensors.camera.device.stage import Device, falloff_of
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import WorldState
from tests.reference.views import asphalt, camera_at_origin, frames_of, maps_of, state_of


def linear(rgb: np.ndarray) -> np.ndarray:
    """Linear light by the formula of IEC 61966-2-1."""
    value = np.asarray(rgb, np.float64) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def developed(config: CameraConfig, rgb: np.ndarray, state: WorldState, *, exposed=None, threads: int = 1, worlds=None):
    """A copy of pictures, uint8 (view, H, W, 3), after the device."""
    rgb = rgb.copy()
    exposed = np.zeros(len(rgb), np.float32) if exposed is None else exposed
    device = Device(config, rgb, exposed, driver_count=1, step_s=0.1)
    views = np.arange(len(rgb)) if worlds is None else np.array(worlds)
    device.run(Launcher(threads), views, device.bind(state, np.zeros(0, np.float32)))
    return rgb


def keyed(worlds: int, tick: int = 7) -> WorldState:
    state = state_of(world=worlds)
    state.worlds.key[:] = np.arange(worlds, dtype=np.uint64) * np.uint64(977) + np.uint64(5)
    state.worlds.tick[:] = tick
    return state


def grays(*levels: int, size: tuple[int, int] = (100, 200)) -> np.ndarray:
    return np.stack([np.full((*size, 3), level, np.uint8) for level in levels])


def test_every_byte_survives_linear_light():
    np.testing.assert_allclose(linear_of_byte(), linear(np.arange(256)), rtol=1e-6)
    steps = np.rint(linear_of_byte() * (ENCODED_SIZE - 1)).astype(int)
    np.testing.assert_array_equal(byte_of_linear()[steps], np.arange(256))


def test_the_normal_numbers_are_normal():
    values = np.sort(normal_quantiles().astype(np.float64))
    assert values.mean() == pytest.approx(0.0, abs=1e-6)
    assert values.var() == pytest.approx(1.0, abs=1e-6)
    assert (values**4).mean() == pytest.approx(3.0, abs=0.03)
    assert (np.abs(values) < 1.0).mean() == pytest.approx(0.6827, abs=0.001)


@pytest.mark.parametrize(("shot", "read"), [(4e-3, 0.0), (0.0, 1e-3), (2e-3, 4e-4)])
def test_noise_has_no_bias_and_the_variance_a_i_plus_b(shot, read):
    # Bright enough that nothing is clipped at 0, coarse enough that bytes hardly round it.
    levels = (140, 170, 200, 215)
    config = camera_at_origin(shot_noise=shot, read_noise=read)
    noisy = linear(developed(config, grays(*levels), keyed(4)))
    for index, level in enumerate(levels):
        light = float(linear(np.array(level)))
        samples = noisy[index].reshape(-1, 3)
        expected = shot * light + read
        assert samples.mean() == pytest.approx(light, abs=4.0 * math.sqrt(expected / samples.size) + 2e-4)
        np.testing.assert_allclose(samples.var(axis=0), expected, rtol=0.06)
        # Colours and neighbours know nothing of each other.
        assert np.abs(np.corrcoef(samples.T) - np.eye(3)).max() < 0.03
        across = noisy[index][:, :-1, 0].ravel(), noisy[index][:, 1:, 0].ravel()
        assert abs(np.corrcoef(*across)[0, 1]) < 0.03


def test_gain_amplifies_noise_with_the_light():
    config = camera_at_origin(shot_noise=2e-3, read_noise=1e-4, exposure_s=0.0025, gain=4.0)
    samples = linear(developed(config, grays(180), keyed(1)))
    light = float(linear(np.array(180)))
    assert samples.mean() == pytest.approx(light, abs=2e-3)
    assert samples.var() == pytest.approx(16.0 * (2e-3 * light / 4.0 + 1e-4), rel=0.05)


def test_noise_is_new_at_every_tick_in_every_world_and_for_every_name_and_repeats_itself():
    base = {"shot_noise": 1e-3, "read_noise": 1e-4}
    rgb, config = grays(120, 120), camera_at_origin(**base)
    one = developed(config, rgb, keyed(2))
    np.testing.assert_array_equal(one, developed(config, rgb, keyed(2)))
    others = (
        developed(config, rgb, keyed(2, tick=8))[0],
        developed(camera_at_origin(name="other", **base), rgb, keyed(2))[0],
        one[1],
    )
    for other in others:
        together = np.corrcoef(one[0].ravel().astype(float), other.ravel())[0, 1]
        assert abs(together) < 0.02


def test_neither_batch_nor_threads_change_a_picture():
    config = camera_at_origin(shot_noise=1e-3, vignetting=1.0, exposure="auto", jpeg_quality=70)
    rgb = np.random.default_rng(1).integers(0, 255, (9, 100, 200, 3), np.uint8)
    state = keyed(9)
    together = developed(config, rgb, state)
    np.testing.assert_array_equal(together, developed(config, rgb, state, threads=2))
    alone = developed(config, rgb, state, worlds=[4])
    np.testing.assert_array_equal(alone[4], together[4])
    np.testing.assert_array_equal(alone[5], rgb[5])


def test_vignetting_is_the_fourth_power_of_the_cosine():
    # Focal length 100 px: at 100.5 px beside the axis and 0.5 px below, cos^2 = 1 / (1 + 1.005^2 + 0.005^2).
    config = camera_at_origin(vignetting=1.0, width=400, focal_px=(100.0,))
    share = falloff_of(config)
    assert share[50, 300] == pytest.approx(1.0 / (1.0 + 1.005**2 + 0.005**2) ** 2, rel=1e-9)
    rgb = developed(config, grays(230, size=(100, 400)), keyed(1))[0]
    assert linear(rgb[50, 300]) == pytest.approx(float(linear(np.array(230))) * share[50, 300], abs=0.003)
    half = falloff_of(camera_at_origin(vignetting=0.5, width=400, focal_px=(100.0,)))
    np.testing.assert_allclose(1.0 - half, 0.5 * (1.0 - share))


@pytest.mark.parametrize(("exposure_s", "gain", "factor"), [(0.005, 1.0, 0.5), (0.01, 1.5, 1.5), (0.02, 0.25, 0.5)])
def test_fixed_exposure_multiplies_linear_light(exposure_s, gain, factor):
    rgb = developed(camera_at_origin(exposure_s=exposure_s, gain=gain), grays(60, 150), keyed(2))
    np.testing.assert_allclose(linear(rgb[:, 0, 0, 0]), factor * linear(np.array([60, 150])), atol=0.004)


def test_white_balance_multiplies_each_colour():
    rgb = developed(camera_at_origin(white_balance=(1.3, 1.0, 0.5)), grays(128), keyed(1))[0, 0, 0]
    np.testing.assert_allclose(linear(rgb), linear(np.array([128] * 3)) * (1.3, 1.0, 0.5), atol=0.004)


def test_automatic_exposure_is_right_at_once_and_limited_by_time_and_gain():
    config = camera_at_origin(exposure="auto", exposure_max_s=0.02, gain_max=4.0)
    exposed = np.zeros(3, np.float32)
    rgb = developed(config, grays(200, 90, 8), keyed(3), exposed=exposed)
    light = linear(np.array([200, 90, 8]))
    np.testing.assert_allclose(exposed, np.minimum(METER_TARGET / light, 2.0 * 4.0), rtol=1e-4)
    np.testing.assert_allclose(linear(rgb[:2, 0, 0, 0]), METER_TARGET, atol=0.004)
    assert linear(rgb[2, 0, 0, 0]) == pytest.approx(8.0 * light[2], abs=0.002)


def test_automatic_exposure_follows_a_step_of_light_with_its_lag():
    config = camera_at_origin(exposure="auto", exposure_lag_s=0.4, exposure_max_s=0.05, gain_max=100.0)
    exposed, state = np.zeros(1, np.float32), keyed(1)
    developed(config, grays(200), state, exposed=exposed)
    wanted = METER_TARGET / float(linear(np.array(60)))
    apart = math.log2(wanted / float(exposed[0]))
    for frame in range(1, 9):
        developed(config, grays(60), state, exposed=exposed)
        # After k frames of 0.1 s, exp(-k / 4) of the stops are left.
        assert math.log2(wanted / float(exposed[0])) == pytest.approx(apart * math.exp(-frame / 4.0), rel=1e-3)


def test_jpeg_is_that_of_opencv():
    noise = np.random.default_rng(3).integers(0, 255, (1, 40, 64, 3), np.uint8)
    rgb = cv2.GaussianBlur(noise[0], (0, 0), 3.0)[None]
    for quality in (10, 60, 95):
        out = developed(camera_at_origin(width=64, height=40, jpeg_quality=quality), rgb, keyed(1))[0]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb[0], cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
        expected = cv2.cvtColor(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB)
        np.testing.assert_array_equal(out, expected)


def sideways(**changes) -> CameraConfig:
    """Looks to the left from 4 m above the ground, focal length 200 px, principal row 20."""
    return camera_at_origin(
        width=400, height=200, focal_px=(200.0,), principal_y=0.1, z_m=4.0, yaw_deg=90.0, channels=("rgb",), **changes
    )


def striped_drive(speed_m_s: float):
    """Light ground west and dark ground east of x = 0, where a car passes to the east; its step is 0.1 s."""
    picture = asphalt()
    picture[:, :1024] = shade(Material.CONCRETE, 220.0)
    picture[:, 1024:] = shade(Material.CONCRETE, 40.0)
    state = state_of()
    state.actors.before_x[0, 0] = -0.1 * speed_m_s
    return maps_of(picture=picture), state


def edge_profile(rgb: np.ndarray, row: int) -> np.ndarray:
    """Linear light of a row, from 0 in the east to 1 in the west."""
    light = linear(rgb[row, :, 0])
    return (light - light[-1]) / (light[0] - light[-1])


@pytest.mark.parametrize("row", [80, 120, 170])
def test_motion_blur_is_as_long_as_f_v_t_over_z(row):
    maps, state = striped_drive(40.0)
    sharp = frames_of(sideways(), maps, state)["rgb"][0]
    blurred = frames_of(sideways(motion_blur=True, exposure_s=0.01, gain=1.0), maps, state)["rgb"][0]
    depth = 4.0 * 200.0 / (row + 0.5 - 20.0)
    length = 200.0 * 40.0 * 0.01 / depth
    assert 6.0 < length < 16.0
    profile = edge_profile(blurred, row)
    # A ramp of constant slope: its middle half takes up half of its length. It lies where the edge is: half before it.
    columns = np.arange(400) + 0.5
    quarter, middle, three = np.interp((-0.75, -0.5, -0.25), -profile, columns)
    assert three - quarter == pytest.approx(0.5 * length, abs=0.7)
    assert middle == pytest.approx(200.0, abs=1.0)
    assert np.interp(-0.5, -edge_profile(sharp, row), columns) == pytest.approx(200.0, abs=1.0)


@pytest.mark.parametrize("row", [80, 120, 170])
def test_rolling_shutter_leans_by_the_way_between_rows(row):
    maps, state = striped_drive(25.0)
    frame = frames_of(sideways(readout_s=0.03), maps, state)["rgb"][0]
    late = 0.03 * ((row + 0.5) / 200.0 - 0.5)
    depth = 4.0 * 200.0 / (row + 0.5 - 20.0)
    # The camera looks north and goes east: later rows see the edge farther to the west, on the left.
    expected = 200.0 - 200.0 * 25.0 * late / depth
    profile = edge_profile(frame, row)
    assert np.interp(-0.5, -profile, np.arange(400) + 0.5) == pytest.approx(expected, abs=1.0)


def test_a_standing_car_blurs_nothing_and_leans_nowhere():
    maps, state = striped_drive(0.0)
    sharp = frames_of(sideways(), maps, state)["rgb"]
    moving = frames_of(sideways(motion_blur=True, readout_s=0.02), maps, state)["rgb"]
    np.testing.assert_array_equal(moving, sharp)


def test_only_colours_pass_through_the_device_and_truth_is_kept_apart():
    maps, state = striped_drive(20.0)
    channels = ("rgb", "depth", "semantic", "instance")
    perfect = frames_of(camera_at_origin(channels=channels), maps, state)
    config = camera_at_origin(
        channels=channels, vignetting=1.0, shot_noise=1e-3, motion_blur=True, readout_s=0.02, truth=True
    )
    camera = Camera(config, 1)
    camera.update(maps, state, Launcher())
    for channel in channels[1:]:
        np.testing.assert_array_equal(camera.frames[channel], perfect[channel])
    np.testing.assert_array_equal(camera.truths["rgb"], perfect["rgb"])
    assert (camera.frames["rgb"] != perfect["rgb"]).any()


def test_a_perfect_device_is_not_there():
    camera = Camera(camera_at_origin(), 1)
    assert camera.config.is_perfect
    assert not camera.memory
    assert len(camera.compile_jobs(maps_of(), state_of())) == 1
    assert CameraConfig(channels=("depth",), vignetting=1.0).is_perfect


def test_what_automatic_exposure_remembers_is_in_the_memory():
    camera = Camera(camera_at_origin(exposure="auto"), 3)
    assert camera.memory["exposed"].shape == (3,)
    camera.update(maps_of(), state_of(world=3), Launcher())
    assert (camera.memory["exposed"] > 0.0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vignetting": 1.5}, r"CameraConfig.vignetting: expected a value in \[0, 1\], got 1.5"),
        ({"exposure": "automatic"}, "CameraConfig.exposure: unknown value 'automatic'; did you mean 'auto'?"),
        ({"exposure_s": 0.0}, "CameraConfig.exposure_s: expected a value in"),
        ({"shot_noise": -0.1}, r"CameraConfig.shot_noise: expected a value in \[0, 1\]"),
        ({"jpeg_quality": 101}, r"CameraConfig.jpeg_quality: expected an integer in \[0, 100\]"),
        ({"motion_blur": 1}, "CameraConfig.motion_blur: expected True or False, got 1"),
        ({"white_balance": (1.0, 2.0)}, "CameraConfig.white_balance: expected three gains"),
        ({"readout_s": 1.0}, r"CameraConfig.readout_s: expected a value in \[0, 0.1\]"),
    ],
)
def test_an_impossible_device_is_refused_by_name(changes, message):
    with pytest.raises(ConfigError, match=message):
        CameraConfig(**changes)
