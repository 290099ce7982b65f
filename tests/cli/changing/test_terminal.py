"""Consent, asked for at a real terminal: the default is no."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.patience import PATIENCE

from .conftest import CHECKOUT, MEMBER, ORDERS, OTHERS, WHERE, Open, Shop

Start = Callable[..., Any]
QUESTION = r"Make this change\? \[y/N\]: "
GRANT = ("grant", "orders", *WHERE, "--sa", CHECKOUT)


@pytest.fixture
def terminal(tmp_path: Path, python: list[str]) -> Iterator[Start]:
    """Start the program in a pseudo-terminal."""
    with ExitStack() as stack:

        def start(it: Shop, *argv: str, columns: int = 80) -> Any:
            environ = {
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "NO_COLOR": "1",
                "CRAUTH_DOCTOR_SANDBOX": it.box.base,
            }
            child = pexpect.spawn(
                python[0], [*python[1:], "-m", "crauth_doctor", *argv], env=environ, timeout=PATIENCE, encoding="utf-8",
                dimensions=(24, columns),
            )  # fmt: skip
            stack.callback(child.close, force=True)
            return child

        yield start


def interrupt(child: Any, until: Any) -> None:
    """Press Ctrl-C until it is heard, as a person does: Python may miss a signal that comes just before it waits."""
    for _ in range(12):
        child.send("\x03")
        if child.expect([until, pexpect.TIMEOUT], timeout=PATIENCE / 12) == 0:
            return
    pytest.fail("Ctrl-C was not heard")


def ended(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus)


def test_the_default_is_no(terminal: Start, shop: Open) -> None:
    it = shop()
    child = terminal(it, *GRANT)
    child.expect_exact(f"+   {MEMBER}")
    child.expect(QUESTION)
    child.send("\r")
    child.expect_exact("DECLINED: Nothing was changed.")
    assert ended(child) == 130
    assert it.writes() == []


def test_ctrl_c_at_the_question(terminal: Start, shop: Open) -> None:
    it = shop()
    child = terminal(it, *GRANT)
    child.expect(QUESTION)
    interrupt(child, pexpect.EOF)
    assert ended(child) == 130
    assert it.writes() == []


def test_yes_makes_it(terminal: Start, shop: Open) -> None:
    it = shop()
    child = terminal(it, *GRANT)
    child.expect(QUESTION)
    child.send("y\r")
    child.expect_exact("DONE: ")
    assert ended(child) == 0
    assert it.bindings() == [*OTHERS, {"role": "roles/run.invoker", "members": [MEMBER]}]


def test_fix_offers_what_cures_only_and_makes_it(terminal: Start, shop: Open) -> None:
    it = shop()
    service = {"ingress": "INGRESS_TRAFFIC_NONE", "urls": ["https://orders-123456789012.us-central1.run.app"]}
    it.box.cloud.put(ORDERS, service)
    child = terminal(it, "check", "orders", *WHERE, "--caller", "run/checkout", "--fix")
    # internal would not let this caller in, so it is not even asked about
    child.expect_exact("This WIDENS ACCESS. Make this change? [y/N]: ")
    child.send("y\r")
    child.expect_exact("BLOCKED at iam")
    child.close(force=True)
    assert it.box.cloud.resources[ORDERS]["ingress"] == "INGRESS_TRAFFIC_ALL"


def test_of_several_ways_one_is_chosen(terminal: Start, shop: Open) -> None:
    it = shop()
    service = {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "urls": ["https://orders-123456789012.us-central1.run.app"]}
    it.box.cloud.put(ORDERS, service)
    child = terminal(it, "check", "orders", *WHERE, "--caller", "run/checkout", "--fix")
    child.expect_exact("Which way?")
    child.expect_exact("  1  Send all traffic of checkout through the network default.")
    child.expect_exact("  3  WIDENS ACCESS: Set the ingress of orders to all.")
    child.expect_exact("  0  none of them")
    child.expect_exact("Which way? [1]: ")
    child.send("3\r")
    child.expect_exact("This WIDENS ACCESS. Make this change? [y/N]: ")
    child.send("y\r")
    child.expect_exact("BLOCKED at iam")
    child.close(force=True)
    assert it.box.cloud.resources[ORDERS]["ingress"] == "INGRESS_TRAFFIC_ALL"


def test_ctrl_c_while_waiting_leaves_the_grant_and_says_so(terminal: Start, shop: Open) -> None:
    it = shop(operator={"principal": "user:dev@example.com"}, delays={"propagation": 100000, "call": 4.0})
    child = terminal(it, *GRANT, "--yes")
    child.expect_exact("Still refused (403)")
    interrupt(child, r"interrupted while waiting\. The grant stays\.")
    child.expect_exact("crauth-doctor undo ")
    assert ended(child) == 130
    assert it.bindings() == [*OTHERS, {"role": "roles/run.invoker", "members": [MEMBER]}]


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("argv", [GRANT, ("check", "orders", *WHERE, "--caller", "run/checkout", "--fix")])
def test_dialogues_fit_the_terminal(terminal: Start, shop: Open, argv: tuple[str, ...], columns: int) -> None:
    child = terminal(shop(), *argv, columns=columns)
    child.expect(QUESTION)
    said = child.before
    child.send("y\r")
    child.expect(pexpect.EOF)
    shown = f"{said}{child.before}".split("\r\n")
    lines = [line.rpartition("\r\x1b[K")[2].rstrip() for line in shown]  # what is being read is wiped away
    wide = [line for line in lines if len(line) > columns]
    words_of = [line.removesuffix(" \\").strip(" +-").split(" ") for line in wide]
    assert [words for words in words_of if len(words) > 1] == []  # only a word that is wider than the terminal is
