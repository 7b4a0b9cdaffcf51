# SPDX-License-Identifier: GPL-2.0-only
"""Rows of reports, and counted events, added up by their key"""
from __future__ import annotations

from .records import BYTES, Dist, Failure

MAX_ROWS = 100_000  # of a report; further rows are added up in the row "other"

# Each host gives out these ids by itself: the same number on two hosts is not the same process.
PER_HOST = {"pid", "tid", "ppid", "tpid"}
NO_KEY = {"time", "host"}


class Row:
    """@shape: the names of its records' fields; @fields: its key"""

    __slots__ = ("shape", "fields", "sums", "dists")

    def __init__(self, shape, fields):
        self.shape, self.fields, self.sums, self.dists = shape, fields, {}, {}

    def size(self):
        return sum(self.sums.values()) + sum(dist.count for dist in self.dists.values())

    def names(self):
        """The names of its values in the order of the record, the host first."""
        order = dict.fromkeys(("host", *self.shape, *self.sums, *self.fields))
        return [name for name in order if self.has(name)]

    def has(self, name):
        return name in self.fields or name in self.sums or name in self.dists

    def json(self, stamp):
        values = {"time": stamp}
        for name in self.names():
            value = self.fields.get(name, self.sums.get(name))
            values[name] = self.dists[name].json() if name in self.dists else value
        return values


class Rows:
    """Rows of reports, and counted events, added up by their key."""

    def __init__(self, options):
        self.sums, self.top = options.sum, options.top
        self.hosts = "host" in options.by
        self.only = set(options.by) - {"host"}  # empty: every field is part of the key
        self.names = {}  # of the key's fields, by shape
        self.rows = {}
        self.units = {}  # by shape and field: the unit, and the host that had it first
        self.time = ""
        self.others = 0

    def takes(self, record):
        """Whether the record is added up. If not, it is an event, which is shown."""
        if record.dists or self.only:
            return True
        for name in self.sums:
            if record.fields.get(name).__class__ is int:
                return True
        return False

    def summed(self, record):
        return [name for name in self.sums if record.fields.get(name).__class__ is int]

    def choose(self, shape):
        """The names of the fields that can be part of the key."""
        return [name for name in shape if name not in NO_KEY and name not in self.sums and
                (name in self.only if self.only else self.hosts or name not in PER_HOST)]

    def key(self, record):
        fields, dists, shape = record.fields, record.dists or (), record.shape
        names = self.names.get(shape)
        if names is None:
            names = self.names[shape] = self.choose(shape)
        pairs = [("host", record.source.host)] if self.hosts else []
        for name in names:
            value = fields[name]
            if value is not None and name not in dists:
                pairs.append((name, tuple(value) if value.__class__ is list else value))
        return tuple(pairs) + (self.extra(fields, dict(pairs)) if len(fields) > len(shape) else ())

    @staticmethod
    def extra(fields, pairs):
        """A name that was cut off, or has other bytes, is not the name that looks like it."""
        cut = tuple(name for name in fields.get("truncated", ()) if name in pairs)
        exact = [(name + BYTES, fields[name + BYTES]) for name in pairs if name + BYTES in fields]
        found = [(name, tuple(value) if value.__class__ is list else value) for name, value in exact]
        return (*found, ("truncated", cut)) if cut else tuple(found)

    def row(self, record):
        """The row of the record's key; or the row "other", if there are too many."""
        shape, pairs = record.shape, self.key(record)
        row = self.rows.get((shape, pairs))
        if not row and len(self.rows) >= MAX_ROWS:
            self.others += 1
            pairs = tuple((name, "other") for name, _ in pairs if name == "host" or name in shape)
            row = self.rows.get((shape, pairs))
        if not row:
            row = self.rows[shape, pairs] = Row(shape, dict(pairs))
        return row

    def add(self, record):
        """Adds the record to its row, and returns the row."""
        row = self.row(record)
        self.time = max(self.time, record.time)
        for name, dist in (record.dists or {}).items():
            self.check_unit(record, row.shape, name, dist)
            row.dists.setdefault(name, Dist(dist.unit)).add(dist)
        sums = self.summed(record)
        for name in sums:
            row.sums[name] = row.sums.get(name, 0) + record.fields[name]
        if not sums and not record.dists:
            row.sums["count"] = row.sums.get("count", 0) + 1
        return row

    def check_unit(self, record, shape, name, dist):
        host = record.source.host
        unit, first = self.units.setdefault((shape, name), (dist.unit, host))
        if unit != dist.unit:
            raise Failure(f"{name} is in {dist.unit} on {host}, in {unit} on {first}: they cannot be added up; "
                          "trace all hosts with the same options, or merge these hosts separately")

    def take(self):
        """Returns the rows, the highest counts first, and begins anew."""
        rows = sorted(self.rows.values(), key=lambda row: (-row.size(), str(row.fields)))
        self.rows = {}
        return rows[:self.top] if self.top else rows
