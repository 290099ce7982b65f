"""`who`: whom it lists as let in is let in; a read that is refused is named, and makes nobody's standing surer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from crauth_doctor.sandbox.iam.access import allowed
from crauth_doctor.sandbox.iam.principal import Identity
from crauth_doctor.sandbox.state.cloud import Cloud
from tests.patience import LONG

from .program import Program, opened
from .subjects import Subject, Trial, checked_by_name, one_by_one, sampled, wrong
from .test_refused_reads import reads_of, refusing

ONE = ("user:", "serviceAccount:")
Report = dict[str, Any]


def who(program: Program, subject: Subject) -> Report:
    given = dict(zip(subject.run, subject.run[1:], strict=False))
    told = program.run(["who", subject.run[1], "--project", given["--project"], "--region", given["--region"]])
    report: Report = json.loads(told.out)
    return report


def tried(subject: Subject, *, everything: bool = LONG, some: int = 3) -> Iterator[Trial]:
    """List who may call with everything read, then with each read refused in turn."""
    assert subject.world is not None
    with opened(subject.world) as program:
        whole = who(program, subject)
        assert program.sandbox is not None
        yield f"{subject} with every read", untrue(program.sandbox.cloud, whole)
        reads = reads_of(program)
    for read in sampled(reads, subject.name, some, everything=everything):
        with opened(subject.world | {"faults": refusing(read, reads)}) as program:
            now = who(program, subject)
        yield f"{subject} without {read}", None if "error" in now else surer(whole, now)


def untrue(cloud: Cloud, told: Report) -> str | None:
    """Name whom the sandbox does not let in, though the list says so."""
    service = told["target"]["service"]
    request = {"request": {"time": cloud.now()}}
    listed = {each["member"] for each in told["holders"] if each["may"] is True and each["condition"] is None}
    single = sorted(each for each in listed if each.startswith(ONE))
    wrongly = [one for one in single if not allowed(cloud, Identity(one), "run.routes.invoke", service, request)]
    return f"not let in: {wrongly}" if wrongly else None


def surer(whole: Report, now: Report) -> str | None:
    """Say what the refused read has done that it must not."""
    before = {key(each): each["may"] for each in whole["holders"]}
    turned = [
        each["member"]
        for each in now["holders"]
        if each["may"] is not None and each["may"] != before.get(key(each)) and not each["caution"]
    ]
    faults = [f"surer of {turned}"] if turned else []
    if now["public"] not in {None, whole["public"]}:
        faults.append(f"public: {whole['public']} became {now['public']}")
    if len(now["unread"]) <= len(whole["unread"]) and now != whole:
        faults.append("the read is not in unread")
    return "; ".join(faults) or None


def key(holder: Report) -> tuple[object, ...]:
    return holder["member"], holder["role"], holder["resource"], json.dumps(holder["condition"])


def subjects() -> tuple[Subject, ...]:
    """Those whose service goes by its name, and whose policy, which is what `who` reads, counts already."""
    return tuple(each for each in checked_by_name() if each.world and "propagation" not in each.world.get("delays", {}))


@pytest.mark.parametrize("subject", one_by_one(subjects(), 6))
@pytest.mark.timeout(900)
def test_a_refused_read_makes_nobody_surer(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults


@pytest.mark.parametrize("name", ["world:healthy-deny-exception", "world:healthy-tag"])
@pytest.mark.timeout(900)
def test_what_decides_beside_allow_policies_is_read_too(name: str) -> None:
    faults = wrong(tried(next(each for each in subjects() if each.name == name), everything=True))
    assert not faults, faults
