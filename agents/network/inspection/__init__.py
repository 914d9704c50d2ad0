"""Inspection: what is wrong with a sensor, read off numbers that are measured of its own frames over the last second.

`statistics` says what is measured of which type of sensor, one file a type; `window` keeps it over time; `readout`
tells the faults.
"""

from agents.network.inspection.readout import FaultReadout
from agents.network.inspection.statistics import Statistics, measured, register_statistics, statistics_of
from agents.network.inspection.window import WINDOW_TICKS, Inspector

__all__ = [
    "WINDOW_TICKS",
    "FaultReadout",
    "Inspector",
    "Statistics",
    "measured",
    "register_statistics",
    "statistics_of",
]
