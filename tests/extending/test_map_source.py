"""Maps from elsewhere: an object with a number of maps, a key and `build`, handed to the environment as it is."""

import dataclasses

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, CameraConfig, replace
from drivesim.config.base import to_dict
from drivesim.envs import DriveVectorEnv
from drivesim.errors import ConfigError
from drivesim.maps.network import Area, AreaKind, RoadNetwork
from drivesim.semantics import Semantic
from tests.reference.roads import country


class Straights:
    """Toy maps: straight roads whose goals lie 60, 70 and 80 m behind the joint of their two lanes."""

    map_count = 3
    key = "straights:60,70,80"

    def build(self, index: int) -> RoadNetwork:
        paved = np.array([(-50.0, -3.0), (400.0, -3.0), (400.0, 6.0), (-50.0, 6.0)])
        area = Area(polygon=paved, kind=AreaKind.DRIVABLE)
        return dataclasses.replace(country(goal_s=60.0 + 10.0 * index), areas=(area,))


CONFIG = replace(
    ENV_PRESETS["lane"],
    map=Straights(),
    sensors=(CameraConfig(width=64, height=32, channels=("rgb", "semantic")),),
)


def test_worlds_drive_on_them_and_see_them():
    env = DriveVectorEnv(2, config=CONFIG)
    observation, _ = env.reset(seed=0, options={"map": np.array([0, 2])})
    assert (observation["camera_semantic"][:, -1] == Semantic.ROAD).any()
    state = env.simulation.world.state
    assert state.navigation.remaining[:, 0].tolist() == pytest.approx([250.0, 270.0], abs=1.0)
    end = np.zeros(2, np.bool_)
    for _ in range(400):
        _, _, terminated, _, info = env.step(env.expert_action())
        end |= terminated
        if end.all():
            break
    assert end.all() and info["route_completion"].max() > 0.99
    env.close()


def test_a_snapshot_is_refused_elsewhere():
    env, other = DriveVectorEnv(1, config=CONFIG), DriveVectorEnv(1, map_count=3, sensors="none")
    env.reset(seed=0)
    snapshot = env.snapshot()
    other.reset(seed=0)
    with pytest.raises(ValueError, match="of other maps than those"):
        other.restore({**other.snapshot(), "maps.key": snapshot["maps.key"]})
    for one in (env, other):
        one.close()


def test_a_written_config_names_them_by_their_key():
    assert to_dict(CONFIG)["map"] == Straights.key


def test_what_is_no_source_is_refused_by_name():
    with pytest.raises(ConfigError, match="map"):
        replace(ENV_PRESETS["lane"], map=object())
    with pytest.raises(ConfigError, match="map_start"):
        DriveVectorEnv(1, config=CONFIG, map_start=5)
