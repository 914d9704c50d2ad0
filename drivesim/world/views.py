"""Named tuples of arrays, handed to kernels by address.

Numba passes a tuple by value: with all maps and states that is a thousand words at every call, inside a kernel as well
as into it. Calls then take 20 us and kernels minutes to compile. A `View` is the address of the same tuple, laid out
once in memory. Inside a kernel it reads like the tuple: `state.actors.x[world, slot]`, and the tuple's own tuples are
views again. Arrays read through a view are borrowed, so they cost no reference counting; the `View` object keeps them
alive.

Kernels are written for named tuples and run with either; as plain Python (`NUMBA_DISABLE_JIT=1`) the tuples themselves
are used.
"""

import ctypes
from typing import Any

from llvmlite import ir
from numba import config as numba_config
from numba import njit
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    overload,
    register_model,
    typeof_impl,
    unbox,
)
from numba.core.typing.templates import AttributeTemplate


class ViewType(types.Type):
    """Numba's type of a view of a named tuple."""

    def __init__(self, value: types.NamedTuple) -> None:
        self.value = value
        super().__init__(name=f"View({value})")


@register_model(ViewType)
class _ViewModel(models.OpaqueModel):
    """A pointer."""


class View:
    """A named tuple as an argument for kernels. Its arrays may be written, never replaced."""

    __slots__ = ("_memory", "_numba_type_", "address", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._numba_type_ = ViewType(typeof_impl(value, None))
        self._memory = ctypes.create_string_buffer(_size(value))
        self.address = ctypes.addressof(self._memory)
        _store(value, self.address)


def view(value: Any) -> Any:
    """A `View` of a named tuple; the tuple itself where kernels run as plain Python."""
    return value if numba_config.DISABLE_JIT else View(value)


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
        return ViewType(field) if isinstance(field, types.NamedTuple) else field


@lower_getattr_generic(ViewType)
def _lower_view_attribute(context, builder, typ, val, attr):
    index = typ.value.fields.index(attr)
    struct = builder.bitcast(val, context.get_value_type(typ.value).as_pointer())
    field = cgutils.gep_inbounds(builder, struct, 0, index)
    if isinstance(typ.value.types[index], types.NamedTuple):
        return builder.bitcast(field, context.get_value_type(typ))
    return _borrowed(context, builder, typ.value.types[index], field)


def _borrowed(context, builder, typ, pointer):
    """The value behind a pointer, arrays without their reference count."""
    value = builder.load(pointer)
    # What a view points to is never written while a kernel runs, so LLVM may load it once.
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    if isinstance(typ, types.NamedTuple):
        fields = [
            _borrowed(context, builder, field, cgutils.gep_inbounds(builder, pointer, 0, index))
            for index, field in enumerate(typ.types)
        ]
        return context.make_tuple(builder, typ, fields)
    if isinstance(typ, types.Array):
        array = context.make_array(typ)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    return value


@intrinsic
def _load(typingctx, viewed):
    def codegen(context, builder, signature, args):
        struct = builder.bitcast(args[0], context.get_value_type(viewed.value).as_pointer())
        return _borrowed(context, builder, viewed.value, struct)

    return viewed.value(viewed), codegen


@overload(tuple)
def _tuple_of_view(viewed):
    """The tuple behind a view: `tuple(state.actors)`, for loops over all of its arrays."""
    if isinstance(viewed, ViewType):
        return lambda viewed: tuple(_load(viewed))
    return None


@intrinsic
def _sizeof(typingctx, value):
    def codegen(context, builder, signature, args):
        size = context.get_abi_sizeof(context.get_value_type(value))
        return ir.Constant(ir.IntType(64), size)

    return types.int64(value), codegen


@intrinsic
def _write(typingctx, value, address):
    def codegen(context, builder, signature, args):
        pointer = builder.inttoptr(args[1], context.get_value_type(value).as_pointer())
        builder.store(args[0], pointer)
        return context.get_dummy_value()

    return types.none(value, address), codegen


@njit(cache=True)
def _size(value):
    return _sizeof(value)


@njit(cache=True)
def _store(value, address):
    _write(value, address)
