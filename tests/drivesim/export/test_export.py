import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.config import CameraConfig, LidarConfig
from drivesim.errors import ConfigError
from drivesim.export.calibration import ego_from_sensor, intrinsic, inverse, quaternion, world_from_ego, yaw_quaternion
from drivesim.export.drive import Pose, json_ready
from drivesim.export.formats import FORMATS, format_named, writer_class
from drivesim.export.mcap import MAGIC, McapFile
from drivesim.export.nuscenes import channel_of
from drivesim.export.radar_pcd import radar_pcd

UNIT = st.floats(-1.0, 1.0, allow_nan=False)


def matrix_of(w, x, y, z):
    """Rotation of a unit quaternion, written out (Diebel 2006)."""
    return np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )


@given(st.tuples(UNIT, UNIT, UNIT, UNIT).filter(lambda q: sum(v * v for v in q) > 0.01))
def test_a_quaternion_gives_its_rotation_back(given_quaternion):
    q = np.array(given_quaternion) / np.linalg.norm(given_quaternion)
    found = np.array(quaternion(matrix_of(*q)))
    assert found[0] >= 0.0
    np.testing.assert_allclose(matrix_of(*found), matrix_of(*q), atol=1e-9)


def test_turns_of_a_quarter_by_hand():
    s = math.sqrt(0.5)
    assert yaw_quaternion(math.pi / 2) == pytest.approx([s, 0, 0, s])
    # nuScenes' camera that looks ahead: x right, y down, z ahead.
    level = quaternion(ego_from_sensor(CameraConfig())[:3, :3])
    assert level == pytest.approx([0.5, -0.5, 0.5, -0.5])
    assert quaternion(np.diag([1.0, -1.0, -1.0])) == pytest.approx([0, 1, 0, 0])


def test_frames_follow_one_another_by_hand():
    pose = Pose(x=10.0, y=5.0, yaw=math.pi / 2, speed=0.0, yaw_rate=0.0, acceleration=0.0)
    lidar = LidarConfig(x_m=1.0, y_m=0.0, z_m=2.0)
    # 3 m ahead of a lidar 1 m ahead of the axle of a car that looks north.
    point = world_from_ego(pose) @ ego_from_sensor(lidar) @ [3.0, 0.0, 0.0, 1.0]
    np.testing.assert_allclose(point, [10.0, 9.0, 2.0, 1.0], atol=1e-12)
    np.testing.assert_allclose(inverse(world_from_ego(pose)) @ world_from_ego(pose), np.eye(4), atol=1e-12)


def test_the_camera_matrix_counts_from_the_middle_of_the_first_pixel():
    camera = CameraConfig(width=100, height=50, fov_deg=90.0, principal_y=0.5)
    np.testing.assert_allclose(intrinsic(camera), [[50, 0, 49.5], [0, 50, 24.5], [0, 0, 1]])


def test_a_radar_file_holds_what_the_devkit_s_page_says():
    detections = np.array([[10.0, math.pi / 2, -4.0, -3.0, 7.5, 20.0], [0.0] * 6], np.float32)
    data = radar_pcd(detections, np.array([1, 0]))
    header, _, rest = data.partition(b"DATA binary\n")
    lines = header.decode().splitlines()
    assert lines[0].startswith("#") and lines[1] == "VERSION 0.7" and "WIDTH 1" in lines and "POINTS 1" in lines
    assert lines[3] == "SIZE 4 4 4 1 2 4 4 4 4 4 1 1 1 1 1 1 1 1"
    assert lines[4] == "TYPE F F F I I F F F F F I I I I I I I I"
    assert len(rest) == 43 + 1
    x, y, _, dynamic, _, rcs, vx, vy, _, vy_comp, quality, ambiguity, *_ = struct.unpack(
        "<fffbhfffffbbbbbbbb", rest[:43]
    )
    assert (x, y) == pytest.approx((0.0, 10.0), abs=1e-5)
    assert (vx, vy, vy_comp) == pytest.approx((0.0, -4.0, -3.0), abs=1e-5)
    assert (dynamic, rcs, quality, ambiguity) == (2, 7.5, 1, 3)


def test_a_radar_file_without_detections_has_a_point_that_is_nowhere():
    data = radar_pcd(np.zeros((4, 6), np.float32), np.zeros(4, np.uint8))
    assert b"WIDTH 1\n" in data and np.isnan(struct.unpack("<f", data.partition(b"DATA binary\n")[2][:4]))


def test_an_mcap_file_begins_and_ends_with_its_magic_and_equal_calls_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        file = McapFile(tmp_path / name)
        file.channel("/x", "s", b"{}")
        file.message("/x", 5, b'{"a":1}')
        file.close()
    data = (tmp_path / "a").read_bytes()
    assert data == (tmp_path / "b").read_bytes()
    assert data.startswith(MAGIC + b"\x01") and data.endswith(MAGIC)
    # The footer: where the summary begins, and its checksum.
    opcode, length, start, offsets, _ = struct.unpack("<BQQQI", data[-len(MAGIC) - 29 : -len(MAGIC)])
    assert (opcode, length) == (2, 20)
    assert data[start] == 3 and data[offsets] == 0x0E  # a schema; an offset of a group


def test_numbers_keep_the_shortest_form_that_is_the_same_float32():
    values = json_ready({"a": np.float32([0.1, 2.5]), "b": np.uint8(3), "c": (np.bool_(True),)})
    assert values == {"a": [0.1, 2.5], "b": 3, "c": [True]}
    assert np.float32(json_ready(np.float32(1 / 3))) == np.float32(1 / 3)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_writer(name):
    cls = writer_class(format_named(name))
    assert "objects_valid" in cls.labels((CameraConfig(), LidarConfig()))


def test_a_format_nobody_knows_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'nuscenes'"):
        format_named("nuscene")


@pytest.mark.parametrize(
    ("sensor", "number", "channel"),
    [
        (CameraConfig(), 0, "CAM_FRONT"),
        (CameraConfig(name="cam_back_left"), 3, "CAM_BACK_LEFT"),
        (LidarConfig(), 0, "LIDAR_TOP"),
        (LidarConfig(name="side"), 1, "LIDAR_SIDE"),
    ],
)
def test_sensors_have_the_devkit_s_names(sensor, number, channel):
    assert channel_of(sensor, number) == channel
