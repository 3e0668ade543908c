#!/usr/bin/env python3
"""Checks what keeps the structure: ranks of folders, banned calls, sizes of files. Seconds, no build.

Every rule names its replacement. An allow-list may only shrink.
"""
import pathlib
import re
import subprocess
import sys

# ARCHITECTURE.md, Ranks: a file includes lower ranks and its own folder, never a sibling, never upward.
RANKS = {
    "base": 0,
    "os": 1, "observe": 1,
    "wire": 2,
    "runtime": 3,
    "store": 4, "pages": 4,
    "service": 5,
    "gateway": 6, "bus": 6, "telemetry": 6, "console": 6, "services": 6,
    "platform": 7,
    "mes": 8,
}

# pattern, what to use instead, folders that may
BANS = [
    (r"\bsystem_clock::now\b", "mes::instant::now() or os::clock", ("base/", "os/")),
    (r"(?<![\w:.>])(?:s?rand|time)\(", "base/uuid.h, OpenSSL's generator, mes::instant", ()),
    (r"\bstd::thread\b", "runtime::thread", ("runtime/", "store/")),
    (r"#include <regex>", "re2", ()),
    (r"#include <boost/beast(?:/|\.hpp)", "runtime/http_server.h and http_client.h", ("runtime/",)),
    (r"#include <boost/asio\.hpp>", "narrow Asio headers", ()),
    (r"\bdetached\b", "a named function that is joined", ("runtime/",)),
    (r"\bstd::sto(?:i|l|ll|ul|ull|f|d)\b", "std::from_chars", ()),
    (r"\b(?:FIXME|TODO|XXX)\b", "finish it, or open an issue", ()),
]

LINES_NOTE, LINES_MAX = 500, 800
INCLUDE = re.compile(r'^#include "([^"]+)"')


def folder_of(path: str) -> str:
    """The unit of siblings: src/services/auth/x.h -> services/auth, src/bus/log/x.h -> bus."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "services" else parts[0]


def check_includes(path: str, lines: list[str]) -> list[str]:
    mine, found = folder_of(path), []
    my_rank = RANKS[mine.split("/")[0]]
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        theirs = folder_of(match[1])
        their_rank = RANKS.get(theirs.split("/")[0])
        if their_rank is None:
            found.append(f"src/{path}:{number}: includes {match[1]}: no folder of the rank table")
        elif theirs != mine and their_rank >= my_rank:
            found.append(f"src/{path}:{number}: {mine} (rank {my_rank}) includes {theirs} (rank {their_rank})")
    return found


def check_bans(path: str, lines: list[str]) -> list[str]:
    if path.endswith("_test.cc") or "/test_" in path:  # tests and what they stand on
        return []
    found = []
    for pattern, instead, folders in BANS:
        if folders and path.startswith(folders):
            continue
        for number, line in enumerate(lines, 1):
            code = line if "FIXME" in pattern else line.split("//")[0]
            if re.search(pattern, code):
                found.append(f"src/{path}:{number}: {line.strip()[:70]}: use {instead}")
    return found


def check_size(path: str, lines: list[str]) -> list[str]:
    if "/generated/" in path:
        return []
    if len(lines) > LINES_MAX:
        return [f"src/{path}: {len(lines)} lines, at most {LINES_MAX}: it has two ideas"]
    if len(lines) > LINES_NOTE:
        print(f"note: src/{path} has {len(lines)} lines")
    return []


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"],
                            capture_output=True, text=True, check=True).stdout.split()
    found: list[str] = []
    for name in listed:
        file = pathlib.Path(name)
        if file.suffix not in (".h", ".cc") or not file.exists():
            continue
        path, lines = name.removeprefix("src/"), file.read_text().splitlines()
        found += check_includes(path, lines) + check_bans(path, lines) + check_size(path, lines)
        if file.suffix == ".h" and "#pragma once" not in lines:
            found.append(f"{name}: no #pragma once")
    print("\n".join(found) if found else "structure: fine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
