"""How figures are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

if TYPE_CHECKING:
    from agents.bench.comparison import Comparison
    from agents.bench.figures import Figures
    from agents.bench.senses import SensorRates
    from agents.bench.starts import StartFigures
    from agents.bench.sumo import SumoComparison
    from agents.bench.timing import Rate
    from agents.bench.traffic import TrafficFigures
    from agents.bench.training import TrainingRates

AIMS = {
    "full": "30 k", "thread_gain": "1.7x", "single": "5 k", "vector": "1 M", "window": "60", "floor": "<= 4x",
    "town": "0.5x", "train_gain": "1.8x", "train_beside": "0.9x",
}  # fmt: skip
"""What each figure should reach; the first on a 2.6 GHz Zen 4 core, training on two cores."""


def figure_table(figures: "Figures", *, threads: int) -> Table:
    """The figures of the simulator alone."""
    table = Table(title="figures", title_justify="left")
    table.add_column("events", no_wrap=True)
    for heading in ("per second", "quartiles", "per core s", "aim"):
        table.add_column(heading, justify="right", no_wrap=True)
    _row(table, "full step, frames", figures.full, AIMS["full"])
    _row(table, "  copied", figures.full_copied)
    _row(table, f"  on {threads} threads", figures.full_threads)
    table.add_row(f"  {threads} threads over 1", f"{figures.thread_gain:.2f}x", "", "", AIMS["thread_gain"])
    _row(table, "  in towns", figures.town)
    table.add_row("  towns over highways", f"{figures.town_share:.2f}x", "", "", AIMS["town"])
    _row(table, "camera, frames", figures.camera)
    _row(table, "floor, frames", figures.floor)
    table.add_row("  floor over camera", "", "", f"{figures.above_floor:.2f}x", AIMS["floor"])
    _row(table, "single, steps", figures.single, AIMS["single"])
    _row(table, "state, car-steps", figures.vector, AIMS["vector"])
    _row(table, "window, frames", figures.window, AIMS["window"])
    return table


def legend(figures: "Figures", *, threads: int) -> str:
    """What the rows of `figure_table` are."""
    low, middle, high = figures.other_cars
    return "\n".join(
        [
            f"full step  {figures.worlds} worlds on {figures.maps} Highway roads, 1 thread, resets included,",
            "           64x64 RGB, depth and semantics; other cars per world:",
            f"           {low} (1 %), {middle} (median), {high} (99 %)",
            "copied     through Gymnasium's step, whose observations are copies",
            f"in towns   as many worlds on as many Town maps, {figures.town_users:.0f} road users per world",
            "camera     that of the full step, its worlds standing still",
            "floor      gathers the texels that it shows and stores as many bytes",
            "single     one Lane environment from gymnasium.make, 96x96 RGB",
            f"state      Highway without a camera, 1 thread, {figures.vector_cars:.0f} cars per world",
            "window     drivesim watch at 1280x720 with the Highway network and all panes, drawn but not shown",
            "per core s counts the processor time of all threads",
            f"set-up {figures.build_s:.1f} s; first step, compiling or loading kernels, {figures.first_step_s:.1f} s",
        ]
    )


def training_table(rates: "TrainingRates") -> Table:
    """The speed of training."""
    table = Table(title="training, frames driven and learnt from", title_justify="left")
    for title in ("carried by", "per second", "quartiles", "over one process", "aim"):
        table.add_column(title, justify="left" if title == "carried by" else "right", no_wrap=True)
    many = f"{rates.processes} processes"
    rows = (
        ("one process", rates.one, "", ""),
        (many, rates.all, f"{rates.gain:.2f}x", AIMS["train_gain"]),
        (f"{many}, a core taken", rates.beside, f"{rates.gain_beside:.2f}x", AIMS["train_beside"]),
    )
    for name, rate, gain, aim in rows:
        low, high = rate.quartiles
        table.add_row(name, short(rate.median), f"{short(low)} - {short(high)}", gain, aim)
    return table


def _row(table: Table, name: str, rate: "Rate", aim: str = "") -> None:
    low, high = rate.quartiles
    table.add_row(name, short(rate.median), f"{short(low)} - {short(high)}", short(rate.median_per_cpu), aim)


def short(value: float) -> str:
    """A figure with three digits that count: 1,234,567 is 1.23 M, 12,345 is 12.3 k."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if value >= 0.9995 * size:
            return f"{value / size:#.3g}".rstrip(".") + letter
    return f"{value:#.3g}".rstrip(".")


def stage_table(stage_us: Mapping[str, float]) -> Table:
    """Where the processor time of a step goes."""
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


def sensor_table(sensed: "SensorRates") -> Table:
    """Full steps with each rig."""
    table = Table(title="full steps of 64 Highway worlds with 12 cars, one thread", title_justify="left")
    table.add_column("sensors", no_wrap=True)
    for heading in ("per second", "quartiles", "per core s", "aim"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, rate in sensed.rates.items():
        _row(table, name, rate, sensed.aims.get(name, ""))
    return table


def town_table(figures: "TrafficFigures") -> Table:
    """What traffic does in towns without a driver of ours: a column for each number of vehicles and people."""
    rows = figures.rows
    table = Table(title=f"traffic in {figures.towns} towns", title_justify="left", show_header=False)
    lines = {
        "vehicles": [f"{row.cars}" for row in rows],
        "people": [f"{row.people}" for row in rows],
        "hours": [f"{row.hours:.2f}" for row in rows],
        "collisions": [f"{row.collisions}" for row in rows],
        "people hit": [f"{row.people_hit}" for row in rows],
        "  with right of way": [f"{row.people_wronged}" for row in rows],
        "red lights run": [f"{row.red_lights}" for row in rows],
        "longest stand": [f"{row.longest_s:.0f} s" for row in rows],
        "mean speed, m/s": [f"{row.speed:.2f}" for row in rows],
        "vehicles per km": [f"{row.density:.1f}" for row in rows],
        "  per lane and hour": [f"{row.flow:.0f}" for row in rows],
        "user-steps/s": [f"{row.user_steps_per_s / 1000.0:.0f} k" for row in rows],
    }
    table.add_column("", no_wrap=True)
    for _ in rows:
        table.add_column("", justify="right", no_wrap=True)
    for name, cells in lines.items():
        table.add_row(name, *cells, end_section=name == "hours")
    return table


def sumo_table(compared: "SumoComparison") -> Table:
    """Our traffic beside SUMO's on the same streets."""
    table = Table(title=f"{compared.vehicles} vehicles on one town's streets, one thread each", title_justify="left")
    for heading in ("", "version", "m/s", "vehicle-steps per core s", "quartiles"):
        table.add_column(heading, justify="left" if not heading else "right")
    if compared.theirs is None or compared.ours is None:
        table.add_row("SUMO", f"[yellow]{compared.problem}[/]", "", "", "")
        return table
    for name, version, speed, rate in (
        ("drivesim", "", compared.speed, compared.ours),
        ("libsumo", str(compared.facts["version"]), compared.facts["speed"], compared.theirs),
    ):
        low, high = np.percentile(rate.per_cpu_second, (25, 75))
        table.add_row(
            name, version, f"{speed:.2f}", f"{rate.median_per_cpu / 1000.0:.0f} k",
            f"{low / 1000.0:.0f} - {high / 1000.0:.0f} k",
        )  # fmt: skip
    table.add_row("ratio", "", "", f"{compared.ratio:.1f}x", "aim >= 2x")
    return table


def ring_table(figures: "TrafficFigures") -> Table:
    """Mean speed of equal cars on one closed lane."""
    table = Table(title="one lane, equal cars", title_justify="left")
    for heading in ("cars per km", "m/s", "IDM's equilibrium", "difference"):
        table.add_column(heading, justify="right")
    for row in figures.ring:
        share = row.speed / row.equilibrium - 1.0
        table.add_row(f"{row.density:.0f}", f"{row.speed:.3f}", f"{row.equilibrium:.3f}", f"{100.0 * share:+.2f} %")
    return table


def start_table(figures: "StartFigures") -> Table:
    """How long starting takes."""
    table = Table(title="starts, each in a process of its own", title_justify="left")
    for heading in ("start", "s", "quartiles", "aim"):
        table.add_column(heading, justify="left" if heading == "start" else "right", no_wrap=True)
    for name, seconds in figures.starts_s.items():
        low, middle, high = np.percentile(seconds, (25, 50, 75))
        table.add_row(name, f"{middle:.2f}", f"{low:.2f} - {high:.2f}", f"<= {figures.aims_s[name]:g}")
    return table


def road_table(figures: "StartFigures") -> Table:
    """What roads cost."""
    table = Table(title="roads", title_justify="left")
    for heading in ("figure", "value", "aim"):
        table.add_column(heading, justify="left" if heading == "figure" else "right", no_wrap=True)
    for preset, seconds in figures.road_s.items():
        is_highway = preset == "highway"
        table.add_row(f"{preset}, processor time", f"{seconds:.3f} s", "<= 0.12 s" if is_highway else "")
        table.add_row(f"{preset}, memory", f"{figures.road_mb[preset]:.2f} MB", "<= 4 MB" if is_highway else "")
    if figures.roads:
        table.add_row(f"speed on {figures.roads} roads over 64", f"{figures.many_over_few:.2f}x", ">= 0.9x")
    return table


def peer_table(compared: Sequence["Comparison"]) -> Table:
    """Peers beside our scenes, frames per core second."""
    # Imported here: the scenes behind it load the compiler.
    from agents.bench.comparison import OWN

    table = Table(title="peers, one thread each, in turns with ours; aim: 20x EnvPool CarRacing", title_justify="left")
    for heading in ("peer", "ours"):
        table.add_column(heading)
    for heading in ("its frames\nper core s", "ours", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in compared:
        peer = f"{one.peer.name}\n[dim]{one.peer.note}[/]"
        if one.theirs is None:
            table.add_row(peer, f"[yellow]{one.problem}[/]", "", "", "")
            continue
        for own, rate in one.ours.items():
            table.add_row(
                peer,
                f"{OWN[own].name}\n[dim]{OWN[own].note}[/]",
                short(one.theirs.median_per_cpu),
                short(rate.median_per_cpu),
                f"{one.ratio(own):,.1f}x",
            )
    return table
