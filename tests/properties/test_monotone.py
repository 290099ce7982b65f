"""Monotone: true evidence never makes the tool less sure of the true cause; a failure that is told is never fine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.patience import LONG

from .program import opened
from .renderings import Answered, answered, true_evidence
from .subjects import Subject, Trial, checked, one_by_one, sampled, wrong

REFUSED = {
    403: ("403 Forbidden", "Your client does not have permission to get URL <code>{}</code> from this server."),
    401: ("401 Unauthorized", "Your client does not have permission to the requested URL <code>{}</code>."),
    404: ("404 Page not found", "The requested URL <code>{}</code> was not found on this server."),
}


def tried(subject: Subject, *, everything: bool = LONG, some: int = 2) -> Iterator[Trial]:
    """Check without evidence, then with each form of what the caller really got."""
    assert subject.case is not None
    with opened(subject.world) as program:
        assert program.sandbox is not None
        answer = answered(subject.case, program.sandbox)
        alone = program.run(subject.run)
        yield f"{subject} alone", f"broke: {alone.err[-120:]}" if alone.broke else None
        if answer is None:
            return
        told = true_evidence(answer)
        for form, text in sampled(told.items(), subject.name, some, everything=everything):
            more = program.run(subject.run, text)
            fault = f"broke: exit {more.status} {more.err.strip()[-120:]}" if more.broke else None
            before, after = alone.rank(*subject.right), more.rank(*subject.right)
            if after < before:
                fault = f"{alone} became {more}"
            elif answer.status >= 400 and more.status == 0:
                fault = f"a failing call, and it is {more}"
            yield f"{subject} with the true {form}", fault
        if alone.conclusion == "clear":
            for form, text in sampled(failures(answer).items(), subject.name, some, everything=everything):
                more = program.run(subject.run, text)
                fine = more.status == 11 or (more.status == 10 and more.conclusion == "likely")
                yield f"{subject} with a failing {form}", None if fine else f"{more}, exit {more.status}"


def failures(answer: Answered) -> dict[str, str]:
    """Failing answers to the same call, each in every form: nothing that can be read explains them."""
    found: dict[str, str] = {}
    for status, (title, text) in REFUSED.items():
        path = "/" + answer.url.split("/", 3)[3] if answer.url.count("/") > 2 else "/"
        body = f"""<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {title.partition(" ")[2]}</h1>
<h2>{text.format(path)}</h2>
<h2></h2>
</body></html>
"""
        headers = {"content-type": "text/html; charset=UTF-8", "server": "Google Frontend"}
        if status == 401:
            described = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
            headers = {"www-authenticate": described, **headers}
        failed = Answered(answer.method, answer.url, status, headers, body, by_hand=True, with_token=True)
        found |= {f"{status} {form}": told for form, told in true_evidence(failed).items()}
    return found


def subjects() -> tuple[Subject, ...]:
    return checked()


@pytest.mark.parametrize("subject", one_by_one(subjects(), 8))
@pytest.mark.timeout(900)
def test_true_evidence_never_makes_it_less_sure(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults
