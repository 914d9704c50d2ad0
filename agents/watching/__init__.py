"""Watching: the commands `watch`, `drive` and `record`."""

from agents.watching.args import DriveArgs, RecordArgs, WatchArgs
from agents.watching.commands import drive, record, watch

__all__ = ["DriveArgs", "RecordArgs", "WatchArgs", "drive", "record", "watch"]
