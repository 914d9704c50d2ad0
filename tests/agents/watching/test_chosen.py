"""The drive that was chosen is the drive that an evaluation scores."""

import numpy as np

from agents.watching import WatchArgs
from agents.watching.browser import Choice
from agents.watching.chosen import driven_world
from drivesim.envs.scenario import ScenarioVectorEnv
from drivesim.scenarios import load_suite

SUITE = "r157_alks"
STEPS = 25


def test_a_situation_begins_and_goes_on_as_in_a_batch_of_worlds_seeded_by_its_number():
    numbers = (120, 333)
    args = WatchArgs(suite=SUITE)
    drive = driven_world(args, lambda text, share: None, choice=Choice(SUITE, numbers))
    env = ScenarioVectorEnv(2, scenario=load_suite(SUITE), sensors=[], autoreset_mode="Disabled")
    env.reset(seed=list(numbers), options={"variant": np.array(numbers, np.int32)})
    action = np.tile(np.array([0.0, 0.1], np.float32), (2, 1))
    batch = env.simulation.world.state.actors
    seen = []
    for _ in range(STEPS):
        env.step(action)
        seen.append([np.stack([batch.x[k], batch.y[k], batch.speed[k]]) for k in range(2)])
    for place, number in enumerate(numbers):
        assert drive.begin(place).variant == number
        for step in range(STEPS):
            actors = drive.step(action[0]).moment.actors
            np.testing.assert_array_equal(np.stack([actors.x, actors.y, actors.speed]), seen[step][place])
    env.close()
    drive.close()


def test_a_road_of_a_suite_is_the_road_of_that_number():
    drive = driven_world(WatchArgs(roads=1), lambda text, share: None, choice=Choice("lane", (1_000_003, 1_000_004)))
    assert (drive.env_name, drive.first_road, drive.suite) == ("Lane", 1_000_003, "")
    drive.close()
