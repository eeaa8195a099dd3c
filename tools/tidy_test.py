#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that tidy.py finds each kind of violation in a small tree, and nothing in a good one."""
import pathlib
import tempfile
import unittest

import tidy

HEAD = "// SPDX-License-Identifier: MIT\n// What this file is.\n"
README = "# a folder\nIn: this   Out: that\nNot here: the rest\n"


class TidyTest(unittest.TestCase):
    """Each test adds one fault to the tree that setUp makes."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for readme in ("core", "core/duet/base", "core/duet/ice", "shell", "shell/duet/net", "apps", "apps/duet"):
            self.write(f"{readme}/README.md", README)
        self.library("core/duet/base", "base", [])
        self.library("core/duet/ice", "ice", ["base"])
        self.library("shell/duet/net", "net", ["ice"])
        self.write("core/duet/base/base.hpp", f"{HEAD}#pragma once\n")
        self.write("core/duet/base/base.cpp", f"{HEAD}#include <duet/base/base.hpp>\n")
        self.write("core/duet/ice/ice.hpp", f"{HEAD}#pragma once\n#include <duet/base/base.hpp>\n")
        self.write("core/duet/ice/ice.cpp", f"{HEAD}#include <duet/ice/ice.hpp>\n")
        self.write("shell/duet/net/net.hpp", f"{HEAD}#pragma once\n#include <duet/ice/ice.hpp>\n")
        self.write("shell/duet/net/net.cpp", f"{HEAD}#include <sys/socket.h>\n#include <thread>\n")
        self.write("apps/duet/CMakeLists.txt", "add_executable(duet main.cpp)\n"
                                               "target_link_libraries(duet PRIVATE duet::net)\n")
        self.write("apps/duet/main.cpp", f"{HEAD}#include <duet/net/net.hpp>\n")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def library(self, folder: str, name: str, depends: list[str]) -> None:
        line = f"  DEPENDS {' '.join(depends)} # why\n" if depends else ""
        self.write(f"{folder}/CMakeLists.txt", f"duet_library({name} IN {folder.split('/')[0]}\n"
                                               f"  HEADERS {name}.hpp SOURCES {name}.cpp\n{line}  LINK tl::expected)\n")

    def core(self, text: str, name: str = "ice.cpp") -> list[str]:
        """What tidy finds when a file of the core says `text`."""
        self.write(f"core/duet/ice/{name}", HEAD + text)
        return self.findings()

    def findings(self) -> list[str]:
        return tidy.Tree(self.root).check()

    def assertFound(self, words: str, findings: list[str]) -> None:
        self.assertTrue(any(words in finding for finding in findings), f"{words!r} not in {findings}")

    def test_a_good_tree_has_no_findings(self) -> None:
        self.assertEqual(self.findings(), [])

    def test_an_include_needs_its_folder_on_the_depends_line(self) -> None:
        self.write("core/duet/base/base.cpp", f"{HEAD}#include <duet/ice/ice.hpp>\n")
        self.assertFound("ice is not in DEPENDS of core/duet/base", self.findings())

    def test_a_commented_depends_does_not_count(self) -> None:
        self.write("core/duet/ice/CMakeLists.txt",
                   "duet_library(ice IN core HEADERS ice.hpp SOURCES ice.cpp\n  # DEPENDS base\n  LINK x)\n")
        self.assertFound("base is not in DEPENDS", self.findings())

    def test_depends_names_what_is_used(self) -> None:
        self.write("core/duet/ice/ice.hpp", f"{HEAD}#pragma once\n")
        self.assertFound("no file here includes it", self.findings())

    def test_a_second_library_of_a_folder_is_named_for_it(self) -> None:
        self.write("core/duet/base/CMakeLists.txt",
                   "duet_library(base IN core HEADERS base.hpp SOURCES base.cpp)\n"
                   "duet_library(base_more IN core SOURCES more.cpp DEPENDS base)\n")
        self.write("core/duet/base/more.cpp", f"{HEAD}#include <duet/base/base.hpp>\n")
        self.library("core/duet/ice", "ice", ["base_more"])
        self.assertEqual(self.findings(), [])

    def test_the_core_keeps_away_from_the_shell(self) -> None:
        self.assertFound("the core includes the shell", self.core("#include <duet/net/net.hpp>\n"))
        self.library("core/duet/ice", "ice", ["base", "net"])
        self.assertFound("the core depends on the shell: net", self.findings())

    def test_an_app_includes_what_it_links(self) -> None:
        self.write("apps/duet/main.cpp", f"{HEAD}#include <duet/ice/ice.hpp>\n")
        self.assertFound("ice is not in what apps/duet/CMakeLists.txt links", self.findings())

    def test_the_core_has_no_clock(self) -> None:
        for text in ("#include <ctime>", "auto f() { return std::chrono::steady_clock::now(); }",
                     "using Clock = std::chrono::system_clock;", "long f() { return time(nullptr); }",
                     "void f(timeval& t) { gettimeofday(&t, nullptr); }",
                     "void f(timespec& t) { ::clock_gettime(CLOCK_MONOTONIC, &t); }"):
            with self.subTest(text):
                self.assertFound("the core touches a clock", self.core(text + "\n"))

    def test_a_clock_in_a_comment_or_a_string_is_none(self) -> None:
        self.assertEqual(self.core("// not system_clock, and no time(nullptr)\n"
                                   "void f() { g(\"steady_clock\", run_time(0), x.time(0)); }\n"), [])

    def test_the_core_has_no_threads(self) -> None:
        for text in ("#include <thread>", "#include <mutex>", "auto f() { return std::async(g); }",
                     "void f() { thread_local int calls = 0; }"):
            with self.subTest(text):
                self.assertFound("the core touches threads", self.core(text + "\n"))

    def test_the_core_has_no_sockets(self) -> None:
        for text in ("#include <sys/socket.h>", "#include <netinet/in.h>", "#include <boost/asio.hpp>",
                     "#include <boost/asio/ip/tcp.hpp>", "#include <boost/beast/http.hpp>"):
            with self.subTest(text):
                self.assertFound("the core touches sockets", self.core(text + "\n"))

    def test_the_core_has_no_files_and_no_environment(self) -> None:
        self.assertFound("files", self.core("#include <fstream>\n"))
        self.assertFound("files", self.core("void f() { fopen(\"x\", \"r\"); }\n"))
        self.assertFound("the console", self.core("#include <iostream>\n"))
        self.assertFound("the environment", self.core("auto f() { return std::getenv(\"HOME\"); }\n"))

    def test_tests_of_the_core_may_read_files_but_no_clock(self) -> None:
        self.write("core/duet/ice/CMakeLists.txt", "duet_library(ice IN core SOURCES ice.cpp\n"
                                                   "  TESTS ice_test.cpp DEPENDS base)\n")
        self.assertEqual(self.core("#include <fstream>\n", "ice_test.cpp"), [])
        self.assertFound("a clock", self.core("auto t = std::chrono::steady_clock::now();\n", "ice_test.cpp"))

    def test_the_core_makes_no_randomness(self) -> None:
        self.assertFound("randomness", self.core("std::random_device device;\n"))

    def test_the_core_has_no_variable_that_outlives_a_call(self) -> None:
        for text in ("int calls = 0;", "static int calls;", "inline std::vector<int> seen{};",
                     "int f() {\n  static int calls = 0;\n  return ++calls;\n}",
                     "namespace {\nstd::map<std::string, int> table;\n}", "std::string name{};"):
            with self.subTest(text):
                self.assertFound("a variable that outlives a call", self.core(text + "\n"))

    def test_constants_and_functions_are_no_such_variable(self) -> None:
        self.assertEqual(self.core(
            "constexpr int kA = 1;\nconst std::string kB = \"x\";\nstatic constexpr int kC = 1;\n"
            "inline constexpr std::array<int, 2> kD{1, 2};\nstatic_assert(kA == 1);\n"
            "using Id = int;\nstruct Forward;\nenum class E : int { A };\ntemplate <class T>\nstruct S;\n"
            "static int f(int a = 3);\nint g() { return 1; }\nextern int h(int a);\n"
            "bool operator==(Id a, Id b);\nclass C {\n  static C make(int a = 1);\n  int a_ = 0;\n};\n"
            "void i() {\n  static const int kE = 3;\n  int a = 2;\n}\n"), [])

    def test_sources_begin_with_licence_and_sentence(self) -> None:
        self.write("core/duet/ice/ice.cpp", "#include <duet/ice/ice.hpp>\n")
        self.assertFound("the first line is not the licence", self.findings())
        self.write("core/duet/ice/ice.cpp", HEAD.splitlines()[0] + "\n#include <vector>\n")
        self.assertFound("the second line is not a comment", self.findings())
        self.write("core/duet/ice/ice.hpp", HEAD)
        self.assertFound("without #pragma once", self.findings())

    def test_includes_of_ours_have_angle_brackets(self) -> None:
        self.assertFound("write <duet/ice/ice.hpp>", self.core('#include "ice.hpp"\n'))

    def test_a_source_nobody_builds_is_found(self) -> None:
        self.write("core/duet/ice/forgotten.cpp", HEAD)
        self.assertFound("forgotten.cpp:1: is not named in", self.findings())

    def test_what_a_file_keeps_to_itself_has_a_name_of_its_own_in_the_folder(self) -> None:
        def beside(one: str, other: str, more: str = "") -> list[str]:
            self.write("core/duet/ice/CMakeLists.txt", "duet_library(ice IN core\n  HEADERS ice.hpp SOURCES ice.cpp "
                                                       f"pair.cpp\n  DEPENDS base)\n{more}")
            for name, text in (("ice", one), ("pair", other)):
                self.write(f"core/duet/ice/{name}.cpp",
                           f"{HEAD}#include <duet/base/base.hpp>\nnamespace duet {{\nnamespace {{\n\n{text}\n\n}}  // namespace\n}}\n")
            return self.findings()

        self.assertFound("pair.cpp:7: kMost is a name of ice.cpp too",
                         beside("constexpr int kMost = 1;", "constexpr unsigned kMost{2};"))
        self.assertFound("Entry is a name of",
                         beside("int one() {\n}\n\nstruct Entry {\n};", "void two() {\n}\n\nstruct Entry {\n};"))
        self.assertFound("twice(const Size&, int) is a name of",
                         beside("int twice(const Size& size, int by) {\n}",
                                "std::vector<int> twice(const Size& of,\n                       int by) {\n}"))
        self.assertFound("Name is a name of", beside("using Name = A::Name;", "using Name = B::Name;"))
        self.assertEqual(beside("using Name = A::Name;", "using Name = A::Name;"), [])
        self.assertEqual(beside("int twice(int by) {\n  constexpr int kMost = 1;\n}",
                                "int twice(long by) {\n  constexpr int kMost = 2;\n}"), [])
        self.assertEqual(beside("struct Entry {\n};", "struct Entry {\n};",
                                "set_target_properties(duet_ice PROPERTIES UNITY_BUILD OFF)\n"), [])

    def test_what_a_file_keeps_to_itself_is_no_type_of_a_header_beside_it(self) -> None:
        self.write("core/duet/ice/ice.hpp", f"{HEAD}#pragma once\n#include <duet/base/base.hpp>\nstruct Entry {{\n}};\n")
        self.write("core/duet/ice/ice.cpp", f"{HEAD}namespace duet {{\nnamespace {{\n\nstruct Entry {{\n}};\n\n}}  // namespace\n}}\n")
        self.assertFound("ice.cpp:6: Entry is a name of ice.hpp too", self.findings())

    def test_a_program_of_the_build_belongs_to_no_library(self) -> None:
        self.write("shell/duet/net/embed/embed.cpp", f"{HEAD}#include <duet/base/base.hpp>\n")
        self.assertFound("base is not in DEPENDS", self.findings())
        self.write("cmake/Embed.cmake", "add_executable(embed ${folder}/embed/embed.cpp)\n")
        self.write("cmake/README.md", README)
        self.assertEqual(self.findings(), [])

    def test_every_folder_says_what_it_is(self) -> None:
        (self.root / "core/duet/ice/README.md").unlink()
        self.assertFound("core/duet/ice/README.md:1: this folder doesn't say", self.findings())
        self.write("core/duet/ice/README.md", "line\n" * 90)
        self.assertFound("has 90 lines", self.findings())


if __name__ == "__main__":
    unittest.main()
