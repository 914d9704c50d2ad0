"""What the processes of a test run: functions that another interpreter can import."""

import os
import signal

import torch

from agents.distributed import together
from agents.imitation import RoundReport, TrainResult, train
from agents.recipe import TrainArgs
from tests.agents.toy_env import ToyEnv

KILLED_SEED = 13
"""A training of this seed loses every process but the leader after its first round."""


def toy(args: TrainArgs, number: int) -> ToyEnv:
    """The worlds of one shard."""
    return ToyEnv(args.worlds // args.shards, 32, 64)


def train_toy(args: TrainArgs) -> TrainResult:
    """A training on `args.processes` processes."""
    with together("tests.agents.jobs:train_toy", args, args.processes) as group:

        def on_round(report: RoundReport) -> None:
            if args.seed == KILLED_SEED and not group.leads:
                os.kill(os.getpid(), signal.SIGKILL)

        return train(args, make_env=toy, group=group, on_round=on_round)


def exchange(one_machine: bool) -> tuple[torch.Tensor, list[int], str]:
    """Gathers rows that tell their process, three times; everybody's rank; and what the leader says."""
    with together("tests.agents.jobs:exchange", one_machine, 2) as group:
        group.one_machine = one_machine
        rows = [group.gather(torch.full((2, 3), 10.0 * turn + group.rank)).clone() for turn in range(3)]
        return torch.stack(rows), group.gather_objects(group.rank), group.agree(f"process {group.rank}")


def fail(where: str) -> None:
    """The process named fails while the other waits for it."""
    with together("tests.agents.jobs:fail", where, 2) as group:
        if where == ("leader" if group.leads else "member"):
            raise ValueError("this one fails")
        group.agree(None)
        group.gather(torch.zeros(1, 1))
