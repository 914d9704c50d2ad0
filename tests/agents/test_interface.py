import sys

import numpy as np
import pytest

from agents.expert import ExpertAgent
from agents.heads.lane import lane_head
from agents.interface import info_with_labels, load_agent, load_driver, sensors_of, with_truth
from drivesim.config import SENSOR_PRESETS, CameraConfig
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


class OneEyed(StandStill):
    sensors = CameraConfig(channels=("depth",))


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


def test_a_driver_may_look_through_no_camera_or_name_one_without_a_list():
    assert sensors_of(load_agent(f"{HERE}:Blind")) == ()
    assert sensors_of(load_agent(f"{HERE}:OneEyed")) == (CameraConfig(channels=("depth",)),)


def test_the_truth_comes_on_top_of_what_a_driver_sees():
    (camera,) = with_truth([CameraConfig(channels=("instance", "depth"))])
    assert camera.channels == ("instance", "depth", "semantic")
    assert with_truth([]) == []


SIBLING = """
import numpy as np
import sibling_of_the_driver

class Careful:
    sensors = "none"
    def reset(self, env_count, mask=None): pass
    def act(self, observation, info): return np.zeros((1, 2), np.float32)
"""


@pytest.mark.parametrize("place", ["working folder", "beside the script"])
def test_a_module_is_found_where_python_would_find_it(tmp_path, monkeypatch, place):
    """As under an installed command, whose first place to look is the folder of the command itself."""
    here, beside = tmp_path / "here", tmp_path / "beside"
    for folder in (here, beside):
        folder.mkdir()
    (here / "careful_driver.py").write_text(SIBLING)
    (here / "sibling_of_the_driver.py").write_text("")
    if place == "beside the script":
        (beside / "careful_driver.py").write_text(SIBLING.replace("Careful", "Bold"))
        (beside / "sibling_of_the_driver.py").write_text("")
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", [str(beside), *(path for path in sys.path if path not in ("", str(here)))])
    for name in ("careful_driver", "sibling_of_the_driver"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    driver = "Careful" if place == "working folder" else "Bold"
    assert type(load_agent(f"careful_driver:{driver}")).__name__ == driver
    for name in ("careful_driver", "sibling_of_the_driver"):
        del sys.modules[name]


def test_a_misspelt_module_of_the_working_folder_is_answered_with_the_nearest(tmp_path, monkeypatch):
    (tmp_path / "my_module.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    with pytest.raises(ConfigError, match="cannot import 'my_modul' .*; did you mean 'my_module'"):
        load_agent("my_modul:Careful")


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


def test_what_ships_with_the_project_is_found_from_every_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_agent("assets/models/lane.safetensors").sensors
    with pytest.raises(
        FileFormatError, match="no asset 'models/lan.safetensors'; did you mean 'models/lane.safetensors'"
    ):
        load_agent("assets/models/lan.safetensors")


def test_a_file_of_ones_own_comes_before_what_ships_with_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "assets" / "models" / "lane.safetensors"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"no checkpoint")
    with pytest.raises(FileFormatError, match=r"lane\.safetensors"):
        load_agent("assets/models/lane.safetensors")


def test_a_folder_without_checkpoint_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"holds no checkpoint; looked for best.safetensors"):
        load_agent(str(tmp_path))


@pytest.mark.parametrize("name", ["expert", f"{HERE}:StandStill"])
def test_only_checkpoints_have_heads(name):
    assert load_driver(name, device="cpu")
    with pytest.raises(ConfigError, match=r"heads: expected a checkpoint, which may have lane, got agent"):
        load_driver(name, heads=(lane_head(),))
