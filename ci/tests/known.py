#!/usr/bin/env python3
"""known.py - makes events on a host that a test knows, while lwtools.fleet.trace runs a tool there

usage: python3 - opens COMM COUNT < known.py    looks for COUNT files /known/HOST/N, as a program of that name
       python3 - writes DISK COUNT < known.py   reads the disk until a read is recorded, then writes COUNT blocks

The events begin when the tool has recorded an earlier one, so that the tool misses none of them.
"""
import glob
import mmap
import os
import socket
import sys
import time
from typing import Callable


def recorded() -> bool:
    """Has the tool written anything?"""
    return any(os.path.getsize(name) for name in glob.glob("/var/tmp/lwtools-trace.*/records"))


def until_recorded(act: Callable[[], object]) -> None:
    """Repeat the act until the tool has seen it, for ten minutes at most."""
    end = time.monotonic() + 600
    while not recorded() and time.monotonic() < end:
        act()
        time.sleep(0.1)


def look_for(name: str) -> None:
    """Look for a file that does not exist: the tool sees the attempt."""
    try:
        os.close(os.open(name, os.O_RDONLY))
    except FileNotFoundError:
        pass


def opens(comm: str, count: int) -> None:
    """Look for the files."""
    with open("/proc/self/comm", "w", encoding="ascii") as file:
        file.write(comm)
    until_recorded(lambda: look_for("/known/marker"))
    for number in range(count):
        look_for(f"/known/{socket.gethostname()}/{number}")


def writes(disk: str, count: int) -> None:
    """Write blocks past the page cache."""
    block = mmap.mmap(-1, 4096)
    file = os.open(f"/dev/{disk}", os.O_RDWR | os.O_DIRECT)
    until_recorded(lambda: os.preadv(file, [block], 0))
    for number in range(count):
        os.pwritev(file, [block], number % 1024 * 4096)


{"opens": opens, "writes": writes}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
