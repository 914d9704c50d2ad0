"""Named tuples of arrays, handed to kernels by address.

Numba passes a tuple by value: with all maps and states that is a thousand words at every call, inside a kernel as well
as into it. Calls then take 20 us and kernels minutes to compile. A `View` is a table in memory that says where the
tuple's arrays are. Inside a kernel it reads like the tuple: `state.actors.x[world, slot]`, and the tuple's own tuples
are views again. Arrays read through a view are borrowed, so they cost no reference counting; the `View` object keeps
them alive.

Kernels are written for named tuples and run with either; as plain Python (`NUMBA_DISABLE_JIT=1`) the tuples themselves
are used.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config as numba_config
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    register_model,
    typeof_impl,
    unbox,
)
from numba.core.typing.templates import AttributeTemplate
from numba.np.arrayobj import populate_array

_WORD = 8
"""The table is made of words [bytes]: data address, shape and strides of an array, or one scalar."""


class ViewType(types.Type):
    """Numba's type of a view of a named tuple."""

    def __init__(self, value: types.BaseNamedTuple) -> None:
        self.value = value
        super().__init__(name=f"View({value})")


@register_model(ViewType)
class _ViewModel(models.OpaqueModel):
    """A pointer into the table."""


class View:
    """A named tuple as an argument for kernels. Its arrays may be written, never replaced."""

    __slots__ = ("_numba_type_", "_table", "address", "value")

    def __init__(self, value: Any) -> None:
        """Tabulates a named tuple of arrays, numpy scalars and such tuples."""
        self.value = value
        self._numba_type_ = ViewType(typeof_impl(value, None))
        self._table = np.frombuffer(_table(value), np.uint8)
        self.address = self._table.ctypes.data


def view(value: Any) -> Any:
    """A `View` of a named tuple; the tuple itself where kernels run as plain Python."""
    return value if getattr(numba_config, "DISABLE_JIT", False) else View(value)


def _table(value: Any) -> bytes:
    if isinstance(value, tuple):
        return b"".join(_table(field) for field in value)
    if isinstance(value, np.ndarray):
        return struct.pack(f"={1 + 2 * value.ndim}q", value.ctypes.data, *value.shape, *value.strides)
    return np.asarray(value).tobytes().ljust(_WORD, b"\0")


def _word_count(typ: types.Type) -> int:
    """Words that a field takes in the table."""
    if isinstance(typ, types.BaseNamedTuple):
        return sum(_word_count(field) for field in typ.types)
    return 1 + 2 * typ.ndim if isinstance(typ, types.Array) else 1


@unbox(ViewType)
def _unbox_view(typ, obj, c):
    address = c.pyapi.object_getattr_string(obj, "address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=c.pyapi.c_api_error())


@infer_getattr
class _ViewAttributes(AttributeTemplate):
    key = ViewType

    def generic_resolve(self, typ, attr):
        if attr not in typ.value.fields:
            return None
        field = typ.value.types[typ.value.fields.index(attr)]
        return ViewType(field) if isinstance(field, types.BaseNamedTuple) else field


@lower_getattr_generic(ViewType)
def _lower_view_attribute(context, builder, typ, val, attr):
    index = typ.value.fields.index(attr)
    field = typ.value.types[index]
    word = sum(_word_count(before) for before in typ.value.types[:index])
    if isinstance(field, types.BaseNamedTuple):
        return builder.gep(val, [context.get_constant(types.intp, _WORD * word)], inbounds=True)
    if not isinstance(field, types.Array):
        return _load(context, builder, val, word, context.get_value_type(field))
    size = context.get_value_type(types.intp)
    data_type = context.get_data_type(field.dtype)
    words = [_load(context, builder, val, word + 1 + i, size) for i in range(2 * field.ndim)]
    array = context.make_array(field)(context, builder)
    populate_array(
        array,
        data=_load(context, builder, val, word, data_type.as_pointer()),
        shape=words[: field.ndim],
        strides=words[field.ndim :],
        itemsize=context.get_constant(types.intp, context.get_abi_sizeof(data_type)),
        meminfo=cgutils.get_null_value(array.meminfo.type),
    )
    return array._getvalue()


@intrinsic
def _clear_row(typingctx, value, row):
    if not isinstance(value, ViewType | types.BaseNamedTuple):
        return None

    def codegen(context, builder, signature, args):
        for data, stride in _rows_of(context, builder, signature.args[0], args[0]):
            start = builder.gep(data, [builder.mul(args[1], stride)])
            cgutils.memset(builder, start, stride, 0)
        return context.get_dummy_value()

    return types.none(value, types.intp), codegen


def _rows_of(context: Any, builder: Any, typ: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """Address and stride of the first axis of every array of a view or named tuple [bytes]."""
    fields = typ.value if isinstance(typ, ViewType) else typ
    for index, (name, field) in enumerate(zip(fields.fields, fields.types, strict=True)):
        if isinstance(typ, ViewType):
            inner = _lower_view_attribute(context, builder, typ, value, name)
            field = ViewType(field) if isinstance(field, types.BaseNamedTuple) else field
        else:
            inner = builder.extract_value(value, index)
        if isinstance(field, types.Array):
            array = context.make_array(field)(context, builder, inner)
            yield builder.bitcast(array.data, cgutils.voidptr_t), cgutils.unpack_tuple(builder, array.strides)[0]
        else:
            yield from _rows_of(context, builder, field, inner)


def _clear_row_plain(value, row):
    for field in value:
        if isinstance(field, tuple):
            _clear_row_plain(field, row)
        else:
            field[row] = 0


clear_row: Any = _clear_row_plain if getattr(numba_config, "DISABLE_JIT", False) else _clear_row
"""`clear_row(value, row)` sets `array[row]` to 0 in every array of a named tuple, those of its own tuples included; the
arrays are contiguous, and there is nothing else in the tuple."""


def _load(context: Any, builder: Any, table: Any, word: int, typ: ir.Type) -> Any:
    pointer = builder.gep(table, [context.get_constant(types.intp, _WORD * word)], inbounds=True)
    value = builder.load(builder.bitcast(pointer, typ.as_pointer()))
    # A table is never written while a kernel runs, so LLVM may load a word once and keep it.
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value
