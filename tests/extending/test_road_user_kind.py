"""A kind of road user from outside the packages: it drives in the traffic and every camera sees it."""

import numpy as np
import pytest

from drivesim.envs import DriveVectorEnv
from drivesim.errors import ConfigError
from drivesim.extensions import Extensions, ScriptedRoadUser
from drivesim.semantics import Semantic
from drivesim.state import EndReason, Event
from drivesim.state.kinds import KINDS, BodyBox, Motion, Paint, RoadUserKind, Size

TRAM = RoadUserKind(
    name="tram",
    semantic=Semantic.TRAIN,
    length=Size(mean=14.0, spread=1.0),
    width=Size(mean=2.4),
    height=Size(mean=3.4),
    rear=3.0,
    wheelbase=(0.6, 0.0),
    body=(BodyBox(z=(0.0, 0.3), paint=Paint.DARK), BodyBox(z=(0.3, 1.0))),
    share=0.6,
    speed_max=14.0,
)
NUMBER = len(KINDS) + 1
CAMERA = {"type": "camera", "width": 240, "height": 120, "channels": ["rgb", "semantic", "instance"]}


def test_it_drives_in_the_traffic_with_its_own_body_and_pace():
    env = DriveVectorEnv(
        num_envs=8, base_config="highway", map_count=1, sensors="none", extensions=Extensions(kinds=(TRAM,))
    )
    env.reset(seed=0)
    actors = env.simulation.world.state.actors
    for _ in range(150):
        env.step(env.expert_action())
    trams = actors.kind == NUMBER
    assert trams.sum() > 8
    assert (actors.length[trams] >= 13.5).all() and (actors.length[trams] <= 14.5).all()
    assert actors.speed[trams].max() < 14.5


def test_a_camera_sees_it_with_its_class_and_it_can_be_hit():
    standing = ScriptedRoadUser(kind="tram", path=((0.0, 60.0, 0.0),))
    env = DriveVectorEnv(
        num_envs=2, map_count=2, sensors=[CAMERA], extensions=Extensions(kinds=(TRAM,), scripted=(standing,))
    )
    observation, _ = env.reset(seed=0)
    seen = observation["camera_semantic"] == Semantic.TRAIN
    assert (seen.sum(axis=(1, 2)) > 20).all()
    assert (observation["camera_instance"][seen] == env.simulation.world.state.actors.kind.shape[1]).all()
    for _ in range(100):
        _, _, terminated, _, info = env.step(np.tile(np.float32([0.0, 0.6]), (2, 1)))
        if terminated.any():
            break
    assert "collision" in info["end_reason"][terminated].tolist()
    assert info["collision_vehicle_count"].max() == 1


def test_a_pedestrian_walks_across_is_seen_casts_a_shadow_and_is_hit():
    # It steps off 9 m ahead, 4 m to the right, after a second and is across after five.
    walk = ScriptedRoadUser(kind="pedestrian", path=((1.0, 9.0, -4.0), (5.0, 9.0, 4.0)))
    how = {"num_envs": 1, "map_count": 1, "sensors": [CAMERA], "autoreset_mode": "Disabled"}
    env = DriveVectorEnv(extensions=Extensions(scripted=(walk,)), **how)
    empty = DriveVectorEnv(**how)
    observation, _ = env.reset(seed=0)
    bare, _ = empty.reset(seed=0)
    state = env.simulation.world.state
    rest = np.zeros((1, 2), np.float32)
    state.actors.speed[0, 0] = empty.simulation.world.state.actors.speed[0, 0] = 0.0
    sides, shaded = [], 0
    for _ in range(60):
        observation, *_ = env.step(rest)
        bare, *_ = empty.step(rest)
        person = observation["camera_semantic"][0] == Semantic.PEDESTRIAN
        changed = (observation["camera"][0] != bare["camera"][0]).any(axis=-1)
        shaded += int((changed & ~person).sum())
        sides.append(np.flatnonzero(person.any(axis=0)).mean())
    assert np.all(np.isfinite(sides)), "it is in sight all the time"
    assert sides[0] > sides[-1] + 60, "from right to left"
    assert state.actors.speed[0, -1] == 0.0 and state.actors.speed.shape == (1, 2)
    assert shaded > 20, "the ground beside it is darker than without it"
    # Where it waits it is hit: a person, at the speed of the car.
    standing = ScriptedRoadUser(kind="pedestrian", path=((0.0, 40.0, 0.0),))
    env = DriveVectorEnv(extensions=Extensions(scripted=(standing,)), **how)
    env.reset(seed=0)
    while True:
        action = env.expert_action()
        action[:, 1] = 0.3  # the expert itself would stop
        if (ended := env.step(action))[2].any():
            break
    state = env.simulation.world.state
    assert ended[4]["end_reason"].tolist() == ["collision"] and state.episode.end[0, 0] == EndReason.COLLISION
    assert state.events.other[0, 0, Event.COLLISION_PERSON] == 1
    assert state.events.speed[0, 0, Event.COLLISION_PERSON] == pytest.approx(float(state.actors.speed[0, 0]), abs=1.0)
    completion = float(state.navigation.completion[0, 0])
    assert ended[4]["driving_score"][0] == pytest.approx(100.0 * completion / 2.0, rel=0.01)


def test_single_and_batch_agree_on_scripts_and_kinds():
    walk = ScriptedRoadUser(kind="cyclist", path=((0.0, 20.0, -3.0), (4.0, 60.0, -3.0), (6.0, 60.0, 3.0)))
    extensions = Extensions(kinds=(TRAM,), scripted=(walk,))
    how = {"base_config": "highway", "map_count": 2, "sensors": [CAMERA], "extensions": extensions}
    one, many = DriveVectorEnv(num_envs=1, **how), DriveVectorEnv(num_envs=5, threads=2, **how)
    one.reset(seed=3), many.reset(seed=0)
    for _ in range(30):
        first = one.step(one.expert_action())[0]
        others = many.step(many.expert_action())[0]
    for name in first:
        np.testing.assert_array_equal(first[name][0], others[name][3], err_msg=name)


def test_wrong_kinds_and_scripts_are_refused_by_name():
    with pytest.raises(ConfigError, match="kind: unknown value 'trem'; did you mean 'tram'"):
        Extensions(kinds=(TRAM,), scripted=(ScriptedRoadUser(kind="trem", path=((0.0, 0.0, 0.0),)),))
    with pytest.raises(ConfigError, match=r"ScriptedRoadUser.path: expected rising times"):
        Extensions(scripted=(ScriptedRoadUser(kind="car", path=((1.0, 0.0, 0.0), (1.0, 5.0, 0.0))),))
    with pytest.raises(ConfigError, match=r"expected shares that add up to at most 1, got 1.15"):
        DriveVectorEnv(
            base_config="highway",
            sensors="none",
            map_count=1,
            extensions=Extensions(kinds=(RoadUserKind(**{**TRAM.__dict__, "name": "long_tram", "share": 0.8}),)),
        )
    assert Motion.LANE_FOLLOWER == 0
