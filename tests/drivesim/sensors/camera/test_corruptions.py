"""Corruptions against those of imagecorruptions-imaug, and against what their numbers say."""

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import CORRUPTIONS as DOCUMENTED
from drivesim.sensors.camera.corruptions import CORRUPTIONS, LAYERS, corrupt
from drivesim.sensors.camera.layers import plasma, streaked
from tests.judges import ask
from tests.reference.ssim import structural_similarity

KINDS = (*CORRUPTIONS, *LAYERS)
TOLERANCE = 0.05
UNORDERED = ("saturate", "snow", "glass_blur")
"""Their severities are no scale of likeness: less colour comes before more, coarse flakes after fine ones."""
THEIRS = {
    "gaussian_noise": (0.317, 0.219, 0.146, 0.098, 0.063),
    "shot_noise": (0.287, 0.193, 0.132, 0.077, 0.055),
    "impulse_noise": (0.457, 0.267, 0.186, 0.106, 0.069),
    "speckle_noise": (0.347, 0.269, 0.158, 0.120, 0.086),
    "gaussian_blur": (0.921, 0.833, 0.773, 0.735, 0.693),
    "defocus_blur": (0.848, 0.806, 0.740, 0.702, 0.677),
    "glass_blur": (0.833, 0.828, 0.726, 0.726, 0.701),
    "motion_blur": (0.886, 0.802, 0.762, 0.717, 0.694),
    "zoom_blur": (0.811, 0.765, 0.750, 0.725, 0.720),
    "fog": (0.835, 0.802, 0.751, 0.763, 0.713),
    "frost": (0.680, 0.554, 0.485, 0.481, 0.444),
    "snow": (0.641, 0.418, 0.489, 0.433, 0.396),
    "spatter": (0.956, 0.785, 0.590, 0.583, 0.442),
    "contrast": (0.866, 0.814, 0.753, 0.687, 0.654),
    "brightness": (0.976, 0.918, 0.871, 0.813, 0.744),
    "saturate": (0.978, 0.964, 0.959, 0.776, 0.501),
    "jpeg_compression": (0.874, 0.851, 0.835, 0.800, 0.766),
    "pixelate": (0.934, 0.919, 0.878, 0.843, 0.818),
}
"""Median likeness of the frames below to the clean ones, by imagecorruptions-imaug 1.1.5, severities 1 to 5."""
JUDGE = """
from imagecorruptions import corrupt
from skimage.metrics import structural_similarity
np.random.seed(1)
def likeness(pictures):
    return [np.median([structural_similarity(f, p, channel_axis=-1) for f, p in zip(given["frames"], row)])
            for row in pictures]
def theirs(severity):
    return [corrupt(f, corruption_name=str(given["kind"]), severity=severity) for f in given["frames"]]
answer["ours"] = np.array(likeness(given["ours"]))
draws = 3 if str(given["kind"]) == "frost" else 1  # few photographs of ice: a single draw says little
answer["theirs"] = np.median([likeness(theirs(s) for s in range(1, 6)) for _ in range(draws)], axis=0)
"""


@pytest.fixture(scope="module")
def frames():
    """Twenty frames of ten highways, uint8 (20, 224, 298, 3)."""
    env = gym.make_vec(
        "drivesim/Highway-v0",
        num_envs=10,
        map_start=1_000_000,
        map_count=10,
        sensors=[{"type": "camera", "width": 298, "height": 224}],
    )
    env.reset(seed=5)
    taken = []
    for tick in range(61):
        observation = env.step(env.unwrapped.expert_action())[0]
        if tick in (20, 60):
            taken.append(observation["camera"])
    return np.concatenate(taken)


def ours(frames, kind, severity):
    # What stays on the lens is the same at every severity.
    return np.stack(
        [
            corrupt(frame, kind, severity, random(index, 0 if kind in LAYERS else severity))
            for index, frame in enumerate(frames)
        ]
    )


def random(index, severity=0):
    return np.random.Generator(np.random.Philox(key=[index, severity]))


def test_every_documented_corruption_is_there():
    assert set(KINDS) == set(DOCUMENTED) == set(THEIRS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_corruption_is_as_strong_as_the_judges(kind, frames):
    pictures = np.stack([ours(frames, kind, severity) for severity in range(1, 6)])
    answer = ask(JUDGE, {"frames": frames, "ours": pictures, "kind": np.array(kind)}, "imagecorruptions", "skimage")
    assert answer["ours"] == pytest.approx(answer["theirs"], abs=TOLERANCE)
    assert answer["theirs"] == pytest.approx(THEIRS[kind], abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_corruption_is_as_strong_as_what_the_judge_has_said(kind, frames):
    likeness = [
        float(np.median([structural_similarity(*pair) for pair in zip(frames, ours(frames, kind, s), strict=True)]))
        for s in range(1, 6)
    ]
    assert likeness == pytest.approx(THEIRS[kind], abs=TOLERANCE)
    if kind not in UNORDERED:
        assert (np.diff(likeness) < 0.005).all()
        assert likeness[4] < likeness[0] - 0.05


def test_the_reference_of_likeness_is_one_for_equals_and_known_for_constants():
    picture = random(1).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert structural_similarity(picture, picture) == pytest.approx(1.0)
    # Without variance what is left is (2 x y + c1) / (x^2 + y^2 + c1).
    dark, light = np.full((9, 9, 3), 50, np.uint8), np.full((9, 9, 3), 100, np.uint8)
    assert structural_similarity(dark, light) == pytest.approx((10000 + 6.5025) / (12500 + 6.5025))


@pytest.mark.parametrize("kind", KINDS)
def test_chance_is_what_the_generator_gives_and_the_picture_stays(kind):
    picture = random(2).integers(0, 256, (48, 80, 3)).astype(np.uint8)
    before = picture.copy()
    one, same = corrupt(picture, kind, 3, random(7)), corrupt(picture, kind, 3, random(7))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(picture, before)
    assert one.dtype == np.uint8
    assert one.shape == picture.shape
    assert (one != picture).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4, 4), (5, 33), (40, 12)])
def test_pictures_of_any_size_and_shape_can_be_corrupted(kind, shape):
    for fill in (0, 255):
        for severity in (1, 5):
            assert corrupt(np.full((*shape, 3), fill, np.uint8), kind, severity, random(1)).shape == (*shape, 3)


def test_worked_examples():
    gray = np.full((32, 32, 3), 100, np.uint8)
    half = gray.copy()
    half[:, 16:] = 200
    # The mean is 150: 150 - 50 * 0.4 = 130 and 170.
    assert np.unique(corrupt(half, "contrast", 1, random(1))).tolist() == pytest.approx([130, 170], abs=1)
    assert corrupt(gray, "brightness", 2, random(1)) == pytest.approx(151, abs=1)
    share = (corrupt(np.full((300, 300, 3), 100, np.uint8), "impulse_noise", 4, random(1)) != 100).mean()
    assert share == pytest.approx(0.17, abs=0.005)
    counted = corrupt(np.full((200, 200, 3), 128, np.uint8), "shot_noise", 5, random(1))
    assert set(np.unique(counted)) <= {0, 85, 170, 255}  # of three photons
    spread = corrupt(np.full((300, 300, 3), 128, np.uint8), "gaussian_noise", 1, random(1)).std()
    assert spread == pytest.approx(0.08 * 255, rel=0.02)


def test_lengths_scale_with_the_picture():
    def widths(size):
        picture = np.zeros((size, size, 3), np.uint8)
        picture[:, size // 2] = 255
        profile = corrupt(picture, "gaussian_blur", 5, random(1))[size // 2, :, 0].astype(float)
        place = np.arange(size) - size // 2
        return np.sqrt((profile * place**2).sum() / profile.sum())

    assert widths(224) == pytest.approx(6.0, rel=0.05)
    assert widths(448) == pytest.approx(12.0, rel=0.05)


def test_a_streak_is_half_a_gaussian_in_its_direction():
    picture = np.zeros((224, 224), np.float32)
    picture[100, 100] = 1.0
    seen = streaked(picture, 10, 3, 0.0)
    weights = np.exp(-0.5 * (np.arange(21) / 3.0) ** 2)
    assert seen[100, 80:101][::-1] == pytest.approx(weights / weights.sum(), abs=1e-6)
    assert seen.sum() == pytest.approx(1.0, abs=1e-5)


def test_plasma_fills_the_unit_interval_and_rough_plasma_is_rougher():
    smooth, rough = plasma(128, 3.0, random(3)), plasma(128, 1.4, random(3))
    for clouds in (smooth, rough):
        assert (clouds.min(), clouds.max()) == (0.0, 1.0)
    assert np.abs(np.diff(rough)).mean() > 3.0 * np.abs(np.diff(smooth)).mean()
