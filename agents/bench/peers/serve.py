"""Runs one peer in windows on request: a line with seconds in, a line of JSON with what was done out.

Imported first by every peer program, before the peer itself: it keeps the real standard output for the protocol and
sends everything the peer prints to standard error. Needs nothing but Python.
"""

import json
import os
import sys
import time

REPLY = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def reply(**values):
    """Sends one line."""
    REPLY.write(json.dumps(values) + "\n")
    REPLY.flush()


def serve(step, events, **facts):
    """Answers windows until the input ends.

    Args:
        step: One step of the peer with its observation, resets inside.
        events: Frames per call; or a function that tells how many there were since it was last called.
        facts: What the peer is, sent once at the start.
    """
    reply(**facts)
    for line in sys.stdin:
        seconds = float(line)
        calls, wall, cpu = 0, time.perf_counter(), time.process_time()
        elapsed = 0.0
        while elapsed < seconds:
            step()
            calls += 1
            elapsed = time.perf_counter() - wall
        reply(events=events() if callable(events) else calls * events, wall_s=elapsed, cpu_s=time.process_time() - cpu)
