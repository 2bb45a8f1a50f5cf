"""How much of the processors other programs took while one was measured."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

LIMIT = 0.25  # processors; above, a figure counts as disturbed


def busy_seconds() -> float | None:
    """Processor seconds of the whole machine that were not idle, since it started; None where /proc does not say."""
    try:
        ticks = [int(text) for text in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = ticks
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Watch:
    """From its making on, the processors that others kept busy, on average."""

    def __init__(self) -> None:
        self.start, self.busy, self.own = time.perf_counter(), busy_seconds(), own_seconds()

    def others(self) -> float:
        """Processors, 0 where the machine does not say; children that run still count as others."""
        now = busy_seconds()
        if now is None or self.busy is None:
            return 0.0
        wall = max(time.perf_counter() - self.start, 1e-3)
        return max(0.0, (now - self.busy - (own_seconds() - self.own)) / wall)


def wait(limit: float = 60) -> None:
    """Waits until others leave the processors alone for a second, at most `limit` seconds."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        watch = Watch()
        time.sleep(1)
        if watch.others() < LIMIT:
            return
