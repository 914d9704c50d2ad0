"""Watching: the commands `watch`, `drive` and `record`, and showing a training while it goes on."""

from agents.watching.args import DriveArgs, RecordArgs, WatchArgs
from agents.watching.commands import drive, record, watch
from agents.watching.recording import record_before_after

__all__ = [
    "DriveArgs",
    "RecordArgs",
    "WatchArgs",
    "drive",
    "record",
    "record_before_after",
    "watch",
]
