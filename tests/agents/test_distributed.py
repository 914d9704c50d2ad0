import os
import subprocess
import sys

import pytest
import torch

from agents.distributed import Group, in_order, process_count
from tests.agents.jobs import exchange, fail


def test_rows_are_added_from_the_first_to_the_last():
    # In float32 1e8 + 1 rounds to 1e8, so that the order shows: (1e8 + 1) - 1e8 = 0, but (1e8 - 1e8) + 1 = 1.
    assert in_order(torch.tensor([[1e8], [1.0], [-1e8]])).tolist() == [0.0]
    assert in_order(torch.tensor([[1e8], [-1e8], [1.0]])).tolist() == [1.0]


def test_the_sum_leaves_its_rows_as_they_were():
    rows = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert in_order(rows).tolist() == [4.0, 6.0]
    assert rows.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("wanted", "shards", "cores", "expected"),
    [(0, 2, 1, 1), (0, 2, 2, 2), (0, 2, 16, 2), (0, 4, 3, 2), (0, 6, 5, 3), (1, 4, 8, 1), (4, 4, 1, 4)],
)
def test_as_many_processes_as_cores_allow_carry_equal_shares(wanted, shards, cores, expected):
    assert process_count(wanted, shards, cores) == expected


def test_every_shard_is_carried_by_one_process():
    carried = [number for rank in range(3) for number in Group(rank, 3).numbers(6)]
    assert carried == list(range(6))


def test_alone_nothing_is_exchanged():
    group, rows = Group(), torch.ones(2, 3)
    assert group.gather(rows) is rows
    assert (group.gather_objects(5), group.agree("a"), group.leads) == ([5], "a", True)


@pytest.mark.slow  # starts a process
@pytest.mark.parametrize("one_machine", [True, False])
def test_rows_of_two_processes_arrive_in_their_order_turn_by_turn(one_machine):
    rows, ranks, said = exchange(one_machine)
    assert rows[:, :, 0].tolist() == [[0.0, 0.0, 1.0, 1.0], [10.0, 10.0, 11.0, 11.0], [20.0, 20.0, 21.0, 21.0]]
    assert (ranks, said) == ([0, 1], "process 0")


@pytest.mark.slow  # starts a process
def test_a_member_that_fails_is_quoted_in_one_line():
    with pytest.raises(ConnectionError, match=r"^process 1 of this training has ended: .*ValueError: this one fails$"):
        fail("member")


@pytest.mark.slow  # starts a process
def test_a_leader_that_fails_takes_the_others_along():
    with pytest.raises(ValueError, match="this one fails"):
        fail("leader")


@pytest.mark.slow  # starts processes
def test_a_leader_that_is_killed_takes_the_others_along():
    code = (
        "import os, sys, torch\n"
        "from agents.distributed import together\n"
        "with together('tests.agents.jobs:exchange', True, 2) as group:\n"
        "    group.gather(torch.zeros(2, 3))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    # The member inherits none of the pipes but this one, which it holds open for as long as it lives.
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == -9
