from dataclasses import replace

import pytest
import torch

from agents.heads import ClassGroups, Head, default_heads
from agents.network import DrivingNetwork, NetworkConfig, Prediction, SceneReadout, picture_tensor
from agents.network.device import choose_device, choose_dtype
from drivesim.errors import ConfigError

SMALL = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8)
TWO_CAMERAS = replace(SMALL, tele_width=32, tele_height=16, tele_channels=(4, 4, 8, 8))


def inputs_of(config: NetworkConfig, batch: int) -> dict[str, torch.Tensor]:
    camera = torch.randint(0, 256, (batch, config.height, config.width, 3), dtype=torch.uint8)
    inputs = {
        "camera": picture_tensor(camera, camera[..., 1], torch.float32),
        "speed": torch.full((batch,), 10.0),
        "command": torch.zeros(batch, 4),
    }
    if config.tele_width:
        inputs["camera_tele"] = torch.randn(batch, 4, config.tele_height, config.tele_width)
    return inputs


def predict(config: NetworkConfig, batch: int, dense: int) -> Prediction:
    torch.manual_seed(0)
    return DrivingNetwork(config, default_heads())(inputs_of(config, batch), dense=dense)


@pytest.mark.parametrize("config", [NetworkConfig(), SMALL, TWO_CAMERAS], ids=["default", "small", "two_cameras"])
def test_every_part_answers_in_its_declared_shape(config):
    result = predict(config, batch=3, dense=2)
    height, width, said = config.height, config.width, result.said
    assert result.features.half.shape == (3, config.channels[0], height // 2, width // 2)
    assert result.features.sixteenth.shape == (3, config.channels[3], height // 16, width // 16)
    assert result.features.scene.shape == (3, config.scene_length)
    assert said["semantic"].shape == (2, len(ClassGroups()), height // 2, width // 2)
    assert said["depth"].shape == (2, 1, height // 2, width // 2)
    assert (said["lane"].offset.shape, said["lane"].heading.shape) == ((3,), (3,))
    assert said["lane"].curvature.shape == (3, 4)
    assert {part.shape for part in said["lead"]} == {(3,)}
    assert said["plan"].waypoints.shape == (3, 6, 2)
    assert said["plan"].target_speed.shape == (3,)
    assert result.action.shape == (3, 2)


def test_a_head_of_ones_own_speaks_behind_the_others_and_changes_nothing_they_say():
    head = Head(name="mine", build=lambda config, heads: SceneReadout(config, 5))
    alone, beside = DrivingNetwork(SMALL, default_heads()), DrivingNetwork(SMALL, (*default_heads(), head))
    beside.load_state_dict(alone.state_dict(), strict=False)
    inputs = inputs_of(SMALL, batch=2)
    said = beside(inputs)
    assert said.said["mine"].shape == (2, 5)
    assert torch.equal(said.action, alone(inputs).action)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (Head(name="lane", build=lambda config, heads: torch.nn.Identity()), "different identifiers.* got 'lane'"),
        (
            Head(name="late", build=lambda config, heads: torch.nn.Identity(), reads=("light",)),
            "'late' reads light, which no head before it is called",
        ),
    ],
)
def test_heads_that_do_not_fit_together_are_refused(head, words):
    with pytest.raises(ConfigError, match=words):
        DrivingNetwork(SMALL, (*default_heads(), head))


def test_a_network_without_an_action_cannot_drive():
    with pytest.raises(ConfigError, match="none is called 'action'"):
        DrivingNetwork(SMALL, default_heads()[:-1])


def test_cameras_of_another_size_than_the_configs_are_refused():
    with pytest.raises(ConfigError, match=r"looks at pictures of \[\(32, 64\)\], got cameras of \[\(64, 128\)\]"):
        DrivingNetwork(SMALL, default_heads(), sensors=NetworkConfig().rig)


def test_semantics_and_depth_cost_nothing_unless_asked_for():
    assert not {"semantic", "depth"} & predict(SMALL, batch=2, dense=0).said.keys()


def test_driving_asks_only_the_heads_it_reads_and_the_others_say_the_same_later():
    torch.manual_seed(0)
    idle = Head(name="idle", build=lambda config, heads: SceneReadout(config, 1))
    network = DrivingNetwork(SMALL, (*default_heads(), idle))
    inputs = inputs_of(SMALL, 2)
    driven, whole = network(inputs, heads=network.driving), network(inputs, dense=2)
    assert driven.said.keys() == network.driving == {"lane", "lead", "plan", "action"}
    assert torch.equal(driven.action, whole.action)
    said = network.complete(driven, inputs)
    assert said.keys() == whole.said.keys() == network.declared.keys()
    assert torch.equal(said["idle"], whole.said["idle"])
    assert torch.equal(said["depth"], whole.said["depth"])


def test_the_released_sizes_fit_into_eight_megabytes():
    assert (
        sum(parameter.numel() for parameter in DrivingNetwork(NetworkConfig(), default_heads()).parameters()) * 4
        <= 8_000_000
    )


def test_the_telephoto_vector_moves_with_what_the_camera_sees():
    torch.manual_seed(0)
    encoder = DrivingNetwork(TWO_CAMERAS, default_heads()).tele_encoder
    assert encoder is not None
    picture = torch.zeros(1, 4, 16, 32)
    vectors = []
    with torch.no_grad():
        encoder.score.weight.mul_(100.0)
        for column in (4, 24):
            shifted = picture.clone()
            shifted[:, :, 4:12, column : column + 4] = 3.0
            vectors.append(encoder(shifted)[0][0])
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
    network = DrivingNetwork(SMALL, default_heads())
    camera = torch.full((1, 32, 64, 3), 128, dtype=torch.uint8)
    moved = camera[..., 1].clone()
    moved[0, 20:, 20:40] = 255
    with torch.no_grad():
        still = network.encoder(picture_tensor(camera, camera[..., 1], torch.float32)).scene
        moving = network.encoder(picture_tensor(camera, moved, torch.float32)).scene
    assert not torch.equal(still, moving)


def test_perception_learns_from_its_labels_alone():
    result = predict(SMALL, batch=2, dense=0)
    lane, lead, plan = (result.said[name] for name in ("lane", "lead", "plan"))
    gradients = torch.autograd.grad(plan.waypoints.sum(), (lane.offset, lead.logit), allow_unused=True)
    assert gradients == (None, None)


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
