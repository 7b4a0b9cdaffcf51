# SPDX-License-Identifier: GPL-2.0-only
"""Files of hosts: their records by time, and what is wrong with each"""
from __future__ import annotations

import bz2
import contextlib
import gzip
import heapq
import lzma
import os
import re
import resource
import sys
import zlib

from .records import Clock, Failure, Record, decode, distributions, names_of, natural, plural

LINE_MAX = 256 << 10  # lwload's longest line is below 100 KiB: a record has 8 KiB in lwtools-stream(5)
WINDOW = 1024  # records of a file that are put in order among themselves
WINDOWS = 64 << 10  # all files together
MAX_FIELDS = 64  # of a record, twice as many as lwload takes
MAX_SHAPES = 64  # sets of fields in a file, which has records of one tool or some

MAGIC = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\0": lzma.open, b"BZh": bz2.open}
SUFFIXES = re.compile(r"(\.(jsonl|json|ndjson))?(\.(gz|xz|bz2))?$")
TRACES = re.compile(r".\.(jsonl|json|ndjson)(\.(gz|xz|bz2))?$")
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError)


class Source:
    """One file of one host: its records, and what is wrong with it."""

    def __init__(self, host, path, number):
        self.host, self.path, self.number = host, path, number
        self.raw = self.stream = None
        self.records = self.broken = self.late = 0
        self.since_summary = self.summaries = 0
        self.loss = {"shown": 0, "shed": 0, "unmatched": 0, "below": 0, "lost": 0, "missed": 0}
        self.uncounted = {}
        self.tools = set()
        self.shapes = set()
        self.failed = False
        self.damage = None

    def open(self):
        try:
            self.raw = sys.stdin.buffer if self.path == "-" else open(self.path, "rb")
            start = self.raw.peek(6)
        except OSError as error:
            raise Failure(f"{self.path}: {error.strerror}") from error
        if start.startswith(b"\x28\xb5\x2f\xfd"):
            raise Failure(f"{self.path}: compressed by zstd; use zstd -dc {self.path} | lwmerge {self.host}=-")
        opener = next((f for magic, f in MAGIC.items() if start.startswith(magic)), None)
        self.stream = opener(self.raw, "rb") if opener else self.raw

    def done(self):
        """Bytes of the file that have been read."""
        with contextlib.suppress(OSError, ValueError):
            return self.raw.tell()
        return 0

    def lines(self):
        while True:
            try:
                line = self.stream.readline(LINE_MAX)
                while len(line) == LINE_MAX and not line.endswith(b"\n"):
                    self.broken += 1
                    while not line.endswith(b"\n") and line:
                        line = self.stream.readline(LINE_MAX)
                    line = self.stream.readline(LINE_MAX)
            except DAMAGE as error:
                self.damage = f"cannot be read to its end ({error})"
                return
            if not line:
                return
            yield line

    def read(self):
        """Records as they are in the file."""
        clock, stamp, seconds = Clock(), "", None
        for line in self.lines():
            text = line.decode("utf-8", "replace").strip()
            if not text:
                continue
            try:
                fields = decode(text)
                if "lwload" in fields:
                    self.take_summary(fields["lwload"])
                    continue
                # A record without a time, such as the sum at the end, has the time of the record before.
                if fields["time"] is not None:
                    seconds = clock.read(fields["time"])
                    stamp = fields["time"]
                dists = distributions(fields)
                shape = self.check_shape(names_of(fields))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.take_broken(line)
                continue
            self.records += 1
            self.since_summary += 1
            yield Record(self, stamp, seconds, fields, text, dists, shape)

    def check_shape(self, shape):
        """All records of a tool have the same fields. This bounds how many sets of fields are remembered."""
        if shape not in self.shapes:
            if len(self.shapes) == MAX_SHAPES or len(shape) > MAX_FIELDS:
                raise ValueError(shape)
            self.shapes.add(shape)
        return shape

    def take_broken(self, line):
        # Only the last line can lack its end.
        if line.endswith(b"\n"):
            self.broken += 1
        else:
            self.damage = "its last line is cut"

    def take_summary(self, summary):
        # An lwload that has no --where or no --top does not tell of what these left out.
        loss = {name: natural({"unmatched": 0, "below": 0, **summary}[name]) for name in self.loss}
        uncounted = [(str(entry["why"]), natural(entry["events"])) for entry in summary["uncounted"]]
        for name, n in loss.items():
            self.loss[name] += n
        for why, n in uncounted:
            if why not in self.uncounted and len(self.uncounted) == MAX_SHAPES:
                why = "other reasons"
            self.uncounted[why] = self.uncounted.get(why, 0) + n
        if len(self.tools) < MAX_SHAPES:
            self.tools.add(str(summary["tool"]))
        self.failed |= summary["ended"] == "error"
        self.summaries += 1
        self.since_summary = 0

    def ordered(self, window):
        """(time, number, sequence, record) by time, except for records that come later than the window."""
        heap, last = [], ""
        for sequence, record in enumerate(self.read()):
            item = (record.time, self.number, sequence, record)
            if sequence < window:
                heapq.heappush(heap, item)
                continue
            item = heapq.heappushpop(heap, item)
            if item[0] < last:
                self.late += 1
            else:
                last = item[0]
            yield item
        while heap:
            yield heapq.heappop(heap)

    def problems(self):
        """Why the file does not have all that happened. The subject of each text is the host or its file."""
        found = []
        for name, words, noun in (("lost", "lost", "record"), ("missed", "missed", "call")):
            if self.loss[name]:
                found.append(f"{words} {plural(self.loss[name], noun)}")
        found += [f"did not count {plural(n, 'event')}: {why}" for why, n in self.uncounted.items()]
        return found + self.incomplete()

    def incomplete(self):
        found, used = [], f"used {plural(self.records, 'record')} of it"
        if self.failed:
            found.append("lwload ended by an error")
        if self.broken:
            found.append(f"left out {plural(self.broken, 'line')} that lwload --json does not write")
        if self.damage:
            found.append(f"{self.damage}; {used}")
        elif not self.summaries or self.since_summary:
            found.append(f"no summary at its end: lwload was killed, or ran without --summary; {used}")
        elif self.records + self.broken != self.loss["shown"]:
            found.append(f"lwload showed {plural(self.loss['shown'], 'record')}; {used}")
        return found


def host_of(path):
    """The file is named after its host."""
    return SUFFIXES.sub("", os.path.basename(path)) or path


def traces_of(argument):
    """(host, path) of [HOST=]FILE, or of each trace in a directory"""
    if os.path.isdir(argument):
        return [(host_of(name), os.path.join(argument, name)) for name in names_in(argument)]
    host, equals, path = argument.partition("=")
    if equals and host and "/" not in host:
        return [(host, path)]
    return [("stdin" if argument == "-" else host_of(argument), argument)]


def names_in(directory):
    try:
        names = sorted(name for name in os.listdir(directory) if TRACES.search(name))
    except OSError as error:
        raise Failure(f"{directory}: {error.strerror}") from error
    if not names:
        raise Failure(f"{directory}: no files HOST.jsonl, .json or .ndjson in it, with or without .gz, .xz or .bz2")
    return names


def allow_files(n):
    """Raises this process's own limit of open files, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if n + 32 > soft and hard != resource.RLIM_INFINITY and n + 32 > hard:
        raise Failure(f"{n} files are more than the {hard} that may be open at once; see ulimit -n")
    if n + 32 > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n + 32, hard))


def open_all(arguments):
    traces = [trace for argument in arguments for trace in traces_of(argument)]
    allow_files(len(traces))
    sources = [Source(host, path, i) for i, (host, path) in enumerate(traces)]
    seen = {}
    for source in sources:
        source.open()
        about = os.fstat(source.raw.fileno())
        first = seen.setdefault((about.st_dev, about.st_ino), source)
        if first is not source:
            raise Failure(f"{source.path}: the same file as {first.path}, which would count twice")
    return sources


def merged(sources):
    """The records of all files, by time. Only the windows are in memory."""
    window = max(16, min(WINDOW, WINDOWS // len(sources)))
    for item in heapq.merge(*(source.ordered(window) for source in sources)):
        yield item[3]
