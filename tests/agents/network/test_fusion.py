"""Several sensors: what each adds, and what is left where one is missing."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from agents.data import FrameBatch, mirrored, without_some_sensors
from agents.heads import default_heads
from agents.network import DrivingNetwork, NetworkConfig
from agents.network.config import SENSORS
from agents.network.encoder import Features
from agents.network.inputs import sensed
from agents.network.perception import CLOSING_SCALE, Context, LeadReadout
from agents.network.senses import SENSES, Sense, Sensed, SenseEncoder, register_sense
from drivesim.config import Channel, SensorConfig, register_sensor
from drivesim.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SonarConfig(SensorConfig):
    type: str = "toy_sonar"
    name: str = "toy_sonar"

    def measured(self):
        return (
            Channel(
                name="echo",
                key=self.name,
                dtype="float32",
                shape=(3,),
                low=0.0,
                high=9.0,
                unit="m",
                frame="ego",
                doc=".",
            ),
        )


class SonarEncoder(SenseEncoder):
    def __init__(self, config, length, context):
        super().__init__(config, length, context)
        self.layer = nn.Linear(3, length)

    def forward(self, parts, context):
        return Sensed(self.layer(parts["echo"]))


SONAR = Sense(
    channels=(),
    read=lambda config, observation: {"echo": observation[config.name]},
    mirror=lambda parts: {"echo": parts["echo"].flip(1)},
    encoder=SonarEncoder,
)
SMALL = NetworkConfig(height=32, width=64, channels=(4, 4, 8, 8), scene=16, hidden=16, dense=8, sense=64)
BATCH = 3


@pytest.fixture(autouse=True)
def sonar(monkeypatch):
    monkeypatch.setattr("drivesim.config.sensors.base.SENSOR_TYPES", {})
    for table in (SENSES, SENSORS):
        for name in list(table):
            monkeypatch.delitem(table, name)
    register_sensor(SonarConfig, object)
    register_sense(SonarConfig(rate_hz=5.0), SONAR)
    yield
    SENSES.clear()
    SENSORS.clear()


def inputs_of(config, *, there=1, age=0.0):
    torch.manual_seed(0)
    flags = {"there": torch.full((BATCH,), there, dtype=torch.uint8), "age": torch.full((BATCH,), age)}
    inputs = {
        "speed": torch.full((BATCH,), 10.0),
        "command": torch.zeros(BATCH, 4),
        "toy_sonar.echo": torch.rand(BATCH, 3),
        **{f"toy_sonar.{name}": value for name, value in flags.items()},
    }
    if config.has_camera:
        inputs |= {"camera": torch.randn(BATCH, 4, 32, 64)}
        inputs |= {"camera.there": torch.ones(BATCH, dtype=torch.uint8), "camera.age": torch.zeros(BATCH)}
    return inputs


def network(config):
    torch.manual_seed(0)
    heads = [head for head in default_heads() if config.has_camera or not head.dense]
    return DrivingNetwork(config, heads)


@pytest.mark.parametrize("sensors", [("camera", "toy_sonar"), ("toy_sonar",)])
def test_any_subset_drives(sensors):
    config = replace(SMALL, sensors=sensors)
    result = network(config)(inputs_of(config), dense=2 if config.has_camera else 0)
    assert result.action.shape == (BATCH, 2)
    assert result.features.scene.shape == (BATCH, config.scene_length)
    assert ("semantic" in result.said) == config.has_camera


def test_what_a_missing_sensor_delivers_does_not_matter():
    config = replace(SMALL, sensors=("camera", "toy_sonar"))
    net, inputs = network(config), inputs_of(config, there=0)
    blind = net(inputs).features.scene
    other = net({**inputs, "toy_sonar.echo": torch.full((BATCH, 3), 7.0)}).features.scene
    assert torch.equal(blind, other)
    assert not torch.equal(blind, net(inputs_of(config)).features.scene)


def test_the_network_is_told_which_frames_are_there_and_how_old_they_are():
    config = replace(SMALL, sensors=("camera", "toy_sonar"))
    scene = network(config)(inputs_of(config, there=0, age=0.3)).features.scene
    # camera there, sonar not; camera fresh, sonar 0.3 s old in units of 0.2 s.
    assert scene[0, -4:].tolist() == pytest.approx([1.0, 0.0, 0.0, 1.5])


def test_cameras_alone_are_read_as_before():
    plain = network(SMALL)
    assert plain.fusion is None
    assert SMALL.scene_length == SMALL.scene


def test_an_observation_is_read_with_presence_and_age():
    config = replace(SMALL, sensors=("toy_sonar",))
    observation = {
        "toy_sonar": np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], np.float32),
        "toy_sonar_time": np.zeros((2, 1), np.float32),
        "toy_sonar_age": np.array([[0.1], [0.4]], np.float32),
    }
    read = sensed(config.rig, observation)["toy_sonar"]
    assert read["there"].tolist() == [1, 0]
    assert read["age"].tolist() == pytest.approx([0.1, 0.4])
    del observation["toy_sonar"]
    with pytest.raises(ConfigError, match="toy_sonar: this network expects .*'toy_sonar' is not observed"):
        sensed(config.rig, observation)


def batch_of(count):
    return FrameBatch(
        pictures={"camera": torch.full((count, 4, 8, 3), 9, dtype=torch.uint8)},
        earlier={"camera": torch.full((count, 4, 8), 9, dtype=torch.uint8)},
        inputs={"speed": torch.ones(count), "command": torch.ones(count, 4), "turn": torch.ones(count, 3)},
        senses={
            "camera.there": torch.ones(count, dtype=torch.uint8),
            "camera.age": torch.full((count,), 0.1),
            "toy_sonar.echo": torch.tensor([[1.0, 2.0, 3.0]]).repeat(count, 1),
            "toy_sonar.there": torch.ones(count, dtype=torch.uint8),
            "toy_sonar.age": torch.full((count,), 0.1),
        },
        windows={"toy_sonar.inspected": torch.ones(count, 10, 3)},
        labels={},
    )


def test_training_takes_sensors_out_as_often_as_asked_and_never_all_of_them():
    batch = batch_of(4000)
    without_some_sensors(batch, 0.3, np.random.default_rng(0))
    camera, sonar = batch.senses["camera.there"].bool(), batch.senses["toy_sonar.there"].bool()
    assert (camera | sonar).all()
    # Lost: drawn with 0.3, and not the one of two that is kept.
    assert (~camera).float().mean().item() == pytest.approx(0.15, abs=0.02)
    assert (batch.pictures["camera"].flatten(1).any(1) == camera).all()
    assert (batch.earlier["camera"].flatten(1).any(1) == camera).all()
    assert (batch.senses["toy_sonar.echo"].any(1) == sonar).all()
    assert (batch.windows["toy_sonar.inspected"] == 1.0).all()


def test_a_mirror_shows_other_sensors_mirrored():
    batch = batch_of(2)
    seen = mirrored(batch, torch.tensor([True, False]), {}, [SonarConfig()])
    assert seen.senses["toy_sonar.echo"].tolist() == [[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]]
    assert torch.equal(seen.senses["toy_sonar.age"], batch.senses["toy_sonar.age"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sensors": ()}, "different sensors, at least one"),
        ({"sensors": ("camera", "camera")}, "different sensors"),
        ({"sensors": ("camera", "toy_sonr")}, "did you mean 'toy_sonar'"),
    ],
)
def test_wrong_sensors_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        replace(SMALL, **changes)


def test_heads_that_speak_of_pixels_need_a_camera():
    with pytest.raises(ConfigError, match="semantic, depth speak of pixels, but this network has no camera"):
        DrivingNetwork(replace(SMALL, sensors=("toy_sonar",)), default_heads())


def test_other_sensors_than_the_configs_are_refused():
    config = replace(SMALL, sensors=("camera", "toy_sonar"))
    with pytest.raises(ConfigError, match=r"senses with \['camera', 'toy_sonar'\], got \['camera'\]"):
        DrivingNetwork(config, default_heads(), sensors=config.cameras)


def test_encoders_are_told_what_the_cameras_saw_and_nothing_of_one_that_is_not_there():
    seen = []

    class Listening(SonarEncoder):
        def forward(self, parts, context):
            seen.append(context)
            return super().forward(parts, context)

    SENSES["toy_sonar"] = SONAR._replace(encoder=Listening)
    config = replace(SMALL, sensors=("camera", "toy_sonar"))
    inputs = inputs_of(config)
    inputs["camera.there"] = torch.tensor([1, 0, 1], dtype=torch.uint8)
    said = network(config)(inputs)
    (context,) = seen
    assert context.shape == (BATCH, SMALL.scene)
    assert torch.equal(context, said.features.scene[:, : SMALL.scene])
    assert context[0].any()
    assert not context[1].any()


def test_what_a_sensor_measured_can_reach_the_lead_head_exactly():
    config = NetworkConfig(sensors=("camera", "toy_sonar"))
    readout = LeadReadout(config)
    assert readout.measured is not None
    with torch.no_grad():
        for layer in (readout.layers[0], readout.layers[2], readout.measured):
            layer.weight.zero_()
        for layer in (readout.layers[0], readout.layers[2]):
            layer.bias.zero_()
        readout.measured.weight[2, 7] = -1.0
    scene = torch.zeros(1, config.scene_length)
    scene[0, 7] = 0.7
    nothing = torch.zeros(1, 0)
    features = Features(nothing, nothing, nothing, nothing, scene, {})
    said = readout(Context(features, {"speed": torch.zeros(1)}, {}))
    assert said.closing.item() == pytest.approx(-0.7 * CLOSING_SCALE, rel=1e-6)
    assert LeadReadout(NetworkConfig()).measured is None
