import os
import subprocess
import sys

import pytest

from drivesim.config import ENV_PRESETS, CameraConfig, replace
from drivesim.envs.warm_up import compile_jobs

WORLD = {"step_worlds", "decide_worlds", "begin_worlds", "observe_worlds", "_all_finite"}
LEVEL, PITCHED = CameraConfig(name="level"), CameraConfig(name="pitched", pitch_deg=5.0)


@pytest.mark.parametrize(
    ("sensors", "cameras"),
    [
        ([], set()),
        ([LEVEL, CameraConfig(name="other", width=320, height=200, channels=("depth",))], {"render_level"}),
        ([PITCHED], {"render_rays"}),
        ([LEVEL, PITCHED], {"render_level", "render_rays"}),
    ],
)
def test_what_a_config_does_not_use_is_not_compiled(sensors, cameras):
    jobs = compile_jobs(replace(ENV_PRESETS["lane"], sensors=sensors), streets=False)
    assert sorted(job.kernel.__name__ for job in jobs) == sorted(WORLD | cameras)


START = """
import gymnasium as gym, drivesim
from drivesim.envs.warm_up import compile_jobs
for name, sensors in (("Lane", "front"), ("Highway", [{"width": 16, "height": 8, "pitch_deg": 5.0}])):
    env = gym.make(f"drivesim/{name}-v0", map_count=1, sensors=sensors)
    env.reset(seed=0)
    env.step(env.unwrapped.expert_action())
    for kernel, signature in compile_jobs(env.unwrapped.config, streets=False):
        print(kernel.__name__, list(kernel.overloads) == [signature])
"""


def test_what_is_compiled_beforehand_is_what_an_environment_calls():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    answers = dict(line.split() for line in done.stdout.splitlines())
    assert answers == dict.fromkeys(WORLD | {"render_level", "render_rays"}, "True")
