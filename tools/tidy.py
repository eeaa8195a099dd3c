#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what no compiler checks: the layering, what the core may touch, and how files begin.

    tidy.py [ROOT]

Prints one line `file:line: what is wrong` for each finding and exits 1 if there is one.

* Layering: a file in core/duet/X, shell/duet/X or apps/X includes <duet/Y/...> only if Y is its
  own folder or on the DEPENDS line of the folder's CMakeLists.txt; a core folder never includes or
  depends on a shell folder; what DEPENDS names is used.
* The core: no clock, thread, socket, file, environment, console or randomness of the operating
  system's, and no variable that outlives a call. Tests in the core may read files and print;
  crypto may ask OpenSSL for randomness, since its keys are made of it.
* Form: sources begin with the licence line and a sentence, headers have #pragma once, headers of the
  core and the shell are included as <duet/...> everywhere, every .cpp is named in its folder's CMakeLists.txt, and every
  folder has a README.md of about ten lines.
* Joining: the sources of a folder are compiled in groups (DUET_UNITY), so no two of them give the same name to a
  constant, type or function of their own, nor one that a type in a header of the folder has, unless the folder's CMakeLists.txt says UNITY_BUILD OFF.
"""
from __future__ import annotations

import os
import pathlib
import re
import sys
from collections.abc import Iterator

SKIPPED = {".git", ".ci", "build", "node_modules", "dist", "corpus", "__pycache__"}
CPP = {".cpp", ".hpp"}
# Comment forms of the sources that must begin with licence and sentence.
SOURCES = CPP | {".py", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".css", ".sh"}
LICENCE = "SPDX-License-Identifier: MIT"
README_LINES = (3, 40)

KEYWORDS = {"IN", "HEADERS", "SOURCES", "TESTS", "DEPENDS", "LINK", "LINK_PRIVATE"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# What a core file must not include: (pattern of the header, what it brings in, allowed in tests).
FORBIDDEN_HEADERS = [
    (re.compile(r"ctime|time\.h|sys/time\.h"), "a clock", False),
    (re.compile(r"thread|mutex|shared_mutex|condition_variable|future|atomic|semaphore|latch|barrier"
                r"|stop_token|pthread\.h|boost/thread.*"), "threads", False),
    (re.compile(r"sys/(socket|epoll|select|un|ioctl)\.h|netinet/.*|arpa/.*|netdb\.h|poll\.h|unistd\.h"
                r"|boost/(asio|beast)(/.*|\.hpp)"), "sockets", False),
    (re.compile(r"fstream|filesystem|fcntl\.h|sys/stat\.h|dirent\.h"), "files", True),
    (re.compile(r"iostream|print|spdlog/.*"), "the console", True),
    (re.compile(r"openssl/rand\.h|sys/random\.h"), "the system's randomness", False),
]

# What a core file must not say: (pattern in code without comments and strings, what it is, in tests).
FORBIDDEN_WORDS = [
    (re.compile(r"\b(?:steady|system|high_resolution|utc|tai|gps|file)_clock\b"), "a clock", False),
    (re.compile(r"(?<![\w.>:])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)"), "a clock", False),
    (re.compile(r"\b(?:gettimeofday|clock_gettime|localtime|localtime_r|gmtime|gmtime_r|mktime)\s*\("),
     "a clock", False),
    (re.compile(r"(?<![\w.>])(?:std::|::)?clock\s*\(\s*\)"), "a clock", False),
    (re.compile(r"\b(?:sleep_for|sleep_until|nanosleep|usleep)\b"), "a clock", False),
    (re.compile(r"\bstd::(?:async|j?thread|mutex|atomic)\b|\bthread_local\b|\bpthread_\w+"), "threads", False),
    (re.compile(r"(?<![\w.>])(?:secure_)?getenv\s*\(|(?<![\w.>])setenv\s*\(|\benviron\b"),
     "the environment", False),
    (re.compile(r"\b(?:fopen|freopen|tmpfile|popen)\s*\("), "files", True),
    (re.compile(r"\bstd::(?:cout|cerr|clog|cin)\b|(?<![\w.>])(?:std::)?(?:printf|puts|putchar)\s*\("),
     "the console", True),
    (re.compile(r"\bstd::random_device\b|(?<![\w.>])(?:std::)?s?rand\s*\(|\bRAND_(?:priv_)?bytes\s*\("
                r"|\bgetrandom\s*\("), "the system's randomness", False),
]

CONSTANT = r"(?:const|constexpr|consteval|constinit\s+const)\b"
TYPE = r"[A-Za-z_][\w:]*(?:<[^;(){}]*>)?[\s&*]+"
VARIABLES = [
    # static inside a function or a class: `static int calls = 0;` but no function, no constant.
    re.compile(rf"^\s*(?:inline\s+)?static\s+(?:inline\s+)?(?!{CONSTANT}|inline\s+{CONSTANT}|_assert)"
               r"[^;(){}=]+(?:=[^=]|;|\{)", re.MULTILINE),
    # at namespace scope, where nothing is indented
    re.compile(rf"^(?:inline|extern)\s+(?!{CONSTANT}|namespace\b|template\b)[^;(){{}}=]+(?:=[^=]|;|\{{)", re.MULTILINE),
    re.compile(r"^(?!(?:using|namespace|class|struct|enum|union|template|return|typedef|friend|case"
               rf"|goto|else|public|private|protected|inline|static|extern|{CONSTANT}))"
               rf"(?:{TYPE})+\w+\s*(?:=[^=]|;|\{{[^;\n]*\}};)", re.MULTILINE),
]

# Names that a file keeps to itself: what stands unindented between `namespace {` and its end.
OWN_NAMES = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
OWN_NAME = re.compile(r"^(?:(?:constexpr|const|inline)\s[^;={(]*?\b(k[A-Z]\w*)\b"  # a constant
                      r"|(?:struct|class|enum(?: class)?)\s+(\w+)\b(?!::|;)"  # a type
                      r"|using\s+(\w+\s*=[^;]+);"
                      r"|[\w:][\w:<>,&* ]*?[\s&*](\w+\([^;{}]*?\))\s*(?:noexcept\s*)?\{)", re.MULTILINE)

DECLARED_TYPE = re.compile(r"^(?:struct|class|enum class)\s+(\w+)\b(?!::|;)", re.MULTILINE)


def without_comments_and_strings(text: str) -> str:
    """`text` with comments and literals blanked, its lines and columns unchanged."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'',
        re.DOTALL)
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])
    # Includes keep their names, which look like strings.
    parts = re.split(r'(^\s*#\s*include[^\n]*)', text, flags=re.MULTILINE)
    return "".join(part if i % 2 else token.sub(blank, part) for i, part in enumerate(parts))


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def cmake_names(text: str, keyword: str) -> set[str] | None:
    """The names after `keyword` in the duet_library calls of a CMakeLists.txt; None without a call."""
    text = re.sub(r"#[^\n]*", "", text)
    calls = re.findall(r"duet_library\s*\(([^)]*)\)", text)
    if not calls:
        return None
    names: set[str] = set()
    for call in calls:
        reading = False
        for word in call.split():
            if word in KEYWORDS:
                reading = word == keyword
            elif reading:
                names.add(word)
    return names


class Tree:
    """The tree under test, and what was found in it."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.findings: list[str] = []
        self.files = sorted(self._walk())
        # Programs that the build itself runs are named in cmake/ and belong to no library.
        self.build_programs = {
            file for file in self.files if file.suffix == ".cpp"
            and any(f"/{file.name}" in self.read(other) for other in self.files if other.parts[0] == "cmake")}
        self.core = self._folders("core")
        self.shell = self._folders("shell")
        self.folder_of = dict(self._libraries())

    def _walk(self) -> Iterator[pathlib.Path]:
        for folder, names, files in os.walk(self.root):
            names[:] = [n for n in names if n not in SKIPPED and not n.startswith("build-")]
            yield from (pathlib.Path(folder, name).relative_to(self.root) for name in files)

    def _folders(self, layer: str) -> set[str]:
        return {file.parts[2] for file in self.files if file.parts[:2] == (layer, "duet") and len(file.parts) > 3}

    def _libraries(self) -> Iterator[tuple[str, str]]:
        """Each library and its folder, which may have two: turn has turn and turn_server."""
        for file in self.files:
            if file.name == "CMakeLists.txt" and file.parts[0] in ("core", "shell") and len(file.parts) == 4:
                yield from ((name, file.parts[2]) for name in re.findall(r"duet_library\s*\(\s*(\w+)", self.read(file)))

    def read(self, file: pathlib.Path) -> str:
        path = self.root / file
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def report(self, file: pathlib.Path | str, line: int, what: str) -> None:
        self.findings.append(f"{file}:{line}: {what}")

    def check(self) -> list[str]:
        for file in self.files:
            if file.suffix in SOURCES or file.name == "dev":
                self.check_beginning(file)
            if file.suffix in CPP:
                self.check_includes(file)
                if file.parts[:2] == ("core", "duet"):
                    self.check_core(file)
        for layer, folders in (("core", self.core), ("shell", self.shell)):
            for folder in sorted(folders):
                self.check_folder(layer, folder)
        for folder in sorted({file.parts[1] for file in self.files if file.parts[0] == "apps" and len(file.parts) > 2}):
            self.check_app(folder)
        self.check_readmes()
        return sorted(self.findings)

    def check_beginning(self, file: pathlib.Path) -> None:
        lines = self.read(file).splitlines()
        if lines and lines[0].startswith("#!"):
            lines = lines[1:]
        if not lines or LICENCE not in lines[0]:
            self.report(file, 1, f"the first line is not the licence: {LICENCE}")
            return
        sentence = re.sub(r"^\W+", "", lines[1]) if len(lines) > 1 else ""
        mark = r'\s*(#|""")' if file.suffix in ("", ".py", ".sh") else r"\s*(//|/?\*)"
        comment = re.match(mark, lines[1]) if len(lines) > 1 else None
        if not comment or len(sentence) < 10:
            self.report(file, 2, "the second line is not a comment that says what the file is")
        if file.suffix == ".hpp" and "#pragma once" not in lines:
            self.report(file, 3, "a header without #pragma once")

    def check_includes(self, file: pathlib.Path) -> None:
        text = self.read(file)
        for match in INCLUDE.finditer(text):
            bracket, name = match.groups()
            if bracket == '"':
                if file.parts[0] in ("core", "shell"):
                    folder = "/".join(file.parts[1:-1])
                    self.report(file, line_of(text, match.start()), f'write <{folder}/{name}>, not "{name}"')
            elif name.startswith("duet/") and file.parts[0] in ("core", "shell"):
                owner = self.root / file.parts[0] / name
                other = self.root / ("shell" if file.parts[0] == "core" else "core") / name
                if file.parts[0] == "core" and not owner.is_file() and other.is_file():
                    self.report(file, line_of(text, match.start()), f"the core includes the shell: {name}")

    @staticmethod
    def may(file: pathlib.Path, what: str) -> bool:
        return file.parts[2] == "crypto" and what == "the system's randomness"

    def check_core(self, file: pathlib.Path) -> None:
        text = self.read(file)
        code = without_comments_and_strings(text)
        is_test = file.name.endswith("_test.cpp") or file.name.startswith("test_")
        for match in INCLUDE.finditer(text):
            for pattern, what, in_tests in FORBIDDEN_HEADERS:
                if pattern.fullmatch(match[2]) and not (is_test and in_tests) and not self.may(file, what):
                    self.report(file, line_of(text, match.start()), f"the core touches {what}: <{match[2]}>")
        for pattern, what, in_tests in FORBIDDEN_WORDS:
            for match in pattern.finditer(code):
                if not (is_test and in_tests) and not self.may(file, what):
                    self.report(file, line_of(code, match.start()), f"the core touches {what}: {match[0].strip()}")
        if not is_test:
            for pattern in VARIABLES:
                for match in pattern.finditer(code):
                    start = match.start() + len(match[0]) - len(match[0].lstrip())
                    self.report(file, line_of(code, start),
                                f"a variable that outlives a call: {' '.join(match[0].split())}")

    def sources_in(self, *parts: str) -> list[pathlib.Path]:
        return [file for file in self.files if file.parts[:len(parts)] == parts and file.suffix in CPP
                and file not in self.build_programs]

    def check_folder(self, layer: str, folder: str) -> None:
        build_file = pathlib.Path(layer, "duet", folder, "CMakeLists.txt")
        sources = self.sources_in(layer, "duet", folder)
        if not (self.root / build_file).is_file():
            if any(file.suffix == ".cpp" for file in sources):
                self.report(build_file, 1, "a folder with sources and without a CMakeLists.txt")
            return
        text = self.read(build_file)
        depends = cmake_names(text, "DEPENDS")
        if depends is None:
            self.report(build_file, 1, "no duet_library(...)")
            return
        depends = {self.folder_of.get(name, name) for name in depends} - {folder}
        for name in sorted(depends):
            if layer == "core" and name in self.shell and name not in self.core:
                self.report(build_file, 1, f"the core depends on the shell: {name}")
        used = self.check_layering(sources, folder, depends, f"DEPENDS of {build_file}")
        for name in sorted(depends - used):
            self.report(build_file, 1, f"DEPENDS names {name}, and no file here includes it")
        self.check_named(sources, build_file, text)
        if "UNITY_BUILD OFF" not in text:
            self.check_own_names(sources)

    def check_own_names(self, sources: list[pathlib.Path]) -> None:
        """Of a function the types of the parameters count too; an alias may be said twice."""
        seen: dict[str, tuple[str, pathlib.Path]] = {
            match[1]: (match[0], file) for file in sources if file.suffix == ".hpp"
            for match in DECLARED_TYPE.finditer(self.read(file))}
        for file in sources:
            if file.suffix != ".cpp" or file.name.endswith("_test.cpp"):
                continue
            text = self.read(file)
            code = without_comments_and_strings(text)
            for part in OWN_NAMES.finditer(text):
                for match in OWN_NAME.finditer(code[part.start(1):part.end(1)]):
                    what = " ".join(next(group for group in match.groups() if group).split())
                    name = re.sub(r"(?<=[\w>&*])\s+\w+(?=\s*[,)])", "", what.split(" =")[0])
                    said, other = seen.setdefault(name, (what, file))
                    if other != file and (said != what or "=" not in what):
                        self.report(file, line_of(code, part.start(1) + match.start()),
                                    f"{name} is a name of {other.name} too, and both may be compiled as one")

    def check_app(self, folder: str) -> None:
        build_file = pathlib.Path("apps", folder, "CMakeLists.txt")
        text = re.sub(r"#[^\n]*", "", self.read(build_file))
        linked = set(re.findall(r"\bduet(?:::|_)(\w+)", text))
        sources = self.sources_in("apps", folder)
        self.check_layering(sources, "", linked, f"what {build_file} links")
        self.check_named(sources, build_file, text)

    def check_layering(self, sources: list[pathlib.Path], own: str, allowed: set[str], where: str) -> set[str]:
        """Reports includes of folders that are not allowed; returns the folders included."""
        used: set[str] = set()
        known = self.core | self.shell
        for file in sources:
            text = self.read(file)
            for match in INCLUDE.finditer(text):
                parts = match[2].split("/")
                if parts[0] != "duet" or len(parts) < 3 or parts[1] not in known or parts[1] == own:
                    continue
                used.add(parts[1])
                if parts[1] not in allowed:
                    self.report(file, line_of(text, match.start()), f"includes {match[2]}, and {parts[1]} is not in {where}")
        return used

    def check_named(self, sources: list[pathlib.Path], build_file: pathlib.Path, text: str) -> None:
        for file in sources:
            name = str(file.relative_to(build_file.parent))
            nested = any((self.root / parent / "CMakeLists.txt").is_file()
                         for parent in file.parents if parent != build_file.parent and
                         build_file.parent in parent.parents)
            if file.suffix == ".cpp" and not nested and not re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w.-])", text):
                self.report(file, 1, f"is not named in {build_file}, so it is not built")

    def check_readmes(self) -> None:
        folders = {pathlib.Path(file.parts[0]) for file in self.files
                   if len(file.parts) > 1 and not file.parts[0].startswith(".")}
        for parent in ("core/duet", "shell/duet", "test", "bench", "apps"):
            depth = len(pathlib.Path(parent).parts)
            folders |= {pathlib.Path(*file.parts[:depth + 1]) for file in self.files
                        if len(file.parts) > depth + 1 and file.parts[:depth] == pathlib.Path(parent).parts}
        folders -= {pathlib.Path("core/duet"), pathlib.Path("shell/duet")}
        for folder in sorted(folders):
            readme = folder / "README.md"
            lines = len(self.read(readme).splitlines())
            if lines == 0:
                self.report(readme, 1, "this folder doesn't say what it is")
            elif not README_LINES[0] <= lines <= README_LINES[1]:
                self.report(readme, 1, f"has {lines} lines; about ten are meant")


def main(arguments: list[str]) -> int:
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent.parent
    tree = Tree(root)
    findings = tree.check()
    print("\n".join(findings + [f"{len(findings)} findings in {len(tree.files)} files"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
