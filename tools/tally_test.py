#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that tally.py counts what runners say, and counts a failure that says nothing."""
import contextlib
import io
import pathlib
import tempfile
import unittest

import tally


def log(folder: str, text: str) -> pathlib.Path:
    path = pathlib.Path(folder) / "a.log"
    path.write_text(text, encoding="utf-8")
    return path


class TallyTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def counts(self, kind: str, status: int, text: str) -> tuple[int, int]:
        result = tally.tally_runner(kind, status, log(self.folder.name, text))
        return result.passed, result.failed

    def test_google_test_counts_cases_and_other_tests_one(self) -> None:
        result = tally.ctest_cases([
            "1/3 Testing: base_test", "[  PASSED  ] 31 tests.", "Test Passed.",
            "2/3 Testing: room_test", "[  PASSED  ] 4 tests.",
            "[  FAILED  ] 2 tests, listed below:", "[  FAILED  ] Room.Frees", "Test Failed.",
            "3/3 Testing: tidy", "Test Passed."])
        self.assertEqual((result.passed, result.failed), (36, 2))

    def test_finds_the_cases_where_ctest_says_that_it_is(self) -> None:
        build = pathlib.Path(self.folder.name) / "build"
        (build / "Testing/Temporary").mkdir(parents=True)
        (build / "Testing/Temporary/LastTest.log").write_text(
            "1/1 Testing: base_test\n[  PASSED  ] 31 tests.\nTest Passed.\n", encoding="utf-8")
        self.assertEqual(
            self.counts("ctest", 0, f"Test project {build}\n100% tests passed, 0 tests failed out of 1\n"), (31, 0))

    def test_a_test_binary_that_crashed_is_a_failure(self) -> None:
        result = tally.ctest_cases(["1/1 Testing: base_test", "Segmentation fault", "Test Failed."])
        self.assertEqual((result.passed, result.failed), (0, 1))

    def test_says_which_cases_failed_and_what_they_said(self) -> None:
        result = tally.ctest_cases([
            "1/2 Testing: room_test", "[ RUN      ] Room.Keeps", "[       OK ] Room.Keeps (0 ms)",
            "[ RUN      ] Room.Frees", "room_test.cpp:12: Failure", "Expected equality", "  Which is: 3",
            "[  FAILED  ] Room.Frees (1 ms)", "[ RUN      ] Room.Ends", "[       OK ] Room.Ends (0 ms)",
            "[  FAILED  ] 1 test, listed below:", "[  FAILED  ] Room.Frees", "Test Failed.",
            "2/2 Testing: tidy", "a.cpp:3: a name twice", "Test Failed."])
        self.assertEqual(result.failures, [
            "room_test:", "room_test.cpp:12: Failure", "Expected equality", "  Which is: 3",
            "[  FAILED  ] Room.Frees (1 ms)", "tidy:", "a.cpp:3: a name twice"])

    def test_vitest(self) -> None:
        text = " Test Files  1 failed | 3 passed (4)\n      Tests  2 failed | 40 passed (42)\n"
        self.assertEqual(self.counts("npm", 1, text), (40, 2))
        self.assertEqual(self.counts("npm", 0, "      Tests  40 passed (40)\n"), (40, 0))

    def test_node_test_in_both_of_its_forms(self) -> None:
        self.assertEqual(self.counts("npm", 0, "# tests 9\n# pass 9\n# fail 0\n"), (9, 0))
        self.assertEqual(self.counts("npm", 1, "ℹ tests 9\nℹ pass 7\nℹ fail 2\n"), (7, 2))

    def test_names_the_tests_of_node_that_failed_and_not_their_suites(self) -> None:
        text = """TAP version 13
# Subtest: rooms
    # Subtest: two meet
    ok 1 - two meet
      ---
      duration_ms: 3
      ...
    # Subtest: a third is refused
    not ok 2 - a third is refused
      ---
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:

        2 !== 3

      code: 'ERR_ASSERTION'
      ...
    1..2
not ok 1 - rooms
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
not ok 2 - cut off
# tests 3
# pass 1
# fail 2
"""
        result = tally.tally_runner("npm", 1, log(self.folder.name, text))
        self.assertEqual((result.passed, result.failed), (1, 2))
        self.assertEqual(result.failures,
                         ["a third is refused: Expected values to be strictly equal:", "  2 !== 3", "cut off"])

    def test_mocha(self) -> None:
        self.assertEqual(self.counts("npm", 1, "  12 passing (3s)\n  1 failing\n"), (12, 1))

    def test_colours_do_not_hide_a_count(self) -> None:
        self.assertEqual(self.counts("npm", 0, "\x1b[34mℹ pass 3\x1b[39m\n"), (3, 0))

    def test_a_failure_without_a_count_is_one(self) -> None:
        self.assertEqual(self.counts("npm", 1, "# pass 9\n# fail 0\n"), (9, 1))
        self.assertEqual(self.counts("fuzz", 77, ""), (0, 1))
        self.assertEqual(self.counts("build", 2, "ninja: error"), (0, 1))

    def test_a_runner_that_ran_nothing_is_no_success(self) -> None:
        self.assertEqual(self.counts("npm", 0, ""), (0, 1))

    def last_lines(self, rows: list[str], count: int) -> list[str]:
        """Of what a whole run says, which fails."""
        table = pathlib.Path(self.folder.name) / "runners.tsv"
        table.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(tally.main([str(table)]), 1)
        return said.getvalue().splitlines()[-count:]

    def test_a_whole_run_fails_with_one_runner(self) -> None:
        good = log(self.folder.name, "Done 100 runs in 1 second(s)\n")
        last = self.last_lines([f"fuzz\tone\t0\t{good}", f"fuzz\ttwo\t1\t{good}"], 2)
        self.assertEqual(last, [f"  FAILED two: 1, see {good}", "1 passed, 1 failed"])

    def test_what_failed_is_told_last(self) -> None:
        bad = log(self.folder.name, "not ok 1 - a call\n  ---\n  error: 'no answer'\n  ...\n# pass 0\n# fail 1\n")
        last = self.last_lines([f"npm\tcalls\t1\t{bad}"], 3)
        self.assertEqual(last, [f"  FAILED calls: 1, see {bad}", "    | a call: 'no answer'", "0 passed, 1 failed"])

    def test_a_second_try_is_told(self) -> None:
        text = "the first run failed, see a-first.log; once more:\n# pass 3\n# fail 0\n"
        result = tally.tally_runner("npm", 0, log(self.folder.name, text))
        self.assertEqual((result.passed, result.failed), (3, 0))
        self.assertIn("the first run failed, see a-first.log; once more:", result.closing)


if __name__ == "__main__":
    unittest.main()
