import json

import numpy as np
import pytest
import torch

from agents.checkpoint import load_network
from agents.fit import FitArgs, evaluate_network, fit
from agents.fit import loop as loops
from agents.fit.frames import Frames, batches_of, cut_camera, history_of, split
from agents.fit.loop import Watcher, run
from agents.heads import default_heads, labels_of
from agents.interface import load_agent
from agents.network import NetworkConfig
from agents.scoring import EvalArgs, evaluate
from drivesim.config import CameraConfig, replace
from drivesim.errors import ConfigError, FileFormatError
from drivesim.export.pictures import decoded, jpeg
from drivesim.export.read import DataSet, Place
from tests.agents.recorder.data_sets import data_set

TINY = NetworkConfig(channels=(4, 8, 8, 8), scene=16, hidden=16, dense=8)
OPTIONS = {"network": TINY, "batch": 3, "validation": 0.5, "device": "cpu", "precision": "fp32", "quiet": True}


def arguments(out, **changes):
    return FitArgs(data=str(data_set("shards")), out=str(out), **{**OPTIONS, "epochs": 2, **changes})


def weights(file):
    return load_network(file)[0].state_dict()


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_five_lines_of_python_fit_and_evaluate(tmp_path):
    model = fit(data_set("shards"), epochs=1, batch_size=4, out=tmp_path, network=TINY)
    numbers = model.evaluate(data_set("shards"))
    assert {"accuracy", "semantic_miou", "depth_abs_rel", "mse/lane_offset", "loss/semantic"} <= set(numbers)
    assert len(model.history) == 1 and model.confusion.sum() > 0
    assert load_agent(str(tmp_path)).network.cameras[0].width == 128


def test_it_learns(tmp_path):
    model = run(arguments(tmp_path, epochs=12, learning_rate=3e-3, patience=0, validation=0.0), Watcher())
    first, last = model.history[0], model.history[-1]
    assert last["train/loss/total"] < 0.8 * first["train/loss/total"]
    assert last["validation/accuracy"] > first["validation/accuracy"]


class StopAt(Watcher):
    """Asks for the end after some steps, as Ctrl-C does."""

    def __init__(self, monkeypatch, steps):
        self.left, self.asked = steps, False
        owner = self

        class Request:
            requested = property(lambda self: owner.asked)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

        monkeypatch.setattr(loops, "StopRequest", Request)

    def step(self, frames, loss):
        self.left -= 1
        self.asked = self.left <= 0


@pytest.mark.parametrize("steps", [1, 2])
def test_stopped_and_resumed_it_ends_with_the_same_bits(tmp_path, monkeypatch, steps):
    run(arguments(tmp_path / "whole", epochs=3), Watcher())
    with monkeypatch.context() as patch:
        stopped = run(arguments(tmp_path / "parts", epochs=3), StopAt(patch, steps))
    assert stopped.interrupted
    run(arguments(tmp_path / "parts", epochs=3, resume=True), Watcher())
    for name in ("best.safetensors", "last.safetensors"):
        assert same(weights(tmp_path / "whole" / name), weights(tmp_path / "parts" / name))
    assert (tmp_path / "whole" / "history.jsonl").read_text() == (tmp_path / "parts" / "history.jsonl").read_text()


def test_a_training_is_neither_overwritten_nor_gone_on_with_otherwise_unasked(tmp_path):
    run(arguments(tmp_path, epochs=1), Watcher())
    with pytest.raises(ConfigError, match="holds a training .fit.safetensors.; go on with --resume"):
        run(arguments(tmp_path), Watcher())
    with pytest.raises(ConfigError, match="batch: .* was fitted with 3, cannot go on with 4"):
        run(arguments(tmp_path, batch=4, resume=True), Watcher())
    with pytest.raises(FileFormatError, match="no such checkpoint"):
        run(arguments(tmp_path / "other", resume=True), Watcher())


def test_it_ends_early_where_the_validation_gets_no_better(tmp_path, monkeypatch):
    worse = iter(range(1, 100))
    summary = loops.Score.summary
    monkeypatch.setattr(
        loops.Score, "summary", lambda self, weights=None: {**summary(self, weights), "loss/total": float(next(worse))}
    )
    model = run(arguments(tmp_path, epochs=20, patience=2), Watcher())
    assert len(model.history) == 3
    assert not same(weights(tmp_path / "best.safetensors"), weights(tmp_path / "last.safetensors"))


def test_heads_without_labels_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="has no labels for 'depth'; it has them for semantic, lane, lead"):
        run(FitArgs(data=str(data_set("coco")), out=str(tmp_path), heads=("depth",), **OPTIONS), Watcher())


@pytest.mark.parametrize(
    "name", ["coco", pytest.param("kitti", marks=pytest.mark.slow), pytest.param("nuscenes", marks=pytest.mark.slow)]
)
def test_other_formats_are_learnt_from_as_well(tmp_path, name):
    model = run(FitArgs(data=str(data_set(name)), out=str(tmp_path), **{**OPTIONS, "epochs": 1}), Watcher())
    assert ("accuracy" in model.evaluate(data_set(name))) == (name != "nuscenes")
    assert model.history[0]["validation/lane_offset_mae_m"] > 0.0


def test_only_the_named_heads_are_learnt(tmp_path):
    model = run(arguments(tmp_path, epochs=1, heads=("semantic",)), Watcher())
    assert [name for name in model.history[0] if name.startswith("train/")] == [
        "train/loss/semantic",
        "train/loss/total",
    ]


@pytest.mark.parametrize("size", [(64, 128), (48, 96), (33, 71)])
def test_a_cut_camera_draws_what_the_cut_picture_shows(size):
    import gymnasium as gym

    import drivesim.envs  # noqa: F401  # registers the environments

    camera = CameraConfig(width=131, height=67, fov_deg=80.0, channels=("rgb", "depth"))
    cut = replace(cut_camera(camera, *size), name="cut")
    env = gym.make_vec("drivesim/Lane-v0", num_envs=1, sensors=[camera, cut], map_count=1)
    seen, _ = env.reset(seed=3)
    env.close()
    top, left = (67 - size[0]) // 2, (131 - size[1]) // 2
    middle = seen["camera_depth"][0, top : top + size[0], left : left + size[1]]
    close = np.isclose(middle, seen["cut_depth"][0], rtol=1e-3)
    assert close.mean() > 0.99


def test_whole_drives_are_looked_at_and_none_of_their_frames_learnt_from():
    data = DataSet(data_set("shards"))
    learnt, looked_at = split(data, 0.2, 0)
    assert {place.drive for place in learnt}.isdisjoint(place.drive for place in looked_at)
    assert len(learnt) == len(looked_at) == 4
    assert split(data, 0.0, 0) == (data.places(), [])


def test_a_batch_holds_the_frames_that_were_asked_for():
    data = DataSet(data_set("shards"))
    labels = labels_of(default_heads())
    frames = Frames(data, data.camera, history_of(data)[0], labels)
    places = [Place(1, 2), Place(0, 0)]
    batch = frames.batch(places)
    np.testing.assert_array_equal(batch.pictures["camera"][0], data.rgb(Place(1, 2)))
    np.testing.assert_array_equal(batch.earlier["camera"][0], data.rgb(Place(1, 1))[..., 1])
    np.testing.assert_array_equal(batch.earlier["camera"][1], data.rgb(Place(0, 0))[..., 1])
    np.testing.assert_array_equal(batch.labels["semantic"][0], data.semantic(Place(1, 2))[::2, ::2])
    assert batch.inputs["speed"].tolist() == pytest.approx([data.number("speed", place) for place in places])
    assert batch.labels["lead_present"].dtype == torch.bool and batch.labels["depth"].dtype == torch.float16
    assert set(batch.labels) == set(labels)


def test_every_frame_is_in_one_batch_and_the_order_is_the_seed_s():
    places = [Place(0, frame) for frame in range(10)]
    assert [len(batch) for batch in batches_of(places, 4)] == [4, 4, 2]
    shuffled = batches_of(places, 5, np.random.default_rng(1))
    assert sorted(place for batch in shuffled for place in batch) == places != [p for b in shuffled for p in b]
    assert shuffled == batches_of(places, 5, np.random.default_rng(1))


def test_eval_perception_scores_a_checkpoint_and_writes_the_numbers(tmp_path, capsys):
    run(arguments(tmp_path / "fit", epochs=1), Watcher())
    folder = str(data_set("shards"))
    assert evaluate(EvalArgs(agent=str(tmp_path / "fit"), perception=folder, out=str(tmp_path), quiet=True)) == 0
    written = json.loads((tmp_path / "perception.json").read_text())
    network = load_network(tmp_path / "fit" / "best.safetensors")[0]
    assert written == evaluate_network(network, folder).summary()
    assert "semantic_miou" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="expected a checkpoint"):
        evaluate(EvalArgs(agent="expert", perception=folder))


def test_a_network_for_larger_pictures_is_refused(tmp_path):
    run(arguments(tmp_path, epochs=1), Watcher())
    data = DataSet(data_set("shards"))
    data.camera = replace(data.camera, width=96)
    with pytest.raises(ConfigError, match="its pictures are 96 x 64, expected at least 128 x 64"):
        evaluate_network(load_network(tmp_path / "best.safetensors")[0], data)


def test_what_jpeg_cannot_lose_survives():
    flat = np.full((16, 32, 3), (200, 100, 50), np.uint8)
    assert np.abs(decoded(jpeg(flat, 95)).astype(int) - flat).max() <= 2
    with pytest.raises(FileFormatError, match="no picture"):
        decoded(b"text", "file")
