"""OpenCV as the judge of the geometry: what it finds in rendered frames gives back lens and pose.

A chessboard of 1 m squares lies on the ground. Its corners are found in the frames to a fraction of a pixel, and their
known places in the world must lead `cv2.calibrateCamera` to the focal length and `cv2.solvePnP` to the pose.
"""

import math

import cv2
import numpy as np
import pytest

from drivesim.config import CameraConfig
from drivesim.maps.materials import Material, shade
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.semantics import Semantic
from tests.reference.views import asphalt, frames_of, maps_of, put, state_of

WIDTH, HEIGHT = 960, 640
FOV_DEG = 70.0
FOCAL = WIDTH / 2.0 / math.tan(math.radians(FOV_DEG) / 2.0)
CENTRE = (0.47 * WIDTH, 0.42 * HEIGHT)
CORNERS_W = np.array([(x, y, 0.0) for x in range(1, 8) for y in range(-3, 4)], np.float64)
"""Inner corners of the board, world frame [m]."""


@pytest.fixture(scope="module")
def board():
    """8 x 8 squares of 1 m, x from 0 to 8, y from -4 to 4, on asphalt."""
    picture = asphalt()
    for column in range(8):
        for row in range(8):
            tone = shade(Material.CONCRETE, 205.0 if (column + row) % 2 else 60.0)
            picture[1024 - 40 + 10 * row :, 1024 + 10 * column :][:10, :10] = tone
    return maps_of(picture=picture, sun=(0.0, 0.0, 1.0))


def camera(**pose) -> CameraConfig:
    return CameraConfig(
        width=WIDTH, height=HEIGHT, fov_deg=FOV_DEG, principal_x=CENTRE[0] / WIDTH, principal_y=CENTRE[1] / HEIGHT,
        channels=("rgb", "semantic"), **pose,
    )  # fmt: skip


VIEWS = (  # ego x, y, yaw, camera
    (-4.0, 0.5, 0.0, camera(x_m=0.5, z_m=2.6)),
    (-3.5, -1.0, 0.12, camera(x_m=0.0, y_m=0.4, z_m=3.2)),
    (-3.0, 0.0, -0.1, camera(z_m=5.0, pitch_deg=25.0)),
    (-2.0, 2.0, -0.3, camera(z_m=6.0, pitch_deg=35.0, roll_deg=12.0)),
    (3.0, -7.0, 1.57, camera(x_m=0.0, z_m=5.5, pitch_deg=30.0, roll_deg=-10.0)),
    (5.0, 6.5, -1.4, camera(x_m=0.0, z_m=7.0, pitch_deg=42.0, yaw_deg=-8.0)),
)
"""Level cameras (the fast path) and tilted ones (the ray path) with one lens."""


def true_pose(x: float, y: float, yaw: float, config: CameraConfig) -> tuple[np.ndarray, np.ndarray]:
    """Rotation camera_from_world and the camera's position, from the words of `CameraConfig`."""
    position = np.array(
        [
            x + config.x_m * math.cos(yaw) - config.y_m * math.sin(yaw),
            y + config.x_m * math.sin(yaw) + config.y_m * math.cos(yaw),
            config.z_m,
        ]
    )
    heading = yaw + math.radians(config.yaw_deg)
    level = np.array(
        [(math.sin(heading), -math.cos(heading), 0.0), (0.0, 0.0, -1.0), (math.cos(heading), math.sin(heading), 0.0)]
    )
    nose_down, _ = cv2.Rodrigues(np.array([math.radians(config.pitch_deg), 0.0, 0.0]))
    clockwise, _ = cv2.Rodrigues(np.array([0.0, 0.0, -math.radians(config.roll_deg)]))
    return clockwise @ nose_down @ level, position


def found_corners(view, maps) -> tuple[np.ndarray, np.ndarray]:
    """Corners in the world and where OpenCV finds them in the frame, starting up to 2 px off."""
    x, y, yaw, config = view
    state = state_of()
    state.actors.x[0, 0], state.actors.y[0, 0], state.actors.yaw[0, 0] = x, y, yaw
    gray = cv2.cvtColor(frames_of(config, maps, state)["rgb"][0], cv2.COLOR_RGB2GRAY)
    rotation, position = true_pose(x, y, yaw, config)
    in_camera = (CORNERS_W - position) @ rotation.T
    guess = in_camera[:, :2] / in_camera[:, 2:] * FOCAL + CENTRE - 0.5  # OpenCV counts pixels from their centres.
    inside = (guess > 12.0).all(axis=1) & (guess < (WIDTH - 13.0, HEIGHT - 13.0)).all(axis=1) & (in_camera[:, 2] > 1.0)
    guess = guess + np.random.default_rng(5).uniform(-2.0, 2.0, guess.shape)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 100, 1e-4)
    # The window is wider than a texel of the ground, between which edges are interpolated.
    found = cv2.cornerSubPix(gray, guess[inside].astype(np.float32).reshape(-1, 1, 2), (11, 7), (-1, -1), stop)
    return CORNERS_W[inside], found.reshape(-1, 2) + 0.5


@pytest.fixture(scope="module")
def measured(board):
    return [found_corners(view, board) for view in VIEWS]


def test_every_view_shows_enough_corners(measured):
    assert min(len(corners) for corners, _ in measured) >= 20


def test_calibration_gives_the_intrinsics(measured):
    start = np.array([(1.2 * FOCAL, 0.0, WIDTH / 2), (0.0, 1.2 * FOCAL, HEIGHT / 2), (0.0, 0.0, 1.0)])
    flags = cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_ZERO_TANGENT_DIST
    flags |= cv2.CALIB_FIX_K1 | cv2.CALIB_FIX_K2 | cv2.CALIB_FIX_K3
    error, matrix, *_ = cv2.calibrateCamera(
        [corners.astype(np.float32) for corners, _ in measured],
        [pixels.astype(np.float32) for _, pixels in measured],
        (WIDTH, HEIGHT), start, np.zeros(5), flags=flags,
    )  # fmt: skip
    assert error < 0.05
    assert matrix[0, 0] == pytest.approx(FOCAL, rel=0.002)
    assert matrix[1, 1] == pytest.approx(FOCAL, rel=0.002)
    assert matrix[0, 2] == pytest.approx(CENTRE[0], abs=0.002 * WIDTH)
    assert matrix[1, 2] == pytest.approx(CENTRE[1], abs=0.002 * WIDTH)


@pytest.mark.parametrize("index", range(len(VIEWS)))
def test_the_pose_comes_back_from_the_corners(measured, index):
    corners, pixels = measured[index]
    matrix = np.array([(FOCAL, 0.0, CENTRE[0]), (0.0, FOCAL, CENTRE[1]), (0.0, 0.0, 1.0)])
    done, turn, shift = cv2.solvePnP(corners, pixels.astype(np.float64), matrix, np.zeros(5))
    assert done
    rotation, _ = cv2.Rodrigues(turn)
    true_rotation, true_position = true_pose(*VIEWS[index])
    position = -rotation.T @ shift.ravel()
    between = math.acos(min((np.trace(rotation.T @ true_rotation) - 1.0) / 2.0, 1.0))
    assert np.linalg.norm(position - true_position) < 0.05
    assert math.degrees(between) < 0.3


def test_upright_things_project_to_where_opencv_puts_their_corners():
    sign = Scenery(kind=SceneryKind.SIGN, x=9.0, y=1.0, length=0.1, width=2.0, height=1.5, base=2.0, look=0)
    x, y, yaw, config = -2.0, 0.3, 0.08, camera(x_m=0.5, z_m=1.6)
    state = state_of()
    put(state, 0, 0, x, y, yaw)
    frames = frames_of(config, maps_of(scenery=[sign]), state)
    rows, columns = np.nonzero(frames["semantic"][0] == Semantic.TRAFFIC_SIGN)
    rotation, position = true_pose(x, y, yaw, config)
    front = np.array([(8.95, wide, high) for wide in (0.0, 2.0) for high in (2.0, 3.5)])
    turn, _ = cv2.Rodrigues(rotation)
    matrix = np.array([(FOCAL, 0.0, CENTRE[0]), (0.0, FOCAL, CENTRE[1]), (0.0, 0.0, 1.0)])
    pixels = cv2.projectPoints(front, turn, -rotation @ position, matrix, np.zeros(5))[0].reshape(-1, 2)
    # The front face covers the pixels whose centres lie between its corners; its sides may add a column.
    assert columns.min() + 0.5 == pytest.approx(pixels[:, 0].min(), abs=1.6)
    assert columns.max() + 0.5 == pytest.approx(pixels[:, 0].max(), abs=1.6)
    assert rows.min() + 0.5 == pytest.approx(pixels[:, 1].min(), abs=1.0)
    assert rows.max() + 0.5 == pytest.approx(pixels[:, 1].max(), abs=1.6)
