import dataclasses
import errno
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.config import (
    ENV_PRESETS,
    CameraConfig,
    EnvConfig,
    MapConfig,
    TrafficConfig,
    from_dict,
    load,
    replace,
    save,
    to_dict,
)
from drivesim.errors import ConfigError, FileFormatError


@pytest.mark.parametrize("preset", ENV_PRESETS)
def test_every_preset_survives_the_round_trip_through_json(preset):
    config = ENV_PRESETS[preset]
    assert from_dict(EnvConfig, json.loads(json.dumps(to_dict(config)))) == config


@given(
    count=st.integers(0, 255),
    headway=st.floats(0.5, 5.0),
    channels=st.permutations(["rgb", "depth", "semantic", "instance"]),
    size=st.tuples(st.integers(4, 4096), st.integers(4, 4096)),
)
def test_any_config_survives_the_round_trip(count, headway, channels, size):
    config = EnvConfig(
        traffic=TrafficConfig(car_count=count, time_headway_s=headway),
        sensors=(CameraConfig(width=size[0], height=size[1], channels=tuple(channels)),),
    )
    assert from_dict(EnvConfig, to_dict(config)) == config


def test_absent_keys_keep_their_defaults():
    assert from_dict(EnvConfig, {"map": {"count": 3}}) == EnvConfig(map=MapConfig(count=3))


def test_configs_are_frozen_and_keyword_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        MapConfig().count = 3  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        MapConfig("highway")  # type: ignore[misc]  # the point of the test


def test_an_unknown_key_names_its_place_and_the_nearest_key():
    with pytest.raises(ConfigError, match=r"EnvConfig\.map: unknown key 'cuont'; did you mean 'count'\?"):
        from_dict(EnvConfig, {"map": {"cuont": 3}})
    with pytest.raises(ConfigError, match=r"EnvConfig: unknown key 'maps'; did you mean 'map'\?"):
        from_dict(EnvConfig, {"maps": {}})
    with pytest.raises(ConfigError, match="EnvConfig: unknown key 3; known: "):
        from_dict(EnvConfig, {3: {}})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"map": 3}, r"EnvConfig\.map: expected a dictionary, got int 3"),
        ({"map": {"count": 2.0}}, r"EnvConfig\.map\.count: expected int, got float 2\.0"),
        ({"map": {"count": True}}, r"EnvConfig\.map\.count: expected int, got bool True"),
        ({"map": {"count": None}}, r"EnvConfig\.map\.count: expected int, got NoneType None"),
        ({"map": {"length_m": "500"}}, r"EnvConfig\.map\.length_m: expected float, got str '500'"),
        ({"map": {"length_m": 10**400}}, r"EnvConfig\.map\.length_m: float out of range"),
        ({"sensors": 3}, r"EnvConfig\.sensors: expected a list, got 3"),
        ({"sensors": [3]}, r"EnvConfig\.sensors\[0\]: expected a dictionary, got int 3"),
        ({"sensors": [{"channels": "rgb"}]}, r"EnvConfig\.sensors\[0\]\.channels: expected a list, got 'rgb'"),
        ({"sensors": [{"channels": [1]}]}, r"EnvConfig\.sensors\[0\]\.channels\[0\]: expected str, got int 1"),
    ],
)
def test_a_wrong_type_names_its_place(values, message):
    with pytest.raises(ConfigError, match=message):
        from_dict(EnvConfig, values)


def test_integers_are_good_floats_and_numpy_scalars_become_python_ones():
    config = from_dict(MapConfig, {"length_m": 700, "count": np.int64(3)})
    assert (config.length_m, type(config.length_m), type(config.count)) == (700.0, float, int)


def test_replace_changes_only_what_is_named():
    base = ENV_PRESETS["highway"]
    changed = replace(base, map={"count": 3}, control_rate_hz=20)
    assert changed == dataclasses.replace(base, map=dataclasses.replace(base.map, count=3), control_rate_hz=20)


def test_replace_refuses_unknown_keys_at_any_depth():
    with pytest.raises(ConfigError, match=r"EnvConfig: unknown key 'trafic'; did you mean 'traffic'\?"):
        replace(EnvConfig(), trafic={})
    with pytest.raises(ConfigError, match=r"TrafficConfig: unknown key 'cars'"):
        replace(EnvConfig(), traffic={"cars": 3})
    with pytest.raises(ConfigError, match=r"TrafficConfig: unknown key 7"):
        replace(EnvConfig(), traffic={7: 3})


def test_save_and_load_return_the_config(tmp_path):
    file = tmp_path / "highway.json"
    save(ENV_PRESETS["highway"], file)
    assert load(EnvConfig, file) == ENV_PRESETS["highway"]
    assert [path.name for path in tmp_path.iterdir()] == ["highway.json"]


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch):
    file = tmp_path / "config.json"
    save(MapConfig(count=1), file)

    def full(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save(MapConfig(count=2), file)
    assert load(MapConfig, file) == MapConfig(count=1)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", r"config\.json: not a JSON config: .*line 1 column 2"),
        (b'{"count": 1, "count": 2}', r"config\.json: not a JSON config: key 'count' is there twice"),
        (b'{"length_m": NaN}', r"MapConfig\.length_m: expected a value in .*, got nan"),
        (b"\xff\xfe", r"config\.json: not a JSON config"),
        (b"[1]", r"config\.json: not a JSON config: expected an object, got list"),
        (b"[" * 100_000, r"config\.json: not a JSON config"),
        (b" " * 1_000_001, r"config\.json: larger than 1000000 bytes"),
    ],
    ids=["cut-off", "twice", "nan", "binary", "list", "deep", "huge"],
)
def test_a_file_that_is_no_config_is_named(tmp_path, content, message):
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises((FileFormatError, ConfigError), match=message):
        load(MapConfig, file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_names_the_encoding(tmp_path, encoding):
    file = tmp_path / "config.json"
    file.write_text('{"count": 3}', encoding=encoding)
    assert load(MapConfig, file) == MapConfig(count=3)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"nowhere\.json: no such config file"):
        load(MapConfig, tmp_path / "nowhere.json")
