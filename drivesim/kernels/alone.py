"""Compiling kernels alone, in a process that runs none of them, which is less work.

Numba optimises every function that is called from a kernel, with all that it calls, and makes machine code of it, then
links it into its callers, where the same is done again. Who only wants the kernel needs the last time: what is linked
into it is optimised there. Such a process must not call what it has compiled, since the functions below a kernel have
no machine code.
"""

from typing import Any

from numba.core import event
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen

from drivesim.kernels.cache import KernelCache

_library: Any = JITCodeLibrary
_codegen: Any = JITCPUCodegen
_NEEDED = (
    (_library, "_optimize_final_module"),
    (_library, "_finalize_final_module"),
    (_library, "_finalize_dynamic_globals"),
    (_codegen, "set_env"),
)


class _Depth(event.Listener):
    """How many functions are being compiled, each for the one before."""

    now = 0

    def on_start(self, event: Any) -> None:
        self.now += 1

    def on_end(self, event: Any) -> None:
        self.now -= 1


def compile_kernels_alone() -> None:
    """From now on, for the rest of this process. A Numba that is built otherwise goes on as it always does."""
    if not all(hasattr(owner, name) for owner, name in _NEEDED):
        return
    depth = _Depth()
    event.register("numba:compile", depth)

    def only_outermost(owner: Any, name: str, otherwise: Any) -> None:
        usual = getattr(owner, name)

        def method(self: Any, *args: Any) -> Any:
            return usual(self, *args) if depth.now <= 1 else otherwise(self, *args)

        setattr(owner, name, method)

    def link_only(library: Any) -> None:
        library._finalize_dynamic_globals()
        library._finalized = True

    only_outermost(_library, "_optimize_final_module", lambda library: None)
    only_outermost(_library, "_finalize_final_module", link_only)
    only_outermost(_codegen, "set_env", lambda codegen, name, environment: None)
    only_outermost(KernelCache, "save_overload", lambda cache, signature, data: None)
