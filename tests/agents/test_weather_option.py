"""`--weather` of the commands."""

import dataclasses

import pytest

from agents.evaluate import run_suite
from agents.expert import ExpertAgent
from agents.options import parse
from agents.recipe import RunArgs
from agents.scoring import EvalArgs
from agents.watching.args import RecordArgs, WatchArgs
from drivesim.errors import ConfigError
from drivesim.tasks.suites import SUITES


@pytest.mark.parametrize("kind", [EvalArgs, RunArgs, WatchArgs, RecordArgs])
def test_commands_take_weathers_by_name_and_refuse_others(kind):
    args = parse(kind, ["--weather", "HardRainNight", "FogNoon"], prog="drivesim")
    assert args.weather == ("HardRainNight", "FogNoon")
    assert kind().weather == ()
    with pytest.raises(ConfigError, match="did you mean 'HardRainNight'"):
        parse(kind, ["--weather", "HardRainNigth"], prog="drivesim")


def test_a_suite_is_driven_in_the_weather_that_it_says():
    suite = dataclasses.replace(SUITES["lane"], road_count=1)
    clear = run_suite(ExpertAgent(), suite, threads=1)
    snow = run_suite(ExpertAgent(), suite, weather=("SnowNoon",), threads=1)
    assert clear.to_json()["weather"] == [] and snow.to_json()["weather"] == ["SnowNoon"]
    assert snow.episodes[0].success
    assert snow.episodes[0].speed_m_s < 0.97 * clear.episodes[0].speed_m_s
