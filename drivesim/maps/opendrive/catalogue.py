"""What signals of a document mean: numbers and names that countries and tools give them.

Types of the network are Germany's numbers, as most files have them ("206", "205", "274", "306") and OpenDRIVE's own
for lights ("1000001"). A signal with `<semantics>` (revision 1.8) says itself what it means; one of an unknown type is
known by its name.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.roads import SPEED_UNITS

LIGHT, STOP, YIELD, LIMIT, PRIORITY = "1000001", "206", "205", "274", "306"
LIGHTS = ("1000001", "1000008", "1000009", "1000010", "1000011", "1000012", "1000015", "1000016", "1000017", "1000018",
          "1000019", "1000020", "F", "W", "A")  # fmt: skip
"""Lights for vehicles in OpenDRIVE's list, and as some tools call them; the others are for people, bicycles, trams."""
_DE = {"206": STOP, "205": YIELD, "274": LIMIT, "274.1": LIMIT, "306": PRIORITY, "301": PRIORITY}
_US = {"R1-1": STOP, "R1-2": YIELD, "R2-1": LIMIT}
COUNTRIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "DE": _DE, "DEU": _DE, "OPENDRIVE": _DE, "US": _US, "USA": _US,
        "CA": {"RA-1": STOP, "RA-2": YIELD, "RB-1": LIMIT},
        "GB": {"601.1": STOP, "602": YIELD, "670": LIMIT}, "UK": {"601.1": STOP, "602": YIELD, "670": LIMIT},
        "FR": {"AB4": STOP, "AB3A": YIELD, "AB3": YIELD, "B14": LIMIT, "AB6": PRIORITY, "AB2": PRIORITY},
        "CH": {"3.01": STOP, "3.02": YIELD, "2.30": LIMIT, "3.03": PRIORITY},
        "NL": {"B7": STOP, "B07": STOP, "B6": YIELD, "B06": YIELD, "A1": LIMIT, "A01": LIMIT, "B1": PRIORITY,
               "B01": PRIORITY},
        "SE": {"B2": STOP, "B1": YIELD, "C31": LIMIT, "B4": PRIORITY},
        "AT": {"52.24": STOP, "52.23": YIELD, "52.10A": LIMIT, "52.25A": PRIORITY},
        "IT": {"II107": STOP, "II106": YIELD, "II50": LIMIT},
        "ES": {"R2": STOP, "R-2": STOP, "R1": YIELD, "R-1": YIELD, "R301": LIMIT, "R-301": LIMIT, "R3": PRIORITY},
        "JP": {"330": STOP, "329": YIELD, "323": LIMIT},
        "KR": {"227": STOP, "228": YIELD, "224": LIMIT},
    }
)  # fmt: skip
"""Signs by country (ISO 3166-1) and type in upper case; Germany's numbers hold wherever a country has no such sign."""
_SEMANTICS = {"stop": STOP, "4way": STOP, "yield": YIELD, "priorityRoad": PRIORITY, "trafficLight": LIGHT}
_NAMES = (
    (
        re.compile(r"(?<!bus)(?<!bus[ _-])(?<!tram[ _-])(?<![a-z])stop(?![ _-]?(line|[a-z]*parking|[a-z]*bus))", re.I),
        STOP,
    ),
    (re.compile(r"yield|give[ _-]?way", re.I), YIELD),
    (re.compile(r"(speed|limit).*\d", re.I), LIMIT),
    (re.compile(r"traffic[ _-]?(light|signal)", re.I), LIGHT),
)
TURNS = {"10": 0b0010, "20": 0b0100, "30": 0b0001, "40": 0b0011, "50": 0b0101}
"""Bits of `Turn` of an arrow by the subtype of OpenDRIVE's lights 1000010 to 1000012."""
ARROWS = ("1000010", "1000011", "1000012")
VALUE_MAX_M_S = 70.0


def type_of(element: Element) -> str:
    """The network's type of a `<signal>`; empty for one that means nothing to drivers here."""
    semantics = element.one("semantics")
    for child in semantics.children if semantics is not None else ():
        if child.tag == "priority" and child.get("type") in _SEMANTICS:
            return _SEMANTICS[child.get("type")]
        if child.tag == "speed" and child.get("type") in ("maximum", "zone"):
            return LIMIT
    kind = element.get("type").strip()
    if kind in LIGHTS:
        return LIGHT
    if kind.isdigit() and len(kind) == 7:
        return ""
    country = element.get("country").strip().upper()
    for signs in (COUNTRIES.get(country, _DE), _DE):
        for name in (kind.upper(), kind.upper().partition("-")[0]):
            if name in signs:
                return signs[name]
    if country not in COUNTRIES and kind.upper() in _US:
        return _US[kind.upper()]
    name = element.get("name")
    return next((meaning for pattern, meaning in _NAMES if pattern.search(name)), "")


def limit_of(element: Element) -> float:
    """What a limit sign says [m/s]; 0 where it says nothing.

    By `value` and `unit`, else by the number in its subtype or type: miles per hour in the United States and Britain.
    """
    semantics = element.one("semantics", "speed")
    said = semantics if semantics is not None and semantics.get("value") else element
    country = element.get("country").strip().upper()
    usual = "mph" if country in ("US", "USA", "GB", "UK") else "km/h"
    value = said.number("value", 0.0)
    if value <= 0.0:
        for text in (element.get("subtype"), element.get("type").partition("-")[2], element.get("name")):
            digits = re.findall(r"\d+", text)
            if digits and int(digits[-1]) > 0:
                number = int(digits[-1])
                # Germany's older list counts the tens: 274-55 is 50 km/h.
                value = 10.0 * (number - 50) if country in ("DE", "DEU") and 50 < number < 60 else float(number)
                break
    return float(np.clip(value * SPEED_UNITS.get(said.get("unit") or usual, 1.0 / 3.6), 0.0, VALUE_MAX_M_S))


def turns_of(element: Element) -> int:
    """Bits of `Turn` that the arrow of a light shows; 0 for a full disc."""
    for data in element.all("userData"):
        if data.get("code") == "drivesim:turns":
            return data.integer("value", 0) & 0b1111
    return TURNS.get(element.get("subtype"), 0) if element.get("type") in ARROWS else 0
