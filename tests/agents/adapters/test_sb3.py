import gymnasium as gym
import numpy as np
import pytest

from agents.adapters import to_sb3

pytest.importorskip("stable_baselines3", reason="the Stable-Baselines3 adapter needs stable-baselines3")

SENSORS = [{"width": 48, "height": 40}]


def make(count=4, **options):
    return gym.make_vec(
        "drivesim/Lane-v0", num_envs=count, map_count=2, sensors=SENSORS, autoreset_mode="SameStep", **options
    )


def test_an_ended_world_reports_its_last_observation_and_its_reason():
    env, plain = to_sb3(make(), keys=("camera", "ego")), make()
    env.seed(3)
    first = env.reset()
    expected, _ = plain.reset(seed=3)
    np.testing.assert_array_equal(first["camera"], expected["camera"])
    action = np.tile(np.array([1.0, 1.0], np.float32), (4, 1))
    for _ in range(300):
        observation, reward, done, infos = env.step(action)
        *_, info = plain.step(action)
        if done.any():
            break
    world = int(np.flatnonzero(done)[0])
    assert infos[world]["end_reason"] in ("off_road", "collision", "wrong_way")
    assert infos[world]["TimeLimit.truncated"] is False
    np.testing.assert_array_equal(infos[world]["terminal_observation"]["camera"], info["final_obs"][world]["camera"])
    assert reward.dtype == np.float32
    assert set(observation) == {"camera", "ego"}


@pytest.fixture(scope="module")
def pair():
    """The adapter, and Stable-Baselines3's own batch of single environments."""
    from stable_baselines3.common.vec_env import DummyVecEnv

    options = {"map_count": 2, "sensors": SENSORS, "render_mode": "rgb_array"}
    ours = to_sb3(make(3, render_mode="rgb_array"))
    theirs = DummyVecEnv([lambda: gym.make("drivesim/Lane-v0", **options)] * 3)
    yield ours, theirs
    ours.close()
    theirs.close()


def assert_same(ours, theirs):
    """Equal to the bit, through dictionaries, lists and arrays."""
    assert type(ours) is type(theirs) or isinstance(ours, dict), (type(ours), type(theirs))
    if isinstance(ours, dict):
        assert set(ours) == set(theirs)
        for name in ours:
            assert_same(ours[name], theirs[name])
    elif isinstance(ours, list | tuple):
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)
    else:
        np.testing.assert_array_equal(ours, theirs)
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)


def begin(pair, options=None):
    for env in pair:
        env.seed(3)
        env.set_options(options)
    ours, theirs = pair
    assert_same(dict(ours.reset()), dict(theirs.reset()))
    assert_same(ours.reset_infos, theirs.reset_infos)


def test_steps_and_ends_are_those_of_single_environments(pair):
    """World 0 follows the expert to its goal, the others leave the road again and again."""
    begin(pair)
    ours, theirs = pair
    ends = []
    for _ in range(700):
        action = np.tile(np.float32([1.0, 1.0]), (3, 1))
        action[0] = ours.env_method("expert_action", indices=0)[0]
        mine, other = ours.step(action), theirs.step(action)
        for part, its in zip(mine, other, strict=True):
            # Success is a word of Stable-Baselines3 that a single environment does not know.
            told = (
                [{key: value for key, value in own.items() if key != "is_success"} for own in part]
                if (isinstance(part, list))
                else part
            )
            assert_same(dict(told) if isinstance(told, dict) else told, dict(its) if isinstance(its, dict) else its)
        assert_same(ours.reset_infos, theirs.reset_infos)
        ends += [own for own, ended in zip(mine[3], mine[2], strict=True) if ended]
        assert all("is_success" not in own for own, ended in zip(mine[3], mine[2], strict=True) if not ended)
        if any(own["is_success"] for own in ends) and not all(own["is_success"] for own in ends):
            break
    assert {own["is_success"] for own in ends} == {True, False}
    assert all(own["is_success"] == (own["end_reason"] == "success") for own in ends)


def test_a_time_limit_is_told_from_a_crash():
    short = {"map": {"length_m": 200.0}, "task": {"time_base_s": 0.0, "time_speed_fraction": 2.0}}
    env = to_sb3(make(2, config=short))
    env.seed(0)
    env.reset()
    for _ in range(200):
        action = env.env.expert_action()
        action[:, 1] = -1.0
        _, _, done, infos = env.step(action)
        assert [own["TimeLimit.truncated"] for own in infos] == done.tolist()
        if done.any():
            break
    assert done.any()
    assert {own["end_reason"] for own, ended in zip(infos, done, strict=True) if ended} == {"timeout"}


@pytest.mark.parametrize("indices", [None, 1, [1], (2, 0), range(1, 3), np.array([2]), np.int64(1), -1], ids=repr)
def test_indices_choose_worlds(pair, indices):
    begin(pair)
    ours, theirs = pair
    plain = indices.tolist() if isinstance(indices, np.generic | np.ndarray) else indices
    for name in ("expert_action", "labels"):
        assert_same(ours.env_method(name, indices=indices), theirs.env_method(name, indices=plain))
    for name in ("render_mode", "config", "observation_space", "action_space"):
        assert ours.get_attr(name, indices) == theirs.get_attr(name, plain)
    assert ours.env_is_wrapped(gym.Wrapper, indices) == [False] * len(theirs.get_attr("config", plain))


def test_a_picture_is_that_of_the_world_asked_for(pair):
    begin(pair)
    ours, theirs = pair
    assert_same(ours.env_method("render", indices=[1]), theirs.env_method("render", indices=[1]))
    assert len(ours.get_images()) == 3


@pytest.mark.parametrize("indices", [3, [0, 3], -4], ids=repr)
def test_a_world_that_does_not_exist_is_named(pair, indices):
    for ask in (pair[0].get_attr, pair[0].env_is_wrapped):
        with pytest.raises(IndexError, match="indices: expected numbers below 3, got"):
            ask("config" if ask == pair[0].get_attr else gym.Wrapper, indices)


def test_options_choose_roads_once_and_world_by_world(pair):
    begin(pair, {"map": 1})
    begin(pair, [{"map": 1, "route": 0}, {}, {"map": 0}])
    begin(pair)
    pair[0].set_options({"mpa": 1})
    with pytest.raises(ValueError, match="options: unknown key 'mpa'; did you mean 'map'"):
        pair[0].reset()
    pair[0].set_options()


def test_what_all_worlds_share_is_set_for_all_or_not_at_all(pair):
    env = pair[0]
    with pytest.raises(ValueError, match=r"set_attr: all worlds share 'tag'; expected indices=None, got \[1\]"):
        env.set_attr("tag", 7, indices=[1])
    assert not env.has_attr("tag")
    env.set_attr("tag", 7)
    assert env.get_attr("tag", 2) == [7]


def test_a_method_that_changes_the_whole_batch_is_not_asked_of_one_world(pair):
    with pytest.raises(ValueError, match="env_method: 'expert_actoin' .* did you mean 'expert_action'"):
        pair[0].env_method("expert_actoin")
    with pytest.raises(ValueError, match="env_method: 'close' is not asked world by world"):
        pair[0].env_method("close", indices=[0])


def test_the_share_of_successes_is_logged():
    """By Stable-Baselines3's own evaluation, which looks for `is_success`."""
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.vec_env import VecMonitor

    class Expert:
        def predict(self, observation, state=None, **_):
            return batch.expert_action(), state

    batch = make(2)
    env = VecMonitor(to_sb3(batch), info_keywords=("is_success", "driving_score"))
    told = []
    evaluate_policy(Expert(), env, n_eval_episodes=2, callback=lambda values, _: told.append(values["info"]))
    ended = [info["episode"] for info in told if "episode" in info]
    assert [episode["is_success"] for episode in ended[:2]] == [True, True]
    assert min(episode["driving_score"] for episode in ended) > 90.0


def test_a_batch_that_resets_in_the_next_step_is_refused():
    env = gym.make_vec("drivesim/Lane-v0", num_envs=2, map_count=1, sensors=SENSORS)
    with pytest.raises(ValueError, match="SameStep"):
        to_sb3(env)


@pytest.mark.parametrize("wrap", [gym.wrappers.vector.RecordEpisodeStatistics, lambda env: "no environment"])
def test_a_wrapper_is_not_dropped_in_silence(wrap):
    with pytest.raises(ValueError, match="env: expected what gymnasium.make_vec.* returns, got .*; wrap what to_sb3"):
        to_sb3(wrap(make(2)))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("camra",), "keys: unknown observation key 'camra'; did you mean 'camera'"),
        ("camera", "keys: expected names of observations, got 'camera'"),
        ((), "keys: expected names of observations, got"),
    ],
)
def test_a_wrong_key_is_refused_by_name(keys, message):
    with pytest.raises(ValueError, match=message):
        to_sb3(make(2), keys=keys)


@pytest.mark.slow
def test_ppo_learns_to_stay_on_the_lane_from_the_camera():
    """PPO's mean return over its last rollouts at least doubles that of its first."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import VecMonitor

    class Returns(BaseCallback):
        def __init__(self):
            super().__init__()
            self.completion = []

        def _on_step(self):
            self.completion += [info["route_completion"] for info in self.locals["infos"] if "end_reason" in info]
            return True

    env = VecMonitor(to_sb3(make(16), keys=("camera", "ego")))
    model = PPO(
        "MultiInputPolicy",
        env,
        n_steps=128,
        batch_size=256,
        n_epochs=4,
        learning_rate=5e-4,
        gamma=0.97,
        policy_kwargs={"log_std_init": -1.0},
        seed=0,
        device="cpu",
    )
    watched = Returns()
    model.learn(40_000, callback=watched)
    tenth = max(len(watched.completion) // 10, 10)
    before, after = np.mean(watched.completion[:tenth]), np.mean(watched.completion[-tenth:])
    assert after > 2.0 * before
