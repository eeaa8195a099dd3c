#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the closing lines of every test runner of a run, and one line that adds them up.

    tally.py RUNNERS.tsv

Each line of the file is a runner: kind, title, exit status and log, with tabs between. Kinds:
`ctest` (a GoogleTest binary counts for the cases in it, any other test for one), `npm` (vitest,
node:test or mocha), `fuzz` and `build` (one each). A runner that fails and doesn't say in how many
tests counts as one failure; nothing that failed goes uncounted. Exits 1 if anything failed.
"""
from __future__ import annotations

import dataclasses
import pathlib
import re
import sys

LINES_OF_A_FAILURE = 8
LINES_OF_A_TEST = 40
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    closing: list[str] = dataclasses.field(default_factory=list)
    failures: list[str] = dataclasses.field(default_factory=list)  # names, and what was said there


def lines_of(path: pathlib.Path) -> list[str]:
    """The lines of a log without colours; none if there is no such file."""
    if not path.is_file():
        return []
    return ANSI.sub("", path.read_text(encoding="utf-8", errors="replace")).splitlines()


def ctest_cases(last_test_log: list[str]) -> Tally:
    """What CTest's LastTest.log says: the cases of each GoogleTest binary, else one per test."""
    tally = Tally()
    name, passed, failed, said = "", 0, 0, []
    for line in last_test_log:
        if match := re.match(r"\d+/\d+ Testing: (.+)", line):
            name, passed, failed, said = match[1], 0, 0, []
            continue
        said.append(line)
        if match := re.match(r"\[  PASSED  \] (\d+) test", line):
            passed = int(match[1])
        elif match := re.match(r"\[  FAILED  \] (\d+) tests?, listed below", line):
            failed = int(match[1])
        elif match := re.match(r"Test (Passed|Failed)\.", line):
            if match[1] == "Passed":
                passed = max(passed, 1)
            else:
                failed = max(failed, 1)
                tally.failures += [f"{name}:", *what_failed(said[:-1])]
            tally.passed += passed
            tally.failed += failed
            tally.closing.append(f"  {name:<30} {passed:4} passed, {failed} failed")
    tally.closing.sort()
    return tally


def what_failed(said: list[str]) -> list[str]:
    """Each failed assertion and case of a GoogleTest binary; else the end of what a test said."""
    lines, follow = [], 0
    for line in said:
        if re.search(r": Failure$", line):
            follow = LINES_OF_A_FAILURE
        elif re.match(r"\[ *(?:RUN|OK|FAILED) *\]", line):
            follow = 0
            if line.startswith("[  FAILED  ]") and line.endswith("ms)"):
                lines.append(line)
        if follow > 0:
            lines.append(line)
            follow -= 1
    return lines[:LINES_OF_A_TEST] or said[-LINES_OF_A_FAILURE:]


def ctest(log: pathlib.Path) -> Tally:
    lines = lines_of(log)
    folder = next((m[1] for line in lines if (m := re.match(r"Test project (.+)", line))), "")
    tally = ctest_cases(lines_of(pathlib.Path(folder) / "Testing/Temporary/LastTest.log"))
    for line in lines:
        if re.match(r"\d+% tests passed", line) or line.startswith("Total Test time"):
            tally.closing.append(line)
        if match := re.match(r"\d+% tests passed, (\d+) tests? failed", line):
            tally.failed = max(tally.failed, int(match[1]))
    return tally


# (pattern, what its number counts) of the runners that npm scripts start.
NPM = [
    (re.compile(r"^(?:#|ℹ) pass (\d+)$"), "passed"),  # node:test
    (re.compile(r"^(?:#|ℹ) fail (\d+)$"), "failed"),
    (re.compile(r"^(?:#|ℹ) cancelled (\d+)$"), "failed"),
    (re.compile(r"^ *Tests .*?(\d+) passed"), "passed"),  # vitest
    (re.compile(r"^ *Tests .*?(\d+) failed"), "failed"),
    (re.compile(r"^ *(\d+) passing\b"), "passed"),  # mocha
    (re.compile(r"^ *(\d+) failing\b"), "failed"),
    (re.compile(r"^(\d+) passed, \d+ failed"), "passed"),  # plain
    (re.compile(r"^\d+ passed, (\d+) failed"), "failed"),
]
NPM_CLOSING = re.compile(r"^the first run failed|^ *(?:Test Files|Tests|Duration)  |^(?:#|ℹ) (?:tests|suites|pass|fail|duration_ms)")


def failed_in_tap(lines: list[str]) -> list[str]:
    """Names of the tests that a TAP log of node:test says failed, and why; not of the suites around them."""
    failed: list[str] = []
    name, error, depth = "", [], None  # depth: of the key whose text is on the lines below it
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if match := re.match(r" *not ok \d+ - (.+)", line):
            if name:
                failed.append(name)
            name, error, depth = match[1], [], None
        elif name and re.match(r" *failureType: '?subtestsFailed", line):
            name = ""
        elif name and depth is None and (match := re.match(r" *error: (.*)", line)):
            depth = indent if match[1] == "|-" else None
            error = [] if match[1] == "|-" else [match[1]]
        elif name and depth is not None and (indent > depth or not line.strip()):
            error.append(line.strip())
        elif name and re.match(r" *\.\.\.$", line):
            first, *more = [text for text in error if text][:LINES_OF_A_FAILURE] or [""]
            failed += [f"{name}: {first}" if first else name, *(f"  {text}" for text in more)]
            name = ""
        else:
            depth = None
    return failed + ([name] if name else [])


def npm(log: pathlib.Path) -> Tally:
    tally = Tally()
    lines = lines_of(log)
    for line in lines:
        matches = [(match, what) for pattern, what in NPM if (match := pattern.match(line))]
        for match, what in matches:
            setattr(tally, what, getattr(tally, what) + int(match[1]))
        if matches or NPM_CLOSING.match(line):
            tally.closing.append(line)
    if not tally.closing:
        tally.closing = [line for line in lines if line.strip()][-3:]
    tally.failures = failed_in_tap(lines)
    return tally


def fuzz(log: pathlib.Path) -> Tally:
    return Tally(closing=[line for line in lines_of(log) if re.match(r"Done \d+ runs|SUMMARY:", line)])


def build(log: pathlib.Path) -> Tally:
    return Tally(closing=[line for line in lines_of(log) if line.strip()][-1:])


KINDS = {"ctest": ctest, "npm": npm, "fuzz": fuzz, "build": build}


def tally_runner(kind: str, status: int, log: pathlib.Path) -> Tally:
    """One runner's counts, in agreement with its exit status."""
    tally = KINDS[kind](log)
    if status != 0:
        tally.failed = max(tally.failed, 1)
        if status in (124, 137):
            tally.closing.append("cut: it took too long")
    elif tally.passed == 0 and tally.failed == 0:
        if kind in ("ctest", "npm") and not tally.closing:
            tally.failed = 1
            tally.closing = ["it said nothing at all"]
        else:
            tally.passed = 1
    return tally


def main(arguments: list[str]) -> int:
    passed = failed = 0
    failures: list[str] = []  # told once more at the end, where they are seen
    for row in lines_of(pathlib.Path(arguments[0])):
        kind, title, status, log = row.split("\t")
        tally = tally_runner(kind, int(status), pathlib.Path(log))
        print(f"\n{title}: {tally.passed} passed, {tally.failed} failed")
        for line in tally.closing:
            print(f"  {line}")
        passed += tally.passed
        failed += tally.failed
        if tally.failed:
            failures.append(f"  FAILED {title}: {tally.failed}, see {log}")
            failures += [f"    | {line}" for line in tally.failures]
    print("\n".join(["", *failures, f"{passed} passed, {failed} failed"]))
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
