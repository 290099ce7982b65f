"""Contracts: a clause that holds, or does not, is never the other way round where a read is refused.

Each subject's service is held against a contract that names every account of its policies, and the caller that calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.patience import LONG

from .program import Program, Told, opened
from .subjects import Subject, Trial, checked_by_name, one_by_one, sampled, wrong
from .test_refused_reads import reads_of, refusing

NOBODY = "user:nobody@example.com"
MOST = 8
DECIDED = frozenset({"met", "broken"})
Results = dict[tuple[str, str], str]


def contract(subject: Subject) -> dict[str, Any]:
    """A contract about the subject's service: whatever a clause can say, true or not."""
    assert subject.world is not None
    given = dict(zip(subject.run, subject.run[1:], strict=False))
    bindings = (each for policy in subject.world.get("iam", {}).values() for each in policy.get("bindings", []))
    members = {one for each in bindings for one in each["members"] if one.startswith(("user:", "serviceAccount:"))}
    named = [*sorted(members)[:MOST], NOBODY]
    clauses: dict[str, Any] = {
        "may": {"iam": named},
        "may-not": named,
        "only": {"besides": [NOBODY]},
        "public": "never",
        "audience": "https://nowhere.example.com",
        "ingress": "internal",
        "runs-as": {"not": "default-compute"},
    }
    service = f"run/{subject.run[1]}@{given['--project']}/{given['--region']}"
    works = [{"service": service, "may": [given["--caller"]]}] if "--caller" in given else []
    return {"version": 1, "expect": [{"service": service, **clauses}, *works]}


def held(program: Program, document: dict[str, Any]) -> Told:
    file = program.home / "contract.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return program.run(["expect", str(file)])


def results(told: Told) -> Results:
    assert told.status in {0, 10, 11}, told.err
    return {(each["clause"], each["subject"]): each["result"] for each in json.loads(told.out)["results"]}


def tried(subject: Subject, *, everything: bool = LONG, some: int = 3) -> Iterator[Trial]:
    """Hold the contract with everything read, then with each read refused in turn."""
    assert subject.world is not None
    document = contract(subject)
    with opened(subject.world) as program:
        whole = results(held(program, document))
        reads = reads_of(program)
    yield f"{subject} with every read", contradiction(subject, whole)
    for read in sampled(reads, subject.name, some, everything=everything):
        with opened(subject.world | {"faults": refusing(read, reads)}) as program:
            now = results(held(program, document))
        turned = [f"{key}: {whole[key]} became {now[key]}" for key in whole if turns(key[0], whole[key], now[key])]
        yield f"{subject} without {read}", "; ".join(turned) or None


def turns(clause: str, before: str, now: str) -> bool:
    """Whether less made a result another one, or decided it; who may not call and is gone still may not, if unseen."""
    return now in DECIDED - {before} and (clause, before, now) != ("may-not", "broken", "met")


def contradiction(subject: Subject, whole: Results) -> str | None:
    """Say where the contract, which knows no path and no host but the service's own, and the world's answer differ."""
    refused = [member for clause, member in whole if clause == "may" and whole[clause, member] == "broken"]
    same_call = subject.cause is None and not {"--path", "--url"} & {*subject.run}
    return f"broken for {refused}, though nothing blocks" if refused and same_call else None


@pytest.mark.parametrize("subject", one_by_one(checked_by_name(), 6))
@pytest.mark.timeout(900)
def test_a_refused_read_turns_no_clause_round(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults


def test_an_account_in_a_project_of_google_is_not_missing_because_it_cannot_be_seen() -> None:
    subject = next(each for each in checked_by_name() if each.name == "world:healthy-remote-function")
    assert subject.world is not None
    with opened(subject.world) as program:
        told = results(held(program, contract(subject)))
    agents = {key: result for key, result in told.items() if "@gcp-sa-" in key[1] and key[0].startswith("may")}
    assert agents == {key: "broken" if key[0] == "may-not" else "met" for key in agents}
    assert agents
