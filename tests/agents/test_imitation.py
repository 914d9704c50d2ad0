import dataclasses
import errno
import os
import signal

import numpy as np
import pytest
import torch

from agents import imitation
from agents.checkpoint import load_network, read_arrays, write_arrays
from agents.imitation import Session, train
from agents.interface import load_agent
from agents.network import NetworkConfig
from agents.recipe import TrainArgs
from agents.shard import make_env
from drivesim.config import VehicleConfig
from drivesim.errors import ConfigError, FileFormatError
from tests.agents.jobs import KILLED_SEED, toy, train_toy
from tests.agents.toy_env import ToyEnv

NETWORK = NetworkConfig(height=32, width=64, channels=(4, 8, 8, 8), scene=16, hidden=16, dense=8, history_ticks=2)
TWO_CAMERAS = dataclasses.replace(NETWORK, tele_width=16, tele_height=8, tele_channels=(4, 4, 8, 8))
WORLDS = 4


@pytest.fixture
def args(tmp_path) -> TrainArgs:
    return TrainArgs(
        out=str(tmp_path / "run"),
        updates=30,
        worlds=WORLDS,
        batch=8,
        dense_batch=4,
        replay_ticks=8,
        round_ticks=10,
        network=NETWORK,
        device="cpu",
    )


def arrays(args: TrainArgs) -> dict[str, np.ndarray]:
    """Everything that a training goes on from."""
    return read_arrays(f"{args.out}/{imitation.TRAINING_FILE}", "training", limit_bytes=10**9)[0]


def assert_equal_bit_by_bit(got: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert got.keys() == expected.keys()
    assert [name for name in got if got[name].tobytes() != expected[name].tobytes()] == []


def weights(file) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in load_network(file)[0].state_dict().items()}


@pytest.mark.parametrize("network", [NETWORK, TWO_CAMERAS], ids=["one_camera", "two_cameras"])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_by_bit(args, tmp_path, network):
    args = dataclasses.replace(args, network=network)
    whole = train(args, make_env=toy)
    parted = dataclasses.replace(args, out=str(tmp_path / "parted"))
    reports = []

    def stop_in_the_second_round(report):
        reports.append(report)
        if report.round == 1:
            os.kill(os.getpid(), signal.SIGINT)

    first = train(parted, make_env=toy, on_round=stop_in_the_second_round)
    assert first.interrupted
    assert first.updates == 11
    second = train(dataclasses.replace(parted, resume=True), make_env=toy, on_round=reports.append)
    assert not second.interrupted
    assert [report.round for report in reports] == [1, 2, 3]
    expected, got = weights(whole.checkpoint), weights(second.checkpoint)
    for name, value in expected.items():
        assert np.array_equal(got[name], value), name


@pytest.mark.slow  # starts processes
def test_weights_are_equal_bit_by_bit_whatever_the_number_of_processes(args, tmp_path):
    two = dataclasses.replace(args, out=str(tmp_path / "two"), processes=2)
    train(args, make_env=toy)
    train_toy(two)
    assert_equal_bit_by_bit(arrays(two), arrays(args))


@pytest.mark.slow  # starts processes
def test_one_process_goes_on_where_two_have_stopped(args, tmp_path):
    parted = dataclasses.replace(args, out=str(tmp_path / "parted"), updates=17, processes=2)
    train(dataclasses.replace(args, updates=17), make_env=toy)
    train_toy(parted)
    for one in (args, parted):
        train(dataclasses.replace(one, updates=30, processes=1, resume=True), make_env=toy)
    assert_equal_bit_by_bit(arrays(parted), arrays(args))


@pytest.mark.slow  # starts a process
def test_a_process_that_is_killed_ends_the_training_with_one_line(args):
    with pytest.raises(ConnectionError, match="process 1 of this training has ended: killed by SIGKILL") as raised:
        train_toy(dataclasses.replace(args, processes=2, seed=KILLED_SEED))
    assert "\n" not in str(raised.value)
    assert not os.path.exists(os.path.join(args.out, imitation.LAST_FILE))


def test_shards_drive_and_draw_each_for_itself(args):
    first, second = Session(args, toy).shards
    assert first.rng.bit_generator.state != second.rng.bit_generator.state
    assert list(first.env.state["seed"]) == [0, 1]
    assert list(second.env.state["seed"]) == [2, 3]


def test_shards_take_turns_with_the_presets_that_are_learnt(args):
    args = dataclasses.replace(args, env="highway", beside=("lane",), shards=4, worlds=4, map_count=4)
    envs = [make_env(args, number) for number in range(4)]
    generators = [env.config.map.generator for env in envs]
    assert generators == ["highway", "country_road"] * 2


def test_worlds_begin_anew_at_any_moment_and_some_drive_to_the_end(args):
    # With a chance of 1/8 at each tick; the toy's own drives take twelve ticks.
    shard = Session(dataclasses.replace(args, episode_s=0.8), make_env=toy).shards[0]
    ages = []
    for _ in range(600):
        shard.collect(1.0)
        ages.append(shard.age.copy())
    begun = (np.array(ages) == 0).mean()
    assert np.array(ages).max() == 11
    # A drive lasts (1 - (7/8)^12) / (1/8) = 6.4 ticks on average.
    assert begun == pytest.approx(1.0 / 6.4, rel=0.1)


def test_the_step_follows_the_mean_of_the_shards_gradients(args):
    # Two shards whose gradients are 1 and 3 everywhere: the step sees 2, their mean, before its length is limited.
    session = Session(args, toy)
    count = sum(parameter.numel() for parameter in session.network.parameters())
    for parameter in session.network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    rows = torch.tensor([[1.0], [3.0]]).repeat(1, count + 5)
    limited = []
    session.optimizer.step = lambda: limited.extend(p.grad.clone() for p in session.network.parameters())
    session._learn(rows, ["total"])
    assert session.sums == {"total": 2.0}
    length = torch.sqrt(sum((gradient**2).sum() for gradient in limited))
    assert length.item() == pytest.approx(imitation.GRADIENT_NORM_MAX, rel=1e-4)
    assert len({round(value, 6) for gradient in limited for value in gradient.flatten()[:3].tolist()}) == 1


def test_whoever_watches_finds_the_untrained_and_the_current_weights(args):
    seen = []
    train(args, make_env=toy, on_round=lambda report: seen.append(load_network(f"{args.out}/live.safetensors")))
    assert len(seen) == 3
    untrained, last = weights(f"{args.out}/untrained.safetensors"), weights(f"{args.out}/last.safetensors")
    assert any(not np.array_equal(untrained[name], last[name]) for name in last)


def test_a_round_may_end_the_training(args):
    result = train(args, make_env=toy, on_round=lambda report: report.round == 2)
    assert (result.updates, result.interrupted) == (20, False)


def test_the_car_that_the_network_is_made_for_is_the_one_it_learns_in(args):
    slow = dataclasses.replace(NETWORK, vehicle=VehicleConfig(throttle_max_m_s2=2.0))
    env = make_env(dataclasses.replace(args, network=slow, map_count=1), 0)
    assert env.config.vehicle.throttle_max_m_s2 == 2.0


@pytest.mark.slow
def test_a_resumed_training_among_traffic_equals_an_uninterrupted_one_bit_by_bit(args, tmp_path):
    whole_args = dataclasses.replace(args, env="highway", map_count=2, updates=16, network=TWO_CAMERAS)
    whole = train(whole_args)
    session = Session(dataclasses.replace(whole_args, out=str(tmp_path / "parted")))
    for _ in range(11):
        session.tick()
    session.save()
    resumed = train(dataclasses.replace(session.args, resume=True))
    expected, got = weights(whole.checkpoint), weights(resumed.checkpoint)
    for name, value in expected.items():
        assert np.array_equal(got[name], value), name


def test_a_stop_in_the_middle_of_a_round_loses_nothing(args, tmp_path):
    whole_reports, reports = [], []
    train(args, make_env=toy, on_round=whole_reports.append)
    session = Session(dataclasses.replace(args, out=str(tmp_path / "parted")), toy)
    for _ in range(17):
        session.tick()
        if session.ticks % 10 == 0:
            reports.append(session.finish_round())
    session.save()
    train(dataclasses.replace(session.args, resume=True), make_env=toy, on_round=reports.append)
    for whole, parted in zip(whole_reports, reports, strict=True):
        kept = [name for name in whole.scalars if name != "train/samples_per_s"]
        assert np.array_equal([whole.scalars[k] for k in kept], [parted.scalars[k] for k in kept], equal_nan=True)


def test_one_small_batch_is_learnt_by_heart(args):
    one = dataclasses.replace(args, shards=1, batch=4, dense_batch=4, learning_rate=1e-2, updates=200)
    session, totals = Session(one, toy), []
    (shard,) = session.shards
    session.tick()
    batch = shard.replay.sample(np.random.default_rng(0), 4, 4)
    shard.replay.sample = lambda *draws: batch
    for _ in range(80):
        session.sums = {}
        session.tick()
        totals.append(session.sums["total"])
    assert np.mean(totals[-5:]) < 0.3 * totals[0]


def test_ctrl_c_leaves_a_checkpoint_that_drives(args):
    result = train(args, make_env=toy, on_round=lambda report: os.kill(os.getpid(), signal.SIGINT))
    assert result.interrupted
    env, agent = ToyEnv(WORLDS, 32, 64), load_agent(args.out)
    env.reset(seed=0)
    agent.reset(WORLDS)
    assert agent.act(env.observe_view(), {}).shape == (WORLDS, 2)


def test_a_second_ctrl_c_stops_at_once_and_keeps_the_earlier_checkpoint(args, monkeypatch):
    first = train(dataclasses.replace(args, updates=3), make_env=toy)
    before = first.checkpoint.read_bytes()

    def interrupt_twice(report):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(args, make_env=toy, on_round=interrupt_twice)
    assert signal.getsignal(signal.SIGINT) == handler
    assert first.checkpoint.read_bytes() == before


def test_a_full_disk_in_passing_does_not_end_the_training(args, monkeypatch, caplog):
    written, real = [], imitation.save_network

    def full_at_first(file, network, training=None):
        written.append(file)
        if [path.name for path in written].count(imitation.LAST_FILE) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, network, training)

    monkeypatch.setattr(imitation, "save_network", full_at_first)
    result = train(dataclasses.replace(args, save_minutes=0.0, updates=4), make_env=toy)
    assert "No space left on device" in caplog.text
    assert result.checkpoint.is_file()


def test_a_cut_off_training_checkpoint_is_refused(args):
    train(dataclasses.replace(args, updates=3), make_env=toy)
    file = os.path.join(args.out, imitation.TRAINING_FILE)
    os.truncate(file, os.path.getsize(file) // 2)
    with pytest.raises(FileFormatError, match="cut off"):
        train(dataclasses.replace(args, resume=True), make_env=toy)


def test_a_training_checkpoint_with_parts_missing_is_refused(args):
    train(dataclasses.replace(args, updates=3), make_env=toy)
    file = os.path.join(args.out, imitation.TRAINING_FILE)
    arrays, description = read_arrays(file, "training", limit_bytes=10**9)
    kept = {name: value for name, value in arrays.items() if not name.startswith("shard1.exploration.")}
    write_arrays(file, description.pop("kind"), kept, description)
    with pytest.raises(FileFormatError, match="does not fit this training: KeyError"):
        train(dataclasses.replace(args, resume=True), make_env=toy)


def test_nothing_to_resume_from_is_named(args):
    with pytest.raises(FileFormatError, match=r"training.safetensors: no such checkpoint"):
        train(dataclasses.replace(args, resume=True), make_env=toy)


def test_resuming_another_training_is_refused(args):
    train(dataclasses.replace(args, updates=3), make_env=toy)
    with pytest.raises(FileFormatError, match=r"trained with seed = 0, cannot go on with 1"):
        train(dataclasses.replace(args, resume=True, seed=1), make_env=toy)


@pytest.mark.parametrize("name", ["heads", "sensors"])
def test_a_training_with_other_heads_or_cameras_does_not_go_on(args, name):
    train(dataclasses.replace(args, updates=3), make_env=toy)
    file = os.path.join(args.out, imitation.TRAINING_FILE)
    arrays, description = read_arrays(file, "training", limit_bytes=10**9)
    description[name].popitem() if name == "heads" else description[name].pop()
    write_arrays(file, description.pop("kind"), arrays, description)
    with pytest.raises(FileFormatError, match=f"was trained with other {name} than"):
        train(dataclasses.replace(args, resume=True), make_env=toy)


def test_every_number_a_round_reports_is_explained(args):
    reports = []
    train(dataclasses.replace(args, updates=10), make_env=toy, on_round=reports.append)
    readme = (imitation.Path(imitation.__file__).parent / "README.md").read_text(encoding="utf-8")
    missing = [name for name in reports[0].scalars if f"`{name}`" not in readme]
    assert not missing


def test_the_checkpoint_tells_how_it_was_trained(args):
    result = train(dataclasses.replace(args, updates=3), make_env=toy)
    _, description = read_arrays(result.checkpoint, "network", limit_bytes=10**9)
    assert description["training"]["args"]["updates"] == 3
    assert description["training"]["updates"] == 3


def test_training_moves_every_part_of_the_network(args):
    torch.manual_seed(args.seed)
    before = {k: v.clone() for k, v in Session(args, toy).network.state_dict().items()}
    after = weights(train(args, make_env=toy).checkpoint)
    assert [name for name, value in before.items() if np.array_equal(value.numpy(), after[name])] == []


def test_a_training_begins_with_the_weights_of_another(args, tmp_path):
    first = train(args, make_env=toy)
    further = dataclasses.replace(args, out=str(tmp_path / "further"), start=args.out, updates=1)
    session = Session(further, toy)
    expected = weights(first.checkpoint)
    begun = session.network.state_dict()
    assert all(np.array_equal(begun[name].numpy(), value) for name, value in expected.items())
    kept = train(further, make_env=toy).checkpoint
    _, description = load_network(kept)
    assert description["training"]["before"]["updates"] == 30
    assert description["training"]["roads"]["before_training"] == [0, 64]
    # Gone on with, it still knows: the roads behind it stay known where its scores are told.
    resumed = train(dataclasses.replace(further, start="", resume=True, updates=2), make_env=toy).checkpoint
    assert load_network(resumed)[1]["training"]["before"]["updates"] == 30


def test_one_head_learns_and_the_rest_stays(args, tmp_path):
    first = train(args, make_env=toy)
    alone = dataclasses.replace(args, out=str(tmp_path / "alone"), start=str(first.checkpoint), learn=("lane",))
    result = train(alone, make_env=toy)
    before, after = weights(first.checkpoint), weights(result.checkpoint)
    changed = {name for name, value in before.items() if not np.array_equal(value, after[name])}
    assert changed == {name for name in before if name.startswith("heads.lane.")}


def test_a_head_of_another_size_begins_anew(args, tmp_path):
    first = train(args, make_env=toy)
    arrays, description = read_arrays(first.checkpoint, "network", limit_bytes=10**9)
    name = next(name for name in arrays if name.startswith("heads.semantic."))
    arrays[name] = np.concatenate((arrays[name], arrays[name]))
    file = write_arrays(tmp_path / "other.safetensors", "network", arrays, description)
    begun = Session(dataclasses.replace(args, start=str(file)), toy).network.state_dict()
    expected = weights(first.checkpoint)
    same = {key for key, value in expected.items() if np.array_equal(begun[key].numpy(), value)}
    assert {key.split(".")[1] for key in expected.keys() - same} == {"semantic"}


def test_a_network_of_other_sizes_is_no_beginning(args, tmp_path):
    first = train(args, make_env=toy)
    wider = dataclasses.replace(args, start=str(first.checkpoint), network=dataclasses.replace(NETWORK, scene=24))
    with pytest.raises(
        ConfigError, match=r"start: .* has another network: 'encoder\.scene\.weight' is \(16, 64\) there"
    ):
        Session(wider, toy)


def test_heads_that_learn_alone_need_a_beginning_and_must_exist(args, tmp_path):
    with pytest.raises(ConfigError, match="learn: heads that learn alone need a trained network"):
        dataclasses.replace(args, learn=("lane",))
    first = train(args, make_env=toy)
    with pytest.raises(ConfigError, match=r"TrainArgs\.learn: unknown value 'lanes'.*'lane'"):
        Session(dataclasses.replace(args, start=str(first.checkpoint), learn=("lanes",)), toy)


def test_weights_that_are_not_finite_are_no_beginning(args, tmp_path):
    arrays, description = read_arrays(train(args, make_env=toy).checkpoint, "network", limit_bytes=10**9)
    arrays["encoder.scene.bias"][0] = np.nan
    file = write_arrays(tmp_path / "broken.safetensors", "network", arrays, description)
    with pytest.raises(FileFormatError, match=r"'encoder\.scene\.bias' is not finite float32"):
        Session(dataclasses.replace(args, start=str(file)), toy)
