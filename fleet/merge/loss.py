# SPDX-License-Identifier: GPL-2.0-only
"""Losses, told at the end, and progress until then"""
from __future__ import annotations

import contextlib
import os
import sys
import time

from .records import plural, say
from .rows import MAX_ROWS

OK, LOST = 0, 5  # exit statuses


def summary(sources, rows):
    """The content of the last object of --json."""
    total = {name: sum(source.loss[name] for source in sources) for name in ("shed", "unmatched", "below", "lost", "missed")}
    uncounted = {}
    for source in sources:
        for why, n in source.uncounted.items():
            uncounted[why] = uncounted.get(why, 0) + n
    return {"hosts": len({source.host for source in sources}),
            "records": sum(source.records for source in sources), **total,
            "uncounted": [{"events": n, "why": why} for why, n in uncounted.items()],
            "broken": sum(source.broken for source in sources),
            "late": sum(source.late for source in sources),
            "other": rows.others,
            "tools": sorted({tool for source in sources for tool in source.tools}),
            "files": [{"host": source.host, "file": source.path, "records": source.records, **source.loss,
                       "complete": not source.incomplete(), "problems": source.problems()}
                      for source in sources]}


def tell(sources, loss):
    """Tells on standard error what is lost or incomplete. Returns the exit status."""
    for source in sources:
        for problem in source.problems():
            say(f"{source.host}: {source.path}: {problem}")
        if source.late:
            say(f"{source.host}: {source.path}: {plural(source.late, 'record')} came too late to be put in order")
    if loss["other"]:
        say(f"{plural(loss['other'], 'row')} did not fit into {MAX_ROWS} keys and were added up as other; "
            "name fewer fields with --by")
    if not any(source.problems() for source in sources):
        return OK
    uncounted = sum(entry["events"] for entry in loss["uncounted"])
    incomplete = sum(not entry["complete"] for entry in loss["files"])
    say(f"{plural(loss['hosts'], 'host')}, {plural(loss['records'], 'record')}; lost {plural(loss['lost'], 'record')}, "
        f"missed {plural(loss['missed'], 'call')}, did not count {plural(uncounted, 'event')}; "
        f"{plural(incomplete, 'incomplete file')}")
    return LOST


class Progress:
    """A line on standard error, if that is a terminal. It is written again and again."""

    def __init__(self, sources):
        self.sources, self.shown = sources, False
        self.on = sys.stderr.isatty()
        self.start = self.next = time.monotonic() + 1
        self.size = 0
        with contextlib.suppress(OSError):
            self.size = sum(os.fstat(source.raw.fileno()).st_size for source in sources)

    def show(self, records):
        now = time.monotonic()
        if not self.on or now < self.next:
            return
        self.next = now + 0.5
        done = sum(source.done() for source in self.sources)
        share = f"{100 * done // self.size} % of " if self.size else ""
        sys.stderr.write(f"\rlwmerge: {share}{self.size / 1e6:,.0f} MB, {records:,} records \033[K")
        sys.stderr.flush()
        self.shown = True

    def clear(self):
        if self.shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
