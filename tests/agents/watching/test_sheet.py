"""The contact sheet."""

import cv2
import numpy as np
import pytest

from agents.watching import RecordArgs, record
from agents.watching.sheet import COLUMNS, sheet_rig
from drivesim.config import DELIVERY_FAULTS, applicable_faults
from drivesim.errors import ConfigError

SIZE_MAX_BYTES = 1_000_000


def test_a_sheet_that_is_no_png_is_refused_before_anything_is_built(monkeypatch):
    monkeypatch.setattr("agents.watching.sheet.DrivenWorld", None)
    with pytest.raises(ConfigError, match=r"sheet: expected a name that ends in \.png, got 'out\.jpg'"):
        record(RecordArgs(sheet="out.jpg"))


@pytest.mark.slow
def test_the_sheet_is_the_same_every_time_small_and_shows_every_fault(tmp_path, capsys):
    files = [tmp_path / f"sheet{k}.png" for k in range(2)]
    for file in files:
        assert record(RecordArgs(env="highway", sheet=str(file))) == 0
    assert capsys.readouterr().out.split() == [str(file) for file in files]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size < SIZE_MAX_BYTES
    picture = cv2.imread(str(files[0]))
    kinds = [
        (sensor.name, kind)
        for sensor in sheet_rig()
        for kind in applicable_faults(sensor)
        if sensor.name == "camera" or (kind not in DELIVERY_FAULTS and sensor.type != "camera")
    ]
    assert len(kinds) >= 50
    assert picture.shape[1] > 140 * COLUMNS and picture.shape[0] > 1200
    assert np.std(picture) > 30.0
