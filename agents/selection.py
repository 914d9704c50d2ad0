"""The choice of the checkpoint that drives best on held-out roads."""

import dataclasses
import math
import shutil
from pathlib import Path

from agents.checkpoint import load_network, save_network
from agents.distributed import Group
from agents.evaluate import run_suite
from agents.evaluation.results import SuiteResult
from agents.heads import load_heads
from agents.imitation import RoundReport, TrainResult
from agents.learned import LearnedAgent
from agents.machine import core_count
from agents.network import DrivingNetwork
from agents.recipe import RunArgs
from drivesim.tasks.suites import SELECTION_START, SUITES, Suite

BEST_FILE = "best.safetensors"
IN_A_ROW = 2
"""Evaluations that must reach `enough` one after the other."""


def selection_suite(env: str, roads: int) -> Suite:
    """Roads on which the best checkpoint is chosen: neither trained on nor reported on."""
    return dataclasses.replace(SUITES[env], name=f"{env}-selection", first_road=SELECTION_START, road_count=roads)


class Selection:
    """Keeps the checkpoint that drives best on the selection roads, which all processes drive together.

    Args:
        args: The training.
        group: Its processes; each calls every method at the same moment.
    """

    def __init__(self, args: RunArgs, group: Group) -> None:
        self.args, self.group = args, group
        self.suite = selection_suite(args.env, args.evaluate_roads)
        self.file = Path(args.out) / BEST_FILE
        self.score = -math.inf
        """Of the file, on the selection roads; minus infinity while there is none."""
        self.in_a_row = 0
        """Latest evaluations that reached `args.enough`."""
        self._latest = (-1, -math.inf)
        """Updates of the network driven last, and its score."""
        if args.resume and self.group.agree(self.file.is_file()):
            _, self.score, _ = self._drive(load_network(self.file, heads=load_heads(args.heads))[0])

    @property
    def enough(self) -> bool:
        """The training may end."""
        return self.in_a_row >= IN_A_ROW

    def consider(self, report: RoundReport) -> SuiteResult | None:
        """Drives the learner where its round is due, and keeps it if it is the best so far.

        Returns:
            How it drove, at the leader; None elsewhere and between evaluations.
        """
        if not self.args.evaluate_every or report.round % self.args.evaluate_every:
            return None
        result, score, success = self._drive(report.network)
        self._latest = (report.updates, score)
        self.in_a_row = self.in_a_row + 1 if self.args.enough and success >= self.args.enough else 0
        if score >= self.score:
            self.score = score
            if self.group.leads:
                save_network(self.file, report.network, report.training)
        return result

    def choose(self, last: TrainResult) -> Path:
        """The best file: the last checkpoint, unless an earlier one drove better on the selection roads."""
        if self.score > -math.inf:
            updates, score = self._latest
            if updates != last.updates:
                _, score, _ = self._drive(last.network)
            if score < self.score:
                return self.file
        if self.group.leads:
            partial = self.file.with_name(self.file.name + ".partial")
            shutil.copyfile(last.checkpoint, partial)
            partial.replace(self.file)
        return self.file

    def _drive(self, network: DrivingNetwork) -> tuple[SuiteResult | None, float, float]:
        """Drives the roads shard by shard; how they were driven (at the leader), and everywhere score and success."""
        agent = LearnedAgent(network.eval(), device=self.args.device, precision=self.args.precision)
        threads = max(core_count() // self.group.size, 1)
        own = []
        for number in self.group.numbers(self.args.shards):
            first, last = (self.suite.road_count * edge // self.args.shards for edge in (number, number + 1))
            own.append(
                run_suite(agent, self.suite, weather=self.args.weather, roads=range(first, last), threads=threads)
            )
        parts = [part for parts in self.group.gather_objects(own) for part in parts]
        if not parts:
            return None, *self.group.agree(None)
        result = dataclasses.replace(
            parts[0],
            episodes=[episode for part in parts for episode in part.episodes],
            failures=[failure for part in parts for failure in part.failures],
            wall_s=max(part.wall_s for part in parts),
        )
        success = result.success.mean
        return result, *self.group.agree((success + 1e-3 * result.mean("driving_score").mean, success))
