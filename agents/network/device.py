"""Where the network runs and in which floating type."""

import os
from contextlib import AbstractContextManager, nullcontext

import torch

from drivesim.errors import ConfigError, check_choice

PRECISIONS = ("auto", "bf16", "fp32")


def use_one_thread() -> None:
    """From now on, operators of this process run on the thread that calls them.

    Operators split over threads stand still as soon as another program takes a core: each waits for a thread that is
    not running. Training uses more cores by more processes.
    """
    torch.set_num_threads(1)


def choose_device(name: str) -> torch.device:
    """A device by name; `auto` takes CUDA where there is one, and each process of `torchrun` another card.

    Raises:
        ConfigError: No such device here.
    """
    if name == "auto":
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"device: cannot use {name!r}: {str(error).splitlines()[0]}") from error
    return device


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """bfloat16 or float32; `auto` takes bfloat16 where the hardware multiplies it."""
    check_choice("precision", precision, PRECISIONS)
    if precision != "auto":
        return torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    capabilities = torch.cpu.get_capabilities()
    has = any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if has else torch.float32


def mixed_precision(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """Autocast to `dtype`; nothing for float32."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)
