import numpy as np
import pytest

from drivesim.errors import ConfigError
from drivesim.sensors.labels import Labels, read_label, register_label
from drivesim.state import allocate_state

STATE = allocate_state(world=2, slot=3)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def labels(asked):
    def pair():
        asked.append("pair")
        return {"far": np.ones((2, 3)), "near": np.zeros((2, 3))}

    return Labels({"speed": np.array([4.0, 5.0])}, {"far": pair, "near": pair})


def test_what_nobody_reads_is_not_computed(labels, asked):
    assert list(labels) == ["speed", "far", "near"]
    assert len(labels) == 3
    assert labels["speed"].tolist() == [4.0, 5.0]
    assert "far" in labels
    assert asked == []


def test_labels_that_come_together_are_computed_once(labels, asked):
    assert labels["near"].sum() == 0.0
    assert labels["far"].sum() == 6.0
    assert dict(labels).keys() == {"speed", "far", "near"}
    assert asked == ["pair"]


def test_those_of_one_world_are_computed_when_read_and_share_no_memory(labels, asked):
    row = labels.of_world(1)
    assert list(row) == list(labels)
    assert asked == []
    assert row["speed"] == 5.0
    row["far"][:] = 7.0
    assert labels["far"].max() == 1.0


def test_an_unknown_label_is_a_key_error(labels):
    assert "colour" not in labels
    with pytest.raises(KeyError, match="colour"):
        labels["colour"]


def test_a_registered_label_must_keep_to_its_declaration(monkeypatch):
    monkeypatch.setattr("drivesim.sensors.labels.LABELS", known := {})
    register_label("heights", lambda maps, state: state.actors.height, shape=("slot",), unit="m")
    assert read_label("heights", None, STATE).shape == (2, 3)
    register_label("heights", lambda maps, state: state.actors.height, shape=(2,), unit="m")
    with pytest.raises(ValueError, match=r"label 'heights': expected shape \(2, 2\), got \(2, 3\)"):
        read_label("heights", None, STATE)
    with pytest.raises(ConfigError, match="expected an identifier, got 'a b'"):
        register_label("a b", lambda maps, state: state.actors.x)
    assert list(known) == ["heights"]
