"""How figures are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from agents.bench.comparison import Comparison
    from agents.bench.figures import Figures
    from agents.bench.timing import Rate

AIMS = {"full": "30,000", "thread_gain": "1.7x", "single": "5,000", "vector": "1,000,000", "floor": "at most 4x"}
"""What each figure should reach; the first on a 2.6 GHz Zen 4 core."""


def figure_table(figures: "Figures", *, threads: int) -> Table:
    """The figures of the simulator alone."""
    table = Table(title="drivesim", title_justify="left")
    for heading in ("figure", "unit"):
        table.add_column(heading)
    for heading in ("per second", "quartiles", "per core second", "aim"):
        table.add_column(heading, justify="right")
    scene = f"{figures.worlds} worlds, {figures.maps} roads"
    _row(table, f"step + 64x64 RGB, depth, semantic; {scene}; 1 thread", figures.full, AIMS["full"])
    _row(table, "the same, observations copied", figures.full_copied)
    _row(table, f"the same as the first, {threads} threads", figures.full_threads)
    table.add_row(f"{threads} threads over 1", "ratio", f"{figures.thread_gain:.2f}x", "", "", AIMS["thread_gain"])
    _row(table, "single environment, Lane, 96x96 RGB", figures.single, AIMS["single"])
    _row(table, "state alone, 32 cars per world, 1 thread", figures.vector, AIMS["vector"])
    _row(table, "camera alone, 64x64 RGB, depth, semantic", figures.camera)
    _row(table, "floor: gathers and stores the same bytes", figures.floor)
    table.add_row("camera's time over its floor's", "ratio", f"{figures.above_floor:.2f}x", "", "", AIMS["floor"])
    return table


def _row(table: Table, name: str, rate: "Rate", aim: str = "") -> None:
    low, high = rate.quartiles
    table.add_row(
        name, rate.unit, f"{rate.median:,.0f}", f"{low:,.0f} to {high:,.0f}", f"{rate.median_per_cpu:,.0f}", aim
    )


def stage_table(stage_us: Mapping[str, float]) -> Table:
    """Where the time of a step goes."""
    table = Table(title="stages of a step, one thread", title_justify="left")
    table.add_column("stage")
    table.add_column("us per frame", justify="right")
    table.add_column("share", justify="right")
    total = sum(stage_us.values())
    for name, spent in stage_us.items():
        table.add_row(name, f"{spent:.2f}", f"{spent / total:.0%}")
    table.add_section()
    table.add_row("sum", f"{total:.2f}", "")
    return table


def set_up_line(figures: "Figures") -> str:
    """What came before the first frame, and how crowded the roads were."""
    low, high = figures.road_users
    return (
        f"set-up {figures.build_s:.1f} s, first step with compiling {figures.first_step_s:.1f} s; "
        f"{low} to {high} road users per world"
    )


def peer_table(compared: Sequence["Comparison"]) -> Table:
    """Peers beside our scenes, frames per core second."""
    # Imported here: the scenes behind it load the compiler.
    from agents.bench.comparison import OWN

    table = Table(title="peers, one thread each, in turns with ours; aim: 20x EnvPool CarRacing", title_justify="left")
    for heading in ("peer", "ours"):
        table.add_column(heading)
    for heading in ("its frames per core second", "ours", "ratio"):
        table.add_column(heading, justify="right")
    for one in compared:
        peer = f"{one.peer.name}\n[dim]{one.peer.note}[/]"
        if one.theirs is None:
            table.add_row(peer, f"[yellow]{one.problem}[/]", "", "", "")
            continue
        for own, rate in one.ours.items():
            table.add_row(
                peer,
                f"{OWN[own].name}\n[dim]{OWN[own].note}[/]",
                f"{one.theirs.median_per_cpu:,.0f}",
                f"{rate.median_per_cpu:,.0f}",
                f"{one.ratio(own):,.1f}x",
            )
    return table
