import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from agents.compare import (
    bootstrap,
    compare,
    compare_files,
    fisher,
    holm,
    load_results,
    mcnemar,
    names_of,
    permutation,
    write_comparison,
)
from agents.scoring import EvalArgs
from drivesim.errors import ConfigError
from tests.judges import ask


def result(scores, *, suite="lane", agent="a", success=None, first_road=0, events=None):
    episodes = [
        {
            "road": first_road + road, "seed": 0, "success": bool(success[road]) if success is not None else True,
            "driving_score": float(score), "completion": 1.0, "speed_m_s": 10.0, "comfort": 1.0,
            "events": [{"name": "red_light", "count": 1}] if events is not None and events[road] else [],
            "scores": {"min_ttc_s": None if road % 2 else 2.0},
        }
        for road, score in enumerate(scores)
    ]  # fmt: skip
    return [{"suite": suite, "agent": agent, "episodes": episodes}]


def by_name(differences):
    return {each.name: each for each in differences}


def test_mcnemars_test_by_hand():
    # 1 lost, 6 won: 2 (1 + 7) / 2^7.
    first = np.array([1, 0, 0, 0, 0, 0, 0, 1, 1, 0])
    second = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    assert mcnemar(first, second) == pytest.approx(0.125)
    assert mcnemar(first, first) == 1.0


def test_fishers_test_is_that_of_the_lady_tasting_tea():
    # Three of four cups right: p = 34 / 70.
    assert fisher(np.array([1, 1, 1, 0]), np.array([1, 0, 0, 0])) == pytest.approx(34 / 70)


def test_exact_tests_equal_scipys(rng):
    tables = rng.integers(0, 2, (20, 2, 30))
    script = """
from scipy.stats import binomtest, fisher_exact
pairs, samples = [], []
for a, b in given["tables"]:
    lost, won = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    pairs.append(binomtest(lost, lost + won, 0.5).pvalue)
    samples.append(fisher_exact([[a.sum(), 30 - a.sum()], [b.sum(), 30 - b.sum()]])[1])
answer["pairs"], answer["samples"] = pairs, samples
"""
    theirs = ask(script, {"tables": tables}, "scipy")
    assert [mcnemar(a, b) for a, b in tables] == pytest.approx(theirs["pairs"].tolist())
    assert [fisher(a, b) for a, b in tables] == pytest.approx(theirs["samples"].tolist())


def test_a_bootstrap_interval_agrees_with_the_normal_one(rng):
    first = rng.normal(0.0, 1.0, 400)
    second = first + rng.normal(0.1, 0.5, 400)
    low, high = bootstrap(first, second, is_paired=True)
    mean, half = (second - first).mean(), 1.96 * (second - first).std(ddof=1) / 20.0
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.01)
    assert bootstrap(first, second, is_paired=False)[0] < low
    assert permutation(first, second, is_paired=True) < 0.01


def test_few_pairs_prove_little():
    # Of 2^4 ways to swap four pairs two are as far apart.
    first = np.array([1.0, 2.0, 3.0, 4.0])
    assert permutation(first, first + np.arange(3.0, 7.0), is_paired=True) == pytest.approx(1 / 8, abs=0.01)
    # Of 20 ways to deal six drives to two sides two are.
    assert permutation(np.arange(3.0), np.arange(3.0) + 10.0, is_paired=False) == pytest.approx(1 / 10, abs=0.01)
    assert permutation(first, first, is_paired=True) == 1.0


def test_a_small_gain_on_every_road_is_seen_only_because_drives_are_paired(rng):
    scores = rng.uniform(20.0, 90.0, 60)
    paired = by_name(compare(result(scores), result(scores + 2.0 + rng.normal(0.0, 1.0, 60))))["driving_score"]
    assert paired.is_paired and paired.is_significant and paired.low < 2.0 < paired.high
    other = by_name(compare(result(scores), result(scores + 2.0, first_road=100)))["driving_score"]
    assert not other.is_paired and not other.is_significant


def test_equal_results_differ_in_nothing(rng):
    scores = rng.uniform(0.0, 100.0, 30)
    assert not any(each.is_significant for each in compare(result(scores), result(scores)))


def test_chance_is_rarely_called_significant(rng):
    wrong = 0
    for _ in range(20):
        one, two = rng.normal(50.0, 10.0, (2, 30))
        wrong += any(each.is_significant for each in compare(result(one), result(two)))
    assert wrong <= 3


def test_success_events_and_scores_are_compared(rng):
    scores = rng.uniform(50.0, 60.0, 40)
    good, bad = np.ones(40), np.zeros(40)
    differences = by_name(compare(result(scores, success=bad, events=good), result(scores, success=good, events=bad)))
    assert differences["success"].is_significant and differences["red_light_drives"].is_significant
    assert differences["min_ttc_s"].count == 20
    sentence = differences["red_light_drives"].sentence(("one", "two"))
    assert "lower" in sentence and sentence.endswith("better.")


def test_holm_keeps_what_is_small_enough_for_its_rank():
    one = compare(result([1.0, 2.0]), result([1.0, 2.0]))
    p_values = [0.04, 0.011, 0.001, 0.9, *[1.0] * (len(one) - 4)]
    marked = holm([type(each)(**{**vars(each), "p": p}) for each, p in zip(one, p_values, strict=True)])
    limit = [0.05 / (len(one) - rank) for rank in range(3)]
    assert [each.is_significant for each in marked[:3]] == [False, 0.011 <= limit[1], True]


def test_results_without_a_common_suite_are_refused():
    with pytest.raises(ConfigError, match="no suite is in both: lane; town"):
        compare(result([1.0]), result([1.0], suite="town"))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '[{"suite": "lane"}]', '[{"suite": "l", "agent": "a", "episodes": []}]']
)
def test_other_files_are_refused_by_name(tmp_path, text):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match="other.json"):
        load_results(file)


def test_the_page_says_what_differs(tmp_path, rng):
    scores = rng.uniform(20.0, 90.0, 60)
    files = [tmp_path / name for name in ("a.json", "b.json")]
    for file, content in zip(files, (result(scores), result(scores + 5.0, agent="<b>")), strict=True):
        file.write_text(json.dumps(content))
    one, two = (load_results(file) for file in files)
    page = write_comparison(compare(one, two), names_of(one, two), tmp_path / "compare.html").read_text()
    assert "driving score of &lt;b&gt; is higher than that of a by 5" in page
    assert "<b>" not in page


def test_the_command_says_what_differs_and_writes_a_page(tmp_path, rng):
    scores = rng.uniform(20.0, 90.0, 60)
    files = [str(tmp_path / name) for name in ("a.json", "b.json")]
    for file, content in zip(files, (result(scores), result(scores - 5.0, agent="b")), strict=True):
        Path(file).write_text(json.dumps(content))
    said = io.StringIO()
    assert compare_files(files, str(tmp_path), Console(file=said, width=200)) == 0
    assert "On lane the driving score of b is lower than that of a by 5" in said.getvalue()
    assert (tmp_path / "compare.html").is_file()


def test_two_files_are_compared():
    with pytest.raises(ConfigError, match="expected two files, got 1"):
        EvalArgs(compare=("a.json",))
