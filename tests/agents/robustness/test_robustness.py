"""Which faults are driven with, how an evaluation goes on where it was cut off, and what the page shows."""

import dataclasses
import json

import gymnasium as gym
import numpy as np
import pytest

from agents.interface import sensors_of, with_exact_twin
from agents.robustness import command, drive
from agents.robustness.cells import WEATHERS, fault_at, targets_of
from agents.robustness.drive import read_robustness, run_robustness
from agents.robustness.page import contact_sheet
from agents.robustness.scores import summarise
from agents.scoring import EvalArgs, evaluate
from drivesim.config import (
    WEATHER_PRESETS,
    CameraConfig,
    FaultConfig,
    applicable_faults,
    fault_names,
    replace,
    telephoto,
)
from drivesim.errors import ConfigError, FileFormatError
from drivesim.tasks.suites import SUITES

RIG = (CameraConfig(timestamps=True), telephoto())
ROADS = dataclasses.replace(SUITES["lane"], road_count=2)


class Follower:
    """Drives by the answer of the expert, and looks at one camera; says how bright it is."""

    sensors = ({"type": "camera", "width": 32, "height": 16},)
    explain = None

    def __init__(self):
        self.seen = []

    def reset(self, env_count, mask=None):
        pass

    def act(self, observation, info):
        self.seen.append(observation["camera"].copy())
        return info["labels"]["expert_action"]


def names(*words):
    return [target.name for target in targets_of(RIG, words)]


def test_words_name_faults_of_types_and_of_sensors():
    assert names("fog") == names("camera/fog") == ["camera/fog"]
    assert targets_of(RIG, ("fog",))[0].sensors == ("camera", "camera_tele")
    assert targets_of(RIG, ("camera_tele.dead",))[0].sensors == ("camera_tele",)
    assert names("camera") == [f"camera/{kind}" for kind in fault_names("camera")]
    assert names("weather") == ["weather/fog", "weather/rain", "weather/night", "weather/snow"]
    assert names() == names("camera", "weather")
    assert names("delivery", "dead") == [
        f"camera/{kind}" for kind in ("dead", "frozen", "dropped", "late", "jitter", "clock")
    ]
    with pytest.raises(ConfigError, match="robustness: unknown fault 'fogg'; did you mean 'fog'"):
        names("fogg")


def test_a_fault_that_nobody_could_see_is_not_driven_with():
    assert targets_of(RIG, ("clock",))[0].sensors == ("camera",)
    assert "clock" not in applicable_faults(RIG[1])


def test_faults_of_one_strength_come_and_go_for_longer():
    assert fault_at("fog", 4) == FaultConfig(kind="fog", severity=4)
    assert [fault_at("frozen", severity).duration_s for severity in range(1, 6)] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert fault_at("dead", 1).bursts_per_s > 0.0
    assert fault_at("dead", 5) == FaultConfig(kind="dead", severity=5)


def test_cells_are_driven_from_the_same_starts_and_seen_through_the_fault(tmp_path):
    agent = Follower()
    result = run_robustness(agent, ROADS, targets_of(sensors_of(agent), ("color_quantization",)), severities=(5,))
    assert result.faults == ["camera/color_quantization"]
    (cell,) = result.cells
    assert [e.road for e in cell.episodes] == [e.road for e in result.clean.episodes]
    # The expert needs no picture: it loses nothing.
    assert cell.driving_score == pytest.approx(result.clean.driving_score)
    begins = len(agent.seen) // 2
    np.testing.assert_array_equal(agent.seen[begins], agent.seen[0] & 128)


def test_an_evaluation_goes_on_where_it_was_cut_off_and_refuses_another(tmp_path, monkeypatch):
    agent, file, driven = Follower(), tmp_path / "robustness.json", []
    real = drive.run_suite

    def run_suite(*words, faults, **options):
        driven.append({name: tuple(f.severity for f in row) for name, row in faults.items()})
        if len(driven) == 3:
            raise KeyboardInterrupt
        return real(*words, faults=faults, **options)

    monkeypatch.setattr(drive, "run_suite", run_suite)
    targets = targets_of(sensors_of(agent), ("contrast",))
    roads = dataclasses.replace(ROADS, road_count=1)
    with pytest.raises(KeyboardInterrupt):
        run_robustness(agent, roads, targets, severities=(1, 2), file=file)
    assert driven == [{}, {"camera": (1,)}, {"camera": (2,)}]
    result = run_robustness(agent, roads, targets, severities=(1, 2), file=file)
    assert driven[3:] == [{"camera": (2,)}]
    assert [cell.severity for cell in result.cells] == [1, 2]
    again = read_robustness(file)
    assert again == result
    with pytest.raises(ConfigError, match=r"holds another evaluation \(roads 1\)"):
        run_robustness(agent, ROADS, targets, file=file)
    file.write_text("{}")
    with pytest.raises(FileFormatError, match="no evaluation of robustness"):
        read_robustness(file)


def test_the_sheet_shows_every_fault_clean_and_at_each_severity():
    agent = Follower()
    sheet = contact_sheet(agent, ROADS, targets_of(sensors_of(agent), ("overexposed", "dead")))
    brightness = [
        [row[:-2, 150 + 162 * place : 310 + 162 * place].mean() for place in range(6)] for row in np.split(sheet, 2)
    ]
    assert brightness[0] == sorted(brightness[0])
    assert brightness[1][0] > 50.0
    assert brightness[1][1:] == [0.0] * 5


def test_weathers_grow_worse_with_severity_and_leave_the_sensors_alone():
    fog, rain, night, snow = (
        [target.weather(severity)[0] for severity in range(1, 6)] for target in targets_of(RIG, ("weather",))
    )
    assert [weather.visibility_m for weather in fog] == [600.0, 300.0, 150.0, 75.0, 37.5]
    assert rain[-1] == replace(WEATHER_PRESETS["HardRainNoon"], fog_density=0.0)
    assert [weather.sun_altitude_angle for weather in night] == [5.0, 0.0, -6.0, -12.0, -18.0]
    assert (snow[0].snowfall, snow[-1].snow_cover) == (20.0, 100.0)
    assert targets_of(RIG, ("weather/fog",))[0].faults(3) == {}
    assert targets_of(RIG, ("camera/fog",))[0].weather(3) == ()


def test_a_weather_is_driven_in_and_shown():
    agent = Follower()
    targets = targets_of(sensors_of(agent), ("weather/night", "overexposed"))
    sheet = contact_sheet(agent, ROADS, targets)
    night, exposed = (
        [row[:-2, 150 + 162 * place : 310 + 162 * place].mean() for place in range(6)] for row in np.split(sheet, 2)
    )
    assert night == sorted(night, reverse=True) and night[-1] < 0.5 * night[0]
    assert exposed[0] == night[0]
    result = run_robustness(agent, dataclasses.replace(ROADS, road_count=1), targets[:1], severities=(5,))
    bright = [seen.mean() for seen in agent.seen]
    assert [cell.fault for cell in result.cells] == ["weather/night"]
    assert max(bright[-20:]) < min(bright[:20])


@pytest.mark.slow
def test_the_command_writes_results_a_baseline_and_a_page(tmp_path, capsys):
    args = EvalArgs(
        agent="classical", suite=("lane",), robustness=("dead", "fog"), severities=(1, 5), roads=1, threads=1,
        out=str(tmp_path), quiet=True,
    )  # fmt: skip
    assert evaluate(args) == 0
    assert {file.name for file in tmp_path.iterdir()} == {
        "robustness_lane.json", "baseline_lane.json", "robustness.html",
    }  # fmt: skip
    values = json.loads((tmp_path / "robustness_lane.json").read_text())
    assert values["driving"].keys() == {"camera/dead", "camera/fog"}
    assert values["driving"]["camera/dead"].keys() == {"1", "5"}
    page = (tmp_path / "robustness.html").read_text()
    assert "Robustness on lane: driving" in page
    assert page.count("data:image/png;base64,") == 2
    assert command.load_baseline(str(tmp_path / "robustness_lane.json"), "lane").keys() == values["driving"].keys()
    assert "camera/fog" in capsys.readouterr().out


def test_the_baseline_that_ships_tells_what_was_seen_in_every_weather_and_with_faults():
    baseline = command.load_baseline("", "highway")
    assert baseline is not None and command.load_baseline("", "lane") is None
    assert {f"weather/{kind}" for kind in WEATHERS} <= baseline.keys()
    assert len(baseline) >= 20
    night = baseline["weather/night"]
    assert night["5"]["semantic_miou"] < night["1"]["semantic_miou"] < 1.0
    own = summarise({"semantic_miou": 0.9}, baseline, baseline, ("semantic_miou",))
    assert own["semantic_miou"]["mCE"] == pytest.approx(1.0)


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"EvalArgs\.severities: expected an integer in \[1, 5\]"):
        EvalArgs(severities=(0,))
    with pytest.raises(ConfigError, match=r"EvalArgs\.severities: expected each once"):
        EvalArgs(severities=(2, 2))
    with pytest.raises(FileFormatError, match="baseline: cannot read"):
        command.load_baseline(str(tmp_path / "absent.json"), "lane")


def test_truth_comes_from_a_camera_that_nothing_is_wrong_with():
    dead = CameraConfig(width=32, height=16, x_m=1.1, latency_s=0.2, faults=(FaultConfig(kind="dead"),))
    rig, twin = with_exact_twin([dead], ("depth", "semantic"))
    assert rig == [dead, twin]
    assert (twin.x_m, twin.width, twin.faults, twin.latency_s) == (1.1, 32, (), 0.0)
    assert twin.channels == ("depth", "semantic")
    env = gym.make_vec("drivesim/Lane-v0", num_envs=1, map_count=1, sensors=rig)
    observation, _ = env.reset(seed=1)
    assert not observation["camera"].any()
    assert observation[twin.key("semantic")].any()
    assert with_exact_twin([]) == ([], None)
