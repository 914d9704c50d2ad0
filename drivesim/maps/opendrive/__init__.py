"""OpenDRIVE: maps that other tools wrote, read into road networks."""

from drivesim.maps.opendrive.load import load_map
from drivesim.maps.opendrive.report import MapReport

__all__ = ["MapReport", "load_map"]
