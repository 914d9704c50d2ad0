import pytest

from drivesim.maps.opendrive.catalogue import limit_of, turns_of, type_of
from drivesim.maps.opendrive.document import Element


def signal(*children: Element, **values: str) -> Element:
    return Element("signal", values, 1, "a.xodr", [*children])


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        ({"type": "1000001"}, "1000001"),
        ({"type": "1000011", "subtype": "20"}, "1000001"),
        ({"type": "1000002"}, ""),
        ({"type": "1000013"}, ""),
        ({"type": "206", "country": "DE"}, "206"),
        ({"type": "206"}, "206"),
        ({"type": "274-55", "country": "DE"}, "274"),
        ({"type": "301"}, "306"),
        ({"type": "R1-1", "country": "US"}, "206"),
        ({"type": "R1-2", "country": "USA"}, "205"),
        ({"type": "r2-1", "country": "us"}, "274"),
        ({"type": "B14", "country": "FR"}, "274"),
        ({"type": "B1", "country": "NL"}, "306"),
        ({"type": "B1", "country": "SE"}, "205"),
        ({"type": "-1", "name": "Sign_Stop"}, "206"),
        ({"type": "-1", "name": "Bus stop"}, ""),
        ({"type": "-1", "name": "StopLine"}, ""),
        ({"type": "-1", "name": "Speed_30"}, "274"),
        ({"type": "142", "country": "DE", "name": "deer"}, ""),
    ],
)
def test_signals_mean_what_their_country_says(values, meaning):
    assert type_of(signal(**values)) == meaning


def test_semantics_of_revision_1_8_say_what_a_signal_means():
    stop = Element("semantics", {}, 1, "a", [Element("priority", {"type": "stop"}, 1, "a")])
    limit = Element(
        "semantics", {}, 1, "a", [Element("speed", {"type": "maximum", "value": "20", "unit": "m/s"}, 1, "a")]
    )
    assert type_of(signal(stop, type="X1")) == "206"
    assert type_of(signal(limit, type="X2")) == "274"
    assert limit_of(signal(limit, type="X2")) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        ({"value": "50", "unit": "km/h"}, 50 / 3.6),
        ({"value": "50"}, 50 / 3.6),
        ({"value": "35", "country": "US"}, 35 * 0.44704),
        ({"type": "274", "subtype": "55", "country": "DE"}, 50 / 3.6),
        ({"type": "274", "subtype": "30"}, 30 / 3.6),
        ({"type": "274", "name": "Speed_90"}, 25.0),
        ({"type": "274"}, 0.0),
    ],
)
def test_limits_are_read_from_value_subtype_or_name(values, limit):
    assert limit_of(signal(**values)) == pytest.approx(limit)


@pytest.mark.parametrize(
    ("subtype", "turns"), [("10", 0b0010), ("20", 0b0100), ("30", 0b0001), ("40", 0b0011), ("", 0)]
)
def test_arrows_show_turns(subtype, turns):
    assert turns_of(signal(type="1000011", subtype=subtype)) == turns
    assert turns_of(signal(type="1000001", subtype=subtype)) == 0
