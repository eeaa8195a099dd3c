#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/spec-map.md: which section of which RFC is followed where, and which test shows it.

    spec_map.py [ROOT]

It is made of the citations in the sources, in their one searchable form: "RFC 8445 §6.1.2.6".
"""
from __future__ import annotations

import pathlib
import re
import sys
from collections import defaultdict

CITATION = re.compile(r"RFC (\d{3,5})((?:,? (?:and )?§[\dA-Z][\d.]*)+)")
SECTION = re.compile(r"§([\dA-Z][\d.]*)")
TITLES = {
    2198: "RED", 3550: "RTP", 3711: "SRTP", 3758: "SCTP partial reliability", 4585: "AVPF",
    4588: "RTX", 5109: "ULPFEC", 5389: "STUN, old", 5764: "DTLS-SRTP", 5780: "NAT behaviour",
    6347: "DTLS 1.2", 6455: "WebSocket", 6525: "SCTP stream reset", 6544: "ICE TCP",
    7675: "consent", 7714: "SRTP AES-GCM", 8016: "TURN mobility", 8122: "fingerprints in SDP",
    8260: "SCTP interleaving", 8261: "SCTP over DTLS", 8285: "RTP header extensions",
    8421: "ICE with two families", 8445: "ICE", 8489: "STUN", 8656: "TURN", 8829: "JSEP",
    8831: "data channels", 8832: "DCEP", 8838: "trickle ICE", 8839: "ICE in SDP",
    8841: "SCTP in SDP", 8842: "DTLS in SDP", 8843: "BUNDLE", 8863: "ICE patience", 8866: "SDP",
    8899: "path MTU discovery", 9143: "BUNDLE", 9260: "SCTP", 9429: "JSEP", 9438: "CUBIC",
    9406: "HyStart++", 9653: "zero checksum",
}


def key(section: str) -> list:
    return [(0, int(part)) if part.isdigit() else (1, part) for part in section.split(".") if part]


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    places: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for folder in ("core", "shell", "test", "fuzz"):
        for path in sorted((root / folder).rglob("*.?pp")):
            for number, sections in CITATION.findall(path.read_text(encoding="utf-8")):
                for section in SECTION.findall(sections):
                    places[int(number)][section.rstrip(".")].add(str(path.relative_to(root)))
    lines = ["# From specification to code", "",
             "Written by `tools/spec_map.py` from the citations in the sources: each section that some code",
             "follows, where, and the tests that name it.", ""]
    for number in sorted(places):
        title = TITLES.get(number)
        lines += [f"## RFC {number}" + (f": {title}" if title else ""), "",
                  "| Section | Code | Tests |", "|---|---|---|"]
        for section in sorted(places[number], key=key):
            files = sorted(places[number][section])
            tests = [name for name in files if name.endswith("_test.cpp") or name.startswith(("test/", "fuzz/"))]
            code = [name for name in files if name not in tests]
            row = [", ".join(f"`{name.split('/duet/')[-1]}`" for name in part) for part in (code, tests)]
            lines.append(f"| {section} | {row[0]} | {row[1]} |")
        lines.append("")
    (root / "docs/spec-map.md").write_text("\n".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
