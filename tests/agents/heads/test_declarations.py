from pathlib import Path

import pytest

import agents
from agents.heads import HEADS, OPTIONAL_HEADS, Head, PathFromAbove, PicturePane, default_heads, load_heads
from drivesim.errors import ConfigError

README = (Path(agents.__file__).parent / "README.md").read_text(encoding="utf-8")
MINE = Head(name="mine", build=lambda config, heads: heads["lane"].build(config, heads))


def no_head() -> str:
    return "steering"


@pytest.mark.parametrize("head", default_heads(town=True, ranging=True), ids=lambda head: head.name)
def test_the_readme_explains_the_losses_and_metrics_of_every_head_in_their_own_words(head):
    meanings = {f"loss/{loss.name}": loss.meaning for loss in head.losses}
    for metric in head.metrics:
        meanings |= {f"metric/{name}": meaning for name, meaning in metric.meanings.items()}
    missing = [name for name, meaning in meanings.items() if f"| `{name}` | {meaning}" not in README]
    assert not missing


def test_every_head_that_ships_is_learnt_measured_and_built_again_from_its_config():
    always = [name for name in HEADS if name not in OPTIONAL_HEADS]
    for name, head in zip(always, default_heads(), strict=True):
        assert head.name == name
        assert head.labels and head.losses and head.metrics, name
        assert HEADS[name](**head.config).config == head.config


def test_with_sensors_that_measure_distances_the_lead_is_read_off_the_target():
    heads = {head.name: head for head in default_heads(town=True, ranging=True)}
    assert heads["lead"].reads == ("target",)
    assert HEADS["lead"](**heads["lead"].config).reads == ("target",)
    assert "light" in heads["plan"].reads
    assert all(head.reads == () for head in default_heads() if head.name == "lead")


def test_nothing_is_called_twice():
    heads = default_heads(town=True, ranging=True)
    losses = [loss.name for head in heads for loss in head.losses]
    metrics = [name for head in heads for metric in head.metrics for name in metric.meanings]
    assert len(set(losses)) == len(losses)
    assert len(set(metrics)) == len(metrics)


def test_panes_show_what_a_label_holds_too():
    for head in default_heads():
        labels = {label.name for label in head.labels}
        for pane in head.panes:
            shown = {pane.key} if isinstance(pane, PicturePane | PathFromAbove) else set(pane.needs)
            assert shown <= labels, (head.name, pane)


def test_heads_of_ones_own_are_found_by_name_and_what_is_none_is_refused():
    assert load_heads(["tests.agents.heads.test_declarations:MINE"]) == (MINE,)
    with pytest.raises(ConfigError, match="cannot import 'nowhere' of 'nowhere:HEAD'"):
        load_heads(["nowhere:HEAD"])
    with pytest.raises(ConfigError, match="declarations:MIEN' is no head; did you mean 'MINE'"):
        load_heads(["tests.agents.heads.test_declarations:MIEN"])
    with pytest.raises(ConfigError, match="is no head"):
        load_heads(["tests.agents.heads.test_declarations:no_head"])
