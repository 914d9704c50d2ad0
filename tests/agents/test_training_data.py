import numpy as np
import pytest
import torch

from agents.data import KEY_TICKS, FrameBatch, Replay, is_rare, jittered, mirrored, network_inputs
from agents.heads import Head, Quantity, Truth, default_heads, fault_head
from agents.learned import LearnedAgent
from agents.network import DrivingNetwork, NetworkConfig, picture_tensor
from agents.network.inputs import FrameHistory
from agents.network.inspection import WINDOW_TICKS
from drivesim.errors import ConfigError
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
NETWORK = DrivingNetwork(CONFIG, default_heads())


def recorded(ticks: int, capacity: int = 64, *, lags: bool = False) -> tuple[Replay, ToyEnv]:
    """A ring filled by driving straight on."""
    env, replay = ToyEnv(WORLDS, 32, 64, lags=lags), Replay(capacity, WORLDS, NETWORK)
    env.reset(seed=5)
    age = np.zeros(WORLDS, np.int32)
    for _ in range(ticks):
        replay.add(env, age)
        _, terminated, truncated, _ = env.advance(np.zeros((WORLDS, 2), np.float32))
        age = np.where(terminated | truncated, 0, age + 1)
    return replay, env


def test_rare_frames_are_drawn_as_often_as_asked_for():
    replay, _ = recorded(20)
    replay.rare[:] = False
    replay.rare[7, 2] = True
    replay.values["lane_offset"][:] = 0.0
    replay.values["lane_offset"][7, 2] = 5.0
    drawn = [replay.sample(np.random.default_rng(1), 4000, 0, rare).labels["lane_offset"] for rare in (0.0, 0.5, 1.0)]
    shares = [float((offset == 5.0).float().mean()) for offset in drawn]
    assert shares == pytest.approx([1 / 80, 0.5 + 0.5 / 80, 1.0], abs=0.03)
    replay.rare[:] = False
    assert replay.sample(np.random.default_rng(1), 8, 0, 1.0).labels["lane_offset"].tolist() == [0.0] * 8


def test_who_will_be_aside_or_at_another_speed_is_rare():
    labels = {
        "waypoints": np.zeros((3, 6, 2), np.float32),
        "target_speed": np.array([8.0, 8.0, 9.0], np.float32),
    }
    labels["waypoints"][0, :, 1] = np.linspace(0.2, 1.2, 6)
    observation = {"ego": np.tile(np.array([0.8] + [0.0] * 7, np.float32), (3, 1))}
    assert is_rare(Truth(observation, labels, None)).tolist() == [True, False, True]


def test_labels_ahead_are_those_of_the_same_drive_later_and_unknown_where_it_ended():
    distance = Quantity(name="ticks", unit="1", source=lambda truth: truth.labels["ticks"], ahead=(2, 4))

    class Counting(ToyEnv):
        def labels(self):
            return {**super().labels(), "ticks": self.state["tick"].astype(np.float32)}

    head = Head(name="ticks", build=lambda config, heads: torch.nn.Identity(), labels=(distance,))
    env, replay = Counting(WORLDS, 32, 64), Replay(64, WORLDS, DrivingNetwork(CONFIG, (*default_heads(), head)))
    env.reset(seed=5)
    age = np.zeros(WORLDS, np.int32)
    for _ in range(18):
        replay.add(env, age)
        _, terminated, truncated, _ = env.advance(np.zeros((WORLDS, 2), np.float32))
        age = np.where(terminated | truncated, 0, age + 1)
    ticks = replay.sample(np.random.default_rng(0), 256, 0).labels["ticks"].numpy()
    assert ticks.shape == (256, 3)
    for column, ahead in ((1, 2), (2, 4)):
        known = np.isfinite(ticks[:, column])
        assert (ticks[known, column] == ticks[known, 0] + ahead).all()
        assert known.any() and not known.all()


def parts(batch: FrameBatch) -> dict[str, torch.Tensor]:
    return {f"{part}/{name}": v for part, held in batch._asdict().items() for name, v in held.items()}


def equal(left: FrameBatch, right: FrameBatch) -> bool:
    one, other = parts(left), parts(right)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_batch_holds_what_the_network_reads_and_what_its_heads_learn_by_name():
    batch = recorded(10)[0].sample(np.random.default_rng(0), 32, 8)
    assert batch.pictures["camera"].shape == (32, 32, 64, 3)
    assert batch.earlier["camera_tele"].shape == (32, 8, 16)
    shapes = {name: tuple(v.shape) for name, v in batch.inputs.items()}
    assert shapes == {"speed": (32,), "command": (32, 4), "turn": (32, 3)}
    assert set(batch.labels) == set(NETWORK.labels)
    assert batch.labels["depth"].shape == batch.labels["semantic"].shape == (8, 16, 32)
    assert batch.labels["waypoints"].shape == (32, 6, 2)
    inputs = network_inputs(batch, torch.float32)
    assert torch.equal(
        inputs["camera"], picture_tensor(batch.pictures["camera"], batch.earlier["camera"], torch.float32)
    )
    assert set(inputs) == {"camera", "camera_tele", "speed", "command", "turn"}


def test_a_label_with_an_axis_of_its_own_passes_through_the_ring_and_the_mirror():
    users = Quantity(
        name="users",
        unit="m",
        axes=("slot", 2),
        mirror=(1.0, -1.0),
        source=lambda truth: np.stack((truth.labels["lane_offset"],) * 6, axis=-1).reshape(-1, 3, 2),
    )
    head = Head(name="users", build=lambda config, heads: torch.nn.Identity(), labels=(users,))
    env, replay = ToyEnv(WORLDS, 32, 64), Replay(4, WORLDS, DrivingNetwork(CONFIG, (*default_heads(), head)))
    env.reset(seed=5)
    replay.add(env, np.zeros(WORLDS, np.int32))
    batch = replay.sample(np.random.default_rng(0), 16, 4)
    offset = batch.labels["lane_offset"].view(16, 1, 1)
    assert torch.equal(batch.labels["users"], offset.expand(16, 3, 2))
    seen = mirrored(batch, torch.ones(16, dtype=torch.bool), replay.labels).labels["users"]
    assert torch.equal(seen, torch.cat((offset, -offset), dim=2).expand(16, 3, 2))


def test_a_label_of_another_shape_than_declared_is_named():
    truth = Truth({}, {"lane_curvature": np.zeros((3, 5), np.float32)}, CONFIG.cameras[0])
    with pytest.raises(ConfigError, match=r"lane_curvature: expected \('world', \*\(4,\)\), got .* \(3, 5\)"):
        NETWORK.labels["lane_curvature"].read(truth)
    with pytest.raises(ConfigError, match="lane_offset: the environment offers no 'lane_offset', only lane_curvature"):
        NETWORK.labels["lane_offset"].read(truth)


def test_the_mirror_is_its_own_inverse():
    batch = recorded(10)[0].sample(np.random.default_rng(0), 32, 8)
    chosen = torch.arange(32) % 2 == 0
    once = mirrored(batch, chosen, NETWORK.labels)
    assert not equal(once, batch)
    assert equal(mirrored(once, chosen, NETWORK.labels), batch)


def test_the_mirror_leaves_frames_alone_that_were_not_chosen():
    batch = recorded(10)[0].sample(np.random.default_rng(0), 32, 8)
    assert equal(mirrored(batch, torch.zeros(32, dtype=torch.bool), NETWORK.labels), batch)


def test_mirrored_frames_are_the_frames_of_the_mirrored_scene():
    env, straight, reflected = ToyEnv(WORLDS, 32, 64), Replay(1, WORLDS, NETWORK), Replay(1, WORLDS, NETWORK)
    env.reset(seed=5)
    straight.add(env, np.zeros(WORLDS, np.int32))
    env.mirror()
    reflected.add(env, np.zeros(WORLDS, np.int32))
    draws = [replay.sample(np.random.default_rng(1), 16, 16) for replay in (straight, reflected)]
    got = mirrored(draws[0], torch.ones(16, dtype=torch.bool), NETWORK.labels)
    assert not equal(got, draws[0])
    expected = parts(draws[1])
    for name, value in parts(got).items():
        assert torch.equal(value, expected[name]), name


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
    env, replay, history = ToyEnv(WORLDS, 32, 64), Replay(64, WORLDS, NETWORK), FrameHistory(CONFIG.history_ticks)
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
    assert np.array_equal(batch.earlier["camera"].numpy(), np.stack(seen)[tick, world])


def test_a_full_ring_forgets_the_oldest_and_never_pairs_with_what_it_lost():
    replay, _ = recorded(25, capacity=10)
    assert replay.stored == 10
    batch = replay.sample(np.random.default_rng(0), 500, 1)
    newest = set(replay.values["lane_offset"].ravel().tolist())
    assert set(batch.labels["lane_offset"].tolist()) <= newest
    oldest_paired = replay.values["lane_offset"][(25 - 10 + np.arange(CONFIG.history_ticks)) % 10].ravel()
    assert not set(batch.labels["lane_offset"].tolist()) & set(oldest_paired.tolist())


@pytest.mark.parametrize("lags", [False, True])
@pytest.mark.parametrize("ticks", [6, 25, KEY_TICKS + 9, 2 * KEY_TICKS + 31])
def test_a_ring_drawn_again_from_its_states_is_equal_bit_by_bit(ticks, lags):
    replay, _ = recorded(ticks, capacity=10, lags=lags)
    again = Replay(10, WORLDS, NETWORK)
    again.load_state(replay.state(), ToyEnv(WORLDS, 32, 64, lags=lags))
    for other in (replay, again):
        assert len(other.remembered) <= 2, "what sensors remember is kept of few ticks"
    assert again.count == replay.count
    assert np.array_equal(again.age, replay.age)
    for name in ("pictures", "values"):
        one, other = getattr(again, name), getattr(replay, name)
        assert all(np.array_equal(one[key], other[key]) for key in (*one, *other)), name
    assert equal(again.sample(np.random.default_rng(1), 32, 8), replay.sample(np.random.default_rng(1), 32, 8))


def test_windows_hold_what_an_agent_measures_on_the_way():
    network = DrivingNetwork(CONFIG, (*default_heads(), fault_head({"camera": ("dead",)})))
    env, replay, agent = ToyEnv(WORLDS, 32, 64), Replay(16, WORLDS, network), LearnedAgent(network, device="cpu")
    env.reset(seed=5)
    agent.reset(WORLDS)
    age = np.zeros(WORLDS, np.int32)
    seen: list[np.ndarray] = []
    for _ in range(40):
        replay.add(env, age)
        agent.act(env.observe_view(), {})
        seen.append(agent.inspector.windows["camera"].copy())
        _, terminated, truncated, _ = env.advance(np.zeros((WORLDS, 2), np.float32))
        agent.reset(WORLDS, terminated | truncated)
        age = np.where(terminated | truncated, 0, age + 1)
    batch = replay.sample(np.random.default_rng(0), 256, 0)
    held = {window.tobytes() for tick in seen[-(16 - WINDOW_TICKS) :] for window in tick}
    drawn = [window.tobytes() for window in batch.windows["camera.inspected"].numpy()]
    assert batch.windows["camera.inspected"].shape[:2] == (256, WINDOW_TICKS)
    assert set(drawn) == held
