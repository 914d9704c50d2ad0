"""The driver that drives with a checkpoint."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from agents.checkpoint import joined, load_network, parted
from agents.heads import Head, Truth
from agents.interface import Explanation
from agents.network import DrivingNetwork, Prediction, picture_tensor
from agents.network.device import choose_device, choose_dtype, mixed_precision, use_one_thread
from agents.network.inputs import INPUTS, SPEED_UNIT, FrameHistory, inspected, sensed
from agents.network.inspection import Inspector
from drivesim.config import CameraConfig
from drivesim.envs.observation import EgoColumn
from drivesim.errors import ConfigError


class LearnedAgent:
    """Drives with a network: its sensors, own speed and navigation command, nothing else.

    PyTorch's operators run on one thread in a process that has such a driver; see `use_one_thread`.

    Args:
        network: The network; it is moved to `device`.
        device: `auto`, `cpu`, `cuda`, ...
        precision: `auto` (bfloat16 where the hardware multiplies it), `bf16` or `fp32`.
        explains: `explain` will be asked; otherwise what it alone needs is left out.
    """

    def __init__(
        self, network: DrivingNetwork, *, device: str = "auto", precision: str = "auto", explains: bool = True
    ) -> None:
        use_one_thread()
        self.device = choose_device(device)
        self.dtype = choose_dtype(precision, self.device)
        self.network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.sensors, self.vehicle = network.sensors, network.config.vehicle
        self.heads = tuple(network.declared.values())
        """What `explain` speaks of."""
        self.histories = {camera.name: FrameHistory(network.config.history_ticks) for camera in network.cameras}
        self.inspector = Inspector(network.inspected if explains else ())
        self.prediction: Prediction | None = None
        """What the network said at the last `act`: what it takes to drive."""
        self._inputs: dict[str, torch.Tensor] = {}
        """What it said that of."""
        self.training: dict[str, Any] = {}
        """How it was trained, as its checkpoint tells."""

    @classmethod
    def load(
        cls,
        file: str | os.PathLike[str],
        *,
        heads: Sequence[Head] = (),
        device: str = "auto",
        precision: str = "auto",
    ) -> "LearnedAgent":
        """A driver from a checkpoint file; `heads` are those beside the ones that ship, see `load_network`.

        Raises:
            FileFormatError: The file is missing, cut off or foreign.
        """
        network, description = load_network(file, heads=heads)
        agent = cls(network.eval(), device=device, precision=precision)
        agent.training = dict(description.get("training", {}))
        return agent

    def reset(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """Forgets the earlier pictures of the worlds in `mask`, of all if None."""
        for history in (*self.histories.values(), self.inspector):
            history.begin(env_count, mask)

    def act(self, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """Steering and acceleration, float32 (world, 2); reads its sensors, the speed in `ego`, and `command`."""
        inputs = {camera.name: self._picture(observation, camera) for camera in self.network.cameras}
        if self.network.fusion is not None:
            inputs |= {name: self._tensor(values) for name, values in joined(sensed(self.sensors, observation)).items()}
        if self.inspector.sensors:
            windows = self.inspector.push(
                inspected(self.inspector.sensors, observation), observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT
            )
            inputs |= {name: self._tensor(values) for name, values in windows.items()}
        truth = Truth(observation, {}, None)
        inputs |= {quantity.name: self._tensor(quantity.read(truth)) for quantity in INPUTS}
        with torch.no_grad(), mixed_precision(self.device, self.dtype):
            prediction = self.network(inputs, heads=self.network.driving)
        self.prediction, self._inputs = prediction, inputs
        return prediction.action.cpu().numpy()

    def explain(self) -> Explanation:
        """What every head said at the last `act`; those that driving does not need are asked only here."""
        if self.prediction is None:
            return {}
        with torch.no_grad(), mixed_precision(self.device, self.dtype):
            said = self.network.complete(self.prediction, self._inputs)
        return {name: values for head in self.heads for name, values in head.explain(said[head.name]).items()}

    def state(self) -> dict[str, np.ndarray]:
        """The earlier pictures by camera, and what was measured of frames."""
        return joined({name: history.state() for name, history in self._remembering()})

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a `state`."""
        arrays = parted(state)
        for name, history in self._remembering():
            history.load_state(arrays[name])

    def _remembering(self) -> list[tuple[str, FrameHistory | Inspector]]:
        """What remembers earlier frames, by name."""
        inspector = [("inspector", self.inspector)] if self.inspector.sensors else []
        return [*self.histories.items(), *inspector]

    def _picture(self, observation: Mapping[str, np.ndarray], camera: CameraConfig) -> torch.Tensor:
        """The network's input from one camera, now and earlier."""
        seen = observation.get(camera.name)
        size = (camera.height, camera.width, 3)
        if seen is None or seen.shape[1:] != size:
            got = "none" if seen is None else seen.shape[1:]
            raise ConfigError(f"{camera.name}: this network expects pictures of {size}, got {got}")
        earlier = self.histories[camera.name].push(seen)
        return picture_tensor(self._tensor(seen), self._tensor(earlier), self.dtype)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)
