"""Each promise about safety in README and docs/ is kept by tests, which are named here.

A promise is a piece of a sentence as it stands there, its line breaks aside; the tests are there, by their names.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.generated import pages
from tests.source import tree_of, walked

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
LAID_FLAT = " ".join(word for page in pages() for word in page.read_text(encoding="utf-8").split())

PROMISES: dict[str, tuple[str, ...]] = {
    # two commands
    "no cloud, no account and no configuration": (
        "cli/test_sandbox.py::test_demo_needs_no_terminal_no_home_and_no_network",
        "cli/test_footprint.py::test_demo_stays_on_this_machine_and_leaves_no_receipt",
    ),
    # using it
    "It only reads, until you ask for a change": ("cli/test_footprint.py::test_what_is_asked_for_is_read_only",),
    "Whatever you are not allowed to read is reported as not seen": (
        "cli/test_blind.py::test_what_is_known_what_is_hidden_and_what_to_ask_for",
        "gcp/test_errors.py::test_a_denied_read_is_unknown_and_names_the_permission",
    ),
    "It is never taken for": ("collect/test_collect.py::test_whatever_happens_there_are_facts",),
    # mending it
    "shows the change as a diff and asks": ("cli/changing/test_terminal.py::test_the_default_is_no",),
    "without a terminal and without `--yes` it changes nothing": (
        "cli/changing/test_grant.py::test_without_a_terminal_and_without_yes_nothing_is_changed",
        "cli/changing/test_undo.py::test_no_terminal_no_yes_no_change",
        "cli/changing/test_fix.py::test_without_a_terminal_and_without_yes",
    ),
    "with the etag that it just read": (
        "apply/test_executor.py::test_the_policy_is_read_in_version_3_and_written_with_its_etag",
    ),
    "starts over if somebody else was faster": (
        "apply/test_executor.py::test_a_third_party_in_between_is_a_conflict_and_its_change_stays",
    ),
    "other people's changes stay": ("apply/test_processes.py::test_many_grants_at_once_and_a_third_party_in_between",),
    "Every change leaves a receipt": (
        "apply/test_receipts.py::test_no_receipt_no_change",
        "apply/test_processes.py::test_killed_after_so_many_answers",
    ),
    "undoes exactly that change": ("apply/test_executor.py::test_undo_takes_back_exactly_that_member",),
    "It never grants anything to `allUsers`": (
        "apply/test_executor.py::test_everybody_is_never_granted_anything",
        "cli/changing/test_undo.py::test_everybody_is_not_given_back_by_undo",
    ),
    "is made only after an answer at a terminal, or with `--widen`": (
        "cli/changing/test_fix.py::test_what_widens_access_is_never_made_by_yes",
        "cli/changing/test_consent.py::test_grant",
    ),
    # tokens
    "A token is never printed, logged, stored": (
        "cli/test_secrets.py::test_nothing_planted_comes_out",
        "gcp/test_call.py::test_no_log_carries_a_token",
    ),
    "It is sent to the service's own host only": (
        "gcp/test_call.py::test_a_token_goes_nowhere_else",
        "gcp/test_call.py::test_whatever_the_url_a_token_stays_home",
    ),
    "never along a redirect": ("gcp/test_call.py::test_redirects_are_not_followed_and_cookies_not_kept",),
    "never a signature": ("gcp/test_call.py::test_an_echoed_token_is_hidden",),
    "reads only the proxy variables": ("google_json/test_services.py::test_only_proxies_are_kept",),
    "stripped of escape sequences and of anything that looks like a credential": (
        "cli/test_secrets.py::test_the_planted_body_is_really_shown",
    ),
    # security
    "connect to this machine only": (
        "cli/test_footprint.py::test_a_run_on_a_world_stays_on_this_machine_and_leaves_no_file",
        "cli/test_footprint.py::test_explain_connects_to_nobody",
    ),
    "in a folder that only you can read": ("apply/test_receipts.py::test_a_receipt_is_for_its_owner_alone",),
    "A diagnosis leaves no file behind": (
        "cli/test_footprint.py::test_a_run_on_a_world_stays_on_this_machine_and_leaves_no_file",
    ),
    "while it runs": ("cli/test_sandbox.py::test_it_exports_serves_and_ends_cleanly",),
    "refuses what a web page sends to its own address": ("sandbox/http/test_admin_api.py::test_a_web_page_is_refused",),
    "names every package that the tests ran with, with hashes": (
        "test_supply.py::test_the_locks_hold_what_is_declared",
    ),
}


@cache
def names_in(path: Path) -> frozenset[str]:
    """The tests of a file."""
    tree = tree_of(path)
    return frozenset(node.name for node in walked(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: re.sub(r"\W+", "-", promise)[:50])
def test_each_promise_is_made_and_has_its_tests(promise: str) -> None:
    assert promise in LAID_FLAT
    assert PROMISES[promise]
    for test in PROMISES[promise]:
        file, _, name = test.partition("::")
        assert name.startswith("test_")
        assert name in names_in(ROOT / "tests" / file), test


def test_whatever_it_never_does_with_tokens_is_promised() -> None:
    section = TEXT.partition("## What it never does with tokens\n")[2].partition("\n## ")[0]
    points = [" ".join(point.split()) for point in section.split("\n- ")[1:]]
    assert points
    assert [point for point in points if not any(promise in point for promise in PROMISES)] == []
