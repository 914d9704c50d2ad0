"""Recording: labelled drives as data sets, by several processes; and the command `drivesim record`."""

from agents.recorder.args import RecordingArgs
from agents.recorder.command import record, record_data

__all__ = ["RecordingArgs", "record", "record_data"]
