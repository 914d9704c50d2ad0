"""What an episode draws before it begins, by its seed and number alone."""

import numpy as np

from drivesim.kernels.entry import kernel
from drivesim.rng import Purpose, below, bits

_EPISODE = int(Purpose.EPISODE)


@kernel
def draw_numbers(seed, episode, purpose, count, number_out):
    """One of `count` numbers for each of some episodes: of its map, or of its weather."""
    for k in range(len(seed)):
        number_out[k] = below(bits(seed[k], _EPISODE, 0, episode[k]), purpose, 0, 0, count)


def drawn(seeds: np.ndarray, episodes: np.ndarray, purpose: Purpose, count: int) -> np.ndarray:
    """Numbers below `count`, one for each of some episodes, int32."""
    numbers = np.zeros(len(seeds), np.int32)
    draw_numbers(seeds, episodes, np.int64(purpose), count, numbers)
    return numbers
