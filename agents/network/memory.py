"""What remembers earlier frames of worlds knows where an episode begins."""

import numpy as np


class EpisodeMemory:
    """Keeps count of the worlds whose next frame is the first of an episode.

    Attributes:
        fresh: Those worlds, bool (world,).
    """

    def __init__(self) -> None:
        self.fresh = np.zeros(0, np.bool_)

    def begin(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """The next frame of the worlds in `mask` (of all if None) begins an episode."""
        if len(self.fresh) != env_count or mask is None:
            self.fresh = np.ones(env_count, np.bool_)
        else:
            self.fresh |= mask
