"""Parts of kernels that some configurations do without: there they are not compiled.

A named tuple that kernels are given says by the type of a field whether a part is there, `PRESENT` or `ABSENT`. A
function of that part is compiled only for those whose part is present; for the others a call of it is a constant.
Numba decides by types before it compiles, so neither the function nor anything that only it calls is looked at.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import config as numba_config
from numba.core import types
from numba.core.extending import overload

from drivesim.kernels.views import ViewType


class Present(NamedTuple):
    """The type of a part that is there."""

    mark: np.int32
    """Means nothing: tuples without fields have no place in a table."""


class Absent(NamedTuple):
    """The type of a part that is left out."""

    mark: np.int32
    """Means nothing."""


PRESENT, ABSENT = Present(np.int32(1)), Absent(np.int32(0))


def part(name: str, *, of: str = "parameters", otherwise: Any = None) -> Callable[[Callable[..., Any]], Any]:
    """Makes a device function of a part; called from kernels, with its arguments by position.

    Args:
        name: Field that says whether the part is there.
        of: Argument that has this field.
        otherwise: What a call is worth where it is not.

    Raises:
        ValueError: The function has no such argument.
    """

    def made(function: Callable[..., Any]) -> Any:
        if getattr(numba_config, "DISABLE_JIT", False):
            return function
        arguments = list(inspect.signature(function).parameters)
        if of not in arguments:
            raise ValueError(f"{function.__name__}: expected an argument {of!r}, has {arguments}")
        place, left_out = arguments.index(of), _constant(arguments, otherwise)

        def chosen(*given: Any) -> Callable[..., Any]:
            return function if _is_present(given[place], name) else left_out

        overload(function, strict=False)(chosen)
        return function

    return made


def _constant(arguments: list[str], value: Any) -> Callable[..., Any]:
    names: dict[str, Any] = {"_otherwise": value, "__name__": __name__}
    exec(f"def left_out({', '.join(arguments)}):\n    return _otherwise", names)
    return names["left_out"]


def _is_present(given: types.Type, name: str) -> bool:
    fields: Any = given.value if isinstance(given, ViewType) else given
    return fields.types[fields.fields.index(name)].instance_class is Present
