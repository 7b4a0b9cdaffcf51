# SPDX-License-Identifier: GPL-2.0-only
"""Sinks that print lines: JSON, and tables and histograms as lwload's own"""
from __future__ import annotations

import time

from .records import dump, high_of, is_harmless, low_of, names_of, seconds_of, visible

LOOK_AHEAD = 500  # events that the widths of columns are taken from
WIDEST = 40  # columns that a string gets, unless it is the last field
# Formats of lwload's tables, which JSON does not tell
FORMATS = {"flags": "0x{:x}", "mode": "{:04o}"}


class JsonSink:
    def __init__(self, out, options):
        self.out = out
        self.hosts = {}

    def event(self, record):
        text, host = record.text, record.source.host
        # The host is that of the file, whatever the record says.
        if "host" in record.fields or not is_harmless(text):
            record.fields["host"] = host
            self.out.write(dump(record.fields) + "\n")
            return
        start = self.hosts.get(host)
        if not start:
            start = self.hosts[host] = '{"host":' + dump(host) + ","
        self.out.write(f"{start}{text[1:]}\n")

    def report(self, stamp, rows):
        for row in rows:
            self.out.write(dump(row.json(stamp or None)) + "\n")

    def finish(self, loss):
        self.out.write(dump({"lwmerge": loss}) + "\n")


class LocalTime:
    """Times as in lwload's tables: local, to the millisecond."""

    def __init__(self):
        self.second, self.text = None, ""

    def show(self, stamp):
        if stamp[:19] != self.second:
            self.second = stamp[:19]
            self.text = time.strftime("%H:%M:%S", time.localtime(seconds_of(stamp)))
        return self.text + stamp[19:23]


class Columns:
    """Columns for the fields that any of the first rows has, as wide as these rows need.

    @before: the columns of such rows until now; they stay
    """

    def __init__(self, names, rows, before=None):
        self.shape = names
        self.clock = LocalTime()
        self.left = dict(before.left) if before else {}
        self.width = dict(before.width) if before else {}
        for name in names:
            values = [row[name] for row in rows if row.get(name) is not None]
            if values:
                self.left[name] = isinstance(values[0], (str, list))
                width = max(len(visible(name)), *(len(self.cell(row, name)) for row in rows))
                self.width[name] = min(width, WIDEST) if self.left[name] else width
        self.names = [name for name in names if name in self.left]
        self.hidden = [name for name in names if name not in self.left]

    def fits(self, row):
        return all(row.get(name) is None for name in self.hidden)

    def cell(self, row, name):
        value = row.get(name)
        kind = value.__class__
        if value is None:
            return "-"
        if name == "time":
            return self.clock.show(value)
        if kind is str or kind is list:
            text = visible(value) if kind is str else " ".join(map(visible, value))
            return text + "..." if name in (row.get("truncated") or ()) else text
        if kind is float:
            return f"{value:.3f}"
        return FORMATS.get(name, "{}").format(value)

    def line(self, texts):
        padded = [text.ljust(self.width[name]) if self.left[name] else text.rjust(self.width[name])
                  for name, text in zip(self.names, texts)]
        return " ".join(padded).rstrip(" ") + "\n"

    def heading(self):
        return self.line([visible(name).upper() for name in self.names])

    def show(self, row):
        return self.line([self.cell(row, name) for name in self.names])


def histogram(dist):
    """The lines of put_histogram() in loader/text/histogram.c."""
    last = max(dist.buckets)
    wide = last > 32
    digits, stars = (20, 20) if wide else (10, 40)
    most = max([1, *dist.buckets.values()])
    yield f"{'':{15 if wide else 5}}{dist.unit:{29 if wide else 19}} : count    distribution\n"
    for i in range(last + 1):
        n = dist.buckets.get(i, 0)
        yield (f"{low_of(i):{digits}} -> {high_of(i):<{digits}} : {n:<8} "
               f"|{'*' * (n * stars // most):{stars}}|\n")


def shown(value):
    return " ".join(map(visible, value)) if isinstance(value, (list, tuple)) else visible(str(value))


def title_of(row, without=""):
    """The title of a distribution: name = value, name = value."""
    cut = row.fields.get("truncated", ())
    parts = [f"{visible(name)} = {shown(row.fields[name])}{'...' if name in cut else ''}" for name in row.names()
             if name in row.fields and name not in ("truncated", without) and row.fields[name] not in ("", ())]
    return ", ".join(parts)


class TableSink:
    def __init__(self, out, options):
        self.out = out
        self.interval = options.interval
        self.ahead = []
        self.columns = {}  # by the names of fields
        self.headed = None  # the columns of the heading above
        self.clock = LocalTime()
        self.empty = True  # whether the line before is empty, or there is none

    def event(self, record):
        fields = record.fields
        # The host is that of the file, whatever the record says.
        row = {"time": fields.pop("time"), "host": None}
        row.update(fields)
        row["host"] = record.source.host
        if self.columns:
            self.put_row(row)
            return
        self.ahead.append(row)
        if len(self.ahead) == LOOK_AHEAD:
            self.flush()

    def flush(self):
        rows, self.ahead = self.ahead, []
        for i, row in enumerate(rows):
            self.put_row(row, rows[i:])

    def put_row(self, row, ahead=()):
        names = names_of(row)
        columns = self.columns.get(names)
        if not columns or not columns.fits(row):
            alike = [other for other in ahead if names_of(other) == names] or [row]
            columns = self.columns[names] = Columns(names, alike, columns)
        # Records of another tool have a heading of their own.
        if self.headed is not columns:
            self.out.write(columns.heading())
        self.headed = columns
        self.out.write(columns.show(row))
        self.empty = False

    def report(self, stamp, rows):
        self.flush()
        self.headed = None
        if stamp and self.interval:
            self.put_empty()
            self.out.write(self.clock.show(stamp) + "\n")
            self.empty = True
        for shape in dict.fromkeys(row.shape for row in rows):
            alike = [row for row in rows if row.shape == shape]
            self.put_rows([row for row in alike if row.sums])
            for row in alike:
                if row.dists:
                    self.put_histograms(row)

    def put_empty(self):
        if not self.empty:
            self.out.write("\n")
        self.empty = True

    def put_rows(self, rows):
        if not rows:
            return
        self.put_empty()
        flat = [{name: row.fields.get(name, row.sums.get(name)) for name in row.names()} for row in rows]
        flat = [{name: list(v) if isinstance(v, tuple) else v for name, v in row.items()} for row in flat]
        columns = Columns(names_of(dict.fromkeys(name for row in flat for name in row)), flat)
        self.out.write(columns.heading())
        for row in flat:
            self.out.write(columns.show(row))
        self.empty = False

    def put_histograms(self, row):
        self.put_empty()
        title = title_of(row)
        if title:
            self.out.write(title + "\n")
        for name in row.dists:
            if len(row.dists) > 1:
                self.out.write(visible(name) + "\n")
            self.out.write("".join(histogram(row.dists[name])) + "\n")
        self.empty = True

    def finish(self, loss):
        self.flush()
