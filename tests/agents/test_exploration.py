import numpy as np

from agents.exploration import Exploration

WORLDS = 400


def drive(share: float, ticks: int = 80, speed: float = 15.0):
    rng, exploration = np.random.default_rng(0), Exploration(WORLDS)
    learner, expert = np.full((WORLDS, 2), -0.5, np.float32), np.full((WORLDS, 2), 0.5, np.float32)
    speeds = np.full(WORLDS, speed, np.float32)
    return np.stack([exploration.action(rng, learner, expert, speeds, share) for _ in range(ticks)])


def test_the_expert_alone_drives_when_its_share_is_one():
    undisturbed = np.median(drive(1.0), axis=0)
    assert np.allclose(undisturbed, 0.5)


def test_drivers_change_in_segments_at_the_given_share():
    steering = drive(0.25)[..., 0]
    by_expert = steering > 0.0
    assert 0.15 < by_expert[-1].mean() < 0.35
    changes = (by_expert[1:] != by_expert[:-1]).sum()
    assert changes < 0.05 * by_expert.size


def test_disturbances_are_rare_and_weaker_in_steering_at_speed():
    slow, fast = drive(1.0, speed=8.0), drive(1.0, speed=30.0)
    disturbed = np.abs(slow[..., 0] - 0.5) > 1e-6
    assert 0.02 < disturbed.mean() < 0.3
    assert np.abs(fast[..., 0] - 0.5).max() < 0.2 * np.abs(slow[..., 0] - 0.5).max()


def test_actions_stay_in_range():
    actions = drive(0.5, speed=1.0)
    assert actions.dtype == np.float32
    assert np.abs(actions).max() <= 1.0


def test_saved_and_loaded_exploration_goes_on_alike():
    first, rng = Exploration(WORLDS), np.random.default_rng(1)
    actions = np.zeros((WORLDS, 2), np.float32), np.ones((WORLDS, 2), np.float32), np.ones(WORLDS, np.float32)
    for _ in range(20):
        first.action(rng, *actions, 0.5)
    second = Exploration(WORLDS)
    second.load_state({name: value.copy() for name, value in first.state().items()})
    draws = np.random.default_rng(2), np.random.default_rng(2)
    for _ in range(20):
        assert np.array_equal(first.action(draws[0], *actions, 0.5), second.action(draws[1], *actions, 0.5))
