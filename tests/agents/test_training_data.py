import numpy as np
import pytest
import torch

from agents.data import Batch, FrameHistory, Replay, jittered, mirrored
from agents.network import NetworkConfig, picture_tensor
from tests.agents.toy_env import ToyEnv

CONFIG = NetworkConfig(
    height=32,
    width=64,
    channels=(4, 4, 8, 8),
    scene=16,
    hidden=16,
    dense=8,
    history_ticks=3,
    tele_width=16,
    tele_height=8,
    tele_channels=(4, 4, 8, 8),
)
WORLDS = 4


def recorded(ticks: int, capacity: int = 64) -> tuple[Replay, ToyEnv]:
    """A ring filled by driving straight on."""
    env, replay = ToyEnv(WORLDS, 32, 64), Replay(capacity, WORLDS, CONFIG)
    env.reset(seed=5)
    age = np.zeros(WORLDS, np.int32)
    for _ in range(ticks):
        replay.add(env, age)
        _, terminated, truncated, _ = env.advance(np.zeros((WORLDS, 2), np.float32))
        age = np.where(terminated | truncated, 0, age + 1)
    return replay, env


def equal(left: Batch, right: Batch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(left, right, strict=True))


def test_the_mirror_is_its_own_inverse():
    batch = recorded(10)[0].sample(np.random.default_rng(0), 32, 8)
    chosen = torch.arange(32) % 2 == 0
    assert not equal(mirrored(batch, chosen), batch)
    assert equal(mirrored(mirrored(batch, chosen), chosen), batch)


def test_the_mirror_leaves_frames_alone_that_were_not_chosen():
    batch = recorded(10)[0].sample(np.random.default_rng(0), 32, 8)
    assert equal(mirrored(batch, torch.zeros(32, dtype=torch.bool)), batch)


def test_mirrored_frames_are_the_frames_of_the_mirrored_scene():
    env, straight, reflected = ToyEnv(WORLDS, 32, 64), Replay(1, WORLDS, CONFIG), Replay(1, WORLDS, CONFIG)
    env.reset(seed=5)
    straight.add(env, np.zeros(WORLDS, np.int32))
    env.mirror()
    reflected.add(env, np.zeros(WORLDS, np.int32))
    draws = [replay.sample(np.random.default_rng(1), 16, 16) for replay in (straight, reflected)]
    got = mirrored(draws[0], torch.ones(16, dtype=torch.bool))
    assert not equal(got, draws[0])
    for name, value in got._asdict().items():
        assert torch.equal(value, getattr(draws[1], name)), name


def test_jitter_keeps_shape_and_changes_every_picture_as_a_whole():
    picture = picture_tensor(
        torch.full((5, 32, 64, 3), 150, dtype=torch.uint8),
        torch.full((5, 32, 64), 150, dtype=torch.uint8),
        torch.float32,
    )
    changed = jittered(picture.clone(), np.random.default_rng(0))
    assert changed.shape == picture.shape
    values = changed.flatten(1)
    assert torch.equal(values.min(1).values, values.max(1).values)
    assert len(set(values[:, 0].tolist())) == 5


def test_history_returns_the_frame_of_some_ticks_ago_and_at_first_the_first():
    history = FrameHistory(3)
    history.begin(1)
    frames = [np.full((1, 2, 2, 3), value, np.uint8) for value in range(10, 20)]
    assert [int(history.push(frame)[0, 0, 0]) for frame in frames] == [10, 10, 10, 10, 11, 12, 13, 14, 15, 16]


def test_history_begins_anew_only_where_told():
    history = FrameHistory(2)
    history.begin(2)
    for value in (10, 11, 12):
        history.push(np.full((2, 2, 2, 3), value, np.uint8))
    history.begin(2, np.array([False, True]))
    assert history.push(np.full((2, 2, 2, 3), 13, np.uint8))[:, 0, 0].tolist() == [11, 13]


def test_recorded_pairs_of_pictures_are_those_seen_while_driving():
    env, replay, history = ToyEnv(WORLDS, 32, 64), Replay(64, WORLDS, CONFIG), FrameHistory(CONFIG.history_ticks)
    env.reset(seed=5)
    history.begin(WORLDS)
    age, seen = np.zeros(WORLDS, np.int32), []
    for _ in range(30):
        replay.add(env, age)
        seen.append(history.push(env.observe_view()["camera"]).copy())
        _, terminated, truncated, _ = env.advance(np.zeros((WORLDS, 2), np.float32))
        age = np.where(terminated | truncated, 0, age + 1)
        history.begin(WORLDS, terminated | truncated)
    draws = np.random.default_rng(3)
    batch = replay.sample(np.random.default_rng(3), 200, 1)
    tick, world = draws.integers(0, 30, 200), draws.integers(0, WORLDS, 200)
    assert np.array_equal(batch.earlier_green.numpy(), np.stack(seen)[tick, world])


def test_a_full_ring_forgets_the_oldest_and_never_pairs_with_what_it_lost():
    replay, _ = recorded(25, capacity=10)
    assert replay.stored == 10
    batch = replay.sample(np.random.default_rng(0), 500, 1)
    newest = set(replay.labels["lane_offset"].ravel().tolist())
    assert set(batch.lane_offset.tolist()) <= newest
    oldest_paired = replay.labels["lane_offset"][(25 - 10 + np.arange(CONFIG.history_ticks)) % 10].ravel()
    assert not set(batch.lane_offset.tolist()) & set(oldest_paired.tolist())


@pytest.mark.parametrize("ticks", [6, 25])
def test_a_ring_drawn_again_from_its_states_is_equal_bit_by_bit(ticks):
    replay, _ = recorded(ticks, capacity=10)
    again = Replay(10, WORLDS, CONFIG)
    again.load_state(replay.state(), ToyEnv(WORLDS, 32, 64))
    for name in ("camera", "tele", "semantic", "depth", "speed", "command", "age", "count"):
        assert np.array_equal(getattr(again, name), getattr(replay, name)), name
    assert equal(again.sample(np.random.default_rng(1), 32, 8), replay.sample(np.random.default_rng(1), 32, 8))
