from __future__ import annotations

import ast
from pathlib import Path

from crauth_doctor.collect import plan
from crauth_doctor.collect.executor import Read, in_order

ROWS = {name: row for name, row in vars(plan).items() if isinstance(row, Read)}
GOALS = (*plan.CHECK, *plan.WHO, *plan.PAIR, *plan.PREFLIGHT)


def test_every_row_is_asked_for_and_every_row_says_what_it_brings_and_when() -> None:
    asked = in_order(GOALS)
    assert [name for name, row in ROWS.items() if row not in asked] == []
    assert [name for name, row in ROWS.items() if not row.what or not row.matters] == []


def test_who_reads_no_caller_and_sends_no_call() -> None:
    assert not {plan.RESOLVED, plan.TOKEN, plan.AS_CALLER} & set(in_order(plan.WHO))


def test_rows_that_a_row_declares_are_used_by_it() -> None:
    """What is declared and not used would put a read into a later wave for nothing."""
    source = Path(plan.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    used: dict[str, set[str]] = {}
    for node in tree.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in ROWS):
            continue
        call = node.value
        assert isinstance(call, ast.Call)
        used[node.target.id] = _names(call.args[3], functions, set())
    assert used.keys() == ROWS.keys()
    names = {row: name for name, row in ROWS.items()}
    unused = {
        name: {names[need] for need in (*row.needs, *row.later)} - used[name]
        for name, row in ROWS.items()
        if {names[need] for need in (*row.needs, *row.later)} - used[name]
    }
    assert unused == {}


def _names(node: ast.AST, functions: dict[str, ast.FunctionDef], seen: set[str]) -> set[str]:
    """The rows that are named in a function and in the functions of the module that it calls."""
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id in ROWS:
            found.add(one.id)
        elif isinstance(one, ast.Name) and one.id in functions and one.id not in seen:
            found |= _names(functions[one.id], functions, seen | {one.id})
    return found
