import pytest

from agents.bench.timing import Loop, Rate, Window, measure


class Recorded:
    """A subject that answers with windows given beforehand and notes when it was asked."""

    def __init__(self, name: str, diary: list[tuple[str, float]], rates: list[float]) -> None:
        self.name, self.diary, self.rates = name, diary, iter(rates)

    def window(self, seconds: float) -> Window:
        self.diary.append((self.name, seconds))
        return Window(events=next(self.rates) * seconds, wall_s=seconds, cpu_s=seconds / 2)


def test_windows_take_turns_after_all_have_warmed_up():
    diary: list[tuple[str, float]] = []
    subjects = {name: Recorded(name, diary, [1.0] * 3) for name in ("ours", "theirs")}
    measure(subjects, unit="frames", windows=2, window_s=0.5, warm_up_s=1.0)
    assert diary == [("ours", 1.0), ("theirs", 1.0), ("ours", 0.5), ("theirs", 0.5), ("ours", 0.5), ("theirs", 0.5)]


def test_the_warm_up_does_not_count():
    subject = Recorded("ours", [], [1e9, 10.0, 20.0, 30.0, 40.0, 50.0])
    rate = measure({"ours": subject}, unit="frames", window_s=0.5)["ours"]
    assert rate.per_second == (10.0, 20.0, 30.0, 40.0, 50.0)


def test_a_rate_is_told_by_median_and_quartiles():
    rate = Rate(unit="frames", per_second=(50.0, 10.0, 40.0, 20.0, 30.0), per_cpu_second=(1.0, 2.0, 9.0, 2.0, 3.0))
    assert rate.median == 30.0
    assert rate.quartiles == (20.0, 40.0)
    assert rate.median_per_cpu == 2.0


def test_a_rate_per_core_counts_processor_time():
    rate = measure({"ours": Recorded("ours", [], [8.0] * 6)}, unit="frames")["ours"]
    assert rate.median == pytest.approx(8.0)
    assert rate.median_per_cpu == pytest.approx(16.0)


def test_a_loop_counts_every_call_and_works_at_least_as_long_as_asked():
    calls = []
    window = Loop(lambda: calls.append(0), 16).window(0.01)
    assert window.events == 16 * len(calls)
    assert window.wall_s >= 0.01


def test_a_loop_calls_at_least_once():
    assert Loop(lambda: None, 3).window(0.0).events == 3
