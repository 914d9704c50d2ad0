"""Head "forecast": the road users in the pictures, and where they may be over the next three seconds."""

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, Metric, Quantity, Said, Truth, array
from agents.heads.metrics import PRESENCE_THRESHOLD

if TYPE_CHECKING:
    from torch import Tensor

    from agents.network.forecaster import Cells, Forecast

AHEAD_TICKS = (5, 10, 15, 20, 25, 30)
"""Control steps later at which road users are forecast: every half second for three seconds."""
HORIZON_S = 3.0
RANGE_M = 40.0
"""Road users are forecast within this [m]."""
SEEN_PX = 4
"""Pixels of the first camera's picture that show somebody, from which he counts as seen."""
MATCH_M, MATCH_SHARE = 2.0, 0.2
"""Who is said to be farther from where he is than this, and than this share of his distance, is not found [m]."""
MOVING_M_S, MOVING_M = 0.5, 1.0
"""Who is faster, or will have gone farther after three seconds, moves."""


class TrackColumn(IntEnum):
    """Columns of the label `tracks`."""

    AHEAD = 0
    """Of the ego's rear axle, along its axes [m]."""
    LEFT = 1
    YAW = 2
    """Heading in the ego's frame [rad]."""
    SPEED_AHEAD = 3
    """Over the ground, along the ego's axes [m/s]."""
    SPEED_LEFT = 4
    EAST = 5
    """In the world [m]."""
    NORTH = 6
    WORLD_YAW = 7
    NUMBER = 8
    """Nobody else in the episode has it; -1: nobody is there."""
    IS_SEEN = 9
    """1 where at least `SEEN_PX` pixels of the first camera's picture show it."""


_MIRRORED = (TrackColumn.LEFT, TrackColumn.YAW, TrackColumn.SPEED_LEFT, TrackColumn.NORTH, TrackColumn.WORLD_YAW)


def forecast_head() -> Head:
    """Who is in the pictures within 40 m, how they move, and paths that they may take for three seconds."""
    return Head(
        name="forecast",
        build=_build,
        labels=(
            Quantity(
                name="tracks",
                unit="TrackColumn",
                axes=("slot", len(TrackColumn)),
                mirror=tuple(-1.0 if column in _MIRRORED else 1.0 for column in TrackColumn),
                channel="instance",
                source=_tracks,
                ahead=AHEAD_TICKS,
            ),
        ),
        losses=(
            Loss(
                name="users_present",
                weight=0.2,
                meaning="focal cross-entropy of there being a road user in a cell of a picture",
                function=lambda said, labels: _over_cameras(_presence_loss, said, labels),
            ),
            Loss(
                name="users_motion",
                weight=0.2,
                meaning="Huber losses of where road users are, relative, and of their velocity",
                function=lambda said, labels: _over_cameras(_motion_loss, said, labels),
            ),
            Loss(
                name="forecast",
                weight=0.2,
                meaning="Huber loss of the path that ends nearest to theirs, cross-entropy of its being that one",
                function=lambda said, labels: _over_cameras(_path_loss, said, labels),
            ),
        ),
        explain=_explain,
        metrics=(
            Metric(
                meanings={
                    "users_recall": f"share of road users in view within {RANGE_M:.0f} m that are found",
                    "forecast_min_ade_m": "mean error of the best of 4 paths over 3 s, of those found that move [m]",
                    "forecast_min_fde_m": "error of its end [m]",
                    "constant_velocity_fde_m": "error of the end of going on at the velocity seen, of the same [m]",
                    "true_velocity_fde_m": "error of the end of going on at the true velocity, of the same [m]",
                },
                needs=("forecast_present", "forecast_place", "forecast_velocity", "forecast_paths"),
                counts=forecast_counts,
                values=lambda counts: tuple(
                    float(counts[top] / counts[bottom]) if counts[bottom] else float("nan")
                    for top, bottom in ((0, 1), (2, 6), (3, 6), (4, 6), (5, 6))
                ),
            ),
        ),
    )


def _build(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.forecaster import Forecaster

    return Forecaster(config)


def _tracks(truth: Truth) -> np.ndarray:
    labels = truth.labels
    valid = labels["objects_valid"]
    tracks = np.zeros((*valid.shape, len(TrackColumn)), np.float32)
    tracks[..., :2] = labels["objects_position"]
    tracks[..., TrackColumn.YAW] = labels["objects_yaw"]
    tracks[..., 3:5] = labels["objects_velocity"]
    tracks[..., 5:7] = labels["world_objects_position"][..., :2]
    tracks[..., TrackColumn.WORLD_YAW] = labels["world_objects_yaw"]
    tracks[..., TrackColumn.NUMBER] = np.where(valid, labels["objects_track"], -1)
    tracks[..., TrackColumn.IS_SEEN] = valid & (_pixels(truth, valid.shape[1]) >= SEEN_PX)
    return tracks


def _pixels(truth: Truth, slots: int) -> np.ndarray:
    """Pixels of the first camera's picture that show each road user, int64 (world, slot)."""
    assert truth.camera is not None
    instance = truth.observation[truth.camera.key("instance")]
    worlds, count = len(instance), slots + 2
    # A slot's number plus one, 0 for nothing, and all scenery together.
    ids = np.minimum(instance.reshape(worlds, -1), slots + 1).astype(np.int64) + count * np.arange(worlds)[:, None]
    return np.bincount(ids.ravel(), minlength=worlds * count).reshape(worlds, count)[:, 1:-1]


def displacements(tracks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far road users go.

    Args:
        tracks: (frame, 1 + point, slot, column), now first; nan where a later moment is unknown.

    Returns:
        In the ego's axes of now, float32 (frame, slot, point, 2) [m], 0 where unknown; where it is known, bool (frame,
        slot, point).
    """
    now, later = tracks[:, :1], tracks[:, 1:]
    known = (later[..., TrackColumn.NUMBER] == now[..., TrackColumn.NUMBER]) & (now[..., TrackColumn.NUMBER] >= 0)
    yaw = now[..., TrackColumn.WORLD_YAW] - now[..., TrackColumn.YAW]
    east = later[..., TrackColumn.EAST] - now[..., TrackColumn.EAST]
    north = later[..., TrackColumn.NORTH] - now[..., TrackColumn.NORTH]
    cos, sin = np.cos(yaw), np.sin(yaw)
    gone = np.stack((east * cos + north * sin, north * cos - east * sin), axis=-1)
    return np.where(known[..., None], gone, np.float32(0.0)).swapaxes(1, 2), known.swapaxes(1, 2)


def _over_cameras(function: Any, said: "Forecast", labels: "Mapping[str, Tensor]") -> "Tensor":
    """Sum over cameras of a loss of what the cells say of whom they show: `function(cells, users)`."""
    import torch

    from agents.network.forecaster import cells_of

    tracks = labels["tracks"]
    now, device = tracks[:, 0], tracks.device
    gone, known = (torch.from_numpy(values).to(device) for values in displacements(tracks.cpu().numpy()))
    place, distance = now[..., :2], now[..., :2].norm(dim=-1)
    seen = (now[..., TrackColumn.IS_SEEN] > 0) & (distance < RANGE_M)
    total = place.new_zeros(())
    for name, cell in cells_of(said.cameras, place).items():
        cells = said.cells[name]
        # Of several in one cell it speaks of the nearest.
        rival = (cell.unsqueeze(1) == cell.unsqueeze(2)) & seen.unsqueeze(1)
        nearer = distance.unsqueeze(1) < distance.unsqueeze(2)
        chosen = seen & (cell < cells.logit.shape[1]) & ~(rival & nearer).any(dim=2)
        frame, slot = chosen.nonzero(as_tuple=True)
        users = (frame, cell[frame, slot], now[frame, slot], gone[frame, slot], known[frame, slot])
        total = total + function(cells, *users)
    return total


def _presence_loss(
    cells: "Cells", frame: "Tensor", cell: "Tensor", now: "Tensor", gone: "Tensor", known: "Tensor"
) -> "Tensor":
    """Focal loss with gamma = 2 (Lin et al. 2017, arXiv:1708.02002), summed, by the number of road users."""
    import torch
    from torch.nn import functional

    present = torch.zeros_like(cells.logit)
    present[frame, cell] = 1.0
    each = functional.binary_cross_entropy_with_logits(cells.logit, present, reduction="none")
    missing = (present - cells.logit.sigmoid()).abs()
    return (missing * missing * each).sum() / present.sum().clamp(min=1.0)


def _motion_loss(
    cells: "Cells", frame: "Tensor", cell: "Tensor", now: "Tensor", gone: "Tensor", known: "Tensor"
) -> "Tensor":
    import torch

    from agents.losses import masked_huber

    place, velocity = now[:, :2], now[:, 3:5]
    scale = 1.0 / place.norm(dim=1, keepdim=True).clamp(min=2.0)
    valid = torch.ones_like(place, dtype=torch.bool)
    where = masked_huber(cells.place[frame, cell] * scale, place * scale, valid, delta=0.05)
    return where + 0.2 * masked_huber(cells.velocity[frame, cell], velocity, valid, delta=0.5)


def _path_loss(
    cells: "Cells", frame: "Tensor", cell: "Tensor", now: "Tensor", gone: "Tensor", known: "Tensor"
) -> "Tensor":
    from agents.losses import path_loss

    distance, mode = path_loss(cells.paths[frame, cell], cells.modes[frame, cell], gone, known)
    return distance + 0.3 * mode


def _explain(said: "Forecast") -> dict[str, np.ndarray]:
    import torch

    cells = list(said.cells.values())
    return {
        "forecast_present": array(torch.cat([each.logit for each in cells], dim=1).sigmoid()),
        "forecast_place": array(torch.cat([each.place for each in cells], dim=1)),
        "forecast_velocity": array(torch.cat([each.velocity for each in cells], dim=1)),
        "forecast_paths": array(torch.cat([each.paths for each in cells], dim=1)),
        "forecast_modes": array(torch.cat([each.modes for each in cells], dim=1).softmax(dim=2)),
    }


def likely_paths(said: Said) -> tuple[np.ndarray, np.ndarray]:
    """The most likely path of every road user found, of one world, for whoever draws them.

    Args:
        said: Its explanation, without the axis `world`.

    Returns:
        Paths in the ego's frame, from where the road users are now, (user, 1 + point, 2) [m]; how surely each is there,
        (user,). Of cells that speak of the same one, within 2 m of each other, the surest counts.
    """
    present, place = said["forecast_present"], said["forecast_place"]
    kept: list[int] = []
    for cell in np.argsort(-present):
        if present[cell] <= PRESENCE_THRESHOLD:
            break
        if all(np.linalg.norm(place[cell] - place[other]) > MATCH_M for other in kept):
            kept.append(int(cell))
    modes = said["forecast_modes"][kept].argmax(axis=1) if kept else np.zeros(0, np.int64)
    gone = said["forecast_paths"][kept, modes]
    return np.concatenate((np.zeros_like(gone[:, :1]), gone), axis=1) + place[kept][:, None], present[kept]


def forecast_counts(said: Said, truth: Said) -> np.ndarray:
    """What is summed: found, in view; errors of the best paths, of their ends, of constant velocities; of how many.

    A road user in view within 40 m is found by the cell that says it shows somebody and puts him nearest to where he
    is, within 2 m or a fifth of his distance; one cell finds one. Errors are those of how far he goes, of who is found,
    moves, and is known for all three seconds.

    Args:
        said: `forecast_present` (world, cell), `forecast_place` and `forecast_velocity` (world, cell, 2), and
            `forecast_paths` (world, cell, mode, point, 2).
        truth: `tracks` (world, 1 + point, slot, column).

    Returns:
        float64 (7,).
    """
    tracks = truth["tracks"]
    gone, known = displacements(tracks)
    counts = np.zeros(7)
    for world, now in enumerate(tracks[:, 0]):
        distance = np.linalg.norm(now[:, :2], axis=1)
        cells = np.flatnonzero(said["forecast_present"][world] > PRESENCE_THRESHOLD)
        place, seen, paths = (said[f"forecast_{name}"][world][cells] for name in ("place", "velocity", "paths"))
        free = np.ones(len(cells), np.bool_)
        in_view = (now[:, TrackColumn.IS_SEEN] > 0) & (distance < RANGE_M)
        for slot in sorted(np.flatnonzero(in_view), key=distance.__getitem__):
            counts[1] += 1
            apart = np.where(free, np.linalg.norm(place - now[slot, :2], axis=1), np.inf)
            if not free.any() or apart.min() > max(MATCH_M, MATCH_SHARE * distance[slot]):
                continue
            cell = int(apart.argmin())
            free[cell] = False
            counts[0] += 1
            end, velocity = gone[world, slot, -1], now[slot, 3:5]
            moves = np.linalg.norm(velocity) > MOVING_M_S or np.linalg.norm(end) > MOVING_M
            if not known[world, slot].all() or not moves:
                continue
            errors = np.linalg.norm(paths[cell] - gone[world, slot], axis=-1)
            best = errors[errors[:, -1].argmin()]
            steady = [np.linalg.norm(HORIZON_S * each - end) for each in (seen[cell], velocity)]
            counts[2:] += np.array([best.mean(), best[-1], *steady, 1.0])
    return counts
