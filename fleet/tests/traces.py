# SPDX-License-Identifier: GPL-2.0-only
"""Traces as lwload TOOL --json --summary prints them, and lwmerge as a program"""
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

FLEET = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
LWMERGE = os.path.join(FLEET, "lwmerge")
START = datetime.datetime(2026, 11, 25, 2, 7, 0)


def stamp(seconds):
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def line(value):
    return json.dumps(value, separators=(",", ":")) + "\n"


def opened(seconds, **fields):
    """A record of opensnoop's"""
    record = {"time": stamp(seconds), "uid": 0, "pid": 321, "comm": "cat", "fd": 3, "err": 0, "flags": 524288,
              "mode": 0, "path": "/etc/hostname"}
    record.update(fields)
    return record


def called(seconds, count, **fields):
    """A row of syscallbypid's"""
    return {"time": stamp(seconds), "pid": 12, "comm": "cat", "syscall": "read", **fields, "count": count}


def dist(buckets, unit="usecs", total=None):
    """@buckets: {number of the bucket: how many}"""
    return {"unit": unit, "count": sum(buckets.values()),
            "sum": sum((1 << i) * n for i, n in buckets.items()) if total is None else total,
            "buckets": [{"low": 1 << i if i else 0, "high": (2 << i) - 1, "count": n}
                        for i, n in sorted(buckets.items())]}


def latency(seconds, buckets, **fields):
    """A row of biolatency's"""
    return {"time": stamp(seconds), "disk": "", "flags": "", **fields, "latency": dist(buckets)}


def summary(shown, tool="opensnoop", **fields):
    return {"lwload": {"tool": tool, "ended": "duration", "records": shown, "shown": shown, "shed": 0, "lost": 0,
                       "missed": 0, "uncounted": [], **fields}}


def trace(records, **fields):
    """The lines of a whole run"""
    records = list(records)
    return "".join(map(line, records)) + line(summary(len(records), **fields))


class Case(unittest.TestCase):
    """A directory for a test's files, in which it runs lwmerge."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="lwmerge-test.")
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return name

    def run_it(self, *arguments, status=0, text=True, **more):
        """Returns its output and its messages; neither may ever be a traceback."""
        environment = {**os.environ, "TZ": "UTC"}
        done = subprocess.run([sys.executable, LWMERGE, *arguments], cwd=self.dir, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              **{"stdin": subprocess.DEVNULL, **more} if "input" not in more else more)
        messages = done.stderr.decode()
        self.assertNotIn("Traceback", messages)
        self.assertEqual(done.returncode, status, messages)
        return done.stdout.decode() if text else done.stdout, messages

    def lines(self, *arguments, **more):
        """The objects of --json, without the last, and that."""
        output, _ = self.run_it("--json", *arguments, **more)
        values = [json.loads(text) for text in output.splitlines()]
        return values[:-1], values[-1]["lwmerge"]
