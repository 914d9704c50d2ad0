"""Suites and situations to choose from, and what an evaluation says of them."""

import json

import pytest

from agents.watching.catalogue import (
    Result,
    check_suite,
    details_of,
    open_catalogue,
    parameters_of,
    read_results,
    suite_names,
)
from drivesim.errors import ConfigError, FileFormatError
from drivesim.scenarios import list_suites, load_suite


def episode(road: int, success: bool, **more) -> dict:
    return {"road": road, "success": success, "end_reason": "success" if success else "collision_person", **more}


def test_there_is_every_suite_of_situations_and_of_roads():
    assert suite_names() == (*list_suites(), "lane", "highway", "town")
    assert len(open_catalogue("lane").entries) == 200
    assert open_catalogue("lane").entries[0].number == 1_000_000


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match="town_situation'; did you mean 'town_situations'"):
        check_suite("town_situation")


def test_parameters_are_told_with_their_units():
    variant = load_suite("ncap_aeb_2023").variants[0]
    assert parameters_of(variant) == "speed 10 km/h, overlap -50"
    night = next(v for v in load_suite("ncap_aeb_2023").variants if v.weather)
    assert parameters_of(night).endswith(f"·  {night.weather}")


def test_words_choose_among_families_parameters_and_results():
    catalogue = open_catalogue("ncap_aeb_2023")
    night = catalogue.matching("CPNA night", {})
    assert night and {entry.family for entry in night} == {"CPNA"}
    assert all(entry.variant is not None and "Night" in entry.variant.weather for entry in night)
    results = {3: Result(False, "collision"), 4: Result(True, "passed")}
    assert [entry.number for entry in catalogue.matching("failed", results)] == [3]
    assert [entry.number for entry in catalogue.matching("ccrs passed", results)] == [4]
    assert catalogue.matching("no such thing", results) == ()
    assert open_catalogue("town_situations").matching("dynamicobject", {})


def test_details_say_who_is_there_and_what_came_of_it():
    entry = open_catalogue("ncap_aeb_2023").entries[0]
    lines = details_of(entry, "about", Result(False, "collision", "hit the target at 12 km/h"))
    assert lines[1] == "failed: hit the target at 12 km/h"
    assert "with target (car)" in lines
    assert lines[-1] == "about"


def test_a_scenario_file_is_a_suite_of_its_own(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"name": "mine", "parameters": {"speed_kmh": [30, 50]}, "time_limit_s": 5}))
    catalogue = open_catalogue(str(file))
    assert [entry.text for entry in catalogue.entries] == ["speed 30 km/h", "speed 50 km/h"]


def test_results_are_read_as_an_evaluation_wrote_them(tmp_path):
    suites = [
        {
            "suite": "ncap_aeb_2023",
            "episodes": [episode(0, True), episode(1, False, driving_score=12.4, reason="late")],
        },
        {"suite": "lane", "episodes": [episode(1_000_000, True), episode(1_000_000, False)]},
    ]
    (tmp_path / "results.json").write_text(json.dumps(suites))
    for place in (tmp_path, tmp_path / "results.json"):
        found = read_results(place)
        assert found["ncap_aeb_2023"][0] == Result(True, "passed")
        assert found["ncap_aeb_2023"][1] == Result(False, "collision person  12", "late")
        assert not found["lane"][1_000_000].passed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[1]", "expected suites with 'episodes'"),
        ('[{"episodes": [{"road": 1}]}]', "expected road, success and end_reason"),
        ('[{"episodes": [7]}]', "expected road, success and end_reason"),
    ],
)
def test_a_file_that_holds_no_results_is_refused_by_name(tmp_path, text, message):
    file = tmp_path / "eval.json"
    file.write_text(text)
    with pytest.raises(FileFormatError, match=f"eval.json: .*{message}"):
        read_results(file)
    with pytest.raises(FileFormatError, match="No such file"):
        read_results(tmp_path / "none.json")
