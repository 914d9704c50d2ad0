import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from agents import checkpoint
from agents.checkpoint import load_network, read_arrays, save_network, write_arrays
from agents.network import DrivingNetwork, NetworkConfig, picture_tensor
from drivesim.errors import FileFormatError

CONFIG = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8)


@pytest.fixture
def saved(tmp_path) -> Path:
    torch.manual_seed(0)
    return save_network(tmp_path / "driver.safetensors", DrivingNetwork(CONFIG), {"env": "lane"})


def rewritten(file: Path, arrays=None, **changes) -> Path:
    """The checkpoint with some arrays or some of its description changed."""
    held, description = read_arrays(file, "network", limit_bytes=10**9)
    kind = changes.pop("kind", description.pop("kind"))
    description.pop("format")
    return write_arrays(file, kind, {**held, **(arrays or {})}, {**description, **changes})


def test_a_saved_network_answers_as_before(saved):
    torch.manual_seed(0)
    network = DrivingNetwork(CONFIG)
    loaded, description = load_network(saved)
    assert loaded.config == CONFIG
    assert description["training"] == {"env": "lane"}
    camera = torch.randint(0, 256, (2, 32, 64, 3), dtype=torch.uint8)
    inputs = picture_tensor(camera, camera[..., 0], torch.float32), None, torch.ones(2), torch.ones(2, 4)
    with torch.no_grad():
        assert torch.equal(loaded(*inputs).action, network(*inputs).action)


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
        ({"groups": ["road"]}, r"made for classes \['road'\]"),
        ({"network": {"hight": 32}}, "did you mean 'height'"),
        ({"network": {"height": 64}}, "has shape"),
        ({"arrays": {"extra": np.zeros(1, np.float32)}}, "unknown parameters extra"),
        ({"arrays": {"lead_head.layers.2.bias": np.full(3, np.nan, np.float32)}}, "not finite float32"),
    ],
)
def test_what_does_not_fit_the_network_is_named(saved, changes, words):
    with pytest.raises(FileFormatError, match=words):
        load_network(rewritten(saved, **changes))


def test_a_missing_parameter_is_named(saved):
    arrays, description = read_arrays(saved, "network", limit_bytes=10**9)
    del arrays["lane_head.layers.0.bias"], description["kind"], description["format"]
    write_arrays(saved, "network", arrays, description)
    with pytest.raises(FileFormatError, match=r"'lane_head.layers.0.bias' is missing"):
        load_network(saved)


def test_a_description_of_an_enormous_network_is_refused_without_building_it(saved):
    vast = {"height": 1024, "width": 1024, "channels": [4096] * 4, "scene": 4096, "hidden": 4096}
    with pytest.raises(FileFormatError, match="larger than"):
        load_network(rewritten(saved, network=vast))


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
        save_network(saved, DrivingNetwork(CONFIG))
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == ["driver.safetensors"]


def test_the_description_is_plain_json(saved):
    _, description = read_arrays(saved, "network", limit_bytes=10**9)
    assert json.loads(json.dumps(description))["network"]["height"] == 32
