# SPDX-License-Identifier: GPL-2.0-only
"""The page of lwmerge --html, in a browser without a window and without a network"""
import base64
import hashlib
import html
import json
import os
import re
import shutil
import struct
import subprocess
import unittest
import zlib

from traces import Case, called, latency, opened, trace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = "</script><img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script><!--"


def no_network():
    """A command in front that takes the network away; root may, and needs not trust the page's policy alone."""
    can = subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return ["unshare", "-n"] if can else []


def pixels(png):
    """Rows of (r, g, b) of a PNG with 8 bits a channel and no interlacing, which is what Chromium writes."""
    data, at, packed = png[8:], 0, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, interlaced) == (8, 0) and colours in (2, 6)
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    step = 3 if colours == 2 else 4
    raw, before, rows = zlib.decompress(packed), bytearray(width * step), []
    for y in range(height):
        start = y * (width * step + 1)
        line = unfilter(raw[start], bytearray(raw[start + 1:start + 1 + width * step]), before, step)
        rows.append([tuple(line[x:x + 3]) for x in range(0, len(line), step)])
        before = line
    return rows


def unfilter(kind, line, before, step):
    """The bytes of a line, which is stored as differences: RFC 2083, 6."""
    for i, byte in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = before[i - step] if i >= step else 0
        if kind == 4:
            estimate = left + before[i] - corner
            nearest = min((abs(estimate - left), 0, left), (abs(estimate - before[i]), 1, before[i]),
                          (abs(estimate - corner), 2, corner))
            line[i] = (byte + nearest[2]) & 255
        else:
            line[i] = (byte + (0, left, before[i], (left + before[i]) // 2)[kind]) & 255
    return line


class Page(Case):
    def page(self, *arguments, status=0):
        self.run_it("--html", "-o", "page.html", *arguments, status=status)
        with open(self.path("page.html"), encoding="utf-8") as file:
            return file.read()

    def data(self, text):
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text).group(1))

    def hostile_host(self, content):
        os.mkdir(self.path("d"))
        self.write(f"d/{HOSTILE.replace('/', '')}.jsonl", content)
        return "d"

    def two_hosts(self):
        self.write("web1.example.com.jsonl", trace((latency(at, {3: 40, 5: at + 1}, disk="sda") for at in range(30)),
                                                   tool="biolatency"))
        self.write("db.jsonl", trace((latency(at, {3: 2, 9: 7}, disk="sda") for at in range(15)), tool="biolatency"))
        return ["web1.example.com.jsonl", "db.jsonl"]


class Text(Page):
    def test_maps_have_every_count(self):
        data = self.data(self.page(*self.two_hosts()))
        self.assertEqual(data["hosts"], ["web1.example.com", "db"])
        maps = {each["host"]: each for each in data["heat"]["maps"]}
        self.assertEqual({host: sum(each["cells"][2::3]) for host, each in maps.items()},
                         {0: 30 * 40 + 465, 1: 15 * 9, None: 30 * 40 + 465 + 15 * 9})
        self.assertEqual(maps[None]["name"], "latency: disk = sda")
        self.assertEqual((data["heat"]["step"], data["heat"]["columns"]), (1, 30))
        self.assertEqual(maps[1]["cells"][:6], [0, 3, 2, 0, 9, 7])

    def test_column_is_as_wide_as_the_interval(self):
        self.write("a.jsonl", trace(latency(at * 15 + at % 2 / 100, {3: 1}) for at in range(20)))
        heat = self.data(self.page("a.jsonl"))["heat"]
        self.assertEqual((heat["step"], heat["columns"]), (15, 20))

    def test_two_tools_have_maps_of_their_own(self):
        self.write("a.jsonl", trace([latency(1, {3: 1})]))
        self.write("b.jsonl", trace([{k: v for k, v in latency(1, {4: 1}).items() if k != "disk"}]))
        names = {each["name"] for each in self.data(self.page("a.jsonl", "b.jsonl"))["heat"]["maps"]}
        self.assertEqual(names, {"latency", "latency (2)"})

    def test_rows_are_capped_and_it_is_said(self):
        self.write("a.jsonl", trace(opened(at / 100) for at in range(10500)))
        data = self.data(self.page("a.jsonl"))
        self.assertEqual((len(data["rows"]), data["left_out"]), (10000, 500))
        self.assertEqual(sum(data["activity"]["maps"][0]["cells"][2::3]), 10500)

    def test_nothing_of_elsewhere(self):
        text = self.page(*self.two_hosts())
        self.assertNotRegex(text, r"https?:|//[a-z]|@import|url\(|src=|href=")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text).group(1)
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)

    def test_strangers_cannot_end_the_data(self):
        text = self.page(self.hostile_host(trace([opened(1, comm=HOSTILE, path="<!--<script>")])))
        start = text.index('id="data">') + len('id="data">')
        self.assertNotIn("<", text[start:text.index("</script>\n<script>", start)])
        self.assertEqual(self.data(text)["rows"][0][4], HOSTILE)

    def test_escapes_what_would_reorder_a_line(self):
        self.write("a.jsonl", trace([opened(1, comm="a\u202eb")]))
        self.assertEqual(self.data(self.page("a.jsonl"))["rows"][0][4], "a\\u202eb")


@unittest.skipUnless(CHROMIUM, "chromium is not installed (ci/setup check installs it)")
class Browser(Page):
    def chromium(self, *arguments, fragment=""):
        command = [*no_network(), CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--force-device-scale-factor=1", "--window-size=1400,1000", "--virtual-time-budget=20000",
                   f"--user-data-dir={self.path('profile')}", *arguments, f"file://{self.path('page.html')}{fragment}"]
        environment = {**os.environ, "HOME": self.dir}
        done = subprocess.run(command, cwd=self.dir, env=environment, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def document(self, fragment="", script=None):
        """The page after it has run; @script is allowed in besides the page's own."""
        if script is not None:
            self.add_script(script, allowed=True)
        return self.chromium("--dump-dom", fragment=fragment)

    def add_script(self, script, allowed):
        with open(self.path("page.html"), encoding="utf-8") as file:
            text = file.read()
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        if allowed:
            text = text.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
        self.write("page.html", text.replace("</body>", f"<script>{script}</script></body>"))

    def rows(self, document):
        body = re.search(r'<tbody id="body">(.*?)</tbody>', document, re.DOTALL).group(1)
        return [[html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
                for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]

    def screenshot(self, fragment):
        self.chromium(f"--screenshot={self.path('shot.png')}", fragment=fragment)
        with open(self.path("shot.png"), "rb") as file:
            return pixels(file.read())

    def test_heat_maps_are_drawn(self):
        self.page(*self.two_hosts())
        document = self.document("#theme=light")
        self.assertIn("<title>biolatency on 2 hosts</title>", document)
        cells = {name: int(n) for name, n in re.findall(r'<canvas(?: id="(\w+)")?[^>]* data-cells="(\d+)"', document)}
        self.assertEqual(cells["all"], 75)
        self.assertEqual(cells["lanes"], 45)
        self.assertEqual(len(re.findall("<article>", document)), 2)
        self.assertIn("Nothing was lost.", document)

    def test_pixels(self):
        self.page(*self.two_hosts())
        for theme, fullest in (("light", (0x7a, 0x0f, 0x35)), ("dark", (0xfd, 0xf3, 0xb4))):
            rows = self.screenshot(f"#theme={theme}")
            at = [(x, y) for y, row in enumerate(rows) for x, pixel in enumerate(row) if pixel == fullest]
            # The first 15 of 30 columns have 42 in the bucket of 8 us, none has more: half of a map's width.
            self.assertGreater(len(at), 5000)
            drawn = [x for x, y in at if 180 < y < 480]
            self.assertLess(max(drawn) - min(drawn), 640)
            self.assertGreater(max(drawn) - min(drawn), 450)

    def test_tooltip(self):
        self.page(*self.two_hosts())
        document = self.document(script="""
            const canvas = document.getElementById("all"), box = canvas.getBoundingClientRect();
            const width = box.width - 62 - 130, height = 320 - 32;
            const event = new MouseEvent("mousemove", { clientX: box.left + 62 + width * 0.5 / 30,
                clientY: box.top + 8 + height * 7.5 / 9 });
            canvas.dispatchEvent(event);""")
        tip = html.unescape(re.search(r'<div id="tip"[^>]*>(.*?)</div>', document, re.DOTALL).group(1))
        self.assertEqual(tip, "42 × 8 – 15 usecs\n02:07:00 – 02:07:01 UTC\nall hosts")

    def test_search(self):
        self.write("a.jsonl", trace(opened(at, comm="cat" if at % 3 else "sh", pid=at) for at in range(30)))
        self.write("b.jsonl", trace(opened(at, comm="cat") for at in range(30)))
        self.page("a.jsonl", "b.jsonl")
        self.assertEqual(len(self.rows(self.document())), 60)
        document = self.document("#q=host=a%20comm=sh%20-pid=3")
        self.assertEqual([(row[1], row[3], row[4]) for row in self.rows(document)],
                         [("a", str(pid), "sh") for pid in range(0, 30, 3) if pid != 3])
        self.assertIn("9 of 60 rows match, 9 shown", document)
        document = self.document(script="""
            document.getElementById("query").value = "SH";
            document.getElementById("query").dispatchEvent(new Event("input"));
            [...document.querySelectorAll("th button")].find(button => button.textContent === "pid").click();""")
        self.assertEqual([row[3] for row in self.rows(document)], [str(pid) for pid in range(27, -1, -3)])

    def test_counts(self):
        self.write("a.jsonl", trace([called(1, 5), called(2, 6, comm="sh"), called(1, 2)]))
        self.page("a.jsonl", status=0)
        self.assertEqual(self.rows(self.document()), [["cat", "read", "7"], ["sh", "read", "6"]])

    def test_loss_is_visible(self):
        self.write("dead.jsonl", trace([opened(1)]) + '{"time":"2026')
        self.page("dead.jsonl", status=5)
        document = self.document()
        self.assertIn("Not all that happened is shown.", document)
        self.assertIn("<li>dead: its last line is cut; used 1 record of it</li>", document)

    def test_strangers_run_nothing(self):
        fields = {"comm": HOSTILE, "path": HOSTILE, "args": [HOSTILE], HOSTILE: HOSTILE}
        content = trace([opened(1, **fields), latency(2, {3: 1}, disk=HOSTILE)], tool=HOSTILE, ended="error")
        self.page(self.hostile_host(content), status=5)
        document = self.document()
        self.assertNotRegex(document, "<title>[^<]*</title><img|<title>pwned|<img")
        self.assertIn(HOSTILE, self.rows(document)[0])
        self.assertEqual(len(re.findall(r'data-cells="', document)), 3)

    def test_policy_stops_what_is_not_the_pages(self):
        self.page(*self.two_hosts())
        self.add_script("document.title = 'ran'", allowed=False)
        self.assertIn("<title>biolatency on 2 hosts</title>", self.chromium("--dump-dom"))
        self.add_script("document.title = 'ran'", allowed=True)
        self.assertIn("<title>ran</title>", self.chromium("--dump-dom"))

    def test_odd_values_stop_nothing(self):
        odd = {"unit": "usecs", "count": 0, "sum": -5, "buckets": [{"low": 1 << 63, "high": (1 << 64) - 1, "count": 1 << 70}]}
        self.write("a.jsonl", trace([{"time": None, "d": odd}, {"time": "0001-01-01T00:00:00.000000Z", "count": -7}]))
        self.page("a.jsonl", status=0)
        document = self.document()
        self.assertEqual(len(re.findall(r'data-cells="', document)), 3)
        self.assertEqual(self.rows(document), [["-7"]])
