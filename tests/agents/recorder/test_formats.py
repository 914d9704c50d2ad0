"""The formats read with NumPy and OpenCV alone, and the numbers in them against geometry."""

import json

import cv2
import numpy as np
import pytest

from drivesim.errors import ConfigError, FileFormatError
from drivesim.export.coco import compressed, run_lengths
from drivesim.export.read import DataSet, Place, frame_description
from tests.agents.recorder.data_sets import data_set

BOX_TYPES = {"Car", "Van", "Truck", "Misc", "Pedestrian", "Cyclist", "Tram"}


def corners_in_camera(row):
    """The 8 corners of a row of KITTI's labels, by the definition in its development kit (`computeBox3D.m`)."""
    h, w, length, x, y, z, ry = row
    turn = np.array([[np.cos(ry), 0, np.sin(ry)], [0, 1, 0], [-np.sin(ry), 0, np.cos(ry)]])
    half_l, half_w = length / 2, w / 2
    box = np.array(
        [
            [half_l, half_l, -half_l, -half_l, half_l, half_l, -half_l, -half_l],
            [0, 0, 0, 0, -h, -h, -h, -h],
            [half_w, -half_w, -half_w, half_w, half_w, -half_w, -half_w, half_w],
        ]
    )
    return turn @ box + np.array([[x], [y], [z]])


@pytest.mark.slow
def test_kitti_boxes_are_the_projections_of_their_corners_within_two_pixels():
    root = data_set("kitti") / "training"
    checked = 0
    for file in sorted((root / "label_2").glob("*.txt")):
        calibration = dict(line.split(": ") for line in (root / "calib" / file.name).read_text().splitlines())
        p2 = np.array(calibration["P2"].split(), float).reshape(3, 4)
        height, width = cv2.imread(str(root / "image_2" / f"{file.stem}.png")).shape[:2]
        for line in file.read_text().splitlines():
            kind, *numbers = line.split()
            row = np.array(numbers, float)
            assert kind in BOX_TYPES and len(row) == 14
            corners = corners_in_camera(row[7:14])
            if corners[2].min() < 0.5:
                continue
            pixels = p2 @ np.vstack([corners, np.ones(8)])
            pixels = pixels[:2] / pixels[2]
            low = np.clip(pixels.min(axis=1), -0.5, [width - 0.5, height - 0.5])
            high = np.clip(pixels.max(axis=1), -0.5, [width - 0.5, height - 0.5])
            np.testing.assert_allclose(row[3:7], [*low, *high], atol=2.0)
            np.testing.assert_allclose(np.cos(row[2]), np.cos(row[13] - np.arctan2(row[10], row[12])), atol=1e-3)
            checked += 1
    assert checked > 10


@pytest.mark.slow
def test_kitti_lidar_lies_on_the_depth_picture():
    root = data_set("kitti") / "training"
    calibration = dict(line.split(": ") for line in (root / "calib" / "000002.txt").read_text().splitlines())
    p2 = np.array(calibration["P2"].split(), float).reshape(3, 4)
    to_camera = np.array(calibration["Tr_velo_to_cam"].split(), float).reshape(3, 4)
    points = np.fromfile(root / "velodyne" / "000002.bin", "<f4").reshape(-1, 4)
    assert 0.0 <= points[:, 3].min() and points[:, 3].max() <= 1.0
    in_camera = to_camera @ np.vstack([points[:, :3].T, np.ones(len(points))])
    ahead = in_camera[2] > 3.0
    pixels = p2 @ np.vstack([in_camera[:, ahead], np.ones(ahead.sum())])
    u, v = np.round(pixels[:2] / pixels[2]).astype(int)
    depth = cv2.imread(str(root / "depth_2" / "000002.png"), cv2.IMREAD_UNCHANGED) / 256.0
    inside = (u >= 0) & (v >= 0) & (u < depth.shape[1]) & (v < depth.shape[0])
    seen = depth[v[inside], u[inside]]
    near = seen > 0.0
    error = np.abs(seen - in_camera[2][ahead][inside])[near]
    assert inside.sum() > 200
    assert np.median(error / seen[near]) < 0.05


@pytest.mark.slow
def test_kitti_numbers_of_the_car_move_as_it_drives():
    root = data_set("kitti") / "training" / "oxts"
    rows = np.array([np.array(file.read_text().split(), float) for file in sorted(root.glob("*.txt"))[:3]])
    assert rows.shape == (3, 30)
    north = np.radians(rows[:, 0]) * 6378137.0
    east = np.radians(rows[:, 1]) * 6378137.0 * np.cos(np.radians(rows[0, 0]))
    travelled = np.hypot(np.diff(east), np.diff(north))
    np.testing.assert_allclose(travelled, 0.5 * 0.5 * (rows[:-1, 8] + rows[1:, 8]), rtol=0.03)


def test_coco_boxes_and_areas_are_those_of_the_masks():
    values = json.loads((data_set("coco") / "annotations" / "instances.json").read_text())
    images = {image["id"]: image for image in values["images"]}
    assert [each["id"] for each in values["annotations"]] == list(range(1, len(values["annotations"]) + 1))
    assert len(images) == len(values["images"]) == 8
    assert all((data_set("coco") / "images" / image["file_name"]).is_file() for image in images.values())
    for each in values["annotations"]:
        mask = decompressed(each["segmentation"])
        rows, columns = np.nonzero(mask)
        left, top, width, height = each["bbox"]
        assert each["area"] == mask.sum()
        assert (left, top) == (columns.min(), rows.min())
        assert (left + width, top + height) == (columns.max() + 1, rows.max() + 1)
        stem = images[each["image_id"]]["file_name"].removesuffix(".jpg")
        classes = cv2.imread(str(data_set("coco") / "stuffthingmaps" / f"{stem}.png"), cv2.IMREAD_UNCHANGED)
        assert set(classes[mask].tolist()) == {each["category_id"]}


def decompressed(segmentation):
    """A mask from COCO's string, by its definition in maskApi.c (`rleFrString`)."""
    counts, text, at = [], segmentation["counts"], 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            group = ord(text[at]) - 48
            value |= (group & 0x1F) << shift
            more, at, shift = bool(group & 0x20), at + 1, shift + 5
            if not more and group & 0x10:
                value |= -1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
    flat = np.repeat(np.arange(len(counts)) % 2, counts)
    return flat.reshape(segmentation["size"], order="F").astype(bool)


@pytest.mark.parametrize("seed", range(20))
def test_any_mask_survives_the_string(seed):
    rng = np.random.default_rng(seed)
    mask = cv2.resize(rng.random((4, 5)).astype(np.float32), (90, 70)) > rng.random()
    string = compressed(run_lengths(mask))
    np.testing.assert_array_equal(decompressed({"size": mask.shape, "counts": string}), mask)


def test_run_lengths_go_down_columns_and_begin_with_zeros():
    assert run_lengths(np.array([[1, 0], [1, 1]], bool)) == [0, 2, 1, 1]
    assert run_lengths(np.zeros((2, 3), bool)) == [6]


@pytest.mark.parametrize("name", ["shards", "coco"])
def test_data_sets_of_the_same_drives_hold_the_same_frames(name):
    data, other = DataSet(data_set(name)), DataSet(data_set("shards"))
    assert data.places() == other.places() == [Place(drive, frame) for drive in (0, 1) for frame in range(4)]
    for place in data.places():
        np.testing.assert_array_equal(data.rgb(place), other.rgb(place))
        np.testing.assert_array_equal(data.semantic(place), other.semantic(place))
        told = frame_description(data_set("shards"), place)["ego"]["speed"]
        assert data.number("speed", place) == pytest.approx(told, abs=1e-5)


@pytest.mark.slow
def test_kitti_keeps_depth_to_half_a_step():
    data = DataSet(data_set("kitti"))
    depth = data.depth(Place(1, 2))
    assert depth.shape == data.rgb(Place(1, 2)).shape[:2] == data.semantic(Place(1, 2)).shape
    assert depth.min() > 1.0 and (depth[data.semantic(Place(1, 2)) == 11] == 1000.0).all()


@pytest.mark.slow
def test_nuscenes_gives_its_pictures_and_mcap_is_not_read():
    data = DataSet(data_set("nuscenes"))
    assert data.pictures == () and data.rgb(Place(1, 3)).shape == (72, 128, 3)
    with pytest.raises(ConfigError, match="is of format mcap; read are shards"):
        DataSet(data_set("mcap"))


def test_what_is_no_data_set_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="holds no data set"):
        DataSet(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(FileFormatError, match="cannot be read"):
        DataSet(tmp_path)
