"""Parameters of a scenario file: grids, and numbers computed from them.

`"$speed"` stands for a parameter, `"${speed / 3.6}"` for an expression of parameters, as OpenSCENARIO 1.1 writes both.
Expressions know + - * / **, brackets, min, max, abs, sqrt, sin, cos, sign, and comparisons in `a if b else c`. They
are read as a syntax tree of which only these nodes are known; nothing is ever executed.
"""

import ast
import itertools
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from drivesim.errors import ConfigError, hint

VARIANTS_MAX = 5000
"""Most variants of a scenario."""
EXPRESSION_MAX = 500
"""Longest expression [characters]."""
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos,
    "sign": lambda x: math.copysign(1.0, x),
}  # fmt: skip


def grid_of(values: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The rows of parameters of a scenario: the cross product of its `parameters`, times its explicit `rows`.

    Raises:
        ConfigError: They are no lists of numbers or texts, or too many.
    """
    lists, rows = values.get("parameters", {}), values.get("rows", [{}])
    if not isinstance(lists, dict) or not all(isinstance(entry, list) and entry for entry in lists.values()):
        raise ConfigError(f"{where}.parameters: expected lists of values by name, got {lists!r}")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{where}.rows: expected a list of values by name, got {rows!r}")
    if math.prod(len(entry) for entry in lists.values()) * len(rows) > VARIANTS_MAX:
        raise ConfigError(f"{where}: expected at most {VARIANTS_MAX} variants")
    for value in (*itertools.chain(*lists.values()), *itertools.chain(*(row.values() for row in rows))):
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ConfigError(f"{where}: expected numbers and texts as parameters, got {value!r}")
    product = itertools.product(*lists.values())
    return [{**dict(zip(lists, chosen, strict=True)), **row} for chosen in product for row in rows]


def substitute(value: Any, known: Mapping[str, Any], where: str) -> Any:
    """A value of a file with all parameters in it replaced."""
    if isinstance(value, dict):
        return {key: substitute(item, known, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, known, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str) and value.startswith("${") and value.endswith("}"):
        return evaluate(value[2:-1], known, where)
    if isinstance(value, str) and value.startswith("$"):
        return _known(value[1:], known, where)
    return value


def evaluate(text: str, known: Mapping[str, Any], where: str) -> Any:
    """The value of an expression.

    Raises:
        ConfigError: It is too long, not understood, or has no finite value.
    """
    if len(text) > EXPRESSION_MAX:
        raise ConfigError(f"{where}: expected an expression of at most {EXPRESSION_MAX} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value = _value(tree.body, known, where)
        if isinstance(value, int | float) and not math.isfinite(value):
            raise ConfigError(f"{where}: {text!r} has no finite value")
    except (SyntaxError, ArithmeticError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{where}: cannot work out {text!r}: {error}") from None
    return value


def _value(node: ast.expr, known: Mapping[str, Any], where: str) -> Any:
    match node:
        case ast.Constant(value=int() | float() | str()):
            return node.value
        case ast.Name():
            return _known(node.id, known, where)
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, known, where)
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int(power))) if 0 <= power <= 4:
            return float(_value(node.left, known, where)) ** power
        case ast.BinOp() if type(node.op) in _BINARY:
            return _BINARY[type(node.op)](_value(node.left, known, where), _value(node.right, known, where))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(argument, known, where) for argument in node.args))
        case ast.IfExp():
            return _value(node.body if _value(node.test, known, where) else node.orelse, known, where)
        case ast.Compare(ops=[op], comparators=[other]) if type(op) in _COMPARE:
            return _COMPARE[type(op)](_value(node.left, known, where), _value(other, known, where))
    raise ConfigError(f"{where}: {ast.unparse(node)!r} is not allowed in an expression")


def _known(name: str, known: Mapping[str, Any], where: str) -> Any:
    if name not in known:
        raise ConfigError(f"{where}: unknown parameter {name!r}; {hint(name, known)}")
    return known[name]
