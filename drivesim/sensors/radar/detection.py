"""The kernel that makes detections of scatter points: resolution cells, Swerling's fluctuation, noise, false alarms.

Points that differ by less than the resolution in range, azimuth and velocity share a cell, whose mean power over the
noise, S, is the sum of theirs: their phases are independent, so the sum fluctuates as each does (Swerling's case 1).
The power of the cell is E (1 + S) with E from the exponential distribution of mean 1, and there is a detection where it
is over the threshold T = -ln P_fa. Hence

    P_d = P_fa ** (1 / (1 + S))

(M. I. Skolnik, Introduction to Radar Systems, 2.8), and the SNR that is delivered is that of this very power.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.sensors.radar.draws import (
    CLUTTER,
    COUNT,
    DRAWS_PER_POINT,
    FALSE_ALARM,
    INTERFERENCE,
    exponential_of,
    normals_of,
    poisson_of,
    stream_of,
    uniform_of,
)
from drivesim.sensors.radar.ordering import deliver, order_by_range
from drivesim.sensors.radar.reflection import NO_GHOST, RANGE_MIN_M, edge_db
from drivesim.sensors.radar.tables import CLUTTER_DBSM, CLUTTER_SPREAD_DB, Cell, Defect, Point

_RANGE, _AZIMUTH, _VELOCITY, _GROUND = map(int, (Point.RANGE, Point.AZIMUTH, Point.VELOCITY, Point.GROUND_VELOCITY))
_RCS, _SNR, _CHANCE = int(Point.RCS), int(Point.SNR), int(Point.CHANCE)
_POWER, _STRONGEST = int(Cell.POWER), int(Cell.STRONGEST)
_RANGE_SUM, _AZIMUTH_SUM, _VELOCITY_SUM = int(Cell.RANGE_SUM), int(Cell.AZIMUTH_SUM), int(Cell.VELOCITY_SUM)
_GHOSTS, _NOISE, _RANDOM = int(Defect.GHOSTS), int(Defect.NOISE_DB), int(Defect.RANDOM)
_LOSS, _SHUT_FROM, _SHUT_TO = int(Defect.LOSS_DB), int(Defect.SHUT_FROM), int(Defect.SHUT_TO)
_CLUTTER_DBSM, _CLUTTER_SPREAD = np.float32(CLUTTER_DBSM), np.float32(CLUTTER_SPREAD_DB)
_NEPER = np.float32(math.log(10.0) / 10.0)
"""Natural logarithm of a power ratio, per dB."""
_ZERO, _HALF, _ONE, _TWO, _TWENTY = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0, 20.0))
_MANY = np.int64(160)
"""Most false alarms, and most patches of clutter, in a frame."""
_FALSE_ALARM, _INTERFERENCE = np.int64(FALSE_ALARM), np.int64(INTERFERENCE)
f32 = np.float32


@kernel
def detect(views, first, last, state, radar):
    """Fills the frames of `views[first:last]` from their points, as a radar with their defects measures them."""
    drivers = state.drivers.slot.shape[1]
    for at in range(first, last):
        view = views[at]
        world, driver = view // drivers, view % drivers
        stream = stream_of(state.worlds.key[world], radar.name, driver, state.worlds.tick[world])
        cell_count = gather_cells(radar, view, first)
        found = np.int64(0)
        for cell in range(cell_count):
            found = measure_cell(radar, view, first, cell, found, stream)
        found = add_clutter(radar, view, first, found, stream)
        device, random = radar.device, radar.defects[view, _RANDOM]
        found = add_alarms(radar, view, first, found, stream, _FALSE_ALARM, device.false_alarm_mean)
        if random > _ZERO:
            found = add_alarms(radar, view, first, found, stream, _INTERFERENCE, random)
        order_by_range(radar.found, first, found, radar.found_order, radar.bins, first, device.range)
        deliver(radar, radar.found, first, radar.found_order, found, view, first)


@device
def wrapped(velocity, limit):
    """A velocity in [-limit, limit) that differs by a multiple of twice the limit."""
    return velocity - _TWO * limit * f32(math.floor((velocity + limit) / (_TWO * limit)))


@device
def is_shut(radar, view, azimuth):
    """Whether nothing passes at an azimuth."""
    return radar.defects[view, _SHUT_FROM] <= azimuth < radar.defects[view, _SHUT_TO]


@device
def power_of(radar, view, snr, distance):
    """Mean power over the noise of an SNR at a distance [dB, m], with the rain and the defects of a view [1]."""
    lost = radar.attenuation[view] * distance + radar.defects[view, _NOISE] + radar.defects[view, _LOSS]
    return f32(math.exp((snr - lost) * _NEPER))


@routine
def gather_cells(radar, view, row):
    """Merges the points of a view into cells of scratch row `row`; returns how many there are.

    Points come nearest first. A cell takes what differs by less than the resolution from the point that opened it.
    """
    device, points, cells = radar.device, radar.points, radar.cells
    count, oldest = np.int64(0), np.int64(0)
    for at in range(radar.count[view]):
        index = radar.order[view, at]
        azimuth = points[view, index, _AZIMUTH]
        if points[view, index, _CHANCE] >= radar.defects[view, _GHOSTS] or is_shut(radar, view, azimuth):
            continue
        distance = points[view, index, _RANGE]
        velocity = wrapped(points[view, index, _VELOCITY], device.velocity_max)
        power = power_of(radar, view, points[view, index, _SNR], distance)
        while oldest < count and cells[row, oldest, _RANGE] <= distance - device.range_cell:
            oldest += 1
        cell = oldest
        while cell < count and not (
            abs(azimuth - cells[row, cell, _AZIMUTH]) < device.azimuth_cell
            and abs(wrapped(velocity - cells[row, cell, _VELOCITY], device.velocity_max)) < device.velocity_cell
        ):
            cell += 1
        if cell == count:
            count += 1
            cells[row, cell, _RANGE], cells[row, cell, _AZIMUTH] = distance, azimuth
            cells[row, cell, _VELOCITY] = velocity
            for column in range(_POWER, _STRONGEST + 1):
                cells[row, cell, column] = _ZERO
        cells[row, cell, _POWER] += power
        cells[row, cell, _RANGE_SUM] += power * (distance - cells[row, cell, _RANGE])
        cells[row, cell, _AZIMUTH_SUM] += power * (azimuth - cells[row, cell, _AZIMUTH])
        cells[row, cell, _VELOCITY_SUM] += power * wrapped(velocity - cells[row, cell, _VELOCITY], device.velocity_max)
        if power > cells[row, cell, _STRONGEST] or power == _ZERO:
            cells[row, cell, _STRONGEST] = power
            radar.cell_id[row, cell] = radar.point_id[view, index]
    return count


@routine
def measure_cell(radar, view, row, cell, found, stream):
    """Detects a cell or not; returns the number of detections."""
    cells = radar.cells
    power = cells[row, cell, _POWER]
    if power <= _ZERO:
        return found
    distance = cells[row, cell, _RANGE] + cells[row, cell, _RANGE_SUM] / power
    azimuth = cells[row, cell, _AZIMUTH] + cells[row, cell, _AZIMUTH_SUM] / power
    velocity = cells[row, cell, _VELOCITY] + cells[row, cell, _VELOCITY_SUM] / power
    index = radar.cell_id[row, cell] * DRAWS_PER_POINT
    return measure(radar, view, row, found, stream, index, distance, azimuth, velocity, power)


@routine
def measure(radar, view, row, found, stream, index, distance, azimuth, velocity, power):
    """Detects something with mean power `power` over the noise or not, with errors drawn from `index` on."""
    device = radar.device
    drawn = exponential_of(stream, index) * (_ONE + power)
    if drawn <= device.threshold:
        return found
    one, other = normals_of(stream, index + 1)
    distance += device.range_sigma * one
    azimuth += device.azimuth_sigma / f32(math.cos(azimuth)) * other
    one, other = normals_of(stream, index + 3)
    velocity += device.velocity_sigma * one
    return put_detection(radar, view, row, found, distance, azimuth, velocity, drawn)


@routine
def put_detection(radar, view, row, found, distance, azimuth, velocity, drawn):
    """Adds a detection of power `drawn` over the mean noise, if it lies in the field of view."""
    device, rows = radar.device, radar.found
    if found >= rows.shape[1] or distance < RANGE_MIN_M or distance > device.range or abs(azimuth) > device.half_fov:
        return found
    velocity = wrapped(velocity, device.velocity_max)
    snr = f32(math.log(drawn - _ONE)) / _NEPER
    cos, sin = f32(math.cos(azimuth)), f32(math.sin(azimuth))
    share = distance / device.range
    rows[row, found, _RANGE], rows[row, found, _AZIMUTH], rows[row, found, _VELOCITY] = distance, azimuth, velocity
    rows[row, found, _GROUND] = velocity + radar.own[view, 0] * cos + radar.own[view, 1] * sin
    rows[row, found, _RCS] = (
        snr - device.snr_at_range + _TWENTY * f32(math.log10(share * share)) + edge_db(device, azimuth)
    )
    rows[row, found, _SNR], rows[row, found, _CHANCE] = snr, NO_GHOST
    return found + 1


@routine
def add_clutter(radar, view, row, found, stream):
    """Adds what patches of ground and plants return: they stand still, anywhere in view, near enough to be found."""
    device = radar.device
    for patch in range(poisson_of(stream, CLUTTER + COUNT, device.clutter_mean, _MANY)):
        index = np.int64(CLUTTER) + 2 * patch * DRAWS_PER_POINT
        distance = max(device.clutter_range * uniform_of(stream, index), RANGE_MIN_M)
        azimuth = device.half_fov * (_TWO * uniform_of(stream, index + 1) - _ONE)
        if is_shut(radar, view, azimuth):
            continue
        deviation, _ = normals_of(stream, index + 2)
        share = distance / device.range
        snr = device.snr_at_range + _CLUTTER_DBSM + _CLUTTER_SPREAD * deviation - edge_db(device, azimuth)
        power = power_of(radar, view, snr - _TWENTY * f32(math.log10(share * share)), distance)
        cos, sin = f32(math.cos(azimuth)), f32(math.sin(azimuth))
        velocity = -radar.own[view, 0] * cos - radar.own[view, 1] * sin
        found = measure(radar, view, row, found, stream, index + DRAWS_PER_POINT, distance, azimuth, velocity, power)
    return found


@routine
def add_alarms(radar, view, row, found, stream, first, mean):
    """Adds detections of nothing: any range, azimuth and velocity, power over the threshold as noise has it."""
    device = radar.device
    for alarm in range(poisson_of(stream, first + COUNT, mean, _MANY)):
        index = first + alarm * DRAWS_PER_POINT
        distance = device.range * uniform_of(stream, index)
        azimuth = device.half_fov * (_TWO * uniform_of(stream, index + 1) - _ONE)
        velocity = device.velocity_max * (_TWO * uniform_of(stream, index + 2) - _ONE)
        drawn = device.threshold + exponential_of(stream, index + 3)
        found = put_detection(radar, view, row, found, distance, azimuth, velocity, drawn)
    return found
