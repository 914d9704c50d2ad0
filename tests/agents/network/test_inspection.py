"""What an inspector measures, against plain NumPy and hand-worked frames; what it keeps; what the readout reads."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.heads import fault_head
from agents.network import Context, Features, NetworkConfig
from agents.network.inspection import WINDOW_TICKS, Inspector, measured, statistics_of
from agents.network.inspection.lidar import LIDAR_STATISTICS, measure_lidar
from agents.network.inspection.motion import IMU_STATISTICS, ODOMETRY_STATISTICS, measure_imu, measure_odometry
from agents.network.inspection.picture import PICTURE_STATISTICS, measure_pictures
from agents.network.inspection.radar import RADAR_STATISTICS, measure_radar
from agents.network.inspection.readout import window_summary
from agents.network.inspection.statistics import DELIVERY_STATISTICS
from drivesim.config import CameraConfig, GnssConfig, OdometryConfig

CONFIG = NetworkConfig(
    sensors=("camera", "radar"), height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8, sense=64
)
STILL = np.zeros(1, np.float32)


def of_pictures(now, before=None):
    """Numbers by name of one picture."""
    row = measure_pictures({"picture": now[None]}, {"picture": (now if before is None else before)[None]}, STILL)[0]
    return dict(zip(PICTURE_STATISTICS, row.tolist(), strict=True))


def plainly(now, before):
    """The same by whole-array operations in float64, but for coarse differences."""
    green, earlier = now[..., 1].astype(np.float64), before[..., 1].astype(np.float64)
    across, down = np.diff(green, axis=1), np.diff(green, axis=0)
    around = green[:-2, 1:-1] + green[2:, 1:-1] + green[1:-1, :-2] + green[1:-1, 2:]
    centre = green[1:-1, 1:-1]
    laplacian = np.abs(4 * centre - around)
    bright = centre > 128
    rows = green.mean(axis=1)
    spread = now.max(axis=2).astype(float) - now.min(axis=2)
    values = {
        **{name: (now[..., c].mean() - 128) / 64 for c, name in enumerate(("red", "green", "blue"))},
        **{f"{name}_deviation": now[..., c].std() / 64 for c, name in enumerate(("red", "green", "blue"))},
        "saturation": spread.mean() / 64,
        "step_across": np.abs(across).mean() / 64,
        "step_down": np.abs(down).mean() / 64,
        "bend_across": np.abs(np.diff(across, axis=1)).mean() / 64,
        "bend_down": np.abs(np.diff(down, axis=0)).mean() / 64,
        "laplacian": laplacian.mean() / 64,
        "laplacian_bright": (laplacian * bright).mean() / 64 / (bright.mean() + 0.02),
        "laplacian_dark": (laplacian * ~bright).mean() / 64 / (1.02 - bright.mean()),
        "level_across": (across == 0).mean(),
        "laplacian_small": (laplacian < 13).mean(),
        "laplacian_large": (laplacian > 64).mean(),
        "rows": np.abs(rows[:-2] + rows[2:] - 2 * rows[1:-1]).mean() / 64,
        "grid_across": (np.abs(across[:, 7::8]).mean() - np.abs(across).mean()) / 64,
        "grid_down": (np.abs(down[7::8]).mean() - np.abs(down).mean()) / 64,
        "values": len(np.unique(green)) / 128,
        "black": (green < 5).mean(),
        "white": (green >= 251).mean(),
        "change": np.abs(green - earlier).mean() / 64,
        "change_above": np.abs(green - earlier)[: len(green) // 2].mean() / 64,
        "change_rows": np.abs(rows - earlier.mean(axis=1)).mean() / 64,
    }
    return values


@pytest.mark.parametrize("seed", range(3))
def test_pictures_are_measured_as_plain_arrays_would_be(seed):
    rng = np.random.default_rng(seed)
    now, before = rng.integers(0, 256, (2, 32, 48, 3), dtype=np.uint8) // np.uint8(1 + 3 * seed)
    seen, expected = of_pictures(now, before), plainly(now, before)
    assert {name: seen[name] for name in expected} == pytest.approx(expected, abs=2e-5)
    assert set(PICTURE_STATISTICS) - set(expected) == {"coarse_step_across", "coarse_step_down", "coarse_laplacian"}


def test_a_grey_picture_has_nothing_but_its_grey():
    seen = of_pictures(np.full((8, 16, 3), 192, np.uint8))
    expected = {"red": 1.0, "green": 1.0, "blue": 1.0, "level_across": 1.0, "laplacian_small": 1.0, "values": 1 / 128}
    assert seen == pytest.approx({**dict.fromkeys(PICTURE_STATISTICS, 0.0), **expected})


def test_rows_of_stripes_are_bands_and_vanish_when_pixels_are_merged():
    stripes = np.full((8, 16, 3), 192, np.uint8)
    stripes[::2] = 64
    seen = of_pictures(stripes)
    assert seen["step_across"] == 0.0
    assert seen["step_down"] == pytest.approx(2.0)
    assert seen["bend_down"] == pytest.approx(4.0)
    assert seen["rows"] == pytest.approx(4.0)
    assert seen["coarse_step_down"] == 0.0


def test_a_step_is_half_as_wide_in_merged_pixels():
    halves = np.full((8, 16, 3), 64, np.uint8)
    halves[:, 8:] = 192
    seen = of_pictures(halves)
    # One of 15 steps across is 2 units high; of 2 x 2 means one of 7. It lies on the edge of a block.
    assert seen["step_across"] == pytest.approx(2.0 / 15.0)
    assert seen["coarse_step_across"] == pytest.approx(2.0 / 7.0)
    assert seen["grid_across"] == pytest.approx(2.0 - 2.0 / 15.0)


def of_sweep(metres, before=None, intensity=100):
    steps = np.round(np.asarray(metres) / 0.005).astype(np.int16)[None]
    earlier = steps if before is None else np.round(np.asarray(before) / 0.005).astype(np.int16)[None]
    parts = {"range": steps, "intensity": np.full(steps.shape, intensity, np.uint8)}
    return dict(zip(LIDAR_STATISTICS, measure_lidar(parts, {"range": earlier}, STILL)[0].tolist(), strict=True))


def wall(beams=8, columns=40, distance=30.0):
    return np.full((beams, columns), distance)


def test_a_wall_is_whole_and_smooth():
    seen = of_sweep(wall())
    whole = dict.fromkeys(("returns", "returns_above", "returns_ahead", "returns_aside"), 1.0)
    assert seen == pytest.approx({**dict.fromkeys(LIDAR_STATISTICS, 0.0), **whole})


def test_what_is_missing_is_told_by_its_shape():
    image = wall()
    image[2, 10] = 0.0  # A hole: both kinds.
    image[5] = 0.0  # A beam between two others, in the lower half.
    image[:, 36:] = 0.0  # A strip at the right edge.
    seen = of_sweep(image, wall())
    there = 7 * 36 - 1
    assert seen["returns"] == pytest.approx(there / 320)
    assert seen["holes_across"] == pytest.approx(1 / 320)
    assert seen["holes_down"] == pytest.approx((1 + 36) / 320)
    assert seen["empty_beams"] == pytest.approx(1 / 4)
    assert seen["lone_empty_beams"] == pytest.approx(1 / 8)
    assert seen["returns_aside"] == pytest.approx((7 * 5 + 7 * 1) / 80)
    assert seen["change"] == pytest.approx((320 - there) / 320)
    # Of the two patches of the lower half both keep 3 of 4 beams, and the right one lacks 4 of 20 columns of them.
    assert seen["patches"] == 0.0
    image[6, 20:] = 0.0
    assert of_sweep(image)["patches"] == pytest.approx(1 / 2)


def test_a_spike_is_rough_and_off_by_as_much_as_it_is():
    image = wall()
    image[3, 20] = 28.0
    seen = of_sweep(image)
    # 8 x 38 runs of three, of which its own and its two neighbours are bent, by 2 m and 1 m off the line.
    runs = 8 * 38 + 0.001 * 320
    assert seen["rough_1_m"] == pytest.approx(3 / runs, rel=1e-5)
    assert seen["roughness"] == pytest.approx(3 * 0.5 / runs, rel=1e-5)
    # Its neighbours' neighbours do not agree within 2 %: 28 m and 30 m.
    agreeing = 8 * 38 - 2 + 0.001 * 320
    assert seen["spikes_1_m"] == pytest.approx(1 / agreeing, rel=1e-5)
    assert seen["spikes_3_m"] == 0.0
    assert seen["spikes_near"] == pytest.approx(1 / agreeing, rel=1e-5)


def test_dim_points_nearby_are_counted():
    image = wall()
    image[1, 3:7] = 8.0
    seen = of_sweep(image, intensity=13)
    assert seen["near_dim"] == pytest.approx(4 / 320)
    assert seen["near_above"] == pytest.approx(4 / 160)


def test_detections_are_counted_by_what_they_are():
    detections, before = np.zeros((2, 1, 4, 6), np.float32)
    # Range, azimuth, radial speed, that over ground, RCS, SNR.
    detections[0, :3] = (20.0, 0.0, -2.0, 10.0, 10.0, 30.0), (60.0, 0.2, 0.0, 20.0, 20.0, 10.0), (9.0,) * 6
    valid = np.array([[1, 1, 0, 0]], np.uint8)
    before[0, 0] = 20.2, 0.0, -2.0, 10.0, 10.0, 30.0
    parts = ({"detections": values, "valid": there} for values, there in ((detections, valid), (before, valid)))
    seen = dict(zip(RADAR_STATISTICS, measure_radar(*parts, STILL)[0].tolist(), strict=True))
    expected = {
        "count": 2 / 16,
        "range": 40 / 50,
        "near": 1 / 8,
        "snr": 20 / 20,
        "least_snr": 10 / 20,
        "weak": 1 / 8,
        "rcs": 15 / 20,
        "rcs_deviation": 5 / 20,
        "speed": 15 / 10,
        "moving": 2 / 8,
        "fast": 1 / 8,
        "aside": 1 / 8,
        "aside_moving": 1 / 8,
        "sector_3": 1 / 4,
        "sector_5": 1 / 4,
        "tracked": 1 / 2,
        "new": 1 / 8,
    }
    assert seen == pytest.approx({**dict.fromkeys(RADAR_STATISTICS, 0.0), **expected}, abs=1e-6)


def test_an_imu_and_an_odometer_are_held_against_the_car():
    samples = np.tile(np.array((2.0, 3.0, 9.81, 0.0, 0.0, 0.1), np.float32), (1, 10, 1))
    seen = dict(zip(IMU_STATISTICS, measure_imu({"values": samples}, {}, np.float32([20.0]))[0].tolist(), strict=True))
    assert seen["mean_ax"] == pytest.approx(1.0)
    assert seen["mean_az"] == pytest.approx(0.0, abs=1e-6)
    assert seen["slip"] == pytest.approx(3.0 - 20.0 * 0.1, abs=1e-5)
    now, before = {"values": np.float32([[11.0, 0.1]])}, {"values": np.float32([[10.5, 0.1]])}
    row = measure_odometry(now, before, np.float32([10.0]))[0].tolist()
    assert dict(zip(ODOMETRY_STATISTICS, row, strict=True)) == pytest.approx(
        {"wheel_speed": 1.1, "speed_error": 1.0, "relative_error": 1.0, "yaw_rate": 0.5, "speed_change": 0.5}
    )


def frames_of(values, age=0.0):
    count = len(values)
    return {
        "values": np.asarray(values, np.float32),
        "there": np.ones(count, np.uint8),
        "age": np.full(count, age, np.float32),
    }


def test_every_sensor_is_measured_for_its_delivery():
    sensor, speed = OdometryConfig(), np.float32([5.0, 5.0])
    now, before = frames_of([[1.0, 0.0], [2.0, 0.0]], age=-0.1), frames_of([[1.0, 0.0], [1.0, 0.0]])
    row = measured(sensor, now, before, speed, np.zeros(2, np.bool_))
    # There, half a unit of age ahead, one equal and one not, half a unit of speed.
    assert row[:, : len(DELIVERY_STATISTICS)].tolist() == [[1.0, -0.5, 1.0, 0.5], [1.0, -0.5, 0.0, 0.5]]
    assert row.shape == (2, len(DELIVERY_STATISTICS) + len(ODOMETRY_STATISTICS))
    assert measured(sensor, now, now, speed, np.array([True, False]))[:, 2].tolist() == [0.0, 1.0]


def test_a_sensor_that_nobody_knows_is_measured_plainly():
    statistics = statistics_of(GnssConfig())
    now, before = frames_of([[1.0, 3.0]]), frames_of([[0.0, 3.0]])
    row = statistics.measure({"values": now["values"]}, {"values": before["values"]}, STILL)
    assert row.tolist() == [[2.0, 1.0, 0.5]]


def drive(inspector, ticks, worlds=3, seed=0, first=0):
    """Windows after so many steps of random frames."""
    rng = np.random.default_rng(seed)
    seen = {}
    for tick in range(ticks):
        values = rng.normal(5.0, 1.0, (worlds, 2))
        if tick >= first:
            seen = inspector.push({"odometry": frames_of(values)}, np.full(worlds, 5.0, np.float32))
    return seen["odometry.inspected"].copy()


def test_a_window_holds_the_latest_first_and_begins_with_the_first():
    inspector = Inspector([OdometryConfig()])
    inspector.begin(3)
    window = drive(inspector, 4)
    assert window.shape == (3, WINDOW_TICKS, len(DELIVERY_STATISTICS) + len(ODOMETRY_STATISTICS))
    assert (window[:, 4:] == window[:, 3:4]).all()
    assert len(np.unique(window[0, :4, 4])) == 4
    again = drive(inspector, 1, seed=1)
    np.testing.assert_array_equal(again[:, 1:], window[:, :-1])


def test_an_episode_remembers_nothing_of_the_last():
    inspector, fresh = Inspector([OdometryConfig()]), Inspector([OdometryConfig()])
    drive(inspector, 7, seed=3)
    inspector.begin(3, np.array([False, True, False]))
    fresh.begin(3)
    after, alone = drive(inspector, 2), drive(fresh, 2)
    np.testing.assert_array_equal(after[1], alone[1])
    assert (after[0] != alone[0]).any()


def test_it_goes_on_from_its_state():
    whole, first, second = (Inspector([OdometryConfig()]) for _ in range(3))
    expected = drive(whole, 9)
    drive(first, 5)
    second.load_state(first.state())
    np.testing.assert_array_equal(drive(second, 9, first=5), expected)


def test_a_summary_is_that_of_numpy():
    window = torch.randn(5, WINDOW_TICKS, 3)
    values = window.numpy().astype(np.float64)
    parts = (values[:, 0], values.mean(1), values.std(1), np.abs(np.diff(values, axis=1)).mean(1))
    plain = np.concatenate(parts, axis=1)
    expected = np.clip(np.concatenate((plain, 0.5 * np.log(np.abs(plain) + 1e-3)), axis=1), -8, 8)
    np.testing.assert_allclose(window_summary(window).numpy(), expected, atol=1e-5)


def test_each_sensor_is_judged_by_its_own_frames():
    rig = {sensor.name: sensor for sensor in CONFIG.rig}
    module = fault_head({"camera": ("dead", "noise"), "radar": ("ghosts",)}).build(CONFIG, {})
    torch.manual_seed(1)
    empty = torch.zeros(2, 0)
    numbers = {name: len(DELIVERY_STATISTICS) + len(statistics_of(sensor).names) for name, sensor in rig.items()}
    windows = {f"{name}.inspected": torch.randn(2, WINDOW_TICKS, count) for name, count in numbers.items()}
    said = module(Context(Features(empty, empty, empty, empty, empty, {}), windows, {}))
    assert said["camera"].shape == (2, 2)
    assert said["radar"].shape == (2, 1)
    windows["radar.inspected"] = torch.randn_like(windows["radar.inspected"])
    again = module(Context(Features(empty, empty, empty, empty, empty, {}), windows, {}))
    assert torch.equal(said["camera"], again["camera"])
    assert not torch.equal(said["radar"], again["radar"])


def test_time_stamps_are_asked_for_where_there_is_more_than_cameras():
    assert all(sensor.timestamps for sensor in CONFIG.rig)
    assert not any(sensor.timestamps for sensor in replace(CONFIG, sensors=("camera",)).rig)
    assert isinstance(CONFIG.rig[0], CameraConfig)
