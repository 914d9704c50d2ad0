"""Rules of the tree that a reviewer need not look for: layers, file lengths, printing, heavy imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*(ROOT / "drivesim").rglob("*.py"), *(ROOT / "agents").rglob("*.py")])
FILE_LENGTH_MAX = 600

LAYERS = (  # a row may import the rows above it; names within one row may not import each other
    {"drivesim.errors", "drivesim.kernels"},
    {"drivesim.config", "drivesim.assets", "drivesim.geometry", "drivesim.rng", "drivesim.semantics"},
    {"drivesim.maps", "drivesim.state"},
    {"drivesim.scenarios"},
    {"drivesim.extensions"},
    {"drivesim.tasks", "drivesim.world"},
    {"drivesim.world.step"},  # where tasks and world meet
    {"drivesim.sensors"},
    {"drivesim.render"},
    {"drivesim.envs"},
    {"drivesim.export"},
    {"agents.files", "agents.interface", "agents.interrupt", "agents.machine", "agents.options", "agents.spectator"},
    {"agents.expert", "agents.classical", "agents.adapters"},
    {"agents.network.config"},
    {"agents.heads.contract"},  # heads name the network's modules where they build them, the network holds heads
    {"agents.losses"},
    {"agents.network"},
    {"agents.heads"},
    {"agents.data"},
    {"agents.objective", "agents.perception", "agents.exploration", "agents.pictures", "agents.evaluation"},
    {"agents.recipe"},
    {"agents.checkpoint", "agents.distributed"},
    {"agents.learned"},
    {"agents.shard"},
    {"agents.imitation", "agents.ppo", "agents.fit"},
    {"agents.explain"},
    {"agents.evaluate", "agents.situations"},
    {"agents.report"},
    {"agents.robustness", "agents.compare"},
    {"agents.scoring"},
    {"agents.journal", "agents.selection"},
    {"agents.runner"},
    {"agents.watching", "agents.doctor", "agents.senses"},
    {"agents.bench", "agents.demo", "agents.recorder", "agents.mapping"},
    {"agents.cli"},
)
RANK = {name: row for row, names in enumerate(LAYERS) for name in names}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str | None:
    """The longest entry of LAYERS that is `module` or a package around it."""
    parts = module.split(".")
    prefixes = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in RANK), None)


def imported(path: Path) -> list[str]:
    """Absolute names a file imports anywhere, inside functions too."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_has_a_place_in_the_layers():
    homeless = [
        relative(path)
        for path in SOURCES
        if module_name(path) not in ("drivesim", "drivesim.__main__", "agents") and layer_of(module_name(path)) is None
    ]
    assert not homeless


def test_imports_only_point_down_the_layers():
    upward = []
    for path in SOURCES:
        home = layer_of(module_name(path))
        for name in imported(path):
            target = layer_of(name)
            if home and target and target != home and RANK[target] >= RANK[home]:
                upward.append(f"{relative(path)}: {home} must not import {target}")
    assert not upward, "\n".join(upward)


def test_the_layer_check_sees_imports_inside_functions(tmp_path):
    file = tmp_path / "lazy.py"
    file.write_text("def late():\n    from agents.cli import main\n    return main\n")
    assert imported(file) == ["agents.cli.main"]


def test_the_simulator_knows_neither_torch_nor_agents():
    heavy = [
        f"{relative(path)}: {name}"
        for path in SOURCES
        if module_name(path).startswith("drivesim")
        for name in imported(path)
        if name.split(".")[0] in ("torch", "agents", "safetensors", "tensorboard")
    ]
    assert not heavy, "\n".join(heavy)


def test_no_file_is_longer_than_the_budget():
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > FILE_LENGTH_MAX} == {}


def test_only_the_command_line_prints():
    printing = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        if module_name(path) != "agents.cli"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not printing


@pytest.mark.slow  # a process each
@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("drivesim", ("numba", "torch", "pygame", "matplotlib", "cv2")),
        ("drivesim.envs", ("torch", "pygame", "matplotlib", "cv2")),
        ("agents.cli", ("numba", "torch", "pygame", "matplotlib", "cv2", "rich")),
        ("agents.interface", ("torch", "pygame", "matplotlib")),
    ],
)
def test_an_import_loads_nothing_heavy_that_it_does_not_need(module, absent):
    code = f"import sys, {module}; print([name for name in {absent!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
