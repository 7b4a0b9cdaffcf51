# SPDX-License-Identifier: GPL-2.0-only
"""The sink that prints a page with heat maps"""
from __future__ import annotations

import base64
import hashlib
import os
import re

from .records import Failure, dump, is_extra, visible
from .text import shown, title_of

MAX_ROWS = 10_000  # that a page holds
MAX_HOSTS = 200  # that have a heat map
MAX_NAMES = 50  # distributions that have heat maps
MAX_COLUMNS = 240  # of time in a heat map
MAX_CELLS = 400_000  # in all heat maps
# Milliseconds of a column: each divides the next, so that columns can be added up.
STEPS = [100, 500, 1000, 2000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000,
         43_200_000, 86_400_000]


class Heat:
    """Counts by map, column of time and bucket. Columns grow until all fit. Times are milliseconds."""

    def __init__(self, step):
        self.step = step
        self.cells = {}
        self.timeless = {}
        self.first = self.last = None

    def add(self, name, when, bucket, n):
        if when is None:
            key = (name, bucket)
            self.timeless[key] = self.timeless.get(key, 0) + n
            return
        column = when // self.step
        key = (name, column, bucket)
        self.cells[key] = self.cells.get(key, 0) + n
        self.first = column if self.first is None else min(self.first, column)
        self.last = column if self.last is None else max(self.last, column)
        while self.last - self.first >= MAX_COLUMNS or len(self.cells) > MAX_CELLS and self.last > self.first:
            self.coarsen(self.longer())

    def longer(self):
        return next((step for step in STEPS if step > self.step and step % self.step == 0), 2 * self.step)

    def coarsen(self, step):
        """@step: a multiple of the present step"""
        ratio, self.step = step // self.step, step
        cells, self.cells = self.cells, {}
        for (name, column, bucket), n in cells.items():
            key = (name, column // ratio, bucket)
            self.cells[key] = self.cells.get(key, 0) + n
        if self.first is not None:
            self.first //= ratio
            self.last //= ratio

    def maps(self):
        """By name, a list of column, bucket, count, column, ... Columns count from the first one."""
        first = self.first or 0
        for (name, bucket), n in self.timeless.items():
            key = (name, self.last or 0, bucket)
            self.cells[key] = self.cells.get(key, 0) + n
        found = {}
        for (name, column, bucket), n in sorted(self.cells.items(), key=lambda cell: cell[0][1:]):
            found.setdefault(name, []).extend((column - first, bucket, n))
        return found

    def json(self, describe):
        """@describe: returns the other members of a map's object, by the map's name"""
        maps = [{**describe(name), "cells": cells} for name, cells in self.maps().items()]
        known = self.first is not None
        return {"start": self.first * self.step / 1000 if known else None, "step": self.step / 1000,
                "columns": self.last - self.first + 1 if known else 1, "maps": maps}


class Gaps:
    """How long hosts let pass from one report to the next."""

    def __init__(self):
        self.last = {}

    def add(self, host, when):
        """Returns the milliseconds since the host's last report, as whole seconds; 0 if there was none."""
        before = self.last.get(host)
        if when is None or when == before:
            return 0
        self.last[host] = when
        # Timers of the kernel are late by some milliseconds.
        return 0 if before is None else round((when - before) / 1000) * 1000


def milliseconds(record):
    return None if record.seconds is None else record.seconds * 1000 + int(record.time[20:23])


def weight(record, row):
    """How much a record adds to the picture of all counts."""
    sums = [record.fields.get(name) for name in row.sums]
    values = sum(n for n in sums if n.__class__ is int) + sum(dist.count for dist in (record.dists or {}).values())
    return max(values, 1)


def cell(row, name):
    """The value of a cell: numbers stay numbers; strings are escaped as in a table."""
    value = row.get(name)
    if isinstance(value, (str, list, tuple)):
        return shown(value) + ("..." if name in (row.get("truncated") or ()) else "")
    return value


class HtmlSink:
    """One page: the template with the data in it, as JSON."""

    def __init__(self, out, options):
        self.out = out
        self.template = read_template()
        self.rows = []
        self.left_out = 0
        self.columns = ["time", "host"]
        step = options.interval * 1000 or STEPS[0]
        self.heat, self.activity, self.gaps = Heat(step), Heat(step), Gaps()
        self.fitted = False
        self.totals = {}  # by map: count and sum
        self.names = {}  # of distributions, by the key that tells them apart
        self.hosts = {}
        self.counts = []

    def event(self, record):
        self.put_active(record, 1)
        self.put_row({**record.fields, "host": record.source.host})

    def put_row(self, row):
        if len(self.rows) == MAX_ROWS:
            self.left_out += 1
            return
        for name in row:
            if name not in self.columns and not is_extra(name, row):
                self.columns.append(name)
        self.rows.append([cell(row, name) for name in self.columns])

    def put_active(self, record, n):
        host = self.hosts.setdefault(record.source.host, len(self.hosts))
        if host < MAX_HOSTS:
            self.activity.add(host, milliseconds(record), 0, n)

    def added(self, record, row):
        """Adds a record of Rows to the maps over time, of all hosts and of its host."""
        self.put_active(record, weight(record, row))
        host = self.hosts[record.source.host]
        gap = self.gaps.add(host, milliseconds(record))
        if gap > 0 and not self.fitted:
            self.fit(gap)
        for field, dist in (record.dists or {}).items():
            name = self.name(row, field, dist.unit)
            for which in (None, host) if host < MAX_HOSTS else (None,):
                self.put_dist((name, dist.unit, which), milliseconds(record), dist)

    def name(self, row, field, unit):
        """The name of a distribution. Two tools can have a field of the same name."""
        title = title_of(row, without="host")
        name = f"{visible(field)}: {title}" if title else visible(field)
        key = (row.shape, unit, name)
        if key not in self.names and len(self.names) >= MAX_NAMES:
            name = f"other, {unit}"
            key = (unit, name)
        if key not in self.names:
            taken = sum(base == name for base, _ in self.names.values())
            self.names[key] = (name, f"{name} ({taken + 1})" if taken else name)
        return self.names[key][1]

    def put_dist(self, name, when, dist):
        total = self.totals.setdefault(name, [0, 0])
        total[0] += dist.count
        total[1] += dist.sum
        for bucket, n in dist.buckets.items():
            self.heat.add(name, when, bucket, n)

    def report(self, stamp, rows):
        self.counts = [row for row in rows if row.sums]

    def finish(self, loss):
        for row in self.counts:
            self.put_row({**row.fields, **row.sums})
        data = {"loss": loss, "columns": list(map(visible, self.columns)), "rows": self.rows, "left_out": self.left_out,
                "hosts": list(map(visible, self.hosts))[:MAX_HOSTS], "hosts_left_out": max(0, len(self.hosts) - MAX_HOSTS),
                "activity": self.activity.json(lambda host: {"host": host}), "heat": self.heat.json(self.describe)}
        self.out.write(page(self.template, data))

    def fit(self, gap):
        """Makes columns a multiple of the interval of reports, or one would have more reports than the next."""
        self.fitted = True
        for heat in (self.heat, self.activity):
            if gap > heat.step:
                heat.coarsen(-(-gap // heat.step) * heat.step)

    def describe(self, name):
        count, total = self.totals[name]
        return {"name": name[0], "unit": name[1], "host": name[2], "count": count, "sum": total}


def read_template():
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "page.html")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}; install lwtools-fleet again") from error


def page(template, data):
    """The policy allows the template's own style and script, by their hashes, and nothing else."""
    policy = "default-src 'none'; base-uri 'none'; form-action 'none'"
    for name in ("style", "script"):
        text = re.search(f"<{name}>(.*?)</{name}>", template, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        policy += f"; {name}-src 'sha256-{digest}'"
    # A name from strangers cannot end the element, since the text has no "<".
    text = dump(data).replace("<", "\\u003c")
    return template.replace("@POLICY@", policy, 1).replace("@DATA@", text, 1)
