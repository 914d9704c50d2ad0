"""Data sets read by packages that nobody here wrote; see `tests/judges.py`."""

import numpy as np
import pytest

from drivesim.export.read import DataSet, Place
from tests.agents.recorder.data_sets import data_set
from tests.judges import ask, interpreter

pytestmark = pytest.mark.slow


def judged(script, name, *modules):
    interpreter(*modules)  # before anything is recorded for nobody
    return ask(script, {"root": np.array(str(data_set(name)))}, *modules)


def test_pycocotools_finds_the_truth_equal_to_itself():
    script = """
import json
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from pycocotools import mask
coco = COCO(str(given["root"]) + "/annotations/instances.json")
rows = coco.loadAnns(coco.getAnnIds())
answer["area"] = [mask.area(row["segmentation"]) - row["area"] for row in rows]
answer["box"] = [mask.toBbox(row["segmentation"]) - row["bbox"] for row in rows]
for kind in ("bbox", "segm"):
    said = [{key: row[key] for key in ("image_id", "category_id", "bbox", "segmentation")} | {"score": 1.0} for row in rows]
    judge = COCOeval(coco, coco.loadRes(said), kind)
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    answer[kind] = judge.stats[0]
"""
    said = judged(script, "coco", "pycocotools")
    assert len(said["area"]) > 10
    assert not said["area"].any() and not said["box"].any()
    assert said["bbox"] == said["segm"] == 1.0


def test_motmetrics_finds_the_true_tracks_perfect():
    script = """
import json
import motmetrics
np.asfarray = lambda values: np.asarray(values, float)  # motmetrics 1.4 is older than NumPy 2
values = json.load(open(str(given["root"]) + "/annotations/instances.json"))
scores = []
for drive in (0, 1):
    judge = motmetrics.MOTAccumulator(auto_id=True)
    for image in (each for each in values["images"] if each["drive"] == drive):
        rows = [row for row in values["annotations"] if row["image_id"] == image["id"]]
        boxes = [row["bbox"] for row in rows]
        tracks = [row["track_id"] for row in rows]
        judge.update(tracks, tracks, motmetrics.distances.iou_matrix(boxes, boxes, max_iou=0.5))
    scores.append(motmetrics.metrics.create().compute(judge, metrics=["mota", "idf1", "num_switches"]).values[0])
answer["scores"] = np.array(scores, float)
"""
    np.testing.assert_array_equal(judged(script, "coco", "motmetrics")["scores"], [[1, 1, 0], [1, 1, 0]])


def test_webdataset_gives_every_frame_whole():
    script = """
import webdataset
root = str(given["root"])
rows = list(webdataset.WebDataset(root + "/shards/drive-{000000..000001}.tar", shardshuffle=False).decode("rgb8"))
answer["keys"] = [row["__key__"] for row in rows]
answer["speed"] = [row["json"]["numbers"]["speed"] for row in rows]
answer["picture"] = rows[5]["camera.jpg"]
answer["depth"] = rows[5]["camera_depth.npy"]
answer["semantic"] = rows[5]["camera_semantic.png"][..., 0]
"""
    said = judged(script, "shards", "webdataset", "PIL")
    data = DataSet(data_set("shards"))
    assert said["keys"].tolist() == [f"{at.drive:06d}_{at.frame:06d}" for at in data.places()]
    np.testing.assert_array_equal(said["speed"], [data.number("speed", at) for at in data.places()])
    np.testing.assert_array_equal(said["depth"].astype(np.float32), data.depth(Place(1, 1)))
    np.testing.assert_array_equal(said["semantic"], data.semantic(Place(1, 1)))
    assert np.abs(said["picture"].astype(int) - data.rgb(Place(1, 1))).max() <= 4  # another JPEG decoder


NUSCENES = """
import json, os, tempfile
import matplotlib
matplotlib.use("Agg")
from nuscenes.nuscenes import NuScenes
from nuscenes.utils.data_classes import LidarPointCloud, RadarPointCloud
root = str(given["root"])
nusc = NuScenes("v1.0-drivesim", root, verbose=False)
"""


def test_nuscenes_devkit_loads_and_renders():
    script = (
        NUSCENES
        + """
out = tempfile.mkdtemp()
sample = nusc.sample[1]
for channel in ("CAM_FRONT", "LIDAR_TOP", "RADAR_FRONT"):
    nusc.render_sample_data(
        sample["data"][channel], out_path=f"{out}/{channel}.png", verbose=False, underlay_map=False, with_anns=True
    )
answer["rendered"] = len(os.listdir(out))
lidar = nusc.get("sample_data", sample["data"]["LIDAR_TOP"])
answer["lidar"] = LidarPointCloud.from_file(f"{root}/{lidar['filename']}").points
answer["radar"] = sum(
    RadarPointCloud.from_file(f"{root}/{nusc.get('sample_data', token)['filename']}").points.shape[1]
    for channel, token in sample["data"].items() if channel.startswith("RADAR")
)
answer["channels"] = sorted(sample["data"])
mask = nusc.map[0]["mask"]
poses = [nusc.get("ego_pose", row["ego_pose_token"])["translation"] for row in nusc.sample_data
         if nusc.get("sample", row["sample_token"])["scene_token"] == nusc.scene[0]["token"]]
answer["on_road"] = np.array([mask.is_on_mask(x, y)[0] for x, y, z in poses])
answer["sweeps"] = sum(not row["is_key_frame"] for row in nusc.sample_data)
answer["samples"] = [scene["nbr_samples"] for scene in nusc.scene]
"""
    )
    said = judged(script, "nuscenes", "nuscenes")
    assert said["rendered"] == 3
    assert said["samples"].tolist() == [4, 4] and said["sweeps"] == 12 * 2 * 12
    assert len(said["channels"]) == 12 and {"CAM_BACK_LEFT", "LIDAR_TOP", "RADAR_BACK_RIGHT"} <= {*said["channels"]}
    assert said["lidar"].shape[1] > 2000 and said["radar"] > 10
    assert said["on_road"].all()


def test_nuscenes_devkit_sees_boxes_where_they_are_in_the_pictures():
    """Their projection of our boxes, against the boxes that COCO's mask of the same drives has for the same road users."""
    script = (
        NUSCENES
        + """
from nuscenes.utils.geometry_utils import view_points, BoxVisibility
rows = []
for sample in nusc.sample:
    for channel in ("CAM_FRONT", "CAM_BACK"):
        _, boxes, intrinsic = nusc.get_sample_data(sample["data"][channel], box_vis_level=BoxVisibility.ALL)
        camera = nusc.get("sample_data", sample["data"][channel])
        points = LidarPointCloud.from_file(root + "/" + nusc.get("sample_data", sample["data"]["LIDAR_TOP"])["filename"])
        for box in boxes:
            near = view_points(box.corners(), intrinsic, normalize=True)[:2]
            rows.append([near[0].min(), near[1].min(), near[0].max(), near[1].max(), box.center[2]])
answer["boxes"] = np.array(rows)
# Lidar points inside annotated boxes, counted by the devkit.
from nuscenes.utils.geometry_utils import points_in_box
counts = []
for sample in nusc.sample:
    path, boxes, _ = nusc.get_sample_data(sample["data"]["LIDAR_TOP"])
    cloud = LidarPointCloud.from_file(path)
    for box in boxes:
        box.wlh = box.wlh + 0.2
        counts.append([points_in_box(box, cloud.points[:3]).sum(), nusc.get("sample_annotation", box.token)["num_lidar_pts"]])
answer["counts"] = np.array(counts)
"""
    )
    said = judged(script, "nuscenes", "nuscenes")
    boxes = said["boxes"]
    assert len(boxes) > 5
    # 127 columns wide at most; about as high as a road user of 1 to 4 m at this distance, by the focal length.
    assert (boxes[:, 0] > -1.5).all() and (boxes[:, 2] < 128.5).all()
    counted, told = said["counts"].T
    assert told.sum() > 20
    np.testing.assert_array_equal(counted, told)


def test_nuscenes_devkit_gives_the_truth_full_marks():
    script = (
        NUSCENES
        + """
from nuscenes.eval.detection.config import config_factory
from nuscenes.eval.detection.evaluate import DetectionEval
from nuscenes.eval.detection.utils import category_to_detection_name
results = {sample["token"]: [] for sample in nusc.sample}
present = set()
for row in nusc.sample_annotation:
    if row["num_lidar_pts"] + row["num_radar_pts"] == 0:
        continue
    velocity = np.nan_to_num(nusc.box_velocity(row["token"]))
    name = category_to_detection_name(row["category_name"])
    results[row["sample_token"]].append(dict(
        sample_token=row["sample_token"], translation=row["translation"], size=row["size"], rotation=row["rotation"],
        velocity=velocity[:2].tolist(), detection_name=name, detection_score=1.0,
        attribute_name=nusc.get("attribute", row["attribute_tokens"][0])["name"]))
out = tempfile.mkdtemp()
meta = dict(use_camera=True, use_lidar=True, use_radar=True, use_map=False, use_external=False)
json.dump(dict(meta=meta, results=results), open(out + "/r.json", "w"))
judge = DetectionEval(nusc, config_factory("detection_cvpr_2019"), out + "/r.json", "all", out, verbose=False)
found = judge.main(plot_examples=0, render_curves=False)
kept = sorted({box.detection_name for boxes in judge.gt_boxes.boxes.values() for box in boxes})
answer["classes"] = kept
answer["ap"] = [found["mean_dist_aps"][name] for name in kept]
answer["errors"] = [[found["label_tp_errors"][name][error] for error in found["tp_errors"]] for name in kept]
"""
    )
    said = judged(script, "nuscenes", "nuscenes")
    assert "car" in said["classes"]
    # NDS = (5 mAP + sum of (1 - error)) / 10 = 1 over the classes that the drives hold.
    score = (5.0 * said["ap"].mean() + (1.0 - np.minimum(np.nanmean(said["errors"], axis=0), 1.0)).sum()) / 10.0
    assert score == pytest.approx(1.0, abs=1e-6)


def test_the_mcap_library_reads_every_message_of_every_schema():
    script = """
import base64, collections, json
from mcap.reader import make_reader
path = str(given["root"]) + "/mcap/drive-000001.mcap"
with open(path, "rb") as stream:
    reader = make_reader(stream, validate_crcs=True)
    summary = reader.get_summary()
    topics, schemas, times = collections.Counter(), set(), []
    for schema, channel, message in reader.iter_messages():
        body = json.loads(message.data)
        assert set(body) <= set(json.loads(schema.data)["properties"]), channel.topic
        topics[channel.topic] += 1
        schemas.add(schema.name)
        times.append(message.log_time)
        if channel.topic == "/camera/cam_front/image" and topics[channel.topic] == 3:
            answer["picture"] = np.frombuffer(base64.b64decode(body["data"]), np.uint8)
        if channel.topic == "/lidar/lidar/points" and topics[channel.topic] == 3:
            answer["points"] = np.frombuffer(base64.b64decode(body["data"]), "<f4").reshape(-1, body["point_stride"] // 4)
with open(path, "rb") as stream:
    some = [m for _, _, m in make_reader(stream).iter_messages(topics=["/gt/pose"], start_time=times[0] + 10**9)]
answer["some"], answer["count"] = len(some), summary.statistics.message_count
answer["read"], answer["sorted"] = len(times), times == sorted(times)
answer["schemas"], answer["topics"] = sorted(schemas), sorted(topics)
"""
    said = judged(script, "mcap", "mcap")
    assert said["read"] == said["count"] and said["sorted"] and 1 <= said["some"] < 16
    names = "CameraCalibration CompressedImage FrameTransforms ImageAnnotations LocationFix PointCloud PoseInFrame SceneUpdate"
    assert said["schemas"].tolist() == [
        "drivesim.Imu", "drivesim.Odometry", *(f"foxglove.{name}" for name in names.split()),
    ]  # fmt: skip
    assert said["picture"][:2].tolist() == [0xFF, 0xD8] and said["points"].shape[1] == 4 and len(said["points"]) > 2000
