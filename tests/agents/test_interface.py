import numpy as np
import pytest

from agents.expert import ExpertAgent
from agents.interface import info_with_labels, load_agent, sensors_of, with_truth
from drivesim.config import SENSOR_PRESETS
from drivesim.errors import ConfigError, FileFormatError
from tests.agents.toy_env import ToyEnv


class StandStill:
    """A driver somebody else wrote; it explains nothing."""

    def reset(self, env_count, mask=None):
        self.env_count = env_count

    def act(self, observation, info):
        return np.zeros((self.env_count, 2), np.float32)


class FarSighted(StandStill):
    """Asks for cameras of its own."""

    sensors = ({"name": "eye", "fov_deg": 60.0}, {"name": "camera_tele", "fov_deg": 20.0})


class Blind(StandStill):
    sensors = "none"


class NoDriver:
    """Lacks `act`."""

    def reset(self, env_count, mask=None): ...


HERE = __name__


def test_the_expert_drives_by_the_labels():
    env = ToyEnv(3)
    env.reset(seed=1)
    agent = load_agent("expert")
    assert isinstance(agent, ExpertAgent)
    agent.reset(3)
    action = agent.act(env.observe_view(), info_with_labels(env, {}))
    assert np.array_equal(action, env.labels()["expert_action"])
    assert agent.explain is not None
    assert np.array_equal(agent.explain()["waypoints"], env.labels()["waypoints"])


def test_the_expert_says_what_it_misses():
    with pytest.raises(ConfigError, match="info_with_labels"):
        ExpertAgent().act({}, {})


def test_a_class_of_ones_own_needs_no_explanation():
    agent = load_agent(f"{HERE}:StandStill")
    agent.reset(2)
    assert agent.act({}, {}).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert agent.explain is None


def test_a_driver_names_its_cameras_or_gets_the_front_one():
    assert sensors_of(load_agent(f"{HERE}:StandStill")) == SENSOR_PRESETS["front"]
    eye, tele = sensors_of(load_agent(f"{HERE}:FarSighted"))
    assert (eye.name, eye.fov_deg, tele.name) == ("eye", 60.0, "camera_tele")
    assert [camera.channels for camera in with_truth((eye, tele))] == [("rgb", "depth", "semantic"), ("rgb",)]


def test_a_driver_without_any_camera_is_refused():
    with pytest.raises(ConfigError, match="Blind needs at least one camera"):
        load_agent(f"{HERE}:Blind")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exprt", "did you mean 'expert'"),
        ("zzzzzz", "known: classical, expert, a checkpoint .*, module:Class"),
        ("no_such_module:Driver", "cannot import 'no_such_module'"),
        (f"{HERE}:StandStil", "did you mean 'StandStill'"),
        (f"{HERE}:NoDriver", r"no method act\(\)"),
    ],
)
def test_wrong_names_are_answered_with_the_way_out(name, words):
    with pytest.raises(ConfigError, match=words):
        load_agent(name)


def test_options_nobody_knows_are_refused():
    with pytest.raises(ConfigError, match="cannot be built: .*colour"):
        load_agent("expert", colour="red")


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"gone.safetensors: no such checkpoint"):
        load_agent(str(tmp_path / "gone.safetensors"))


def test_a_folder_without_checkpoint_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"holds no checkpoint; looked for best.safetensors"):
        load_agent(str(tmp_path))
