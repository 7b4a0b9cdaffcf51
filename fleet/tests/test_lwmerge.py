# SPDX-License-Identifier: GPL-2.0-only
"""lwmerge as its users have it: files, options, what it prints and says"""
import bz2
import collections
import gzip
import json
import lzma
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

from merge import page, rows
from merge.records import Record
from traces import FLEET, LWMERGE, Case, called, dist, latency, line, opened, stamp, summary, trace


def little_memory():
    """Less than the files of a test that it is for."""
    resource.setrlimit(resource.RLIMIT_AS, (72 << 20, 72 << 20))


class Files(Case):
    def test_kinds_and_names(self):
        records = [opened(1)]
        self.write("web1.example.com.jsonl", trace(records))
        self.write("web2.example.com.jsonl.gz", gzip.compress(trace(records).encode()))
        self.write("db-1.json.xz", lzma.compress(trace(records).encode()))
        self.write("db2.ndjson.bz2", bz2.compress(trace(records).encode()))
        self.write("plain", trace(records))
        self.write("other", trace(records))
        values, told = self.lines("web1.example.com.jsonl", "web2.example.com.jsonl.gz", "./db-1.json.xz",
                                  "db2.ndjson.bz2", "plain", "a.b=other", "c=-", input=trace(records).encode())
        hosts = ["web1.example.com", "web2.example.com", "db-1", "db2", "plain", "a.b", "c"]
        self.assertEqual([value["host"] for value in values], hosts)
        self.assertEqual(told["hosts"], 7)
        for value in values:
            del value["host"]
            self.assertEqual(value, records[0])

    def test_directory(self):
        os.mkdir(self.path("d"))
        for name in ("b.example.jsonl.gz", "a.jsonl", "notes.txt", ".jsonl", "c.jsonl.tmp"):
            content = trace([opened(1)]).encode()
            self.write(f"d/{name}", gzip.compress(content) if name.endswith(".gz") else content)
        values, _ = self.lines("d")
        self.assertEqual([value["host"] for value in values], ["a", "b.example"])

    def test_directory_with_an_equals_sign(self):
        os.mkdir(self.path("a=b"))
        self.write("a=b/web.jsonl", trace([opened(1)]))
        self.write("x=y.jsonl", trace([opened(2)]))
        values, _ = self.lines("a=b", "./x=y.jsonl")
        self.assertEqual([value["host"] for value in values], ["web", "x=y"])

    def test_twice(self):
        os.mkdir(self.path("d"))
        self.write("d/a.jsonl", trace([opened(1)]))
        _, said = self.run_it("d", "b=d/a.jsonl", status=1)
        self.assertEqual(said, "lwmerge: d/a.jsonl: the same file as d/a.jsonl, which would count twice\n")
        self.write("x", trace([opened(1)]))
        self.assertIn("twice", self.run_it("x", "x", status=1)[1])

    def test_directory_without_traces(self):
        os.mkdir(self.path("d"))
        _, said = self.run_it("d", status=1)
        self.assertIn("lwmerge: d: no files HOST.jsonl", said)

    def test_missing(self):
        _, said = self.run_it("nix.jsonl", status=1)
        self.assertEqual(said, "lwmerge: nix.jsonl: No such file or directory\n")

    def test_zstd_is_told(self):
        self.write("a.jsonl.zst", b"\x28\xb5\x2f\xfd rest")
        _, said = self.run_it("a.jsonl.zst", status=1)
        self.assertIn("zstd -dc", said)

    def test_more_files_than_may_be_open(self):
        names = [self.write(f"h{i}.jsonl", trace([opened(i)])) for i in range(80)]

        def limit(hard):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))
        values, _ = self.lines(*names, preexec_fn=limit(200))
        self.assertEqual(len(values), 80)
        _, said = self.run_it(*names, status=1, preexec_fn=limit(64))
        self.assertIn("80 files are more than the 64 that may be open", said)

    def test_line_without_end_is_not_kept(self):
        with open(self.path("a.jsonl"), "wb") as file:
            file.seek(200 << 20)
            file.write(b"\n" + trace([opened(1)]).encode())
        values, told = self.lines("a.jsonl", status=5, preexec_fn=little_memory)
        self.assertEqual((len(values), told["broken"]), (1, 1))


class Events(Case):
    def test_order(self):
        self.write("a.jsonl", trace([opened(1), opened(3), opened(5)]))
        self.write("b.jsonl", trace([opened(2), opened(3), opened(4)]))
        values, told = self.lines("a.jsonl", "b.jsonl")
        self.assertEqual([(value["host"], value["time"]) for value in values],
                         [(host, stamp(at)) for host, at in
                          [("a", 1), ("b", 2), ("a", 3), ("b", 3), ("b", 4), ("a", 5)]])
        self.assertEqual(told["late"], 0)

    def test_slightly_out_of_order(self):
        times = list(range(5000))
        chance = random.Random(1)
        for i in range(0, 5000, 500):
            part = times[i:i + 500]
            chance.shuffle(part)
            times[i:i + 500] = part
        self.write("a.jsonl", trace(opened(at) for at in times))
        self.write("b.jsonl", trace([opened(2500)]))
        output, said = self.run_it("--json", "a.jsonl", "b.jsonl")
        got = [json.loads(text)["time"] for text in output.splitlines()[:-1]]
        self.assertEqual(got, sorted(got))
        self.assertEqual((len(got), said), (5001, ""))

    def test_too_late(self):
        self.write("a.jsonl", trace([opened(at) for at in range(100, 3000)] + [opened(1)]))
        output, said = self.run_it("--json", "a.jsonl")
        self.assertEqual(len(output.splitlines()), 2902)
        self.assertEqual(said, "lwmerge: a: a.jsonl: 1 record came too late to be put in order\n")

    def test_a_file_cannot_say_that_it_is_another_host(self):
        text = '{"host":"spoof","time":"%s","comm":"x","ho\\u0073t":"spoof"}\n' % stamp(1)
        self.write("real.jsonl", text + line(summary(1)))
        output, _ = self.run_it("--json", "real.jsonl")
        self.assertNotIn("spoof", output)
        self.assertEqual(json.loads(output.splitlines()[0])["host"], "real")
        self.assertNotIn("spoof", self.run_it("real.jsonl")[0])

    def test_json_keeps_values_as_they_are(self):
        text = '{"time":"%s","ms":72.700,"big":18446744073709551615,"args":["a",""],"none":null}' % stamp(1)
        self.write("a.jsonl", f"{text}\n{line(summary(1))}")
        output, _ = self.run_it("--json", "a.jsonl")
        self.assertEqual(output.splitlines()[0], '{"host":"a",' + text[1:])

    def test_json_shows_no_terminal_what_it_must_not(self):
        self.write("a.jsonl", '{"time":"%s","comm":"\u009b31m\u202e\x7fé"}\n%s' % (stamp(1), line(summary(1))))
        output, _ = self.run_it("--json", "a.jsonl")
        self.assertEqual(json.loads(output.splitlines()[0])["comm"], "\u009b31m\u202e\x7fé")
        self.assertNotRegex(output, "[\x7f-\x9f\u202e]")

    def test_table(self):
        self.write("web1.jsonl", trace([opened(1.5, fd=-1, err=2, path="/no"),
                                        opened(3, comm="averylongcommand", pid=None)]))
        self.write("db.jsonl", trace([opened(2, path="/x", truncated=["path"])]))
        output, _ = self.run_it("web1.jsonl", "db.jsonl")
        self.assertEqual(output, """\
TIME         HOST UID PID COMM             FD ERR   FLAGS MODE PATH
02:07:01.500 web1   0 321 cat              -1   2 0x80000 0000 /no
02:07:02.000 db     0 321 cat               3   0 0x80000 0000 /x...
02:07:03.000 web1   0   - averylongcommand  3   0 0x80000 0000 /etc/hostname
""")

    def test_column_that_comes_later(self):
        many = [opened(at, path=None) for at in range(600)]
        self.write("a.jsonl", trace(many + [opened(700)]))
        output = self.run_it("a.jsonl")[0].splitlines()
        self.assertNotIn("PATH", output[0])
        self.assertEqual(output[-2].split()[-1], "PATH")
        self.assertEqual(output[-1].split()[-1], "/etc/hostname")

    def test_table_escapes(self):
        comm = "a\x1b[31m\t\n\\\u202e\x9b\ud800é"
        self.write("a.jsonl", line(opened(1, comm=comm, path="\x07")) + line(summary(1)))
        output, _ = self.run_it("a.jsonl")
        self.assertIn(r"a\x1b[31m\t\n\\\u202e\x9b\ud800é", output)
        self.assertTrue(output.endswith(" \\x07\n"))

    def test_host_name_is_escaped(self):
        self.write("a.jsonl", trace([opened(1)]))
        output, said = self.run_it("x\x1b[0m=a.jsonl")
        self.assertIn(r"x\x1b[0m", output)
        self.write("b.jsonl", "")
        _, said = self.run_it("x\x1b[0m=b.jsonl", status=5)
        self.assertNotIn("\x1b", said)

    def test_counted(self):
        self.write("a.jsonl", trace([opened(1), opened(2, comm="sh"), opened(3)]))
        self.write("b.jsonl", trace([opened(4)]))
        values, _ = self.lines("-b", "comm", "a.jsonl", "b.jsonl")
        self.assertEqual([(value["comm"], value["count"]) for value in values], [("cat", 3), ("sh", 1)])
        values, _ = self.lines("-b", "host,comm", "-T", "2", "a.jsonl", "b.jsonl")
        self.assertEqual([(value["host"], value["comm"], value["count"]) for value in values],
                         [("a", "cat", 2), ("a", "sh", 1)])

    def test_summed(self):
        self.write("a.jsonl", trace([opened(1, bytes=10), opened(2, bytes=-1, comm="sh"), opened(3, bytes=7)]))
        output, _ = self.run_it("-b", "comm", "-s", "bytes", "a.jsonl")
        self.assertEqual(output, "COMM BYTES\ncat     17\nsh      -1\n")


class Reports(Case):
    def test_distributions_are_added_exactly(self):
        huge = (1 << 62) + 1
        self.write("a.jsonl", trace([latency(1, {0: 3, 2: huge}), latency(2, {2: 1, 63: 5})]))
        self.write("b.jsonl", trace([latency(1, {2: huge})]))
        values, _ = self.lines("a.jsonl", "b.jsonl")
        self.assertEqual(values, [{"time": stamp(2), "disk": "", "flags": "",
                                   "latency": dist({0: 3, 2: 2 * huge + 1, 63: 5})}])

    def test_negative_sum(self):
        self.write("a.jsonl", trace([{"time": stamp(1), "d": dist({1: 2}, total=-5)}] * 2))
        self.assertEqual(self.lines("a.jsonl")[0][0]["d"]["sum"], -10)

    def test_units_are_not_mixed(self):
        self.write("a.jsonl", trace([latency(1, {3: 1})]))
        self.write("b.jsonl", trace([{**latency(2, {}), "latency": dist({3: 1}, unit="msecs")}]))
        self.write("out", "before")
        _, said = self.run_it("-o", "out", "a.jsonl", "b.jsonl", status=1)
        self.assertEqual(said, "lwmerge: latency is in msecs on b, in usecs on a: they cannot be added up; "
                               "trace all hosts with the same options, or merge these hosts separately\n")
        self.assertEqual(sorted(os.listdir(self.dir)), ["a.jsonl", "b.jsonl", "out"])
        with open(self.path("out"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "before")

    def test_histogram_is_lwloads(self):
        with open(os.path.join(FLEET, "../man/lwload.8"), encoding="utf-8") as file:
            example = re.search(r"^disk = sda\n.*?(?=^\.Ed)", file.read(), re.MULTILINE | re.DOTALL).group()
        self.write("a.jsonl", trace([latency(1, {0: 1, 2: 4}, disk="sda")]))
        self.write("b.jsonl", trace([latency(2, {0: 2, 2: 5}, disk="sda")]))
        output, _ = self.run_it("a.jsonl", "b.jsonl")
        self.assertEqual(output, example + "\n")

    def test_wide_histogram(self):
        self.write("a.jsonl", trace([latency(1, {33: 2})]))
        last = self.run_it("a.jsonl")[0].splitlines()[-2]
        self.assertEqual(last, "          8589934592 -> 17179869183          : 2        |********************|")

    def test_pids_of_two_hosts_are_not_one_process(self):
        self.write("a.jsonl", trace([called(1, 5, pid=1), called(1, 7, pid=2), called(1, 2, syscall="close")]))
        self.write("b.jsonl", trace([called(1, 11, pid=1)]))
        values, _ = self.lines("a.jsonl", "b.jsonl")
        self.assertEqual(values, [{"time": stamp(1), "comm": "cat", "syscall": "read", "count": 23},
                                  {"time": stamp(1), "comm": "cat", "syscall": "close", "count": 2}])
        values, _ = self.lines("-b", "host", "a.jsonl", "b.jsonl")
        self.assertEqual([(value["host"], value["pid"], value["count"]) for value in values],
                         [("b", 1, 11), ("a", 2, 7), ("a", 1, 5), ("a", 12, 2)])

    def test_table_of_counts(self):
        self.write("a.jsonl", trace([called(1, 5), called(1, 1234, comm="longer")]))
        self.assertEqual(self.run_it("a.jsonl")[0],
                         "COMM   SYSCALL COUNT\nlonger read     1234\ncat    read        5\n")

    def test_a_name_that_was_cut_off(self):
        cut = {"comm": "averylongcomman", "truncated": ["comm"]}
        self.write("a.jsonl", trace([called(1, 5, **cut), called(1, 7, comm="averylongcomman")]))
        self.write("b.jsonl", trace([called(1, 1, **cut)]))
        values, _ = self.lines("a.jsonl", "b.jsonl")
        self.assertEqual([(value["count"], value.get("truncated")) for value in values], [(7, None), (6, ["comm"])])
        self.assertIn("averylongcomman... read        6", self.run_it("a.jsonl", "b.jsonl")[0])

    def test_names_whose_bytes_differ(self):
        one = {"comm": "a\ufffd", "comm_base64": "Yf8="}
        other = {"comm": "a\ufffd", "comm_base64": "Yf4="}
        self.write("a.jsonl", trace([called(1, 5, **one), called(1, 7, **other), called(1, 3, comm="b")]))
        self.write("b.jsonl", trace([called(1, 1, **one)]))
        values, _ = self.lines("a.jsonl", "b.jsonl")
        self.assertEqual([(value["count"], value.get("comm_base64")) for value in values],
                         [(7, "Yf4="), (6, "Yf8="), (3, None)])
        # They are no other columns.
        self.assertEqual(self.run_it("a.jsonl")[0].splitlines()[0], "COMM SYSCALL COUNT")

    def test_interval(self):
        self.write("a.jsonl", trace([called(at, 1) for at in range(0, 20, 2)]))
        self.write("b.jsonl", trace([called(at, 10) for at in range(1, 20, 2)]))
        values, _ = self.lines("-i", "10", "a.jsonl", "b.jsonl")
        self.assertEqual([(value["time"], value["count"]) for value in values], [(stamp(0), 55), (stamp(10), 55)])
        self.assertEqual(self.run_it("-i", "10", "a.jsonl", "b.jsonl")[0],
                         "02:07:00.000\nCOMM SYSCALL COUNT\ncat  read       55\n\n"
                         "02:07:10.000\nCOMM SYSCALL COUNT\ncat  read       55\n")

    def test_distribution_at_the_end_of_events(self):
        last = {**dict.fromkeys(opened(1)), "comm": "", "open": dist({4: 2})}
        self.write("a.jsonl", trace([{**opened(1), "open": None}, {**opened(2), "open": None}, last]))
        output, _ = self.run_it("a.jsonl")
        self.assertEqual(len(re.findall("cat", output)), 2)
        self.assertIn("        16 -> 31         : 2        |****************************************|", output)
        self.assertIn("\n\n     usecs ", output)

    def test_tools_are_not_mixed(self):
        self.write("a.jsonl", trace([latency(1, {3: 1}, disk="sda")]))
        self.write("b.jsonl", trace([{"time": stamp(1), "fs": "ext4", "latency": dist({3: 1}, unit="msecs")}]))
        values, _ = self.lines("a.jsonl", "b.jsonl")
        self.assertEqual(sorted(value["latency"]["unit"] for value in values), ["msecs", "usecs"])

    def test_too_many_keys_become_other(self):
        table = rows.Rows(SimpleNamespace(sum=["count"], top=0, by=["host"]))
        source = SimpleNamespace(host="a")
        limit, rows.MAX_ROWS = rows.MAX_ROWS, 10
        self.addCleanup(setattr, rows, "MAX_ROWS", limit)
        for i in range(25):
            record = called(1, 2, pid=i)
            table.add(Record(source, stamp(1), 1, record, "", None, tuple(record)))
        found = table.take()
        self.assertEqual(table.others, 15)
        self.assertEqual(len(found), 11)
        self.assertEqual((found[0].fields["comm"], found[0].fields["host"], found[0].sums["count"]), ("other", "other", 30))


class Examples(Case):
    def test_what_the_tools_print(self):
        """Every line of JSON in the examples, which are real runs, is a record."""
        directory = os.path.join(FLEET, "../examples")
        found = 0
        for name in os.listdir(directory):
            if not name.endswith("_example.txt"):
                continue
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                lines = [text for text in file if text.startswith('{"time":') and text.endswith("}\n")]
            found += len(lines)
            self.write("a.jsonl", "".join(lines) + line(summary(len(lines))))
            for form in ([], ["--json"], ["--html"], ["-b", "host"]):
                self.assertEqual(self.run_it(*form, "a.jsonl")[1], "", name)
        self.assertGreater(found, 15)


class Loss(Case):
    def test_nothing_is_said_when_all_is_well(self):
        self.write("a.jsonl", trace([opened(1)]))
        self.assertEqual(self.run_it("a.jsonl")[1], "")

    def test_is_added_up(self):
        why = "no room for more processes"
        self.write("a.jsonl", trace([opened(1)], lost=12, uncounted=[{"events": 3, "why": why}]))
        self.write("b.jsonl", trace([opened(1)], missed=2, lost=1, uncounted=[{"events": 4, "why": why}], shed=9, unmatched=4, below=6))
        _, told = self.lines("a.jsonl", "b.jsonl", status=5)
        self.assertEqual({name: told[name] for name in ("lost", "missed", "shed", "unmatched", "below", "uncounted", "records", "hosts")},
                         {"lost": 13, "missed": 2, "shed": 9, "unmatched": 4, "below": 6, "uncounted": [{"events": 7, "why": why}],
                          "records": 2, "hosts": 2})
        self.assertTrue(all(file["complete"] for file in told["files"]))
        said = self.run_it("a.jsonl", "b.jsonl", status=5)[1].splitlines()
        self.assertEqual(said, ["lwmerge: a: a.jsonl: lost 12 records",
                                f"lwmerge: a: a.jsonl: did not count 3 events: {why}",
                                "lwmerge: b: b.jsonl: lost 1 record",
                                "lwmerge: b: b.jsonl: missed 2 calls",
                                f"lwmerge: b: b.jsonl: did not count 4 events: {why}",
                                "lwmerge: 2 hosts, 2 records; lost 13 records, missed 2 calls, did not count 7 events; "
                                "0 incomplete files"])

    def incomplete(self, content, words, records):
        self.write("dead.jsonl", content)
        self.write("well.jsonl", trace([opened(9)]))
        values, told = self.lines("dead.jsonl", "well.jsonl", status=5)
        _, said = self.run_it("dead.jsonl", "well.jsonl", status=5)
        self.assertIn(f"lwmerge: dead: dead.jsonl: {words}", said)
        self.assertIn("; 1 incomplete file\n", said)
        self.assertEqual([file["complete"] for file in told["files"]], [False, True])
        self.assertEqual(len(values), records + 1)

    def test_no_summary(self):
        self.incomplete(line(opened(1)) + line(opened(2)), "no summary at its end", 2)

    def test_records_after_the_last_summary(self):
        self.incomplete(trace([opened(1)]) + line(opened(2)), "no summary at its end", 2)

    def test_empty(self):
        self.incomplete("", "no summary at its end", 0)

    def test_cut_last_line(self):
        self.incomplete(trace([opened(1), opened(2)])[:-200], "its last line is cut; used 1 record of it", 1)

    def test_truncated_gz(self):
        content = gzip.compress(trace([opened(at) for at in range(2000)]).encode())
        self.write("a.jsonl.gz", content[:len(content) // 2])
        values, _ = self.lines("a.jsonl.gz", status=5)
        self.assertGreater(len(values), 500)
        _, said = self.run_it("a.jsonl.gz", status=5)
        self.assertIn("lwmerge: a: a.jsonl.gz: cannot be read to its end (Compressed file ended", said)
        self.assertIn(f"; used {len(values)} records of it", said)

    def test_damaged(self):
        for name, pack in (("a.gz", gzip.compress), ("a.xz", lzma.compress), ("a.bz2", bz2.compress)):
            content = bytearray(pack(trace([opened(at, pid=at) for at in range(20000)]).encode()))
            content[len(content) // 2] ^= 0xff
            self.write(name, bytes(content))
            _, said = self.run_it(name, status=5)
            self.assertIn(f"{name}: cannot be read to its end", said)

    def test_fewer_records_than_were_shown(self):
        self.incomplete(line(opened(1)) + line(summary(3)), "lwload showed 3 records; used 1 record of it", 1)

    def test_ended_by_an_error(self):
        self.incomplete(trace([opened(1)], ended="error"), "lwload ended by an error", 1)

    def test_broken_lines(self):
        self.incomplete("nonsense\n" + trace([opened(1)]) + "\n[1]\n", "left out 2 lines that", 1)

    def test_run_after_run_in_a_file(self):
        self.write("a.jsonl", trace([opened(1)], lost=1) + trace([opened(2)], lost=2))
        _, told = self.lines("a.jsonl", status=5)
        self.assertEqual((told["lost"], told["files"][0]["complete"]), (3, True))


class Program(Case):
    def test_usage(self):
        for arguments in ([], ["-T", "x", "a"], ["--json", "--html", "a"], ["--jso", "a"], ["-b", "a,,b", "a"],
                          ["-i", "0", "a"], ["-", "b=-"]):
            output, said = self.run_it(*arguments, status=2)
            self.assertEqual(output, "")
            self.assertRegex(said, r"\Alwmerge: .+; see lwmerge --help\n\Z")

    def test_help_and_page_have_the_same_options(self):
        output, _ = self.run_it("--help")
        with open(os.path.join(FLEET, "../man/lwmerge.1"), encoding="utf-8") as file:
            described = re.findall(r"^\.It Fl (?:(\w) , )?-(\w+)", file.read(), re.MULTILINE)
        has = re.findall(r"^  (?:-(\w)(?: [A-Z]+)?, )?--(\w+)", output, re.MULTILINE)
        self.assertEqual(sorted(described), sorted(has))

    def test_output(self):
        self.write("a.jsonl", trace([opened(1)]))
        self.run_it("--json", "-o", "out.json", "a.jsonl")
        self.assertEqual(os.stat(self.path("out.json")).st_mode & 0o777, 0o600)
        self.assertEqual(sorted(os.listdir(self.dir)), ["a.jsonl", "out.json"])
        with open(self.path("out.json"), encoding="utf-8") as file:
            self.assertEqual(file.read(), self.run_it("--json", "a.jsonl")[0])

    def test_output_that_cannot_be(self):
        self.write("a.jsonl", trace([opened(1)]))
        os.symlink("a.jsonl", self.path("link"))
        for name, words in (("/dev/null", "is not a regular file"), ("link", "is not a regular file"),
                            (".", "is not a regular file"), ("no/such", "No such file or directory")):
            _, said = self.run_it("-o", name, "a.jsonl", status=1)
            self.assertRegex(said, rf"\Alwmerge: .*{re.escape(name)}: .*{words}\n\Z")
        self.assertTrue(os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))

    def test_full_disk(self):
        self.write("a.jsonl", trace([opened(1)] * 3000))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([sys.executable, LWMERGE, "a.jsonl"], cwd=self.dir, stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (1, b"lwmerge: standard output: No space left on device\n"))

    def test_reader_that_goes_away(self):
        self.write("a.jsonl", trace([opened(1)] * 30000))
        with subprocess.Popen([sys.executable, LWMERGE, "a.jsonl"], cwd=self.dir, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as program:
            program.stdout.readline()
            program.stdout.close()
            self.assertEqual((program.stderr.read(), program.wait()), (b"", 0))

    def test_interrupted(self):
        os.mkfifo(self.path("a.jsonl"))
        with subprocess.Popen([sys.executable, LWMERGE, "-o", "out", "a.jsonl"], cwd=self.dir,
                              stderr=subprocess.PIPE) as program:
            # Opens once lwmerge has, and what is written is never the end.
            with open(self.path("a.jsonl"), "wb", buffering=0) as fifo:
                fifo.write(line(opened(1)).encode())
                while not any(name.startswith(".lwmerge-") for name in os.listdir(self.dir)):
                    time.sleep(0.01)
                program.send_signal(signal.SIGTERM)
                self.assertEqual(program.stderr.read(), b"lwmerge: interrupted; out was not written\n")
                self.assertEqual(program.wait(), 1)
        self.assertEqual(os.listdir(self.dir), ["a.jsonl"])

    def test_progress_on_a_terminal_only(self):
        os.mkfifo(self.path("a.jsonl"))
        leader, follower = os.openpty()
        with subprocess.Popen([sys.executable, LWMERGE, "--json", "a.jsonl"], cwd=self.dir, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=follower) as program:
            os.close(follower)
            with open(self.path("a.jsonl"), "wb") as fifo:
                text = b"".join(line(opened(at)).encode() for at in range(6000))
                fifo.write(text)
                time.sleep(2)
                fifo.write(text + text + line(summary(18000)).encode())
            program.wait()
        said = b""
        try:
            while b"\x1b[K" not in said or not said.endswith(b"\x1b[K"):
                said += os.read(leader, 4096)
        except OSError:  # all that was said has been read
            pass
        os.close(leader)
        self.assertRegex(said.decode(), r"\rlwmerge: .*MB, [0-9,]+ records ")

    def test_memory_is_bounded(self):
        part = "".join(line(opened(at / 1000, pid=at % 4000)) for at in range(4000)).encode()
        times = 160
        with open(self.path("a.jsonl"), "wb") as file:
            for _ in range(times):
                file.write(part)
            file.write(line(summary(4000 * times)).encode())
        self.assertGreater(os.path.getsize(self.path("a.jsonl")), 80 << 20)
        for arguments in (["--json"], ["-b", "comm"]):
            done = subprocess.run([sys.executable, LWMERGE, *arguments, "a.jsonl"], cwd=self.dir, preexec_fn=little_memory,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            self.assertNotIn(b"Error", done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)


class Properties(Case):
    def split(self, chance, records, n):
        """The same records in n files, each in their order."""
        parts = [[] for _ in range(n)]
        for record in records:
            chance.choice(parts).append(record)
        return [self.write(f"part{i}.jsonl", trace(part)) for i, part in enumerate(parts)]

    def test_reports_of_any_split_are_those_of_the_whole(self):
        chance = random.Random(2026)
        for n in (2, 3, 7):
            reports = []
            for at in range(300):
                buckets = {chance.randrange(64): chance.randrange(1, 1 << 62) for _ in range(chance.randrange(1, 9))}
                reports.append(latency(at, buckets, disk=chance.choice(["sda", "sdb", "<b>"])))
                reports.append(called(at, chance.randrange(1 << 62), comm=chance.choice("abc")))
            whole = self.write("whole.jsonl", trace(reports))
            for options in ([], ["-i", "60"], ["-b", "comm"], ["-b", "disk", "-T", "2"]):
                self.assertEqual(self.lines(*options, *self.split(chance, reports, n))[0],
                                 self.lines(*options, whole)[0])

    def test_events_of_any_split_are_those_of_the_whole(self):
        chance = random.Random(11)
        events = [opened(at, pid=chance.randrange(9), comm=chance.choice(["a", "ü", "\n"])) for at in range(3000)]
        whole = self.lines("x=" + self.write("whole.jsonl", trace(events)))[0]
        for n in (2, 5):
            values = self.lines(*(f"x={name}" for name in self.split(chance, events, n)))[0]
            self.assertEqual(values, whole)
        self.assertEqual(len(whole), 3000)

    def test_columns_of_heat_maps_keep_every_count(self):
        chance = random.Random(3)
        heat, total = page.Heat(100), collections.Counter()
        for _ in range(5000):
            name, bucket, n = chance.choice("ab"), chance.randrange(20), chance.randrange(1, 1 << 60)
            heat.add(name, chance.choice([None, chance.randrange(10 ** 9, 2 * 10 ** 9)]), bucket, n)
            total[name, bucket] += n
        maps = heat.json(lambda name: {"name": name})
        self.assertLessEqual(maps["columns"], page.MAX_COLUMNS)
        got = collections.Counter()
        for each in maps["maps"]:
            cells = each["cells"]
            for column, bucket, n in zip(cells[::3], cells[1::3], cells[2::3]):
                self.assertTrue(0 <= column < maps["columns"])
                got[each["name"], bucket] += n
        self.assertEqual(got, total)

    def spoil(self, chance, text):
        """Some lines of a trace, broken in one way or another."""
        lines = text.splitlines(keepends=True)
        odd = ["\n", "{}\n", "[]\n", "null\n", "1\n", '"x"\n', "[" * 50000 + "\n", '{"lwload":1}\n', '{"lwload":{}}\n',
               '{"lwload":{"tool":1,"ended":[],"shown":-1}}\n', '{"time":1}\n', '{"time":[]}\n', '{"time":"2026-99-99T99:99:99.000000Z"}\n',
               '{"time":null,"x":NaN}\n', '{"time":null,"x":1e999}\n', '{"time":null,"x":' + "9" * 5000 + "}\n",
               '{"time":null,"latency":{}}\n', '{"time":null,"latency":{"unit":"usecs","count":1,"sum":1,"buckets":[]}}\n',
               '{"time":null,"latency":{"unit":"usecs","count":1,"sum":1,"buckets":[{"low":3,"high":5,"count":1}]}}\n',
               '{"time":null,"latency":{"unit":"<b>","count":1,"sum":1,"buckets":[{"low":2,"high":3,"count":1}]}}\n',
               '{"time":null,"x":[[1]]}\n', '{"time":null,"x":[1]}\n', '{"time":null,"x":true}\n', '{"time":null}\n',
               '{"time":null,"":""}\n', '{"time":null,"truncated":"x","x":"y"}\n', '{"time":null,"count":"many"}\n',
               '{"time":null,"host":null,"count":0}\n', '{"time":null,"\\ud800":"\\udfff"}\n', '{"lwmerge":{}}\n',
               '{"time":null,"truncated":5}\n', '{"time":null,"mode":"x","flags":"y"}\n', '{"time":null,"mode":1.5}\n']
        for _ in range(chance.randrange(1, 8)):
            at = chance.randrange(len(lines))
            kind = chance.randrange(4)
            if kind == 0:
                lines.insert(at, chance.choice(odd))
            elif kind == 1:
                lines[at] = lines[at][:chance.randrange(len(lines[at]))] + "\n"
            elif kind == 2:
                cut = chance.randrange(len(lines[at]))
                lines[at] = lines[at][:cut] + chance.choice('{}[]",:\\\0\x1b9e-') + lines[at][cut + 1:]
            else:
                lines = lines[:at + 1]
        content = bytearray("".join(lines).encode())
        if content and chance.random() < 0.3:
            content[chance.randrange(len(content))] = chance.randrange(256)
        return bytes(content)

    def test_broken_lines_never_break_it(self):
        chance = random.Random(int(os.environ.get("SEED", "18")))
        source = trace([opened(1), called(2, 3), latency(3, {4: 5}), opened(4, args=["x"])])
        for n in range(int(os.environ.get("ROUNDS", "60"))):
            for i in range(3):
                content = self.spoil(chance, source)
                self.write(f"{i}.jsonl", gzip.compress(content)[:-chance.randrange(1, 9)] if n % 5 == 0 else content)
            form = (["--json"], [], ["--html"], ["-b", "host"], ["--json", "-i", "1"])[n % 5]
            done = subprocess.run([sys.executable, LWMERGE, *form, "0.jsonl", "1.jsonl", "2.jsonl"], cwd=self.dir,
                                  capture_output=True, check=False)
            self.assertNotIn(b"Traceback", done.stderr, (n, done.stderr))
            self.assertIn(done.returncode, (0, 1, 5), n)
            if "--json" in form:
                for text in done.stdout.splitlines():
                    json.loads(text, parse_constant=self.fail)
            if "--html" not in form:
                self.assertNotRegex(done.stdout, rb"[\x00-\x09\x0b-\x1f\x7f]")
