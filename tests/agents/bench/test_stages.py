import ast
import inspect

import numpy as np
import pytest

from agents.bench.scenes import Batch
from agents.bench.stages import WORLD_STAGES, Breakdown
from drivesim.world import step


def test_stages_are_the_lines_of_a_step_in_their_order_and_the_decision():
    (function,) = ast.parse(inspect.getsource(step.step_world.py_func)).body
    assert isinstance(function, ast.FunctionDef)
    called = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    lines = [node.func.id for node in sorted(called, key=lambda node: node.lineno) if node.func.id != "njit"]
    assert [stage.__name__ for stage in WORLD_STAGES] == [*lines, "decide_world"]


@pytest.mark.slow
def test_stage_by_stage_ends_in_the_same_state_as_a_step():
    batches = [Batch("drivesim/Lane-v0", worlds=4, maps=2, sensors=[], cars=4) for _ in range(2)]
    whole, staged = batches
    breakdown = Breakdown(staged)
    for _ in range(20):
        whole.step()
        breakdown.run(0)  # one step to compile and none to time
    expected = whole.env.simulation.snapshot()
    for name, array in staged.env.simulation.snapshot().items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
    for batch in batches:
        batch.close()
