import json

import numpy as np

from agents import machine


def test_a_description_is_ready_for_json():
    described = machine.describe()
    assert json.loads(json.dumps(described)) == described
    assert described["cores"] >= 1


def test_versions_name_what_is_installed_and_leave_out_what_is_not():
    assert machine.versions(("numpy", "no-such-package-anywhere")) == {"numpy": np.__version__}
