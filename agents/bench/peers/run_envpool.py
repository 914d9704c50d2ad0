"""EnvPool: `run_envpool.py TASK ENVIRONMENTS`, one thread, actions drawn beforehand."""

import itertools
import sys

from serve import serve

import envpool
import numpy as np

task, count = sys.argv[1], int(sys.argv[2])
env = envpool.make(task, env_type="gymnasium", num_envs=count, num_threads=1)
observation, _ = env.reset()
actions = itertools.cycle([np.stack([env.action_space.sample() for _ in range(count)]) for _ in range(16)])

serve(
    lambda: env.step(next(actions)),
    count,
    version=envpool.__version__,
    observation=f"{observation.dtype} {observation.shape}",
)
