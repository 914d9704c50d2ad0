"""`drivesim map`: looks into maps, those of files and those that generators make."""

from agents.mapping.args import MapArgs
from agents.mapping.command import inspect_map

__all__ = ["MapArgs", "inspect_map"]
