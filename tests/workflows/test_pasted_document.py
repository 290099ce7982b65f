"""`explain` is `check` over another door: what `check` read, printed and pasted, tells no other cause.

All pieces give the same cause, a more general one, or leave it open; fewer give the same or less. Some worlds are
tried; all of them, and more parts of each, where CRAUTH_DOCTOR_LONG is set.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.collect.doors.names import same
from crauth_doctor.diagnosis.general import GENERAL
from crauth_doctor.evidence import read
from crauth_doctor.report.document import Report
from crauth_doctor.sandbox import load_world, parse_world, serve
from crauth_doctor.workflows import diagnose
from crauth_doctor.workflows.context import CallRequest, Context
from crauth_doctor.workflows.documents.saved_document import written
from crauth_doctor.workflows.explain import explain
from tests.patience import LONG
from tests.test_agreement import RandomWorlds

from .printed import printed, resources_of
from .test_saved_document import asked, cases, no_more_than, told

PARTS = 6 if LONG else 2
SAME = ("iam-missing-invoker", "token-audience-unknown")
"""Of these the pieces must tell the very cause, so that a paste that tells nothing does not pass."""

TAKEN = {"iam/denied": "no deny policy forbids it"}
"""What a likely cause says that it takes for granted, by the cause that is thereby left out."""


def pasted() -> list[Any]:
    return [one for one in cases() if not one.values[1].get("evidence")]


def is_right(text: str, checked: Report) -> bool:
    """Whether what is told of a paste is the same, or less; or is as true, or says what it takes for granted.

    Where several causes block, `check` names the first of those that it sees; where it leaves special cases open, what
    they are cases of is as true.
    """
    found, whole = explain(text), told(checked)
    outcomes = (each for step in checked.diagnosis.steps for each in step.outcomes)
    as_true = {each.rule for each in outcomes if each.entailed} if whole[1] != "clear" else set()
    cause = found.diagnosis.cause
    taken = cause.finding.assuming if cause is not None and cause.finding is not None else ()
    left = {general for each in checked.diagnosis.open for general in GENERAL.get(each.rule, ())}
    is_as_true = cause is not None and cause.rule in as_true | left
    return is_as_true or no_more_than(told(found), whole) or TAKEN.get(whole[0] or "") in taken


def unread(saved: dict[str, Any]) -> list[str]:
    """Name the resources whose JSON a paste shows, and nobody reads; which locations there are tells nothing."""
    found = {name: read(shown).document.resources for name, shown in resources_of(saved).items()}
    of_a_paste = [name for name, one in found.items() if not any(same(name, each) for each in one)]
    return [name for name in of_a_paste if name.rsplit("/", 2)[-2] != "locations"]


@pytest.mark.parametrize(("file", "case"), pasted())
def test_what_was_read_tells_no_other_cause_when_it_is_pasted(file: Path, case: dict[str, Any]) -> None:
    with serve(load_world(file)) as box:
        checked = diagnose.check_and_save(Context({}, box.base), asked(case))
    whole, pick = told(checked.report), random.Random(file.stem)
    saved = json.loads(written(checked.document))
    assert unread(saved) == []
    pieces = list(printed(saved, pick))
    all_of_it = told(explain("\n\n".join(pieces)))
    assert no_more_than(all_of_it, whole), all_of_it
    if file.stem in SAME:
        assert all_of_it[0] == whole[0]
    for _ in range(PARTS):
        part = pick.sample(pieces, pick.randint(0, len(pieces)))
        assert is_right("\n\n".join(part), checked.report), part


WORLDS_TRIED = 100 if LONG else 6
AUDIENCES = ("{own}/orders", "{own}/", "https://shop.example.com", "https://other-1.us-central1.run.app", "http{rest}")
PATHS = ("/orders/7/items", "/", "/healthz", "/admin")
INGRESS = ("INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER")


def varied(service: dict[str, Any], pick: random.Random) -> tuple[str | None, str]:
    """Draw settings for a service, and an audience and a path for the call to it."""
    own = service["urls"][0]
    drawn = {
        "ingress": (0.25, pick.choice(INGRESS)),
        "invokerIamDisabled": (0.08, True),
        "defaultUriDisabled": (0.08, True),
        "customAudiences": (0.2, ["https://shop.example.com"]),
    }
    service |= {name: value for name, (share, value) in drawn.items() if pick.random() < share}
    audience = pick.choice(AUDIENCES).format(own=own, rest=own.removeprefix("https"))
    return audience if pick.random() < 0.3 else None, pick.choice(PATHS)


@pytest.mark.parametrize("seed", range(40 if LONG else 1))
def test_of_random_worlds_the_pieces_tell_no_other_cause(seed: int) -> None:
    worlds, pick = RandomWorlds(seed), random.Random(f"pasted {seed}")
    drawn = [(*asked[:2], *varied(worlds.resources[asked[0][0]], pick)) for asked in worlds.asked[:WORLDS_TRIED]]
    with serve(parse_world(worlds.document())) as box:
        for (service, *_), member, audience, path in drawn:
            name = service.removeprefix("//run.googleapis.com/")
            request = CallRequest(name, caller=member.partition(":")[2], audience=audience, path=path)
            checked = diagnose.check_and_save(Context({}, box.base), request)
            pieces = list(printed(json.loads(written(checked.document)), pick))
            parts = (pick.sample(pieces, pick.randint(0, len(pieces))) for _ in range(PARTS))
            for part in (pieces, *parts):
                assert is_right("\n\n".join(part), checked.report), (told(checked.report), part)
