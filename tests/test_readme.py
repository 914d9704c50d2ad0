"""Every command and example that a README shows runs, as a user would run it: from the wheel, in an empty folder.

Commands get options behind their own that make them short; of a repeated option the last counts.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agents.cli import COMMANDS
from tests.installation import PACKAGES, ROOT, build, install, lend_kernels, run

pytestmark = pytest.mark.slow  # builds and installs the wheel, starts a process per command

PAGES = [ROOT / "README.md", *sorted(page for part in (*PACKAGES, "assets") for page in (ROOT / part).rglob("*.md"))]
FRONT = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = [
    example
    for page in PAGES
    for example in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    if re.match(r"(?:import|from) ", example)
]
"""Programs; a block without imports shows a line or two of one."""
MODULE = "my_module"
"""The file that the front page's agent lives in, and a head."""
HEAD = """
from agents.heads import Head, Loss, Quantity
from agents.network import SceneReadout

MY_HEAD = Head(
    name="mine",
    build=lambda config, heads: SceneReadout(config, 1),
    labels=(Quantity(name="lane_offset", unit="m", mirror=-1.0),),
    losses=(
        Loss(
            name="mine", weight=0.1, meaning="square of the error of the offset",
            function=lambda said, labels: (said[:, 0] - labels["lane_offset"]).square().mean(),
        ),
    ),
    explain=lambda said: {},
    metrics=(),
)
"""
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}\b|\[|my_situations|town\.xodr|runs/a/|--out$")
"""What stands for something of the user's own: such commands have tests of their own."""
SITUATIONS = {"ncap_aeb_2023", "r157_alks", "town_situations", "routes_200_v2"}
SHORT = {
    "bench": "--help",
    "demo": "--minutes 0.02 --roads 1 --no-watch",
    "doctor": "--no-trial",
    "drive": "--record drive.mp4 --duration-s 0.2 --size 320 180 --roads 1",
    "eval": "--roads 1",
    "fit": "--epochs 1 --batch 2 --overwrite",
    "map": "",
    "record": "--duration-s 0.5 --size 320 180 --drives 2",
    "senses": "--help",
    "train": "--updates 2 --worlds 4 --batch 4 --dense-batch 2 --map-count 2 --replay-ticks 20 --round-ticks 10 "
    "--report-roads 0 --evaluate-every 0",
    "watch": "--record watch.mp4 --duration-s 0.2 --size 320 180 --roads 1",
}
"""Options that make a command short; `bench`, whose quickest run takes half a minute, has a test of its own."""


def commands() -> list[str]:
    """Commands of fenced blocks and of code in the text that name something to do, each once, trainings first.

    Those that follow a training are left out: they end when their window is closed, and have tests of their own.
    """
    names = "|".join(COMMANDS)
    found: dict[str, None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for words in re.findall(rf"(?:^|`|/)drivesim ((?:{names})\b[^`#\n]*)", text, flags=re.MULTILINE):
            if "--follow" not in words and not PLACEHOLDER.search(words):
                found[words.strip()] = None
    first = ("train", "record", "fit")
    return sorted(found, key=lambda words: (words.split()[0] not in first, words))


COMMANDS_SHOWN = commands()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The wheel, installed."""
    site = tmp_path_factory.mktemp("installed") / "site"
    install(build(ROOT, "wheel", tmp_path_factory.mktemp("wheel")), site)
    lend_kernels(site)
    return site


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A user's folder, with nothing in it but the agent of the front page and a head."""
    folder = tmp_path_factory.mktemp("elsewhere")
    agent = next(example for example in EXAMPLES if "def act(" in example)
    (folder / f"{MODULE}.py").write_text(agent + HEAD, encoding="utf-8")
    return folder


def shortened(words: str) -> list[str]:
    given = shlex.split(words)
    if given[0] == "eval" and SITUATIONS & set(given):
        # Hundreds of drives: `tests/agents/test_situations.py` runs some.
        return [*given, "--help"]
    more = shlex.split(SHORT[given[0]])
    if "--record" in given:
        at = more.index("--record")
        del more[at : at + 2]
    if given[0] == "train" and "--out" not in given:
        # A folder of its own, as the default one holds what is driven by other commands.
        more += ["--out", "runs/other", "--overwrite"]
    return given + more


def test_the_pages_show_what_people_come_for():
    shown = {words.split()[0] for words in COMMANDS_SHOWN}
    assert {"bench", "drive", "eval", "train", "watch"} <= shown <= set(SHORT) == set(COMMANDS)


def prepare(words, site, folder):
    """Runs the commands of the pages that make the data set and the checkpoint that a command names."""
    recorded = re.search(r"(?:^fit|--perception) (\S+)", words)
    if recorded is not None and not (folder / recorded[1]).exists():
        (recording,) = (other for other in COMMANDS_SHOWN if other.startswith(f"record {recorded[1]} "))
        assert run(site, shortened(recording), cwd=folder).returncode == 0
    trained = re.search(r"--agent (runs/\S+)", words)
    if trained is not None and not (folder / trained[1]).exists():
        (training,) = (other for other in COMMANDS_SHOWN if other.endswith(f"--out {trained[1]}"))
        prepare(training, site, folder)
        assert run(site, shortened(training), cwd=folder).returncode == 0


@pytest.mark.parametrize("words", COMMANDS_SHOWN)
def test_a_command_of_the_pages_runs(words, site, folder):
    prepare(words, site, folder)
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    done = run(site, shortened(words), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if "--help" in shortened(words):
        return
    for name in re.findall(r"--(?:record|out|video|sheet) (\S+)", " ".join(shortened(words))):
        target = folder / name
        written = [target] if target.is_file() else list(target.rglob("*"))
        assert any(before.get(file) != file.stat().st_mtime_ns for file in written), f"nothing new in {target}"


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_pages_runs(number, site, tmp_path):
    script = tmp_path / "example.py"
    script.write_text(EXAMPLES[number], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_clone_serves_in_another_folder(site, tmp_path):
    """Under the command of an installation, which lacks the working folder, with the sources of this tree."""
    words = ["eval", "--agent", "assets/models/lane.safetensors", "--roads", "1"]
    done = run(site, words, cwd=tmp_path, packages=ROOT)
    assert done.returncode == 0, done.stderr
    assert "100.0 %" in done.stdout


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", FRONT, flags=re.MULTILINE))
def test_a_make_target_of_the_front_page_runs_the_command_of_that_name(target):
    """Shown, not run: each would set up an environment of its own."""
    # A make within a make says which folder it enters and leaves.
    words = ["make", "--no-print-directory", "--dry-run", target]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {"demo": "drivesim demo", "test": "pytest", "bench": "drivesim bench"}[target]
    assert expected in done.stdout.splitlines()[-1]
