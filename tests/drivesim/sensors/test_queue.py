"""What delivery decides at a step, against the same in plain Python, one world at a time."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drivesim.sensors.queue import NONE, copy_in, copy_out, schedule

WORLDS = 4


def expected(now, chosen, taken, rate, phase, step, latency):
    """Begins, due, place of the new frame, tick of the delivered one; `taken` changes as it should."""
    if not chosen:
        return False, False, -1, None
    begins = now == 0 or max(taken) in (NONE,) or max(taken) > now
    if begins:
        taken[:] = [NONE] * len(taken)

    def frames_by(tick):
        return tick if rate == 0.0 else math.floor(((tick + 1e-6) * step - phase) * rate)

    due = begins or (max(taken) != now and frames_by(now) > frames_by(now - 1))
    place = taken.index(min(taken)) if due else -1
    if due:
        taken[place] = now
    there = [tick for tick in taken if tick != NONE]
    return begins, due, place, max([tick for tick in there if tick <= now - latency], default=min(there))


@given(st.data())
def test_every_world_gets_what_the_rules_say(data):
    rate = data.draw(st.sampled_from([0.0, 2.0, 3.0, 5.0, 10.0]))
    phase = data.draw(st.floats(0.0, 0.1)) if rate else 0.0
    latency, depth = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    kept = [[NONE] * depth for _ in range(WORLDS)]
    taken = np.full((WORLDS, depth), NONE, np.int32)
    tick = np.array(data.draw(st.lists(st.integers(0, 3), min_size=WORLDS, max_size=WORLDS)), np.int32)
    begins, due, place = np.zeros(WORLDS, np.bool_), np.zeros(WORLDS, np.bool_), np.zeros((2, WORLDS), np.int64)
    time, age = np.full((2 * WORLDS, 1), -5.0, np.float32), np.full((2 * WORLDS, 1), -5.0, np.float32)
    for _ in range(12):
        chosen = np.array(data.draw(st.lists(st.booleans(), min_size=WORLDS, max_size=WORLDS)))
        counts = schedule(
            tick, chosen, taken, np.array([rate, phase, 0.1]), np.int64(latency), begins, due, place, time, age
        )
        for world in range(WORLDS):
            now = int(tick[world])
            rows = expected(now, chosen[world], kept[world], rate, phase, 0.1, latency)
            assert (begins[world], due[world], place[0, world]) == rows[:3]
            if chosen[world]:
                assert taken[world, place[1, world]] == rows[3]
                np.testing.assert_allclose(time[2 * world : 2 * world + 2], 0.1 * rows[3], atol=1e-6)
                np.testing.assert_allclose(age[2 * world : 2 * world + 2], 0.1 * (now - rows[3]), atol=1e-6)
        assert counts == (begins.sum(), due.sum())
        np.testing.assert_array_equal(taken, kept)
        tick += np.array(data.draw(st.lists(st.sampled_from([0, 1, 1, 2]), min_size=WORLDS, max_size=WORLDS)), np.int32)
        if data.draw(st.booleans()):
            tick[data.draw(st.integers(0, WORLDS - 1))] = 0


def test_copies_go_to_and_from_the_places_of_their_worlds(rng):
    frames = rng.integers(0, 255, (6, 5), dtype=np.uint8)
    kept, back = np.zeros((6, 3, 5), np.uint8), np.full((6, 5), 7, np.uint8)
    place = np.array([2, -1, 0])
    copy_in(place, frames, kept)
    np.testing.assert_array_equal(kept[[0, 1], 2], frames[:2])
    np.testing.assert_array_equal(kept[[4, 5], 0], frames[4:])
    assert np.count_nonzero(kept.any(axis=2)) == 4
    copy_out(place, kept, back)
    np.testing.assert_array_equal(back, np.concatenate([frames[:2], np.full((2, 5), 7), frames[4:]]))
