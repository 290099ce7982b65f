"""A sentence is a str that still knows its names, whatever is done to it on its way to a page."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.fixes.words import sentence
from crauth_doctor.model.change import GrantRole
from crauth_doctor.report.document import whole
from crauth_doctor.report.markdown_text import marked
from crauth_doctor.say import Say, parts_of

TITLE = Say("{service} takes internal calls only, and {caller} calls it", service="orders", caller="a@b.example")


def test_it_is_the_text_and_the_parts_are_all_of_it() -> None:
    assert TITLE == "orders takes internal calls only, and a@b.example calls it"
    assert [one for one, is_name in parts_of(TITLE) if is_name] == ["orders", "a@b.example"]


@given(st.text(), st.text(), st.integers())
def test_the_parts_are_all_of_it_whatever_it_is_said_of(name: str, word: str, number: int) -> None:
    inner = Say("the {name}", name=name)
    text = Say("{inner} has {number} of {word}", inner=inner, number=number, word=word)
    assert "".join(one for one, _ in parts_of(text)) == text == f"the {name} has {number} of {word}"
    assert ("has", True) not in parts_of(text)


@pytest.mark.parametrize("copied", [copy.deepcopy(TITLE), pickle.loads(pickle.dumps(TITLE))])
def test_a_copy_knows_its_names_too(copied: str) -> None:
    assert list(parts_of(copied)) == list(parts_of(TITLE))


@pytest.mark.parametrize(
    ("clause", "expected", "names"),
    [
        (Say("it runs as {email}", email="a@b.example"), "It runs as a@b.example.", ["a@b.example"]),
        (Say("{service} is off", service="orders"), "orders is off.", ["orders"]),
        (Say("{service} is off", service="the service"), "The service is off.", []),
        (
            Say("{who} asked for {role}", who=Say("somebody"), role="roles/x"),
            "Somebody asked for roles/x.",
            ["roles/x"],
        ),
        (Say("{count} are left", count=3), "3 are left.", []),
    ],
)
def test_a_whole_sentence_keeps_its_names(clause: str, expected: str, names: list[str]) -> None:
    assert whole(clause) == expected
    assert [one for one, is_name in parts_of(whole(clause)) if is_name] == names


def test_markdown_sets_names_apart_and_hides_what_is_secret_in_them() -> None:
    assert marked(TITLE) == "`orders` takes internal calls only, and `a@b.example` calls it"
    assert marked(Say("{x} is <b>", x="a`b")) == "`` a`b `` is \\<b\\>"
    secret = "ya29." + "a" * 60
    assert secret not in marked(Say("it sent {token}", token=secret))


def test_a_fix_marks_member_role_and_resource() -> None:
    grant = GrantRole("projects/shop/locations/europe-west1/services/orders", "roles/run.invoker", "user:a@b.example")
    assert {"user:a@b.example", "roles/run.invoker"} & {one for one, is_name in parts_of(sentence(grant)) if is_name}
