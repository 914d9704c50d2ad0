"""A hint to the processor that an array element will be read soon."""

from typing import Any

from llvmlite import ir
from numba import config as numba_config
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_READ, _KEEP, _DATA = 0, 3, 1


@intrinsic
def _prefetch(typingctx, array, index):
    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), cgutils.voidptr_t)
        word = ir.IntType(32)
        hint = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], hint)
        builder.call(function, [pointer, word(_READ), word(_KEEP), word(_DATA)])
        return context.get_dummy_value()

    return types.none(array, types.intp), codegen


def _nothing(array, index):
    """Stands in where kernels run as plain Python."""


prefetch: Any = _nothing if getattr(numba_config, "DISABLE_JIT", False) else _prefetch
"""`prefetch(array, index)` begins to fetch element `index` of a flat array; it changes no result."""
