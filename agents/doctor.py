"""`drivesim doctor`: what is installed, what this machine offers, and whether a step works."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

import drivesim
from agents import machine
from drivesim import assets
from drivesim.errors import FileFormatError
from drivesim.kernels.places import writable_place_for

TRIAL_SENSORS = [{"width": 64, "height": 64, "channels": ["rgb", "depth", "semantic"]}]
TRIAL_MAP_COUNT = 2
TRIAL_STEPS = 3


@dataclass(frozen=True, kw_only=True)
class DoctorArgs:
    """Tells what is installed and what this machine offers, and tries a step of every environment."""

    trial: bool = True
    """Try a step; the first time this compiles the kernels, which takes about half a minute."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    answer: str
    healthy: bool = True


def examine(args: DoctorArgs) -> int:
    """Prints the report; 1 if something does not work."""
    console = Console()
    findings = [check() for check in CHECKS]
    if args.trial:
        console.print(
            "trying a step of every environment; the first time this compiles the kernels, about half a minute"
        )
        findings += [try_steps(env_id) for env_id in drivesim.ENV_IDS]
    table = Table(show_header=False, box=None)
    for _ in range(3):
        table.add_column(overflow="fold")
    for finding in findings:
        table.add_row("[green]ok[/]" if finding.healthy else "[red]!![/]", finding.subject, finding.answer)
    console.print(table)
    return 0 if all(finding.healthy for finding in findings) else 1


def _python() -> Finding:
    return Finding("python", f"{sys.version.split()[0]} at {sys.executable}", sys.version_info >= (3, 11))


def _packages() -> Finding:
    found = machine.versions()
    answer = ", ".join(f"{name} {version}" for name, version in found.items())
    if "pygame" in found and "pygame-ce" in found:
        return Finding("packages", f"{answer}; pygame and pygame-ce overwrite each other: remove one", healthy=False)
    return Finding("packages", answer)


def _processor() -> Finding:
    return Finding("processor", f"{machine.cpu_name()}, {machine.core_count()} cores for this process")


def _accelerator() -> Finding:
    import torch

    if not torch.cuda.is_available():
        return Finding("accelerator", "none; training runs on the processor")
    properties = torch.cuda.get_device_properties(0)
    return Finding("accelerator", f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB")


def _kernel_cache() -> Finding:
    place = writable_place_for(drivesim.__file__)
    return Finding("kernel cache", "none: every process compiles its kernels anew" if place is None else str(place))


def _display() -> Finding:
    if sys.platform not in ("win32", "darwin") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("SDL_VIDEODRIVER")
    ):
        return Finding("display", "none: `drivesim watch --record out.mp4` writes a video instead of opening a window")
    return Finding("display", os.environ.get("SDL_VIDEODRIVER") or os.environ.get("DISPLAY") or "available")


def _assets() -> Finding:
    try:
        return Finding("assets", str(assets.root()))
    except FileFormatError as error:
        return Finding("assets", str(error), healthy=False)


def try_steps(env_id: str) -> Finding:
    """Makes an environment with every common camera channel, resets it and drives a few steps as the expert."""
    import gymnasium as gym

    began = time.perf_counter()
    try:
        env = gym.make_vec(env_id, num_envs=1, map_count=TRIAL_MAP_COUNT, sensors=TRIAL_SENSORS)
        env.reset(seed=0)
        base: Any = env.unwrapped
        for _ in range(TRIAL_STEPS):
            env.step(base.expert_action())
        env.close()
    except Exception as error:  # whatever goes wrong is the finding
        return Finding(env_id, f"{type(error).__name__}: {error}", healthy=False)
    return Finding(env_id, f"{TRIAL_STEPS} steps, {time.perf_counter() - began:.1f} s with set-up")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _packages,
    _processor,
    _accelerator,
    _kernel_cache,
    _display,
    _assets,
)
