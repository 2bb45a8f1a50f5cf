"""Counts tries and failures by kind."""

import json
import sys
import time


class Tally:
    """The results of a campaign: tries and failures of each kind, and how every failure is made again."""

    def __init__(self, quiet=False):
        self.kinds = {}
        self.failures = []
        self.started = time.monotonic()
        self.quiet = quiet

    def add(self, kind, problems, command, tries=1):
        """Counts tries of `kind`, one of them a failure where there are problems."""
        entry = self.kinds.setdefault(kind, {"tries": 0, "failures": 0})
        entry["tries"] += tries
        if not problems:
            return
        entry["failures"] += 1
        self.failures.append({"kind": kind, "command": command, "problems": problems})
        if not self.quiet:
            print(f"FAIL {kind}: {command}", *problems, sep="\n       ", file=sys.stderr, flush=True)

    @property
    def summary(self):
        """The counts and failures as one object."""
        total = {
            key: sum(entry[key] for entry in self.kinds.values()) for key in ("tries", "failures")
        }
        seconds = round(time.monotonic() - self.started, 1)
        return {"seconds": seconds, **total, "kinds": self.kinds, "failed": self.failures}

    def table(self):
        """The counts as lines of text."""
        width = max([len(kind) for kind in self.kinds] + [5])
        rows = [f"{'kind':{width}}  {'tries':>7}  failures"]
        for kind, entry in self.kinds.items():
            rows.append(f"{kind:{width}}  {entry['tries']:7}  {entry['failures']:8}")
        summary = self.summary
        rows.append(f"{'all':{width}}  {summary['tries']:7}  {summary['failures']:8}")
        return "\n".join(rows)

    def write(self, path):
        """Writes the summary as JSON."""
        path.write_text(json.dumps(self.summary, indent=1) + "\n")
