import dataclasses
from pathlib import Path

import pytest

from agents.evaluate import run_suite
from agents.interface import load_agent
from drivesim import assets
from drivesim.tasks.suites import SUITES

MODELS = sorted(assets.path("models").glob("*.safetensors"))
LIMIT_BYTES = 8_000_000


def test_there_is_one_for_every_environment():
    assert [file.stem for file in MODELS] == ["highway", "lane"]


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_each_is_small_and_has_a_card_with_the_command_that_trained_it(file: Path):
    assert file.stat().st_size <= LIMIT_BYTES
    card = file.with_suffix(".md").read_text(encoding="utf-8")
    assert f"drivesim train --env {file.stem}" in card


@pytest.mark.slow
@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_each_drives_roads_it_has_never_seen(file: Path):
    suite = dataclasses.replace(SUITES[file.stem], road_count=20)
    result = run_suite(load_agent(str(file)), suite, threads=2, labelled=True)
    assert result.success.mean >= 0.9
    assert result.perception["semantic_miou"] >= 0.75
    assert result.perception["lane_offset_mae_m"] <= 0.14
