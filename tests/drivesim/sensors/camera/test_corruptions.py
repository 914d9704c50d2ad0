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
    "gaussian_noise": (0.310, 0.213, 0.142, 0.094, 0.059),
    "shot_noise": (0.280, 0.187, 0.127, 0.073, 0.052),
    "impulse_noise": (0.455, 0.260, 0.181, 0.101, 0.066),
    "speckle_noise": (0.338, 0.261, 0.152, 0.115, 0.083),
    "gaussian_blur": (0.934, 0.858, 0.800, 0.760, 0.718),
    "defocus_blur": (0.871, 0.834, 0.767, 0.728, 0.702),
    "glass_blur": (0.856, 0.851, 0.751, 0.753, 0.729),
    "motion_blur": (0.902, 0.822, 0.780, 0.740, 0.719),
    "zoom_blur": (0.832, 0.788, 0.770, 0.746, 0.738),
    "fog": (0.842, 0.811, 0.759, 0.772, 0.721),
    "frost": (0.679, 0.540, 0.478, 0.501, 0.426),
    "snow": (0.635, 0.412, 0.483, 0.427, 0.389),
    "spatter": (0.955, 0.782, 0.583, 0.579, 0.435),
    "contrast": (0.873, 0.823, 0.765, 0.704, 0.671),
    "brightness": (0.976, 0.918, 0.871, 0.812, 0.744),
    "saturate": (0.977, 0.964, 0.959, 0.774, 0.495),
    "jpeg_compression": (0.893, 0.871, 0.856, 0.823, 0.791),
    "pixelate": (0.944, 0.930, 0.893, 0.862, 0.840),
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
