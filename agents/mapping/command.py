"""The command `drivesim map`."""

from rich.console import Console

from agents.mapping.args import MapArgs
from agents.mapping.describe import describe, notes
from drivesim.maps.network import RoadNetwork
from drivesim.maps.opendrive import MapReport, load_map


def inspect_map(args: MapArgs) -> int:
    """Prints, checks, draws or drives a map.

    Returns:
        The exit code: 1 where `check` finds something.
    """
    console = Console()
    if args.action == "draw":
        from agents.mapping.drawing import draw

        console.print(f"picture written to {draw(args)}")
        return 0
    if args.action == "export":
        from agents.mapping.export import export_map

        return export_map(args)
    if args.action == "drive":
        return _drive(args)
    network, report = _map(args)
    if args.action == "info":
        console.print(describe(network, report))
    if report is None:
        return 0
    for line in notes(report):
        # Names of a file's own may look like rich's markup.
        console.print(line, markup=False, soft_wrap=True)
    if args.action == "check" and not report.repairs:
        console.print(f"{args.file}: nothing had to be mended", markup=False, soft_wrap=True)
    return int(args.action == "check" and bool(report.repairs))


def _map(args: MapArgs) -> tuple[RoadNetwork, MapReport | None]:
    if args.file:
        return load_map(args.file, route_length_m=args.length_m)
    from drivesim.config import MapConfig
    from drivesim.maps.procedural import build_network

    config = args.config
    assert isinstance(config, MapConfig), "without a file a map is procedural"
    return build_network(config, args.seed), None


def _drive(args: MapArgs) -> int:
    from agents.watching import WatchArgs, watch

    if args.file:
        return watch(WatchArgs(map=args.file, seed=args.seed, size=args.size))
    env = {"country_road": "lane", "highway": "highway", "town": "town"}[args.generator]
    return watch(WatchArgs(env=env, road=args.seed, size=args.size))
