"""Drives that are recorded: a block of them at a time, each into its own part of a data set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from agents.heads import Truth, default_heads, labels_of
from agents.interface import AGENTS, Agent, info_with_labels, load_agent, sensors_of, vehicle_of
from agents.network.inputs import INPUTS
from agents.recorder.sheet import PREVIEW_FRAMES, Preview, preview_labels
from drivesim.config import SensorConfig, from_dict
from drivesim.errors import ConfigError
from drivesim.export.drive import Drive, Frame, Pose, class_name, json_ready
from drivesim.export.folder import DataFolder
from drivesim.export.formats import Format, format_named, label_names, writer_class

ID = "drivesim/{}-v0"
OnFrames = Callable[[int], None]
"""Hears how many frames have been driven."""


class Block:
    """Drives next to each other, driven together.

    Args:
        folder: Where they are written.
        request: What is recorded, see `RecordingArgs.request`.
        numbers: The drives that are written.
    """

    def __init__(self, folder: DataFolder, request: Mapping[str, Any], numbers: Sequence[int]) -> None:
        self.folder, self.request, self.wanted = folder, request, list(numbers)
        self.format: Format = format_named(request["format"])
        self.sensors = tuple(from_dict(SensorConfig, values) for values in request["sensors"])
        self.agent: Agent = load_agent(request["agent"])
        self.names = label_names(self.format, self.sensors)
        # A network's sums depend on the size of its batch, so one always drives the same whole block.
        first, worlds = request["worlds"] * (self.wanted[0] // request["worlds"]), request["worlds"]
        self.numbers = self.wanted if request["agent"] in AGENTS else list(range(first, first + worlds))
        self.quantities = {
            quantity.name: quantity
            for quantity in (*INPUTS, *labels_of(default_heads()).values())
            if not quantity.is_picture
        }

    def run(self, on_frames: OnFrames, on_drive: Callable[[int], None]) -> None:
        """Drives and writes.

        Args:
            on_frames: Called after every control step with the labelled frames written in it.
            on_drive: Called with the number of every drive that is in its place.

        Raises:
            OSError: The disk is full or cannot be written.
        """
        request = self.request
        roads = [request["first_road"] + number for number in self.numbers]
        vehicle = vehicle_of(self.agent)
        env = gym.make_vec(
            ID.format(request["env"].capitalize()),
            num_envs=len(self.numbers),
            config=None if vehicle is None else {"vehicle": asdict(vehicle)},
            map_start=roads[0],
            map_count=roads[-1] - roads[0] + 1,
            weather=tuple(request["weather"]),
            sensors=list(mounted(self.agent, self.sensors)),
            autoreset_mode="Disabled",
        )
        recordings: dict[int, _Recording] = {}
        try:
            base: Any = env.unwrapped
            for number in self.wanted:
                network = base.simulation.bank.network(request["first_road"] + number - roads[0])
                recordings[number] = _Recording(self, number, network)
            self._drive(base, roads, recordings, on_frames, on_drive)
        except BaseException:
            for number in self.wanted:
                self.folder.drop(number)
            raise
        finally:
            env.close()

    def _drive(
        self,
        base: Any,
        roads: list[int],
        recordings: "dict[int, _Recording]",
        on_frames: OnFrames,
        on_drive: Callable[[int], None],
    ) -> None:
        request = self.request
        seeds = [request["seed"] + number for number in self.numbers]
        maps = np.array([road - roads[0] for road in roads])
        _, info = base.reset(seed=seeds, options={"map": maps})
        self.agent.reset(len(self.numbers))
        running = {number: world for world, number in enumerate(self.numbers)}
        steps = round(request["duration_s"] / request["step_s"])
        key_ticks, step_us = request["key_ticks"], round(1e6 * request["step_s"])
        for step in range(steps + 1):
            is_key = step % key_ticks == 0
            if is_key or self.format.has_sweeps:
                frames = self._frames(base, step // key_ticks, step * step_us, is_key)
                for number, world in running.items():
                    if number in recordings:
                        recordings[number].add(frames(world), base, world)
                on_frames(len(running) if is_key else 0)
            ended: Mapping[int, str] = {}
            if step < steps:
                action = self.agent.act(base.observe_view(), info_with_labels(base, info))
                _, terminated, truncated, info = base.advance(action)
                over = terminated | truncated
                ended = {number: str(info["end_reason"][world]) for number, world in running.items() if over[world]}
            else:
                ended = dict.fromkeys(running, "")
            for number, reason in ended.items():
                del running[number]
                if number in recordings:
                    recordings.pop(number).finish(reason)
                    on_drive(number)
            if not recordings:
                return

    def _frames(self, base: Any, number: int, time_us: int, is_key: bool) -> Callable[[int], Frame]:
        """What makes the frame of each world at this moment; labels are read for all of them at once."""
        observation, labels = base.observe_view(), base.labels()
        truth = Truth(observation, labels, None)
        read = {name: labels[name] for name in self.names} if is_key else {}
        numbers = {name: quantity.read(truth) for name, quantity in self.quantities.items()} if is_key else {}
        actors = base.simulation.world.state.actors

        def frame(world: int) -> Frame:
            slot = int(base.simulation.world.state.drivers.slot[world, 0])
            columns = ("x", "y", "yaw", "speed", "yaw_rate", "accel")
            return Frame(
                number=number,
                time_us=time_us,
                is_key=is_key,
                observation={name: values[world] for name, values in observation.items()},
                labels={name: values[world] for name, values in read.items()},
                pose=Pose(*(float(getattr(actors, name)[world, slot]) for name in columns)),
                numbers={name: np.asarray(values[world]) for name, values in numbers.items()},
            )

        return frame


class _Recording:
    """One drive that is being written."""

    def __init__(self, block: Block, number: int, network: Any) -> None:
        request, self.folder = block.request, block.folder
        self.drive = Drive(
            number=number, seed=request["seed"] + number, road=request["first_road"] + number, env=request["env"],
            sensors=block.sensors, step_s=request["step_s"], key_ticks=request["key_ticks"], quality=request["quality"],
            frames_max=request["frames_max"], network=network,
        )  # fmt: skip
        self.path: Path = self.folder.begin(number)
        self.writer = writer_class(block.format)(self.path, self.drive)
        self.preview = Preview(self.path, self.drive)
        self.rows: list[dict[str, Any]] = []
        self.objects: dict[str, int] = {}
        self.time_us = 0

    def add(self, frame: Frame, base: Any, world: int) -> None:
        self.writer.add(frame)
        self.time_us = frame.time_us
        if not frame.is_key:
            return
        self.rows.append(json_ready(frame.numbers))
        for semantic in frame.labels["objects_semantic"][frame.labels["objects_valid"]].tolist():
            name = class_name(semantic)
            self.objects[name] = self.objects.get(name, 0) + 1
        if frame.number in PREVIEW_FRAMES:
            labels = base.labels()
            self.preview.draw(frame, {name: labels[name][world] for name in preview_labels(self.drive)})

    def finish(self, reason: str) -> None:
        tables = self.writer.close()
        self.folder.finish(
            self.drive.number,
            {
                "number": self.drive.number, "seed": self.drive.seed, "road": self.drive.road,
                "seconds": self.time_us / 1e6, "frames": len(self.rows), "end_reason": reason, "objects": self.objects,
                "numbers": self.rows, "tables": tables,
            },
        )  # fmt: skip


def mounted(agent: Agent, recorded: Sequence[SensorConfig]) -> tuple[SensorConfig, ...]:
    """The recorded sensors and those that the agent drives by.

    Raises:
        ConfigError: Two of them have one name and are different.
    """
    rig = {sensor.name: sensor for sensor in recorded}
    for sensor in () if _is_omniscient(agent) else sensors_of(agent):
        if rig.setdefault(sensor.name, sensor) != sensor:
            raise ConfigError(
                f"sensors: the agent drives by a sensor {sensor.name!r} that is not the recorded one of that name; "
                "give the recorded one another name"
            )
    return tuple(rig.values())


def _is_omniscient(agent: Agent) -> bool:
    """It drives by the truth alone."""
    from agents.expert import ExpertAgent

    return isinstance(agent, ExpertAgent)
