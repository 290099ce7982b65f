"""Combined facts: a read that is refused is unread, and is never made up for by the reads beside it.

Each read of a `check --no-call`, as the sandbox's own log lists them, is answered 403 in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.patience import LONG

from .program import Program, Told, opened
from .subjects import Subject, Trial, checked, one_by_one, sampled, wrong

MINTING = ("iamcredentials.googleapis.com", "oauth2.googleapis.com", "sts.googleapis.com")
"""They hand out tokens; a check without calls only tries whether they would."""
BESIDE = "/locations"
"""Read beside the look-up in the callee's own region; where that finds the resource, no failure of it is told."""
OFTEN = 1_000_000


def tried(subject: Subject, *, everything: bool = LONG, some: int = 3) -> Iterator[Trial]:
    """Refuse each read in turn."""
    assert subject.world is not None
    run = [*subject.run, *([] if "--no-call" in subject.run else ["--no-call"])]
    with opened(subject.world) as program:
        whole = program.run(run)
        reads = [each for each in reads_of(program) if not each.endswith(BESIDE)]
    yield f"{subject} with every read", f"broke: {whole.err[-120:]}" if whole.broke else None
    for read in sampled(reads, subject.name, some, everything=everything):
        with opened(subject.world | {"faults": refusing(read, reads)}) as program:
            told = program.run(run)
            assert program.sandbox is not None
            refused = any(f"{each.host}{each.path}" == read for each in program.sandbox.requests)
        if refused:
            yield f"{subject} without {read}", judged(subject, whole, told)


def reads_of(program: Program) -> list[str]:
    """Host and path of each setting that the program has read of the sandbox, and was not refused."""
    assert program.sandbox is not None
    asked = {(each.host, each.path): each.status for each in program.sandbox.requests}
    return [f"{host}{path}" for (host, path), status in sorted(asked.items()) if _is_read(host) and status != 403]


def _is_read(host: str) -> bool:
    return host.endswith(".googleapis.com") and host not in MINTING


def refusing(read: str, reads: list[str]) -> list[dict[str, Any]]:
    """Faults that refuse this read alone: what a fault matches is a prefix, so longer paths are let through first."""
    longer = sorted((each for each in reads if each != read and each.startswith(read)), key=len, reverse=True)
    through = [{"match": each, "times": OFTEN} for each in longer]
    return [*through, {"match": read, "times": OFTEN, "status": 403}]


def judged(subject: Subject, whole: Told, told: Told) -> str | None:
    """Say what the refused read has done that it must not."""
    if told.broke:
        return f"broke: exit {told.status} {told.err.strip()[-120:]}"
    if told.report is None or whole.report is None:
        # The callee itself cannot be found without the read: a question that cannot be asked is a wrong usage.
        return None if told.status == 2 else f"no report, exit {told.status}"
    faults = []
    if told.conclusion == "clear" and whole.conclusion != "clear":
        faults.append(f"{whole} became clear")
    if told.conclusion in {"proven", "expected"} and told.cause not in subject.tolerable:
        faults.append(f"{whole} became {told}")
    if unread(told) <= unread(whole):
        faults.append(f"the read is not in unread ({told})")
    return "; ".join(faults) or None


def unread(told: Told) -> set[tuple[str, str, str]]:
    """What could not be read."""
    assert told.report is not None
    return {(each["read"], each["target"], each["obstacle"]) for each in told.report["unread"]}


def subjects() -> tuple[Subject, ...]:
    return checked()


@pytest.mark.parametrize("subject", one_by_one(subjects(), 8))
@pytest.mark.timeout(900)
def test_a_refused_read_is_unread(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults


def test_only_the_read_itself_is_refused() -> None:
    service = "run.googleapis.com/v2/projects/p/locations/r/services/s"
    faults = refusing(service, [service, f"{service}:getIamPolicy", "run.googleapis.com/v2/projects/p/locations/r"])
    assert faults == [
        {"match": f"{service}:getIamPolicy", "times": OFTEN},
        {"match": service, "times": OFTEN, "status": 403},
    ]
