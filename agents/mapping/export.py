"""Writes maps as OpenDRIVE files."""

from pathlib import Path

from rich.console import Console

from agents.mapping.args import MapArgs
from drivesim.config import MapConfig
from drivesim.maps.opendrive.load import load_map
from drivesim.maps.opendrive.write import save_opendrive
from drivesim.maps.procedural import build_network


def export_map(args: MapArgs) -> int:
    """Writes the map that the arguments name to `args.document`; makes its folder.

    Returns:
        The exit code, 0.

    Raises:
        MapError: It holds what OpenDRIVE cannot say.
        OSError: It cannot be written.
    """
    config = args.config
    if isinstance(config, MapConfig):
        network = build_network(config, args.seed)
    else:
        network, _ = load_map(args.file, route_length_m=args.length_m)
    path = Path(args.document)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_opendrive(network, path)
    Console().print(f"{len(network.lanes)} lanes written to {path}", markup=False, soft_wrap=True)
    return 0
