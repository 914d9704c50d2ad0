"""Watching: the commands `watch`, `drive` and `record`."""

from agents.watching.args import DriveArgs, RecordArgs, WatchArgs
from agents.watching.commands import drive, record, watch, write_video

__all__ = ["DriveArgs", "RecordArgs", "WatchArgs", "drive", "record", "watch", "write_video"]
