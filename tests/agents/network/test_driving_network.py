from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.network import (
    GROUP_COUNT,
    GROUP_NAMES,
    SEMANTIC_GROUPS,
    DrivingNetwork,
    NetworkConfig,
    group_of,
    picture_tensor,
    semantic_of,
)
from agents.network.device import choose_device, choose_dtype
from drivesim.errors import ConfigError
from drivesim.semantics import Semantic

SMALL = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8)
TWO_CAMERAS = replace(SMALL, tele_width=32, tele_height=16, tele_channels=(4, 4, 8, 8))


def predict(config: NetworkConfig, batch: int, dense: int):
    torch.manual_seed(0)
    network = DrivingNetwork(config)
    camera = torch.randint(0, 256, (batch, config.height, config.width, 3), dtype=torch.uint8)
    picture = picture_tensor(camera, camera[..., 1], torch.float32)
    tele = None if config.tele is None else torch.randn(batch, 4, config.tele_height, config.tele_width)
    return network(picture, tele, torch.full((batch,), 10.0), torch.zeros(batch, 4), dense=dense)


@pytest.mark.parametrize("config", [NetworkConfig(), SMALL, TWO_CAMERAS], ids=["default", "small", "two_cameras"])
def test_every_part_answers_in_its_declared_shape(config):
    result = predict(config, batch=3, dense=2)
    height, width = config.height, config.width
    assert result.features.half.shape == (3, config.channels[0], height // 2, width // 2)
    assert result.features.sixteenth.shape == (3, config.channels[3], height // 16, width // 16)
    assert result.features.scene.shape == (3, config.scene_length)
    assert result.dense is not None
    assert result.dense.semantic.shape == (2, GROUP_COUNT, height // 2, width // 2)
    assert result.dense.log_depth.shape == (2, height // 2, width // 2)
    assert (result.lane.offset.shape, result.lane.heading.shape) == ((3,), (3,))
    assert result.lane.curvature.shape == (3, 4)
    assert {part.shape for part in result.lead} == {(3,)}
    assert result.plan.waypoints.shape == (3, 6, 2)
    assert result.plan.target_speed.shape == (3,)
    assert result.action.shape == (3, 2)


def test_semantics_and_depth_cost_nothing_unless_asked_for():
    assert predict(SMALL, batch=2, dense=0).dense is None


def test_the_released_sizes_fit_into_eight_megabytes():
    assert sum(parameter.numel() for parameter in DrivingNetwork(NetworkConfig()).parameters()) * 4 <= 8_000_000


def test_the_telephoto_vector_moves_with_what_the_camera_sees():
    torch.manual_seed(0)
    encoder = DrivingNetwork(TWO_CAMERAS).tele_encoder
    assert encoder is not None
    picture = torch.zeros(1, 4, 16, 32)
    vectors = []
    with torch.no_grad():
        encoder.score.weight.mul_(100.0)
        for column in (4, 24):
            shifted = picture.clone()
            shifted[:, :, 4:12, column : column + 4] = 3.0
            vectors.append(encoder(shifted)[0])
    assert vectors[0].shape == (8 + 2,)
    assert vectors[0].dtype == torch.float32
    assert vectors[0][-2].abs() <= 1.0
    assert not torch.equal(vectors[0][-2], vectors[1][-2]), "the place it looks at follows the bright spot"


@pytest.mark.parametrize(
    "changes", [{"tele_width": 20}, {"tele_height": 0}, {"tele_channels": (4, 4)}, {"channels": ()}]
)
def test_sizes_that_do_not_fit_are_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        replace(SMALL, **changes)


def test_picture_values_survive_bfloat16_and_channels_come_last():
    camera = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1).repeat(1, 1, 1, 3)
    picture = picture_tensor(camera, camera[..., 1], torch.bfloat16)
    assert picture.shape == (1, 4, 16, 16)
    assert picture.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(picture[0, 0].float() * 64.0 + 128.0, camera[0, ..., 0].float())


def test_the_earlier_picture_reaches_the_scene():
    torch.manual_seed(0)
    network = DrivingNetwork(SMALL)
    camera = torch.full((1, 32, 64, 3), 128, dtype=torch.uint8)
    moved = camera[..., 1].clone()
    moved[0, 20:, 20:40] = 255
    with torch.no_grad():
        still = network.encoder(picture_tensor(camera, camera[..., 1], torch.float32)).scene
        moving = network.encoder(picture_tensor(camera, moved, torch.float32)).scene
    assert not torch.equal(still, moving)


def test_perception_learns_from_its_labels_alone():
    result = predict(SMALL, batch=2, dense=0)
    network_free = result.plan.waypoints.sum()
    gradients = torch.autograd.grad(network_free, (result.lane.offset, result.lead.logit), allow_unused=True)
    assert gradients == (None, None)


def test_every_carla_id_belongs_to_exactly_one_group():
    listed = [int(semantic) for ids in SEMANTIC_GROUPS.values() for semantic in ids]
    assert sorted(listed) == [int(semantic) for semantic in Semantic]


def test_the_id_shown_for_a_group_belongs_to_it():
    groups = np.arange(GROUP_COUNT, dtype=np.uint8)
    assert np.array_equal(group_of(semantic_of(groups)), groups)
    assert GROUP_NAMES[int(group_of(np.array(Semantic.GUARD_RAIL)))] == "structure"


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"height": 50}, "multiple of 16"), ({"channels": (8, 8, 8)}, "4 numbers"), ({"scene": 0}, "width")],
)
def test_impossible_sizes_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        NetworkConfig(**changes)


def test_an_unknown_device_is_refused_in_one_line():
    with pytest.raises(ConfigError, match="cannot use 'gpu'") as caught:
        choose_device("gpu")
    assert "\n" not in str(caught.value)


def test_precision_is_refused_by_name_and_chosen_by_hardware():
    cpu = torch.device("cpu")
    with pytest.raises(ConfigError, match="did you mean 'bf16'"):
        choose_dtype("bf61", cpu)
    assert choose_dtype("fp32", cpu) is torch.float32
    assert choose_dtype("auto", cpu) in (torch.float32, torch.bfloat16)
