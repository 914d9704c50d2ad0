"""Where long vehicles can drive: bends that hold them, and ways that lead on through such bends only."""

import numpy as np

from drivesim.maps.network import Lane, RoadNetwork

WIDTH_M, BESIDE_M = 2.5, 0.1
"""Width of long vehicles, and how far beyond either side of their lane they may come in bends [m]."""
WINDOW_M = 20.0
"""What a lane turns by within this, is one bend [m]."""


def longest_kept(network: RoadNetwork) -> np.ndarray:
    """Longest vehicle that keeps to each lane [m], float32, shape (lane,); +inf where that is all.

    A body of length L whose ends are on a path bulges from it by h. On an arc of radius r that turns by the angle a,

        (L / 2)^2 = h (2 r - h)                                      where both ends are on the arc
        L / 2 = r sin(a / 2) + (h - r (1 - cos(a / 2))) / tan(a / 2)      where they are on straights beyond it

    Placed half inside and half outside it needs h / 2 to either side of its half width; what it may need is `BESIDE_M`
    more than the lane is wide. r is the least radius of the lane, a the most that it turns by within `WINDOW_M`.
    """
    longest = np.full(len(network.lanes), np.inf, np.float32)
    for index, lane in enumerate(network.lanes):
        curvature = float(np.abs(lane.curvature).max())
        angle = _bend(lane) if curvature > 1e-5 else 0.0
        if angle < 1e-3:
            continue
        bulge = max(float(lane.width.min()) + 2.0 * BESIDE_M - WIDTH_M, 0.0)
        half, radius = 0.5 * min(angle, 3.0), 1.0 / curvature
        within = 2.0 * np.sqrt(max(bulge * (2.0 * radius - bulge), 0.0))
        beyond = 2.0 * (radius * np.sin(half) + (bulge - radius * (1.0 - np.cos(half))) / np.tan(half))
        longest[index] = within if within < 2.0 * radius * np.sin(half) else max(beyond, within)
    return longest


def longest_onward(network: RoadNetwork) -> np.ndarray:
    """Longest vehicle that can drive on from each lane along lanes that hold it, for ever or to where the map ends.

    Returns:
        [m], float32, shape (lane,); +inf where that is all.
    """
    longest = longest_kept(network)
    sources = [index for index, lane in enumerate(network.lanes) if lane.successors]
    if not sources:
        return longest
    links = [network.lanes[index].successors for index in sources]
    after = np.concatenate([np.array(each, np.int64) for each in links])
    first = np.concatenate(([0], np.cumsum([len(each) for each in links])[:-1]))
    own = longest[sources]
    while True:
        onward = np.minimum(own, np.maximum.reduceat(longest[after], first))
        if np.array_equal(onward, longest[sources]):
            return longest
        longest[sources] = onward


def _bend(lane: Lane) -> float:
    """The most that a lane turns by within `WINDOW_M` [rad]."""
    turns = np.abs((np.diff(lane.heading) + np.pi) % (2.0 * np.pi) - np.pi)
    turned = np.concatenate(([0.0], np.cumsum(turns)))
    step = lane.length / max(len(turns), 1)
    reach = max(int(np.ceil(WINDOW_M / step)), 1) if step > 0.0 else 1
    last = np.minimum(np.arange(len(turned)) + reach, len(turned) - 1)
    return float((turned[last] - turned).max())
