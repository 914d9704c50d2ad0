import errno
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from agents import checkpoint
from agents.checkpoint import load_network, read_arrays, save_network, write_arrays
from agents.heads import DEFAULT_GROUPS, Head, default_heads
from agents.heads.semantic import semantic_head
from agents.network import DrivingNetwork, NetworkConfig, SceneReadout, picture_tensor
from drivesim.errors import FileFormatError

CONFIG = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8)


@pytest.fixture
def saved(tmp_path) -> Path:
    torch.manual_seed(0)
    return save_network(tmp_path / "driver.safetensors", DrivingNetwork(CONFIG, default_heads()), {"env": "lane"})


def rewritten(file: Path, arrays=None, **changes) -> Path:
    """The checkpoint with some arrays or some of its description changed."""
    held, description = read_arrays(file, "network", limit_bytes=10**9)
    kind = changes.pop("kind", description.pop("kind"))
    description.pop("format")
    return write_arrays(file, kind, {**held, **(arrays or {})}, {**description, **changes})


def inputs_of(camera: torch.Tensor) -> dict[str, torch.Tensor]:
    count = len(camera)
    picture = picture_tensor(camera, camera[..., 0], torch.float32)
    return {"camera": picture, "speed": torch.ones(count), "command": torch.ones(count, 4)}


def test_a_saved_network_answers_as_before(saved):
    torch.manual_seed(0)
    network = DrivingNetwork(CONFIG, default_heads())
    loaded, description = load_network(saved)
    assert loaded.config == CONFIG
    assert description["training"] == {"env": "lane"}
    camera = torch.randint(0, 256, (2, 32, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(loaded(inputs_of(camera)).action, network(inputs_of(camera)).action)


def test_nothing_but_the_checkpoint_is_left_in_the_folder(saved):
    assert [file.name for file in saved.parent.iterdir()] == ["driver.safetensors"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_cut_off_file_is_refused(saved, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileFormatError, match=r"driver.safetensors: cut off or no safetensors file"):
        load_network(saved)


@pytest.mark.parametrize("content", [b"\x80\x04pickle", b"{}", b"\xff" * 64], ids=["pickle", "json", "noise"])
def test_a_foreign_file_is_refused(tmp_path, content):
    file = tmp_path / "foreign.safetensors"
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"foreign.safetensors: cut off or no safetensors file"):
        load_network(file)


def test_safetensors_of_somebody_else_are_refused(tmp_path):
    save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    with pytest.raises(FileFormatError, match="not written by drivesim"):
        load_network(tmp_path / "other.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"gone.safetensors: no such checkpoint"):
        load_network(tmp_path / "gone.safetensors")


def test_a_file_that_is_too_large_is_not_read(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "NETWORK_LIMIT_BYTES", 1000)
    with pytest.raises(FileFormatError, match="more than the 1000"):
        load_network(saved)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "training"}, "'training' checkpoint where a 'network' one is needed"),
        ({"heads": None}, "heads: expected names with their configs"),
        ({"heads": {"lane": {"width": 3}, "action": {}}}, "unexpected keyword argument 'width'"),
        ({"heads": {"semantic": {"groups": {"road": [999]}}}}, r"expected ids in \[0, 255\] for 'road'"),
        ({"heads": {"plan": {"reads": ["light"]}, "action": {}}}, "'plan' reads light, which no head before it"),
        ({"sensors": []}, "expected a list of sensors"),
        ({"sensors": [{"widht": 64}]}, "did you mean 'width'"),
        ({"network": {"hight": 32}}, "did you mean 'height'"),
        ({"network": {"height": 64}}, r"looks at pictures of \[\(64, 128\)\], got cameras of \[\(32, 64\)\]"),
        ({"network": {**asdict(CONFIG), "scene": 8}}, "has shape"),
        ({"arrays": {"extra": np.zeros(1, np.float32)}}, "unknown parameters extra"),
        ({"arrays": {"heads.lead.layers.2.bias": np.full(3, np.nan, np.float32)}}, "not finite float32"),
    ],
)
def test_what_does_not_fit_the_network_is_named(saved, changes, words):
    with pytest.raises(FileFormatError, match=words):
        load_network(rewritten(saved, **changes))


def test_a_missing_parameter_is_named(saved):
    arrays, description = read_arrays(saved, "network", limit_bytes=10**9)
    del arrays["heads.lane.layers.0.bias"], description["kind"], description["format"]
    write_arrays(saved, "network", arrays, description)
    with pytest.raises(FileFormatError, match=r"'heads.lane.layers.0.bias' is missing"):
        load_network(saved)


def test_a_description_of_an_enormous_network_is_refused_without_building_it(saved):
    vast = {"height": 1024, "width": 1024, "channels": [4096] * 4, "scene": 4096, "hidden": 4096}
    with pytest.raises(FileFormatError, match="larger than"):
        load_network(rewritten(saved, network=vast, sensors=[{"width": 1024, "height": 1024}]))


def test_another_format_is_refused(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "FORMAT", 99)
    with pytest.raises(FileFormatError, match="checkpoint format 99 expected"):
        load_network(saved)


def test_a_full_disk_leaves_the_earlier_checkpoint(saved, monkeypatch):
    before = saved.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device; nothing was written over .*driver.safetensors"):
        save_network(saved, DrivingNetwork(CONFIG, default_heads()))
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == ["driver.safetensors"]


def test_the_description_is_plain_json(saved):
    _, description = read_arrays(saved, "network", limit_bytes=10**9)
    assert json.loads(json.dumps(description))["network"]["height"] == 32


def test_a_head_that_came_later_does_not_refuse_a_checkpoint_without_it(saved, monkeypatch):
    later = Head(name="later", build=lambda config, heads: SceneReadout(config, 1))
    monkeypatch.setitem(checkpoint.HEADS, "later", lambda: later)
    network, _ = load_network(saved)
    assert "later" not in network.declared


def test_classes_are_those_of_the_checkpoint_whatever_ships(tmp_path):
    groups = {**DEFAULT_GROUPS, "vehicle": (14, 15, 16, 17, 18), "two wheels": (19, 13), "people": (12,)}
    network = DrivingNetwork(CONFIG, (semantic_head(groups), *default_heads()[1:]))
    loaded, _ = load_network(save_network(tmp_path / "people.safetensors", network))
    said = loaded.declared["semantic"].explain(torch.eye(9).view(9, 9, 1, 1))["semantic"].ravel()
    assert said.tolist()[-4:] == [14, 11, 19, 12]


def test_cameras_are_those_of_the_checkpoint_whatever_ships(tmp_path):
    high = replace(CONFIG.cameras[0], z_m=2.5)
    network = DrivingNetwork(CONFIG, default_heads(), sensors=[high])
    loaded, _ = load_network(save_network(tmp_path / "high.safetensors", network))
    assert loaded.sensors == (high,)


def test_an_unknown_head_that_nobody_reads_is_left_out_and_a_known_one_is_kept(tmp_path, caplog):
    mine = Head(name="mine", build=lambda config, heads: SceneReadout(config, 2))
    network = DrivingNetwork(CONFIG, (*default_heads(), mine))
    file = save_network(tmp_path / "mine.safetensors", network)
    caplog.set_level("INFO")
    without, _ = load_network(file)
    assert "heads left out, unknown here: mine" in caplog.text
    whole, _ = load_network(file, heads=(mine,))
    camera = torch.randint(0, 256, (2, 32, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        expected = network(inputs_of(camera))
        assert torch.equal(without(inputs_of(camera)).action, expected.action)
        assert torch.equal(whole(inputs_of(camera)).said["mine"], expected.said["mine"])
