"""Hints to the processor that an array element will be read or written soon; they change no result.

A world's data have mostly left the caches when its turn comes again, and memory answers after 100 ns and more. Asking
for them a world ahead hides that time behind work.
"""

from typing import Any

from llvmlite import ir
from numba import config as numba_config
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_READ, _WRITE, _KEEP, _DATA = 0, 1, 3, 1


def _emit(context: Any, builder: Any, array: Any, value: Any, index: Any, access: int) -> Any:
    """Emits the hint for the first element of `array[index]`."""
    made = context.make_array(array)(context, builder, value)
    if array.ndim == 1:
        pointer = builder.bitcast(builder.gep(made.data, [index]), cgutils.voidptr_t)
    else:
        stride = cgutils.unpack_tuple(builder, made.strides)[0]
        pointer = builder.gep(builder.bitcast(made.data, cgutils.voidptr_t), [builder.mul(index, stride)])
    word = ir.IntType(32)
    hint = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
    function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], hint)
    builder.call(function, [pointer, word(access), word(_KEEP), word(_DATA)])
    return context.get_dummy_value()


@intrinsic
def _prefetch(typingctx, array, index):
    def codegen(context, builder, signature, args):
        return _emit(context, builder, signature.args[0], args[0], args[1], _READ)

    return types.none(array, types.intp), codegen


@intrinsic
def _prefetch_write(typingctx, array, index):
    def codegen(context, builder, signature, args):
        return _emit(context, builder, signature.args[0], args[0], args[1], _WRITE)

    return types.none(array, types.intp), codegen


def _nothing(array, index):
    """Stands in where kernels run as plain Python."""


_IS_PLAIN = getattr(numba_config, "DISABLE_JIT", False)
prefetch: Any = _nothing if _IS_PLAIN else _prefetch
"""`prefetch(array, index)` begins to fetch the first element of `array[index]`; any index is allowed."""
prefetch_write: Any = _nothing if _IS_PLAIN else _prefetch_write
"""The same for an element that will be written."""
