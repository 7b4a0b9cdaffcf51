# SPDX-License-Identifier: GPL-2.0-only
"""Records as lwload --json prints them, and text from strangers"""
from __future__ import annotations

import calendar
import json
import math
import re
import sys
import time


class Failure(Exception):
    """An error that ends lwmerge with one line, and status 1."""


# The same characters as in loader/util/escape.c
_CLASS = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
UNPRINTABLE = re.compile(f"[{_CLASS}]")
TO_ESCAPE = re.compile(f"[\\\\\x00-\x1f{_CLASS}]")
SHORT = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def escaped(match):
    c = match.group()
    return SHORT.get(c) or (f"\\u{ord(c):04x}" if ord(c) > 0xFF else f"\\x{ord(c):02x}")


def visible(text):
    """The text with escapes, so that a terminal may show it."""
    return text if text.isalnum() else TO_ESCAPE.sub(escaped, text)


def is_harmless(text):
    """Whether a line of JSON may be shown as it is."""
    return text.isascii() and "\x7f" not in text or not UNPRINTABLE.search(text)


def plural(n, noun):
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def say(text):
    print(f"lwmerge: {visible(text)}", file=sys.stderr)


def dump(value):
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def finite(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def no_constant(text):
    raise ValueError(text)


DECODER = json.JSONDecoder(parse_float=finite, parse_constant=no_constant)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
UNIT = re.compile(r"[a-z]{1,32}")


def decode(text):
    """The value of the whole text. JSONDecoder.decode() also looks for blanks, and takes longer."""
    value, end = DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError(text)
    return value


def natural(value):
    if value.__class__ is not int or value < 0:
        raise ValueError(value)
    return value


def low_of(bucket):
    return 1 << bucket if bucket else 0


def high_of(bucket):
    return (2 << bucket) - 1


class Dist:
    """A distribution: how many values lie in which power of two."""

    __slots__ = ("unit", "count", "sum", "buckets")

    def __init__(self, unit, count=0, total=0, buckets=None):
        self.unit, self.count, self.sum, self.buckets = unit, count, total, buckets or {}

    @classmethod
    def read(cls, value):
        """From a value of JSON. ValueError, KeyError or TypeError if lwload does not write it so."""
        buckets = {}
        for entry in value["buckets"]:
            low = natural(entry["low"])
            bucket = max(low.bit_length() - 1, 0)
            if bucket > 63 or low != low_of(bucket) or entry["high"] != high_of(bucket):
                raise ValueError(low)
            buckets[bucket] = natural(entry["count"])
            if not buckets[bucket]:
                raise ValueError(low)
        if not UNIT.fullmatch(value["unit"]) or value["sum"].__class__ is not int or not buckets:
            raise ValueError(value["unit"])
        return cls(value["unit"], natural(value["count"]), value["sum"], buckets)

    def add(self, other):
        self.count += other.count
        self.sum += other.sum
        for bucket, n in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + n

    def json(self):
        return {"unit": self.unit, "count": self.count, "sum": self.sum,
                "buckets": [{"low": low_of(i), "high": high_of(i), "count": n}
                            for i, n in sorted(self.buckets.items())]}


def distributions(record):
    """The distributions in a record by field, or None. ValueError if no record has such a value."""
    dists = None
    for name, value in record.items():
        kind = value.__class__
        if kind is str or kind is int or kind is float or value is None:
            continue
        if kind is dict:
            dists = dists or {}
            dists[name] = Dist.read(value)
        elif kind is not list or not all(item.__class__ is str for item in value):
            raise ValueError(name)
    if record.get("truncated", []).__class__ is not list:
        raise ValueError("truncated")
    return dists


def seconds_of(text):
    """The seconds since the epoch of a time in JSON. ValueError if the text is not a time."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


class Clock:
    """Seconds of times. The last second is remembered: most records come in the same second as the one before."""

    def __init__(self):
        self.text, self.seconds = None, 0

    def read(self, text):
        if not TIME.fullmatch(text):
            raise ValueError(text)
        if text[:19] != self.text:
            self.seconds = seconds_of(text)
            self.text = text[:19]
        return self.seconds


BYTES = "_base64"  # NAME_base64 has the exact bytes of a field NAME that is not UTF-8


def is_extra(name, fields):
    """Whether only some records of a tool have this key; it is no field."""
    return name == "truncated" or name.endswith(BYTES) and name[:-len(BYTES)] in fields


def names_of(fields):
    """The names of the fields, without the keys that only some records of a tool have."""
    if "truncated" in fields or BYTES in " ".join(fields):
        return tuple(name for name in fields if not is_extra(name, fields))
    return tuple(fields)


class Record:
    """A line of a file.

    @seconds: since the epoch; None if neither this record nor one before has a time
    @shape: the names of its fields
    """

    __slots__ = ("source", "time", "seconds", "fields", "text", "dists", "shape")

    def __init__(self, source, stamp, seconds, fields, text, dists, shape):
        self.source, self.time, self.seconds = source, stamp, seconds
        self.fields, self.text, self.dists, self.shape = fields, text, dists, shape
