"""The simulator beside its peers: windows of a peer and of our nearest scenes take turns in one run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.bench import scenes
from agents.bench.figures import SINGLE_MAPS, Status
from agents.bench.peer import PEERS, Peer, PeerError, PeerProcess, install
from agents.bench.timing import Rate, measure

if TYPE_CHECKING:
    from agents.bench.command import BenchArgs

Scene = scenes.Batch | scenes.Single


@dataclass(frozen=True, kw_only=True)
class Own:
    """A scene of ours to put beside peers."""

    name: str
    note: str
    """What a step of it is."""
    build: Callable[[bool], Scene]
    """Makes it; the argument asks for a small one."""


def _full(quick: bool) -> scenes.Batch:
    if quick:
        return scenes.full_batch(16, 2)
    batch = scenes.full_batch()
    batch.stagger()
    return batch


OWN: dict[str, Own] = {
    "full": Own(
        name="Highway, 256 at once",
        note="64x64 RGB, depth and semantics from the car, 9 other cars, 0.1 s",
        build=_full,
    ),
    "colour": Own(
        name="Lane, 16 at once",
        note="96x96 RGB from the car, no traffic, 0.1 s",
        build=lambda quick: scenes.colour_batch(16, 2 if quick else SINGLE_MAPS),
    ),
    "vector": Own(
        name="Highway, 64 at once",
        note="state of 31 other cars, no camera, 0.1 s",
        build=lambda quick: scenes.vector_batch(64, 2 if quick else SINGLE_MAPS),
    ),
    "lane": Own(
        name="Lane, single",
        note="96x96 RGB from the car, no traffic, 0.1 s",
        build=lambda quick: scenes.colour_single(2 if quick else SINGLE_MAPS),
    ),
    "highway": Own(
        name="Highway, single",
        note="128x64 RGB from the car, 12 other cars, 0.1 s",
        build=lambda quick: scenes.highway_single(2 if quick else SINGLE_MAPS),
    ),
}

PAIRS: dict[str, tuple[str, ...]] = {
    "envpool-carracing": ("full", "colour"),
    "envpool-highway": ("vector",),
    "carracing": ("lane",),
    "highway-env": ("highway",),
    "metadrive-topdown": ("highway",),
    "metadrive-lidar": ("highway",),
}
"""Which of our scenes stand beside a peer."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A peer and our scenes in the same minutes; `problem` says why there are no rates."""

    peer: Peer
    facts: dict[str, Any]
    theirs: Rate | None
    ours: dict[str, Rate]
    problem: str = ""

    def ratio(self, own: str) -> float:
        """Our frames over theirs, per second of processor time: all run on one thread."""
        assert self.theirs is not None
        return self.ours[own].median_per_cpu / self.theirs.median_per_cpu

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "peer": self.peer.name,
            "step": self.peer.note,
            "facts": self.facts,
            "problem": self.problem,
            "rate": None if self.theirs is None else self.theirs.to_json(),
            "ours": {
                own: {
                    "scene": OWN[own].name,
                    "step": OWN[own].note,
                    "rate": rate.to_json(),
                    "ratio": self.ratio(own),
                }
                for own, rate in self.ours.items()
            },
        }


def compare(args: "BenchArgs", status: Status) -> list[Comparison]:
    """Every peer beside its scenes. A peer that cannot be had is told, not raised."""
    built: dict[str, Scene] = {}
    compared = []
    for key, owns in PAIRS.items():
        peer = PEERS[key]
        try:
            with status(f"{peer.name}: installing into an environment of its own"):
                python = install(peer.home)
            with status(f"{peer.name} beside ours"), PeerProcess(peer, python) as process:
                for own in owns:
                    if own not in built:
                        built[own] = OWN[own].build(args.quick)
                rates = measure(
                    {"theirs": process, **{own: built[own].loop() for own in owns}},
                    unit="frames",
                    windows=args.windows,
                    window_s=args.window_s,
                )
            theirs = rates.pop("theirs")
            compared.append(Comparison(peer=peer, facts=process.facts, theirs=theirs, ours=rates))
        except PeerError as error:
            compared.append(Comparison(peer=peer, facts={}, theirs=None, ours={}, problem=str(error)))
    for scene in built.values():
        scene.close()
    return compared
