import json
from pathlib import Path

import pytest

from drivesim.config import (
    ENV_PRESETS,
    SENSOR_PRESETS,
    CameraConfig,
    EnvConfig,
    env_config_from,
    replace,
    save,
    sensors_from,
)
from drivesim.errors import ConfigError, FileFormatError

LANE = ENV_PRESETS["lane"]


@pytest.mark.parametrize("name", SENSOR_PRESETS)
def test_every_sensor_preset_fits_into_an_environment(name):
    assert EnvConfig(sensors=sensors_from(name)).sensors == SENSOR_PRESETS[name]


def test_a_list_of_dictionaries_describes_a_rig():
    (camera,) = sensors_from(
        [{"type": "camera", "name": "camera", "width": 64, "height": 64, "channels": ["rgb", "depth", "semantic"]}]
    )
    assert camera == CameraConfig(width=64, height=64, channels=("rgb", "depth", "semantic"))


def test_dictionaries_and_configs_may_be_mixed():
    rig = sensors_from([CameraConfig(), {"name": "back", "yaw_deg": 180}])
    assert rig == (CameraConfig(), CameraConfig(name="back", yaw_deg=180.0))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("frnt", r"sensors: unknown value 'frnt'; did you mean 'front'\?"),
        (7, "sensors: expected a preset name, a sensor or a list of them, got 7"),
        (None, "sensors: expected a preset name, a sensor or a list of them, got None"),
        ({"widht": 3}, r"sensors\[0\]: unknown key 'widht'; did you mean 'width'\?"),
        ([7], r"sensors\[0\]: expected a dictionary or a sensor.s config, got 7"),
        ([{"type": "lidr"}], r"sensors\[0\]\.type: unknown value 'lidr'"),
        ([{}, {"widht": 3}], r"sensors\[1\]: unknown key 'widht'; did you mean 'width'\?"),
        ([{"width": 3}], r"CameraConfig\.width: expected an integer"),
    ],
)
def test_a_wrong_rig_is_refused_by_name(value, message):
    with pytest.raises(ConfigError, match=message):
        sensors_from(value)


def test_a_config_may_be_a_name_a_dictionary_or_itself():
    assert env_config_from("highway", base=LANE) is ENV_PRESETS["highway"]
    assert env_config_from({"map": {"count": 2}}, base=LANE) == replace(LANE, map={"count": 2})
    assert env_config_from(LANE, base=ENV_PRESETS["highway"]) is LANE


def test_a_dictionary_may_name_a_sensor_preset():
    assert env_config_from({"sensors": "front_small"}, base=LANE).sensors == SENSOR_PRESETS["front_small"]


def test_one_sensor_needs_no_list():
    assert sensors_from(CameraConfig(width=32)) == sensors_from({"width": 32}) == (CameraConfig(width=32),)
    assert env_config_from({"sensors": {"width": 32}}, base=LANE).sensors == (CameraConfig(width=32),)


@pytest.mark.parametrize("name", ["changes.json", "changes.JSON", "changes", "fürs Auto.json"])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_holds_changes_to_the_base(tmp_path, kind, name):
    file = tmp_path / name
    file.write_text(json.dumps({"map": {"count": 2}, "sensors": "front_small"}))
    expected = replace(LANE, map={"count": 2}, sensors=SENSOR_PRESETS["front_small"])
    assert env_config_from(kind(file), base=LANE) == expected


def test_a_saved_config_does_not_depend_on_the_base(tmp_path):
    save(ENV_PRESETS["highway"], tmp_path / "highway.json")
    assert env_config_from(tmp_path / "highway.json", base=LANE) == ENV_PRESETS["highway"]


def test_unknown_names_and_missing_files_are_refused():
    with pytest.raises(ConfigError, match=r"config: unknown value 'higway'; did you mean 'highway'\?"):
        env_config_from("higway", base=LANE)
    with pytest.raises(FileFormatError, match=r"nowhere\.json: no such config file"):
        env_config_from("nowhere.json", base=LANE)
    with pytest.raises(FileFormatError, match=r"configs/lane: no such config file"):
        env_config_from("configs/lane", base=LANE)
    with pytest.raises(ConfigError, match="config: expected a preset name, a JSON file, a dictionary or an EnvConfig"):
        env_config_from(None, base=LANE)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(ConfigError, match="EnvConfig: unknown key 'trafic'"):
        env_config_from({"trafic": {}}, base=LANE)
