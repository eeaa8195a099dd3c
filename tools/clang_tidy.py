#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs clang-tidy over the project's own sources, and only over those that changed.

    clang_tidy.py BUILD_FOLDER JOBS [NAME...]

A source is looked at again when it, one of Duet's headers below it, its compile command or
.clang-tidy differs from the last time it was clean; build/clang-tidy remembers that by hash. With
names, only sources whose path contains one of them. Exits 1 if there are findings.
"""
from __future__ import annotations

import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "build/clang-tidy"
LAYERS = ("core", "shell", "apps", "fuzz", "bench")
FINDING = re.compile(r"^(?=\S+:\d+:\d+: (?:error|warning): )", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def headers_below(source: pathlib.Path, seen: set[pathlib.Path]) -> set[pathlib.Path]:
    """The source and all of Duet's headers it includes, directly or not."""
    if source in seen:
        return seen
    seen.add(source)
    for name in INCLUDE.findall(source.read_text(encoding="utf-8", errors="replace")):
        for base in (ROOT / "core", ROOT / "shell", source.parent, ROOT / "apps/duet"):
            if (base / name).is_file():
                headers_below(base / name, seen)
                break
    return seen


def key(entry: dict[str, str]) -> str:
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    digest.update(entry["command"].encode())
    for file in sorted(headers_below(pathlib.Path(entry["file"]), set())):
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()


def look_at(entry: dict[str, str], build: pathlib.Path) -> str:
    """What clang-tidy has to say about one source; nothing if it is clean."""
    mark = CACHE / key(entry)
    if mark.exists():
        return ""
    result = subprocess.run(
        ["clang-tidy", "--quiet", "-p", str(build), "--extra-arg=-Wno-unknown-warning-option", entry["file"]],
        capture_output=True, text=True, check=False)
    if result.returncode == 0:
        mark.touch()
        return ""
    return result.stdout or result.stderr


def main(arguments: list[str]) -> int:
    build, jobs, names = pathlib.Path(arguments[0]), int(arguments[1]), arguments[2:]
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if (path := pathlib.Path(entry["file"])).is_relative_to(ROOT)
               and path.relative_to(ROOT).parts[0] in LAYERS
               and (not names or any(name in entry["file"] for name in names))]
    CACHE.mkdir(parents=True, exist_ok=True)
    bad = 0
    told: set[str] = set()  # what is wrong in a header is said once, not for each source that has it
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        said = [pool.submit(look_at, entry, build) for entry in entries]
        for number, (entry, future) in enumerate(zip(entries, said), 1):
            findings = future.result()
            bad += bool(findings)
            new = [text for text in FINDING.split(findings) if text and text not in told]
            told.update(new)
            print(f"[{number}/{len(entries)}] {entry['file']}{' has findings' if findings else ''}\n{''.join(new)}",
                  end="", flush=True)
    print(f"{bad} of {len(entries)} sources have findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
