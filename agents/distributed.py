"""Processes that train together: how they start, what they exchange, and how they end together.

Every process runs the same function with the same arguments; process 0 leads: it alone talks and writes. Under
`torchrun` the processes are there already, on one machine or several; otherwise the leader starts the others on its
own. Whatever is added up is gathered first and then added in a fixed order, because floating-point sums depend on it.
"""

import contextlib
import datetime
import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

import torch
from torch import Tensor, distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]  # public, but the stub hides it

MEMBER_VARIABLE = "DRIVESIM_GROUP_MEMBER"
"""Set in the processes a leader starts: rank, number of processes, and port of the leader's store."""
LOOPBACK = "127.0.0.1"
PATIENCE = datetime.timedelta(days=7)
"""Others may wait this long: for an evaluation, for a machine put to sleep. A process that ends is noticed at once."""
POLL_S = 0.02
LAST_WORDS_S = 5.0
"""A process whose connection broke has this long to end and to tell why."""


class PeerLost(ConnectionError):
    """Another process of the group has ended."""


class Group:
    """This process among those that train together. Alone, it exchanges nothing.

    Args:
        rank: This process, 0 for the leader.
        size: Processes in all.
        one_machine: They share memory, through which large rows go.
    """

    def __init__(self, rank: int = 0, size: int = 1, *, one_machine: bool = True) -> None:
        self.rank, self.size, self.one_machine = rank, size, one_machine
        self._shared: Tensor | None = None
        self._turn = 0

    @property
    def leads(self) -> bool:
        """This is the process that talks and writes."""
        return self.rank == 0

    def numbers(self, count: int) -> range:
        """What this process carries of things numbered from 0 to `count`, a multiple of `size`: one block of them."""
        share = count // self.size
        return range(self.rank * share, (self.rank + 1) * share)

    def gather(self, rows: Tensor) -> Tensor:
        """The rows of all processes, in their order, (size * n, width), from every process's (n, width).

        Every call takes rows of the same shape. The result is overwritten by the next call but one.

        Raises:
            PeerLost: Another process has ended.
        """
        if self.size == 1:
            return rows
        if self.one_machine and self._shared is None:
            self._shared = self._map_shared(self.size * len(rows), rows.shape[1])
        if self._shared is None:
            own = rows.cpu()
            everything = own.new_empty((self.size, *own.shape))
            with lost_peers_named():
                distributed.all_gather(list(everything), own)
            return everything.flatten(0, 1).to(rows.device)
        # Two sets of rows take turns: whoever writes one has seen all others done with it.
        self._turn = 1 - self._turn
        everything = self._shared[self._turn]
        everything[self.rank * len(rows) : (self.rank + 1) * len(rows)] = rows
        with lost_peers_named():
            distributed.barrier()
        return everything.to(rows.device)

    def _map_shared(self, count: int, width: int) -> Tensor:
        """Memory for two sets of rows that all processes of this machine see, (2, count, width)."""
        size = 2 * count * width
        with contextlib.ExitStack() as stack:
            file = ""
            if self.leads:
                stream = stack.enter_context(tempfile.NamedTemporaryFile(prefix="drivesim-rows-"))
                # Written rather than left sparse: a full disk is an error here and a crash later.
                stream.write(bytes(4 * size))
                stream.flush()
                file = stream.name
            shared = torch.from_file(self.agree(file), shared=True, size=size)
            with lost_peers_named():
                distributed.barrier()
        return shared.view(2, count, width)

    def gather_objects(self, value: Any) -> list[Any]:
        """A picklable value of every process, in their order, at the leader; an empty list elsewhere."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size if self.leads else []
        with lost_peers_named():
            distributed.gather_object(value, values if self.leads else None)
        return values

    def agree(self, value: Any) -> Any:
        """The leader's value, at every process."""
        if self.size == 1:
            return value
        box = [value]
        with lost_peers_named():
            distributed.broadcast_object_list(box)
        return box[0]


@contextlib.contextmanager
def lost_peers_named() -> Iterator[None]:
    """Within it, a broken connection raises what it is."""
    try:
        yield
    except RuntimeError as error:
        raise PeerLost("another process of this training has ended") from error


def in_order(rows: Tensor) -> Tensor:
    """The sum of rows (n, ...), added one after the other from the first: the same bits wherever they come from."""
    total = rows[0].clone()
    for row in rows[1:]:
        total += row
    return total


def process_count(wanted: int, shards: int, cores: int) -> int:
    """Processes to carry `shards` evenly: `wanted`, or as many as `cores` allow if it is 0."""
    return wanted or max(count for count in range(1, shards + 1) if shards % count == 0 and count <= max(cores, 1))


def assigned() -> tuple[int, int] | None:
    """Rank and number of processes, where this process was started as one of several."""
    if MEMBER_VARIABLE in os.environ:
        rank, size, _ = map(int, os.environ[MEMBER_VARIABLE].split())
        return rank, size
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    return None


@contextlib.contextmanager
def together(target: str, argument: Any, processes: int, prepare: Callable[[], None] | None = None) -> Iterator[Group]:
    """Within it this process is one of a group in which all call the same function.

    Args:
        target: `module:function`, which the other processes call with `argument` and which enters this context too.
        argument: Picklable.
        processes: Processes of the group; those that are missing are started here.
        prepare: Called by the leader while the others start, before any of them begins to work.

    Raises:
        PeerLost: Another process has ended; the message says how.
    """
    place = assigned()
    if place is not None:
        if prepare is not None and place[0] == 0:
            prepare()
        with _connected(*place, store=_leaders_store()) as group:
            yield group
        return
    if processes == 1:
        if prepare is not None:
            prepare()
        yield Group()
        return
    store = TCPStore(LOOPBACK, 0, is_master=True, wait_for_workers=False, timeout=PATIENCE)
    members = [_Member(rank, processes, store.port) for rank in range(1, processes)]
    try:
        if prepare is not None:
            prepare()
        for member in members:
            member.begin(target, argument)
        _wait_for(members, store)
        with _connected(0, processes, store=store) as group:
            yield group
        for member in members:
            member.end()
    except PeerLost as error:
        raise PeerLost(_last_words(members) or str(error)) from error
    finally:
        for member in members:
            member.kill()


@contextlib.contextmanager
def _connected(rank: int, size: int, *, store: Any) -> Iterator[Group]:
    if store is not None:
        _prefer_loopback()
        store.set(f"joined/{rank}", "")
    with lost_peers_named():
        where = {"store": store, "rank": rank, "world_size": size} if store is not None else {}
        distributed.init_process_group("gloo", timeout=PATIENCE, **where)
    try:
        yield Group(rank, size, one_machine=store is not None or os.environ.get("LOCAL_WORLD_SIZE") == str(size))
    finally:
        distributed.destroy_process_group()


def _leaders_store() -> Any:
    """The store of the leader that started this process; None under `torchrun`, which has its own."""
    if MEMBER_VARIABLE not in os.environ:
        return None
    port = int(os.environ[MEMBER_VARIABLE].split()[2])
    with lost_peers_named():
        return TCPStore(LOOPBACK, port, is_master=False, timeout=PATIENCE)


def _prefer_loopback() -> None:
    """Keeps a group on one machine off interfaces that come and go with networks; a setting of the user's stays."""
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    if names:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", names[0])


class _Member:
    """A process that a leader started."""

    def __init__(self, rank: int, size: int, port: int) -> None:
        self.rank = rank
        self._said: IO[bytes] = tempfile.TemporaryFile()
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # A session of its own: Ctrl-C in the terminal is the leader's to handle, and Linux, which shares cores out to
        # sessions first, gives the processes of a training each as much as it gives another program.
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from agents.distributed import work; work()"],
            env={**os.environ, MEMBER_VARIABLE: f"{rank} {size} {port}", "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )

    def begin(self, target: str, argument: Any) -> None:
        """Tells it what to work on."""
        with contextlib.suppress(BrokenPipeError):
            stream = cast("IO[bytes]", self.process.stdin)
            pickle.dump((target, argument), stream)
            stream.close()

    def end(self) -> None:
        """Waits for its end after the work is done."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LAST_WORDS_S)

    def kill(self) -> None:
        """Ends it now."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self._said.close()

    def last_words(self) -> str:
        """How it ended, and the last line it said; "" while it runs or if it ended well."""
        code = self.process.poll()
        if not code:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else lines[-1] if lines else f"exit code {code}"
        return f"process {self.rank} of this training has ended: {how}"


def _wait_for(members: list[_Member], store: Any) -> None:
    """Waits until every member has joined the store."""
    missing = {f"joined/{member.rank}" for member in members}
    while missing:
        missing = {key for key in missing if not store.check([key])}
        for member in members:
            if member.process.poll() is not None:
                raise PeerLost(member.last_words() or f"process {member.rank} of this training did not begin")
        time.sleep(POLL_S)


def _last_words(members: list[_Member]) -> str:
    """What the member said that ended first, by its own fault rather than because another one had ended."""
    until = time.monotonic() + LAST_WORDS_S
    while time.monotonic() < until:
        words = [words for member in members if (words := member.last_words())]
        if words:
            return min(words, key=lambda line: "another process" in line)
        time.sleep(POLL_S)
    return ""


def work() -> None:
    """What a started process does: reads what to call from standard input, calls it, and is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        target, argument = pickle.load(sys.stdin.buffer)  # from the leader, through its own pipe
        module, _, name = target.partition(":")
        getattr(importlib.import_module(module), name)(argument)
    except EOFError:
        sys.exit("the leader has ended")
    except PeerLost as error:
        sys.exit(str(error))
