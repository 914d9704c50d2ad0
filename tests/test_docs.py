"""What is written stays true: every config field, state column and package is documented."""

import ast
import inspect
import typing
from pathlib import Path

import pytest

from drivesim.config import simulation
from drivesim.config.sensors import base, camera, faults, lidar
from drivesim.state import WorldState, columns

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = sorted(path.parent for name in ("drivesim", "agents") for path in (ROOT / name).rglob("__init__.py"))


def undocumented_fields(module) -> list[str]:
    """Fields of the dataclasses in a module that no docstring follows."""
    missing = []
    for owner in ast.parse(inspect.getsource(module)).body:
        if not isinstance(owner, ast.ClassDef):
            continue
        for node, following in zip(owner.body, [*owner.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and not (
                isinstance(following, ast.Expr) and isinstance(getattr(following.value, "value", None), str)
            ):
                missing.append(f"{owner.name}.{ast.unparse(node.target)}")
    return missing


@pytest.mark.parametrize("module", [base, camera, faults, lidar, simulation], ids=lambda module: module.__name__)
def test_every_config_field_is_documented(module):
    assert undocumented_fields(module) == []


@pytest.mark.parametrize("group", typing.get_type_hints(WorldState).values(), ids=lambda group: group.__name__)
def test_every_state_column_says_what_it_holds(group):
    for name, declared in columns(group).items():
        assert declared.doc.endswith("."), f"{group.__name__}.{name}: {declared.doc!r}"
        assert declared.unit, f"{group.__name__}.{name} has no unit"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(ROOT).as_posix())
def test_every_package_says_what_it_is(package):
    assert ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))
