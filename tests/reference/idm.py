"""The Intelligent Driver Model and its calm extension in float64, written from the papers."""

import math


def idm_reference(v, v0, gap, v_lead, headway, s0, a, b):
    """Treiber, Hennecke, Helbing 2000, equations 2 and 3 with delta = 4; braking on the free road at most b."""
    free = max(a * (1.0 - (v / v0) ** 4), -b)
    if math.isinf(gap):
        return free
    s_star = s0 + max(0.0, v * headway + v * (v - v_lead) / (2.0 * math.sqrt(a * b)))
    return free - a * (s_star / gap) ** 2


def equilibrium_gap(v, v0, headway, s0):
    """Gap at which a follower keeps the speed v of its lead (ibid., equation 5)."""
    return (s0 + v * headway) / math.sqrt(1.0 - (v / v0) ** 4)


def calm_reference(v, v0, gap, v_lead, a_lead, headway, s0, a, b, coolness=0.99):
    """Kesting, Treiber, Helbing 2010, equations 2.4 to 2.6."""
    strict = idm_reference(v, v0, gap, v_lead, headway, s0, a, b)
    a_lead = min(a_lead, a)
    if v_lead * (v - v_lead) < -2.0 * gap * a_lead:
        heuristic = v**2 * a_lead / (v_lead**2 - 2.0 * gap * a_lead)
    else:
        step = 1.0 if v > v_lead else 0.0
        heuristic = a_lead - (v - v_lead) ** 2 * step / (2.0 * gap)
    if strict >= heuristic:
        return strict
    return (1.0 - coolness) * strict + coolness * (heuristic + b * math.tanh((strict - heuristic) / b))
