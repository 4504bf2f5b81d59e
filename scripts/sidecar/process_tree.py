"""Measures the service's process and its children, found by pid or by the port it listens on."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from scripts.sidecar.cgroup import Cgroup
from scripts.sidecar.listener import listening_inodes, open_connections, socket_owners
from scripts.sidecar.reading import Reading
from scripts.sidecar.tick import NS_PER_S

# Looking through every process's descriptors is dear, so a failed search is not repeated each tick.
_SEARCH_PAUSE_S = 5.0
_PORT_FORWARDERS = ("docker-proxy", "rootlessport", "slirp4netns", "pasta")


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """Sums over the tree; `rss_bytes` counts pages that processes share once for each of them."""

    pids: tuple[int, ...]
    rss_bytes: int
    fds: int | None
    connections: int | None
    """Open towards clients of the watched port; None without a port."""
    threads: int
    cpu_percent: float | None
    cgroup_memory_limit_bytes: int | None
    cgroup_memory_used_bytes: int | None


class ProcessAbsentError(Exception):
    """The process is not there now; the message says why in a few words."""


class ProcessTree:
    """The watched tree. A process that ends is looked for again, by port, at every reading."""

    def __init__(self, pid: int | None, port: int | None, proc: Path = Path("/proc")) -> None:
        self._pid = pid
        self._port = port
        self._proc = proc
        self._roots: tuple[psutil.Process, ...] = ()
        self._known: dict[int, psutil.Process] = {}
        self._cpu_s: dict[int, float] = {}
        self._cgroup: Cgroup | None = None
        self._read_ns: int | None = None
        self._search_from_ns = 0

    def read(self) -> Reading:
        missing: dict[str, str] = {}
        try:
            reading = self._measure(missing)
        except ProcessAbsentError as absent:
            self._forget()
            return Reading({"process": None}, {"process": str(absent)})
        return Reading({"process": asdict(reading)}, missing)

    def _measure(self, missing: dict[str, str]) -> ProcessReading:
        now_ns = time.monotonic_ns()
        pids: list[int] = []
        rss_bytes = threads = fds = 0
        fds_seen, cpu_s = True, {}
        for process in self._processes(now_ns):
            try:
                with process.oneshot():
                    if process.status() == psutil.STATUS_ZOMBIE:
                        continue
                    rss_bytes += process.memory_info().rss
                    threads += process.num_threads()
                    times = process.cpu_times()
                    cpu_s[process.pid] = times.user + times.system
                    pids.append(process.pid)
                    fds += process.num_fds()
            except psutil.AccessDenied:
                fds_seen = False
            except psutil.NoSuchProcess:
                continue
        if not pids:
            raise ProcessAbsentError("the process has ended" if fds_seen else "not permitted")
        if not fds_seen:
            missing["process.fds"] = "not permitted"
        percent = self._cpu_percent(cpu_s, now_ns, missing)
        limits = self._cgroup.read() if self._cgroup is not None else None
        return ProcessReading(
            tuple(pids),
            rss_bytes,
            fds if fds_seen else None,
            None if self._port is None else open_connections(self._port, self._proc),
            threads,
            percent,
            limits.memory_limit_bytes if limits else None,
            limits.memory_used_bytes if limits else None,
        )

    def _cpu_percent(self, cpu_s: dict[int, float], now_ns: int, missing: dict[str, str]) -> float | None:
        """CPU time of the tree since the last reading, 100 for one whole core.

        A process that appeared since then counts from its start; what one used that ended since is lost.
        """
        before, self._cpu_s = self._cpu_s, cpu_s
        before_ns, self._read_ns = self._read_ns, now_ns
        if before_ns is None:
            missing["process.cpu"] = "needs two samples"
            return None
        spent_s = sum(spent - before.get(pid, 0.0) for pid, spent in cpu_s.items())
        return round(100.0 * spent_s * NS_PER_S / (now_ns - before_ns), 2)

    def _processes(self, now_ns: int) -> list[psutil.Process]:
        if not self._roots or not all(root.is_running() for root in self._roots):
            self._forget()
            self._roots = self._found(now_ns)
            self._cgroup = Cgroup(self._roots[0].pid, proc=self._proc)
        found: dict[int, psutil.Process] = {}
        for root in self._roots:
            found[root.pid] = root
            try:
                for child in root.children(recursive=True):
                    # The known object keeps its start time, which tells a reused pid apart.
                    known = self._known.get(child.pid)
                    found[child.pid] = known if known == child and known is not None else child
            except psutil.NoSuchProcess:
                continue
        for pid, process in found.items():
            if self._known.get(pid) != process:
                self._cpu_s.pop(pid, None)
        self._known = found
        return list(found.values())

    def _found(self, now_ns: int) -> tuple[psutil.Process, ...]:
        if self._pid is not None:
            try:
                return (psutil.Process(self._pid),)
            except psutil.NoSuchProcess:
                if self._port is None:
                    raise ProcessAbsentError(f"no process {self._pid}") from None
        if self._port is None:
            raise ProcessAbsentError("neither pid nor port is known")
        return self._listening(self._port, now_ns)

    def _listening(self, port: int, now_ns: int) -> tuple[psutil.Process, ...]:
        inodes = listening_inodes(port, self._proc)
        if not inodes:
            raise ProcessAbsentError(f"nothing listens on port {port}")
        hidden = f"cannot see who listens on port {port}; run the sidecar as the same user, on that host"
        if now_ns < self._search_from_ns:
            raise ProcessAbsentError(hidden)
        owners = []
        for pid in socket_owners(inodes, self._proc):
            try:
                owners.append(psutil.Process(pid))
            except psutil.NoSuchProcess:
                continue
        if not owners:
            self._search_from_ns = now_ns + round(_SEARCH_PAUSE_S * NS_PER_S)
            raise ProcessAbsentError(hidden)
        return _service_roots(owners, port)

    def _forget(self) -> None:
        """A pid that is gone stays gone; only a port can find the next process."""
        if self._roots and self._pid is not None and self._port is not None:
            self._pid = None
        self._roots, self._known, self._cpu_s = (), {}, {}
        self._cgroup, self._read_ns = None, None


def _service_roots(owners: list[psutil.Process], port: int) -> tuple[psutil.Process, ...]:
    """The topmost owners: workers inherit the socket of the process that started them."""
    pids = {owner.pid for owner in owners}
    roots = []
    for owner in owners:
        try:
            if owner.ppid() in pids:
                continue
            name = owner.name()
        except psutil.NoSuchProcess:
            continue
        if name in _PORT_FORWARDERS:
            raise ProcessAbsentError(
                f"port {port} is held by {name}, not by the service; set sidecar.process.pid"
            )
        roots.append(owner)
    if not roots:
        raise ProcessAbsentError(f"nothing listens on port {port}")
    return tuple(roots)
