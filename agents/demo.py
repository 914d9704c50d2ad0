"""The first minutes: train a small camera driver until it drives, show it learn, and show what it learnt."""

import dataclasses
from pathlib import Path

from agents import runner
from agents.imitation import UNTRAINED_FILE
from agents.interface import load_agent
from agents.recipe import SEED_MAX, RunArgs
from agents.runner import Outcome
from agents.scoring import CONSOLE, evaluate_suites, print_table, write_results
from drivesim.errors import check_integer, check_range
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START, SUITES

OWN_FOLDER = "runs/demo"
ENOUGH = 0.95
"""Share of the selection roads that a driver who drives reaches, twice in a row."""
EVALUATE_EVERY = 3
"""Rounds between two looks; a look takes about a sixth of the time of three rounds, on any machine."""
EXPECTED_UPDATES = 1600
"""The opening of the training goes by these: it is over after half of them, about when the first roads are mastered."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoArgs:
    """The demonstration."""

    minutes: float = 5.0
    """Training time at most [min]; looking whether it is enough takes up to a fifth more."""
    roads: int = 40
    """Unseen roads driven before and after."""
    out: str = OWN_FOLDER
    """Folder for checkpoint, report and video; the default one is the demonstration's own and begins anew each time."""
    watch: bool = True
    """Show the learner in a window while it learns; without a display a video is written afterwards."""
    seed: int = 0
    """Seed of the training."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_range("DemoArgs.minutes", self.minutes, 0.01, 600.0)
        check_integer("DemoArgs.roads", self.roads, 1, SELECTION_START - HELD_OUT_START)
        check_integer("DemoArgs.seed", self.seed, 0, SEED_MAX)


def demo(args: DemoArgs) -> int:
    """Trains from scratch until held-out roads are driven, compares before and after. The command `drivesim demo`."""
    CONSOLE.print(
        f"[bold]1/3[/] training a camera driver until it masters {100 * ENOUGH:.0f} % of held-out roads twice in a "
        f"row, for {args.minutes:g} min at most"
    )
    Path(args.out).mkdir(parents=True, exist_ok=True)
    outcome = runner.run(training_of(args))
    if outcome is None:
        return 0
    if outcome.result.interrupted:
        return 130
    try:
        reason = "that is enough" if outcome.enough else f"the {args.minutes:g} min are over"
        CONSOLE.print(f"{reason}: {final_success(outcome)} after {outcome.result.seconds:.0f} s of training")
        compare(args, outcome.chosen, outcome.history)
        if args.watch:
            show(args, outcome)
    finally:
        outcome.spectator.close()
    return 0


def training_of(args: DemoArgs) -> RunArgs:
    """How the demonstration trains."""
    return RunArgs(
        env="lane",
        out=args.out,
        minutes=args.minutes,
        expected_updates=EXPECTED_UPDATES,
        seed=args.seed,
        evaluate_every=EVALUATE_EVERY,
        enough=ENOUGH,
        report_roads=0,
        overwrite=args.out == OWN_FOLDER,
        watch=args.watch,
    )


def final_success(outcome: Outcome) -> str:
    """What the last look at the selection roads said."""
    looks = [entry["evaluation/success"] for entry in outcome.history if "evaluation/success" in entry]
    return f"{100 * looks[-1]:.0f} % of the selection roads" if looks else "no look at the selection roads"


def compare(args: DemoArgs, checkpoint: Path, history: list[dict[str, float]]) -> None:
    """Drives unseen roads with the untrained and the trained network: tables, and a report with the learning curve."""
    CONSOLE.print(f"[bold]2/3[/] driving {args.roads} unseen roads before and after")
    unseen = [dataclasses.replace(SUITES["lane"], road_count=args.roads)]
    folder = Path(args.out)
    results = [
        *evaluate_suites(load_agent(str(folder / UNTRAINED_FILE)), unseen, name="before training"),
        *evaluate_suites(load_agent(str(checkpoint)), unseen, name="after training"),
    ]
    print_table(results)
    write_results(results, folder / runner.REPORT_FOLDER, history=history)


def show(args: DemoArgs, outcome: Outcome) -> None:
    """Leaves the window to the user, or writes a video where there is no display."""
    from agents import watching

    CONSOLE.print("[bold]3/3[/] watching it drive")
    if outcome.spectator.is_open:
        CONSOLE.print("close the window to end")
    if outcome.spectator.wait():
        return
    folder = Path(args.out)
    video = watching.record_before_after(folder / UNTRAINED_FILE, outcome.chosen, folder / "demo.mp4")
    CONSOLE.print(f"no display here; before and after are in {video}")
