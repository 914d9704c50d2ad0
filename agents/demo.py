"""The first minute: train a small camera driver, show what it learnt, then watch it drive."""

import dataclasses
import logging
from pathlib import Path

from agents import runner
from agents.interface import load_agent
from agents.recipe import SEED_MAX
from agents.runner import CONSOLE, RunArgs, evaluate_suites, print_table
from drivesim.errors import DisplayError, check_integer, check_range
from drivesim.tasks.suites import SUITES

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoArgs:
    """The demonstration."""

    seconds: float = 90.0
    """Training time [s]."""
    roads: int = 40
    """Unseen roads driven before and after."""
    out: str = "runs/demo"
    """Folder for checkpoint, report and video."""
    watch: bool = True
    """Show the driver in a window afterwards; without a display a video is written."""
    seed: int = 0
    """Seed of the training."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_range("DemoArgs.seconds", self.seconds, 1.0, 36_000.0)
        check_range("DemoArgs.roads", self.roads, 1, 10_000)
        check_integer("DemoArgs.seed", self.seed, 0, SEED_MAX)


def demo(args: DemoArgs) -> int:
    """Trains from scratch, drives unseen roads before and after, then watches. The command `drivesim demo`."""
    from agents.learned import LearnedAgent
    from agents.network import DrivingNetwork

    training = RunArgs(
        env="lane",
        out=args.out,
        minutes=args.seconds / 60.0,
        seed=args.seed,
        evaluate_every=0,
        report_roads=0,
    )
    Path(args.out).mkdir(parents=True, exist_ok=True)
    unseen = dataclasses.replace(SUITES["lane"], road_count=args.roads)
    CONSOLE.print(f"[bold]1/3[/] driving {args.roads} unseen roads with an untrained network")
    untrained = LearnedAgent(DrivingNetwork(training.network).eval())
    before = evaluate_suites(untrained, [unseen], name="before training")
    CONSOLE.print(f"[bold]2/3[/] training a camera driver for {args.seconds:.0f} s")
    code = runner.train(training)
    if code:
        return code
    checkpoint = Path(args.out) / runner.BEST_FILE
    after = evaluate_suites(load_agent(str(checkpoint)), [unseen], name="after training")
    print_table([*before, *after])
    runner.write_results([*before, *after], Path(args.out) / runner.REPORT_FOLDER)
    if args.watch:
        CONSOLE.print("[bold]3/3[/] watching it drive (H lists the keys)")
        show(checkpoint, Path(args.out) / "demo.mp4")
    return 0


def show(checkpoint: Path, video: Path) -> None:
    """Opens the window, or writes a video where there is no display."""
    from agents.watching import RecordArgs, WatchArgs, record, watch

    try:
        watch(WatchArgs(env="lane", agent=str(checkpoint)))
    except DisplayError as error:
        LOG.debug("no window: %s", error)
        CONSOLE.print(f"no display here; writing a video to {video}")
        record(RecordArgs(env="lane", agent=str(checkpoint), out=str(video)))
