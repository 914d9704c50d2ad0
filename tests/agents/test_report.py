import dataclasses
import re

import numpy as np
import pytest

from agents.evaluation.results import Episode, SuiteResult
from agents.report import write_report


@pytest.fixture
def result():
    def episode(road, success):
        return Episode(
            road=road, seed=0, success=success, end_reason="success" if success else "off_road", completion=0.8,
            driving_score=80.0, distance_m=400.0, duration_s=40.0, speed_m_s=10.0, comfort=0.9,
        )  # fmt: skip

    picture = np.zeros((64, 128, 3), np.uint8)
    return SuiteResult(
        suite="lane",
        env_id="drivesim/Lane-v0",
        agent="<script>alert(1)</script>",
        episodes=[episode(1, True), episode(2, False)],
        perception={"semantic_miou": 0.8123},
        failures=[{"road": 2, "end_reason": "off_road", "picture": picture}],
    )


def test_the_page_stands_alone_and_shows_tables_plots_and_failures(tmp_path, result):
    history = [
        {"seconds": 60.0 * i, "frames": i, "loss/total": 1.0 / (i + 1), "metric/waypoint_ade_m": 1.0,
         "metric/lane_offset_mae_m": 0.5, "train/success": 0.5}
        for i in range(3)
    ]  # fmt: skip
    page = write_report([result], tmp_path / "report.html", history=history).read_text()
    assert "50.0 % [9.5, 90.5]" in page
    assert "0.8123" in page
    assert "road 2: off road" in page
    assert page.count("data:image/png;base64,") == 3
    assert not re.search(r"(src|href)=['\"]https?:", page)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_drivers_of_one_suite_are_told_apart_and_no_driver_fills_the_page(tmp_path, result):
    failures = [{**result.failures[0], "road": road} for road in range(40)]
    before = dataclasses.replace(result, agent="before training", failures=failures)
    after = dataclasses.replace(result, agent="after training", perception={"semantic_miou": 0.9})
    page = write_report([before, after], tmp_path / "report.html").read_text()
    perception = page[page.index("<h2>Perception") :]
    assert perception.index("lane, before training") < perception.index("lane, after training")
    assert "<figcaption>road 3:" in page
    assert "<figcaption>road 4:" not in page
    assert "4 of 40" in page


def test_a_name_from_outside_is_text_not_markup(tmp_path, result):
    page = write_report([result], tmp_path / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
