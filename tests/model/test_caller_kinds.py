from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import crauth_doctor
from crauth_doctor.collect.callers import LISTED, RESOLVERS
from crauth_doctor.model.caller import CallerKind
from crauth_doctor.model.caller_kinds import DECLARED, TokenFrom, declared, named
from tests.source import tree_of, walked

PACKAGE = Path(crauth_doctor.__file__).parent
_LISTS = ast.Set | ast.Tuple | ast.List | ast.Dict
MAY_LIST: dict[str, str] = {
    "model/caller_kinds.py": "the declaration",
    "collect/callers/__init__.py": "which function reads which kind",
}
NAMES = {
    CallerKind.SERVICE_ACCOUNT: ("web@shop-prod.iam.gserviceaccount.com", "web@shop-prod.iam.gserviceaccount.com"),
    CallerKind.PRINCIPAL: ("group:team@example.com", "group:team@example.com"),
    CallerKind.TASKS: ("tasks/mail/1", "mail/1"),
    CallerKind.GKE: ("gke/c1/shop/cart", "c1/shop/cart"),
    CallerKind.FEDERATION: ("federation/pool/github/repo:o/r:ref", "pool/github/repo:o/r:ref"),
}


def test_every_kind_is_declared_once_and_every_declared_kind_is_read_by_something() -> None:
    assert [one.kind for one in DECLARED].count(CallerKind.GKE) == 1
    assert len(DECLARED) == len({one.kind for one in DECLARED}) == len(CallerKind)
    assert RESOLVERS.keys() == {one.kind for one in DECLARED}
    assert LISTED.keys() <= RESOLVERS.keys()
    assert [kind for kind in LISTED if not declared(kind).label] == [], "what is listed has a heading"


@pytest.mark.parametrize("kind", CallerKind)
def test_every_kind_is_reached_from_the_command_line(kind: CallerKind) -> None:
    of_kind = declared(kind)
    asked, name = NAMES.get(kind) or ((f"{of_kind.word}/x", "x") if of_kind.form else (of_kind.word, ""))
    assert named(asked) == (of_kind, name)


@pytest.mark.parametrize("word", [one.word for one in DECLARED if one.word])
def test_a_word_alone_or_a_word_too_many_names_nobody(word: str) -> None:
    one = next(each for each in DECLARED if each.word == word)
    for asked in (f"{word}/", word) if one.form else (f"{word}/", f"{word}/x"):
        assert named(asked) is None, asked


@pytest.mark.parametrize("asked", ["", "/", "/x", "a@b.c/d", "x@y", "nobody", "runs/x", "//", "// /x"])
def test_words_that_name_nobody(asked: str) -> None:
    assert named(asked) is None


def test_kinds_are_told_apart_by_word_and_resource() -> None:
    words = [one.word for one in DECLARED if one.word]
    assert len(words) == len(set(words))
    resources = [(one.host, one.names) for one in DECLARED if one.host]
    assert len(resources) == len(set(resources))
    assert [one.kind for one in DECLARED if one.host and not re.compile(one.names).pattern] == []


def test_what_a_product_sends_names_the_product() -> None:
    for one in DECLARED:
        assert (one.token is TokenFrom.PRODUCT) == bool(one.product), one.kind
        assert bool(one.agent) <= bool(one.user_agents), one.kind


def test_no_other_file_lists_kinds_of_callers() -> None:
    """Lists that are kept in several places drift apart: what holds for some kinds is a field of the declaration."""
    found: dict[str, list[int]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        tree = tree_of(path)
        lines = [node.lineno for node in walked(tree) if isinstance(node, _LISTS) and _lists_kinds(node)]
        if lines and name not in MAY_LIST:
            found[name] = lines
    assert found == {}


def _lists_kinds(node: ast.expr) -> bool:
    kinds = {
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "CallerKind"
    }
    return len(kinds) > 1
