"""Checkpoints: safetensors with a JSON description, written whole or not at all, read with suspicion."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

import drivesim
from agents.heads import HEADS, Head
from agents.network import DrivingNetwork, NetworkConfig
from drivesim.config import SensorConfig, from_dict, to_dict
from drivesim.errors import ConfigError, FileFormatError

FORMAT = 2
METADATA_KEY = "drivesim"
LOG = logging.getLogger(__name__)
NETWORK_LIMIT_BYTES = 256 * 1024**2
TRAINING_LIMIT_BYTES = 8 * 1024**3
METADATA_LIMIT_BYTES = 1024**2


def write_arrays(
    file: str | os.PathLike[str], kind: str, arrays: Mapping[str, np.ndarray], description: dict[str, Any]
) -> Path:
    """Writes arrays and their description under the final name only once everything is on the disk.

    Args:
        file: Where to.
        kind: What the file is for; `read_arrays` refuses other kinds.
        arrays: By name.
        description: JSON-ready.

    Raises:
        OSError: The disk is full or the folder cannot be written; an earlier file of this name is untouched.
    """
    path = Path(file)
    partial = path.with_name(path.name + ".partial")
    metadata = {METADATA_KEY: json.dumps({"format": FORMAT, "kind": kind, **description})}
    data = serialise({name: np.asarray(value, order="C") for name, value in arrays.items()}, metadata)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno, f"{reason}; nothing was written over an earlier checkpoint", str(path)) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def read_arrays(
    file: str | os.PathLike[str], kind: str, *, limit_bytes: int
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Reads what `write_arrays` wrote.

    Raises:
        FileFormatError: The file is missing, too large, cut off, foreign, or of another kind or format.
    """
    path = Path(file)
    if not path.is_file():
        raise FileFormatError(f"{path}: no such checkpoint")
    size = path.stat().st_size
    if size > limit_bytes:
        raise FileFormatError(f"{path}: {size} bytes, more than the {limit_bytes} a checkpoint of this kind may have")
    try:
        with safe_open(path, framework="np") as stream:
            text = (stream.metadata() or {}).get(METADATA_KEY, "")
            if not text or len(text) > METADATA_LIMIT_BYTES:
                raise FileFormatError(f"{path}: safetensors, but not written by drivesim")
            arrays = {name: stream.get_tensor(name) for name in stream.keys()}  # not a mapping
        description = json.loads(text)
    except (SafetensorError, json.JSONDecodeError, UnicodeDecodeError, TypeError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path}: cut off or no safetensors file: {error}") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise FileFormatError(f"{path}: checkpoint format {FORMAT} expected; this file needs another drivesim")
    if description.get("kind") != kind:
        raise FileFormatError(f"{path}: a {description.get('kind')!r} checkpoint where a {kind!r} one is needed")
    return arrays, description


def network_arrays(network: DrivingNetwork) -> dict[str, np.ndarray]:
    """The network's parameters by name, float32."""
    return {name: value.detach().float().cpu().numpy() for name, value in network.state_dict().items()}


def network_description(network: DrivingNetwork) -> dict[str, Any]:
    """What is needed to build the network again whatever ships by then, and what wrote it."""
    return {
        "network": asdict(network.config),
        "sensors": [to_dict(sensor) for sensor in network.sensors],
        "heads": {name: dict(head.config) for name, head in network.declared.items()},
        "drivesim_version": drivesim.__version__,
        "torch_version": str(torch.__version__),
    }


def save_network(file: str | os.PathLike[str], network: DrivingNetwork, training: dict[str, Any] | None = None) -> Path:
    """Writes a network that `load_network` and `load_agent` read.

    Args:
        file: Where to, `*.safetensors`.
        network: Its parameters and config are written.
        training: How it was trained, JSON-ready; kept beside it.
    """
    description = {**network_description(network), "training": training or {}}
    return write_arrays(file, "network", network_arrays(network), description)


def load_network(file: str | os.PathLike[str], *, heads: Sequence[Head] = ()) -> tuple[DrivingNetwork, dict[str, Any]]:
    """A network on the CPU and the description written with it.

    Args:
        file: Which.
        heads: Heads beside those that ship; used where the checkpoint has one of the name.

    Raises:
        FileFormatError: See `read_arrays`; or parameters do not fit the description, or are not finite.
    """
    arrays, description = read_arrays(file, "network", limit_bytes=NETWORK_LIMIT_BYTES)
    return build_network(arrays, description, where=str(file), heads=heads), description


def build_network(
    arrays: Mapping[str, np.ndarray], description: dict[str, Any], *, where: str, heads: Sequence[Head] = ()
) -> DrivingNetwork:
    """A network from its parameters and description.

    It has the heads, classes and sensors that the description names, whatever ships today. Heads that are unknown here
    and that no other reads are left out: it drives the same without them.

    Args:
        arrays: Parameters by name.
        description: From `network_description`.
        where: Name of the file, for errors.
        heads: Heads beside those that ship.
    """
    try:
        config = from_dict(NetworkConfig, description.get("network", {}))
        described = _heads_from(description.get("heads"), {head.name: head for head in heads})
        sensors = [from_dict(SensorConfig, values) for values in _listed(description.get("sensors"))]
        expected = _parameter_shapes(config, described, sensors, where)
    except (ConfigError, TypeError) as error:
        raise FileFormatError(f"{where}: {error}") from error
    left_out = {name for name in description["heads"] if name not in {head.name for head in described}}
    kept = {name: value for name, value in arrays.items() if _head_of(name) not in left_out}
    if left_out:
        LOG.info("%s: heads left out, unknown here: %s", where, ", ".join(sorted(left_out)))
    for name, shape in expected.items():
        if name not in kept:
            raise FileFormatError(f"{where}: parameter {name!r} is missing")
        if kept[name].shape != shape:
            raise FileFormatError(f"{where}: parameter {name!r} has shape {kept[name].shape}, expected {shape}")
        _check_finite(kept[name], name, where)
    unknown = sorted(set(kept) - set(expected))
    if unknown:
        raise FileFormatError(f"{where}: unknown parameters {', '.join(unknown[:3])}")
    network = DrivingNetwork(config, described, sensors=sensors)
    network.load_state_dict({name: torch.from_numpy(kept[name].copy()) for name in expected})
    return network


def _check_finite(values: np.ndarray, name: str, where: str) -> None:
    if values.dtype != np.float32 or not np.isfinite(values).all():
        raise FileFormatError(f"{where}: parameter {name!r} is not finite float32")


def begin_with(network: DrivingNetwork, file: str | os.PathLike[str]) -> dict[str, Any]:
    """Gives a network the weights of a checkpoint, but for heads that are not there or have other sizes.

    Args:
        network: What begins.
        file: A checkpoint of a network.

    Returns:
        How that one was trained.

    Raises:
        ConfigError: Parts beside the heads have other sizes.
        FileFormatError: See `read_arrays`.
    """
    arrays, description = read_arrays(file, "network", limit_bytes=NETWORK_LIMIT_BYTES)
    own = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    unlike_here = [name for name, shape in own.items() if name not in arrays or arrays[name].shape != shape]
    anew = {_head_of(name) for name in unlike_here}
    if "" in anew:
        unlike = next(name for name in unlike_here if not _head_of(name))
        there = arrays[unlike].shape if unlike in arrays else "none"
        raise ConfigError(
            f"TrainArgs.start: {file} has another network: {unlike!r} is {there} there, {own[unlike]} here; "
            "give the sizes and sensors that it was trained with"
        )
    if anew:
        LOG.info("%s: heads that begin anew: %s", file, ", ".join(sorted(anew)))
    kept = {name: arrays[name] for name in own if _head_of(name) not in anew}
    for name, values in kept.items():
        _check_finite(values, name, str(file))
    network.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in kept.items()}, strict=False)
    return dict(description.get("training", {}))


def _heads_from(described: Any, given: Mapping[str, Head]) -> list[Head]:
    """The heads a description names, in its order, without those that are unknown here.

    Raises:
        ConfigError: No heads are described, or one has a config that it cannot be built with.
        TypeError: One has a config with unknown keys.
    """
    if not isinstance(described, dict):
        raise ConfigError(f"heads: expected names with their configs, got {described!r}")
    heads: list[Head] = []
    for name, config in described.items():
        if name in given:
            heads.append(given[name])
        elif name in HEADS:
            heads.append(HEADS[name](**config))
    return heads


def _listed(values: Any) -> list[Any]:
    if not isinstance(values, list) or not 1 <= len(values) <= 64:
        raise ConfigError(f"sensors: expected a list of sensors, got {values!r}")
    return values


def _head_of(parameter: str) -> str:
    """The head a parameter belongs to; empty for other parts of the network."""
    part, _, rest = parameter.partition(".")
    return rest.partition(".")[0] if part == "heads" else ""


def optimizer_arrays(network: DrivingNetwork, optimizer: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """The optimiser's state by `<quantity>.<parameter>`."""
    return {
        f"{quantity}.{name}": value.numpy(force=True)
        for name, parameter in network.named_parameters()
        for quantity, value in optimizer.state[parameter].items()
    }


def load_optimizer(network: DrivingNetwork, optimizer: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """Sets the optimiser's state from `optimizer_arrays`; memory order follows the parameters, as fused steps need."""
    parameters = dict(network.named_parameters())
    for key, value in arrays.items():
        quantity, _, name = key.partition(".")
        parameter = parameters[name]
        kept = torch.empty_like(parameter) if value.ndim else torch.zeros((), device=parameter.device)
        optimizer.state[parameter][quantity] = kept.detach().copy_(torch.from_numpy(value))


def joined(parts: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays of several owners under `<owner>.<name>`."""
    return {f"{owner}.{name}": value for owner, arrays in parts.items() for name, value in arrays.items()}


def parted(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """What `joined` joined."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, value in arrays.items():
        owner, _, rest = name.partition(".")
        parts.setdefault(owner, {})[rest] = value
    return parts


def _parameter_shapes(
    config: NetworkConfig, heads: Sequence[Head], sensors: Sequence[SensorConfig], where: str
) -> dict[str, tuple[int, ...]]:
    """Shapes the description asks for, found without allocating: a foreign one may ask for any size."""
    with torch.device("meta"):
        network = DrivingNetwork(config, heads, sensors=sensors)
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    if sum(4 * int(np.prod(shape)) for shape in shapes.values()) > NETWORK_LIMIT_BYTES:
        raise FileFormatError(f"{where}: the network it describes is larger than {NETWORK_LIMIT_BYTES} bytes")
    return shapes
