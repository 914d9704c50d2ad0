"""Defects of cameras against worked numbers, and what faults may change: colours, and nothing else."""

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import CAMERA_FAULTS, FAULT_KINDS, CameraConfig, FaultConfig, fault_names
from drivesim.errors import ConfigError
from drivesim.sensors.camera import defects
from drivesim.sensors.camera.defects import LASTING, ORDER, PASSING, homography
from tests.reference.ssim import structural_similarity

CAMERA = CameraConfig(width=256, height=128)
CHANNELS = ("rgb", "depth", "semantic", "instance")
LEVELS = range(5)


def random(index=1):
    return np.random.Generator(np.random.Philox(key=[index, 0]))


def make(*faults, worlds=3, threads=1, **options):
    sensor = {"type": "camera", "width": 64, "height": 32, "channels": CHANNELS, "faults": faults, **options}
    return gym.make_vec("drivesim/Lane-v0", num_envs=worlds, map_count=2, sensors=[sensor], threads=threads)


def drive(env, steps, seed=1):
    """Observations from the beginning of an episode on."""
    seen = [env.reset(seed=seed)[0]]
    turn = np.tile(np.array([0.2, 0.5], np.float32), (env.num_envs, 1))
    return [*seen, *(env.step(turn)[0] for _ in range(steps))]


def lasting(kind, level, picture, time_s=0.0, seed=1, camera=CAMERA):
    return LASTING[kind].apply(picture, level, LASTING[kind].make(camera, level, random(seed)), time_s)


@pytest.fixture(scope="module")
def frame():
    """A picture of a road, uint8 (128, 256, 3)."""
    env = gym.make_vec(
        "drivesim/Highway-v0", num_envs=1, map_count=1, sensors=[{"type": "camera", "width": 256, "height": 128}]
    )
    return env.reset(seed=3)[0]["camera"][0]


def test_every_declared_fault_has_its_place_in_the_order():
    assert sorted(ORDER) == sorted(CAMERA_FAULTS) == sorted({**LASTING, **PASSING})
    assert not LASTING.keys() & PASSING.keys()
    for kind in CAMERA_FAULTS:
        assert FAULT_KINDS["camera", kind].doc == CAMERA_FAULTS[kind]


@pytest.mark.parametrize("kind", ORDER)
def test_colours_change_and_every_other_channel_stays_exact(kind):
    clean, faulty = drive(make(), 2), drive(make(FaultConfig(kind=kind, severity=4)), 2)
    for one, other in zip(clean, faulty, strict=True):
        assert (one["camera"] != other["camera"]).any()
        for key in one.keys() - {"camera"}:
            np.testing.assert_array_equal(one[key], other[key], err_msg=key)


@pytest.mark.parametrize("kind", [*LASTING, "overexposed", "underexposed", "low_light", "color_quantization"])
def test_worse_severities_look_less_alike(kind, frame):
    def likeness(level):
        if kind in PASSING:
            return structural_similarity(frame, PASSING[kind](frame, level, random()))
        return np.mean([structural_similarity(frame, lasting(kind, level, frame, seed=seed)) for seed in range(6)])

    course = [likeness(level) for level in LEVELS]
    assert course[0] < 1.0
    assert (np.diff(course) < 0.01).all(), course
    assert course[4] < course[0] - 0.02, course


@pytest.mark.parametrize("level", LEVELS)
def test_dirt_hides_its_share_of_the_picture(level):
    cover, _ = LASTING["dirty_lens"].make(CAMERA, level, random())
    assert (cover >= 0.5).mean() == pytest.approx(defects.DIRT_SHARE[level], rel=0.15, abs=0.003)
    assert cover.max() > 0.95


def test_dirt_is_dark_at_night():
    seen = lasting("dirty_lens", 4, np.zeros((128, 256, 3), np.uint8))
    assert seen.max() == 0


def test_a_drop_shows_the_world_upside_down():
    from_column, from_row, _ = LASTING["wet_lens"].make(CAMERA, 0, random(4))
    rows, columns = np.indices(from_row.shape)
    inside = (from_row != rows) | (from_column != columns)
    assert 0.002 < inside.mean() < 0.05
    assert (np.gradient(from_row, axis=0)[1:-1][inside[:-2] & inside[2:]] < 0).mean() > 0.9


def test_a_turned_camera_moves_far_things_by_focal_length_times_tangent():
    # fov 90 degrees at 256 px: focal length 128 px. Turning right by 2 degrees moves the axis left by 128 tan 2.
    centre = np.array((127.5, 0.375 * 128 - 0.5, 1.0))
    turned = homography(CAMERA, np.radians((0.0, 2.0, 0.0)), np.zeros(3)) @ centre
    assert turned[:2] / turned[2] - centre[:2] == pytest.approx((-128 * np.tan(np.radians(2.0)), 0.0), abs=1e-9)
    # Turned up (about the x axis, which points right), things move down.
    turned = homography(CAMERA, np.radians((2.0, 0.0, 0.0)), np.zeros(3)) @ centre
    assert turned[:2] / turned[2] - centre[:2] == pytest.approx((0.0, 128 * np.tan(np.radians(2.0))), abs=1e-9)


def test_a_moved_camera_moves_the_ground_and_not_the_horizon():
    camera = CameraConfig(width=256, height=128, z_m=1.5)
    matrix = homography(camera, np.zeros(3), np.array((0.1, 0.0, 0.0)))
    horizon, ground = np.array((100.0, 47.5, 1.0)), np.array((100.0, 47.5 + 19.2, 1.0))
    assert matrix @ horizon == pytest.approx(horizon)
    # 19.2 px below the horizon the ground is 1.5 * 128 / 19.2 = 10 m ahead: 0.1 m are 1.28 px.
    moved = matrix @ ground
    assert moved[:2] / moved[2] == pytest.approx((100.0 - 1.28, 66.7), abs=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_a_drifted_camera_is_turned_by_its_angle_and_moved_by_its_length(level):
    matrix = LASTING["miscalibrated"].make(CameraConfig(z_m=2.0), level, random(9))
    lens = np.array(((64.0, 0, 63.5), (0, 64.0, 23.5), (0, 0, 1)))
    seen = np.linalg.inv(lens) @ matrix @ lens
    # Moving changes the second column alone: the ground's normal is (0, 1, 0).
    second = np.cross(seen[:, 2], seen[:, 0])
    trace = seen[0, 0] + second[1] + seen[2, 2]
    assert np.degrees(np.arccos((trace - 1.0) / 2.0)) == pytest.approx(defects.ROTATION_DEG[level])
    assert np.linalg.norm(seen[:, 1] - second) == pytest.approx(defects.TRANSLATION_M[level] / 2.0)


@pytest.mark.parametrize("level", LEVELS)
def test_a_wrong_focal_length_magnifies_about_the_principal_point(level):
    matrix = LASTING["wrong_focal"].make(CAMERA, level, random())
    assert abs(matrix[0, 0] - 1.0) == pytest.approx(defects.FOCAL_ERROR[level])
    principal = np.array((127.5, 47.5, 1.0))
    assert matrix @ principal == pytest.approx(principal)


def test_exposure_doubles_light_per_stop():
    gray = np.full((4, 4, 3), 100, np.uint8)
    assert defects.overexposed(gray, 1, random()) == pytest.approx(100 * 2 ** (1 / 2.2), abs=1)
    assert defects.underexposed(gray, 1, random()) == pytest.approx(100 * 2 ** (-2 / 2.2), abs=1)
    assert defects.overexposed(gray, 4, random()).max() <= 255


def test_a_cast_changes_the_balance_and_not_the_grain(frame):
    for seed in range(8):
        gains = LASTING["color_cast"].make(CAMERA, 2, random(seed))
        assert gains.max() == pytest.approx(1.35)
        gray = lasting("color_cast", 2, np.full((128, 256, 3), 100, np.uint8), seed=seed)
        assert gray[0, 0] == pytest.approx(100 * gains ** (1 / 2.2), abs=1)


def test_bands_are_as_many_as_periods_in_the_readout_and_move_on():
    gray = np.full((300, 8, 3), 200, np.uint8)
    made = LASTING["banding"].make(CAMERA, 4, random())
    assert made[0] == pytest.approx(100.0, abs=0.21)
    seen = LASTING["banding"].apply(gray, 4, made, 1.0)[:, 0, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(seen - seen.mean()))
    assert spectrum.argmax() == 3  # 100 Hz for 30 ms
    assert seen.min() == pytest.approx(200 * (1 - 0.4 * (1 + np.sinc(0.2))) ** (1 / 2.2), abs=2)
    assert (LASTING["banding"].apply(gray, 4, made, 40.0)[:, 0, 0] != seen).any()


def test_colours_keep_their_highest_bits():
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    for level, bits in enumerate((5, 4, 3, 2, 1)):
        seen = defects.color_quantization(picture, level, random())
        assert len(np.unique(seen)) == 2**bits
        np.testing.assert_array_equal(seen, picture // 2 ** (8 - bits) * 2 ** (8 - bits))


def test_faults_of_an_episode_stay_and_those_of_a_frame_change():
    def marks(kind):
        """Which pixels differ from the clean ones, frame after frame."""
        seen = drive(make(FaultConfig(kind=kind, severity=3), width=128, height=64), 2)
        clean = drive(make(width=128, height=64), 2)
        return [one["camera"][0] != other["camera"][0] for one, other in zip(seen, clean, strict=True)]

    cover = marks("dirty_lens")
    # Where dirt hides nothing the picture is as it was, in every frame alike.
    assert (cover[0] == cover[2]).mean() > 0.97
    noise = marks("impulse_noise")
    assert (noise[0] & noise[2]).mean() < 0.05


def test_pictures_do_not_depend_on_batch_and_threads():
    faults = [
        FaultConfig(kind=kind, severity=2, bursts_per_s=2.0, duration_s=0.3) for kind in ("frost", "snow", "late")
    ]
    faults += [FaultConfig(kind=kind, severity=3) for kind in ("cracked_lens", "gaussian_noise", "miscalibrated")]
    many = drive(make(*faults, worlds=4, threads=2), 8)
    few = drive(make(*faults, worlds=2), 8)
    for one, other in zip(many, few, strict=True):
        for key in one:
            np.testing.assert_array_equal(one[key][:2], other[key], err_msg=key)


@pytest.mark.parametrize(
    "options", [{}, {"rate_hz": 5.0, "latency_s": 0.2}], ids=["every step", "with a rate and a latency"]
)
def test_a_snapshot_within_bursts_goes_on_as_it_would_have(options):
    kinds = ("dropped", "frozen", "late", "jitter", "dead", "wet_lens", "speckle_noise")
    faults = [FaultConfig(kind=kind, severity=3, bursts_per_s=1.0, duration_s=0.5) for kind in kinds]
    env = make(*faults, timestamps=True, truth=True, **options)
    before = drive(env, 12)[-1]
    snapshot, turn = env.unwrapped.snapshot(), np.zeros((3, 2), np.float32)
    names = [name for name in env.unwrapped.labels() if name.startswith("camera_")]
    assert {"camera_faults", "camera_truth", "camera_depth_truth"} <= set(names)

    def row_of(observation):
        labels = env.unwrapped.labels()
        return {key: np.array(values) for key, values in observation.items()} | {
            name: np.array(labels[name]) for name in names
        }

    worlds = []

    def go():
        rows = []
        for _ in range(10):
            rows.append(row_of(env.step(turn)[0]))
            worlds.append(env.unwrapped.snapshot(sensors=False))
        return rows

    after = go()
    assert not any(name.startswith("sensors.") for name in worlds[0])
    assert len({row["camera_faults"].tobytes() for row in after}) > 1
    env.unwrapped.restore(snapshot)
    for key, values in before.items():
        np.testing.assert_array_equal(env.unwrapped.observe_view()[key], values, err_msg=key)
    for expected, row in zip(after, go(), strict=True):
        for key, values in row.items():
            np.testing.assert_array_equal(values, expected[key], err_msg=key)
    # What sensors deliver follows from the worlds step by step and from what they remembered at first.
    env.unwrapped.restore(snapshot)
    for expected, alone in zip(after, worlds, strict=False):
        env.unwrapped.restore(alone, sensors=False)
        for key, values in row_of(env.unwrapped.observe_view()).items():
            np.testing.assert_array_equal(values, expected[key], err_msg=key)


def test_forced_faults_are_in_snapshots_and_can_be_restored_anywhere():
    env, other = make(), make()
    drive(env, 3)
    plain = env.unwrapped.snapshot()
    env.unwrapped.set_fault("camera", "frozen", 3)
    env.unwrapped.set_fault("camera", "dirty_lens", 5, mask=np.array([True, False, False]))
    turn = np.zeros((3, 2), np.float32)
    env.step(turn)
    snapshot = env.unwrapped.snapshot()
    after = [env.step(turn)[0] for _ in range(3)]
    drive(other, 1)
    for each in (other, env):
        each.unwrapped.restore(snapshot)
        for expected in after:
            for key, values in each.step(turn)[0].items():
                np.testing.assert_array_equal(values, expected[key], err_msg=key)
        assert each.unwrapped.labels()["camera_faults"][:, fault_names("camera").index("frozen")].tolist() == [3] * 3
    np.testing.assert_array_equal(after[0]["camera"], after[2]["camera"])
    env.unwrapped.restore(plain)
    assert not any(name.startswith("sensors.") for name in env.unwrapped.snapshot())
    assert "camera_faults" not in env.unwrapped.labels()


def test_a_forced_fault_shows_at_once_and_goes_when_it_is_released():
    env = make(worlds=2)
    clean = drive(env, 3)[-1]["camera"]
    env.unwrapped.set_fault("camera", "color_quantization", 5, mask=np.array([False, True]))
    seen = env.unwrapped.observe_view()["camera"]
    np.testing.assert_array_equal(seen[0], clean[0])
    np.testing.assert_array_equal(seen[1], clean[1] & 128)
    env.unwrapped.set_fault("camera", "dead", 1)
    assert not env.unwrapped.observe_view()["camera"].any()
    for kind in ("dead", "color_quantization"):
        env.unwrapped.set_fault("camera", kind, None)
    np.testing.assert_array_equal(env.unwrapped.observe_view()["camera"], clean)


def test_the_label_tells_what_is_in_the_delivered_picture():
    fault = FaultConfig(kind="dirty_lens", severity=4, start_s=0.3, duration_s=0.3)
    dead = FaultConfig(kind="dead", severity=1, start_s=0.3, duration_s=0.3)
    env, names = make(fault, dead, latency_s=0.2, worlds=1), fault_names("camera")
    env.reset(seed=1)
    dirt, gone = [], []
    for _ in range(9):
        label = np.array(env.unwrapped.labels()["camera_faults"])[0]
        dirt.append(int(label[names.index("dirty_lens")]))
        gone.append(int(label[names.index("dead")]))
        env.step(np.zeros((1, 2), np.float32))
    assert gone == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert dirt == [0, 0, 0, 0, 0, 4, 4, 4, 0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("camra", "dead", 1), "sensor: unknown value 'camra'; did you mean 'camera'"),
        (("camera", "dirty_lense", 1), "kind: unknown value 'dirty_lense'; did you mean 'dirty_lens'"),
        (("camera", "dead", 6), r"severity: expected an integer in \[0, 5\]"),
        (("camera", "clock", 1), "kind: unknown value 'clock'"),
    ],
)
def test_wrong_faults_are_refused_by_name(words, message):
    env = make(worlds=1)
    env.reset(seed=1)
    with pytest.raises(ConfigError, match=message):
        env.unwrapped.set_fault(*words)
    single = gym.make("drivesim/Lane-v0", map_count=1, sensors=[{"type": "camera", "width": 16, "height": 8}])
    single.reset(seed=1)
    with pytest.raises(ConfigError, match=message):
        single.unwrapped.set_fault(*words)
