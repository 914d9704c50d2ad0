"""What the weather does to tyres and drivers: friction at a speed, headway, braking. Read every step.

Friction by water film and speed is the table of new tyres in Bosch's Automotive Handbook, over that of the dry road.
"""

import numpy as np
from numba import njit

FILM_DEPTHS = (0.0, 0.2, 1.0, 2.0)
FILM_SPEEDS = (50.0 / 3.6, 90.0 / 3.6, 130.0 / 3.6)
FRICTION_TABLE = ((0.85, 0.65, 0.55, 0.50), (0.80, 0.60, 0.30, 0.05), (0.75, 0.55, 0.20, 0.0))
"""Friction by speed [m/s] and film [mm], dry first."""
DRY_FRICTION = FRICTION_TABLE[0][0]
GRIP_MIN = 0.05
"""Even a tyre that floats has this share of its grip."""
GRAVITY = 9.81


@njit
def film_grip(film, speed):
    """Friction on a film [mm] at a speed [m/s] over that on the dry road at the same speed, bilinear in the table."""
    row, along = 0, 0.0
    if speed >= FILM_SPEEDS[2]:
        row, along = 1, 1.0
    elif speed > FILM_SPEEDS[0]:
        row = 1 if speed >= FILM_SPEEDS[1] else 0
        along = (speed - FILM_SPEEDS[row]) / (FILM_SPEEDS[row + 1] - FILM_SPEEDS[row])
    column, deep = 2, 1.0
    if film < FILM_DEPTHS[3]:
        column = 2 if film >= FILM_DEPTHS[2] else (1 if film >= FILM_DEPTHS[1] else 0)
        deep = (film - FILM_DEPTHS[column]) / (FILM_DEPTHS[column + 1] - FILM_DEPTHS[column])
    slow, fast = FRICTION_TABLE[row], FRICTION_TABLE[row + 1]
    wet = (1.0 - along) * ((1.0 - deep) * slow[column] + deep * slow[column + 1]) + along * (
        (1.0 - deep) * fast[column] + deep * fast[column + 1]
    )
    dry = (1.0 - along) * slow[0] + along * fast[0]
    return max(wet / dry, GRIP_MIN)


@njit
def grip_at(grip, film, speed):
    """Friction of the road over that of the dry road at a speed [m/s], from that at 50 km/h and the film [mm]."""
    if film <= 0.0:
        return grip
    return grip * film_grip(film, speed) / film_grip(film, FILM_SPEEDS[0])


@njit
def road_friction(state, world, speed):
    """Friction coefficient between tyres and road in this weather at a speed [m/s], float32."""
    weather = state.weather
    friction = state.conditions.friction[world]
    film, grip = weather.film[world], weather.grip[world]
    if film > np.float32(0.0):
        return np.float32(friction * grip_at(np.float64(grip), np.float64(film), np.float64(speed)))
    return friction * grip


@njit
def time_headway(state, world, slot):
    """IDM T of a driver in this weather [s]."""
    return state.actors.time_headway[world, slot] * state.weather.headway[world]


@njit
def comfortable_braking(state, world, slot):
    """IDM b of a driver in this weather [m/s^2]: at most half of what the road gives."""
    return min(state.actors.brake_comfort[world, slot], np.float32(0.5) * state.weather.braking[world])
