"""The text report, against pages written by hand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from crauth_doctor.model.change import Advise, GrantRole, PrintToken
from crauth_doctor.model.evidence import Piece, PieceKind
from crauth_doctor.model.fact import Obstacle, Source, Unknown
from crauth_doctor.model.finding import (
    Ask,
    AskAnswer,
    Conclusion,
    Diagnosis,
    Finding,
    Observation,
    Outcome,
    Stage,
    Verdict,
)
from crauth_doctor.model.http import Response
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.report import markdown
from crauth_doctor.report.document import CallAnswer, Pasted, Report
from crauth_doctor.report.layout import Look
from crauth_doctor.report.text import render
from crauth_doctor.say import Say
from tests.report.conftest import CALLS, MISSING

PROVEN = r"""
BLOCKED at iam: checkout@shop-prod.iam.gserviceaccount.com may not invoke orders
  [iam/missing-invoker, proven]   SANDBOX: a pretend cloud, not Google.

  mint ✓  reach ✓  ingress ✓  iap –  token ✓  iam ✗  app ·
  ✓ passes  ✗ blocks  – does not apply  · not reached

Evidence
  - No binding of orders or of shop-prod gives it run.routes.invoke.
  - The call as the caller got Cloud Run's 403.
  - Test calls: no token 403, a junk token 401, a token made here 403.

What to do
  Grant roles/run.invoker on orders to
  checkout@shop-prod.iam.gserviceaccount.com.
    gcloud run services add-iam-policy-binding orders --project=shop-prod \
      --region=us-central1 \
      --member=serviceAccount:checkout@shop-prod.iam.gserviceaccount.com \
      --role=roles/run.invoker --condition=None
  Or: WIDENS ACCESS: Turn the invoker IAM check of orders off.

Warnings, which block nothing: warning/fragile-identity.
More: -v, or crauth-doctor explain iam/missing-invoker
""".removeprefix("\n")  # noqa: RUF001

CLEAR = """
CLEAR: nothing blocks GET https://orders-123456789012.us-central1.run.app/ for
  checkout@shop-prod.iam.gserviceaccount.com; the test call got 200.

  mint ✓  reach ✓  ingress ✓  iap –  token ✓  iam ✓  app ✓
  ✓ passes  – does not apply
""".removeprefix("\n")  # noqa: RUF001

UNDECIDED = """
NOT DECIDED: nothing found so far blocks GET
  https://orders-123456789012.us-central1.run.app/ for
  checkout@shop-prod.iam.gserviceaccount.com, but not everything could be read.

  mint ok, reach unknown, ingress unknown, iap n/a, token ok, iam unknown, app
  unknown

Evidence
  - No test call was made.

What to do
  You need the permission resourcemanager.folders.getIamPolicy on folder 77. Ask
  for it, then run this again.

What could not be seen
  - resourcemanager.folders.getIamPolicy of folder 77: not permitted.
""".removeprefix("\n")


def test_proven(proven: Report) -> None:
    assert render(proven) == PROVEN


def test_clear_says_so_in_two_lines(clear: Report) -> None:
    assert render(clear) == CLEAR


def test_undecided_says_what_to_ask_for_first_and_needs_no_symbols(undecided: Report) -> None:
    text = render(undecided, Look(symbols=False))
    assert text == UNDECIDED
    assert text.isascii()


@pytest.mark.parametrize("write", [render, markdown.render])
@pytest.mark.parametrize(
    ("reason", "answer", "times"),
    [
        ("its body is a page", "the call got 403 from IAP: its body is a page", 1),
        ("the answer is IAP's: its body is a page", "the call got 403 from IAP: its body is a page", 1),
        ("IAP is on: its body is a page", "the call got 403 from IAP: its body is a page, and short", 2),
    ],
)
def test_what_an_observation_says_as_well_is_said_once(
    likely: Report, write: Callable[[Report], str], reason: str, answer: str, times: int
) -> None:
    cause = replace(MISSING, finding=Finding("it is refused", (reason,)))
    seen = Observation(frozenset({Stage.IAM}), answer, Source("call", "x"))
    diagnosis = replace(likely.diagnosis, cause=cause, observations=(seen,), steps=())
    assert write(replace(likely, diagnosis=diagnosis)).count("its body is a page") == times


def test_a_call_that_passed_is_no_evidence_of_a_cause(likely: Report) -> None:
    seen = Observation(frozenset({Stage.APP}), "the call got 200", Source("call", "x"), passed=True)
    for conclusion, told in ((Conclusion.LIKELY, False), (Conclusion.CONTRADICTED, True)):
        diagnosis = replace(likely.diagnosis, conclusion=conclusion, observations=(seen,))
        assert ("The call got 200." in render(replace(likely, diagnosis=diagnosis))) is told


def test_who_says_something_keeps_the_spelling_of_their_name(likely: Report) -> None:
    because = (Say("{who} says: no", who="jsonwebtoken"), Say("{who} says: no", who="the browser"))
    diagnosis = replace(likely.diagnosis, cause=replace(MISSING, finding=Finding("it is refused", because)), steps=())
    text = render(replace(likely, diagnosis=diagnosis))
    assert "  - jsonwebtoken says: no.\n  - The browser says: no.\n" in text


def test_likely_says_probably_and_shows_what_blocks_too(likely: Report) -> None:
    text = render(likely)
    assert text.startswith("PROBABLY BLOCKED at iam: ")
    assert "What could not be seen\n  - resourcemanager.folders.getIamPolicy of folder 77" in text
    assert "Also blocking\n  - orders refuses GET / itself. [app/refused]\n    WIDENS ACCESS: " in text
    assert "iam ✗  app ✗" in text
    page = markdown.render(likely)
    told = page[page.index("### Also blocking\n\n- ") :]
    assert " itself. `app/refused`\n\n**Widens access.** Set the ingress of " in told
    assert "gcloud run services update orders" in told


def test_unexplained_lists_explanations(unexplained: Report) -> None:
    text = render(unexplained)
    assert text.startswith("UNEXPLAINED: GET ")
    assert "What could explain it\n  - A grant that is minutes old.\n" in text
    assert "these possibilities in order" in text


def test_contradicted_holds_the_fix_back(contradicted: Report) -> None:
    text = render(contradicted)
    assert text.startswith("CONTRADICTED at iam: ")
    assert "but a call got past it" in text
    assert "What to do\n  Nothing yet: find out first which is right." in text


def test_the_answers_come_in_order(proven: Report) -> None:
    unread = Unknown(Source("run.services.get", "//run.googleapis.com/x"), Obstacle.TIMED_OUT)
    document = replace(proven, diagnosis=replace(proven.diagnosis, unread=(unread,)))
    for whole, unseen in ((True, "What could not be seen"), (False, "Could not be seen: run.services.get.")):
        text = render(document, Look(whole=whole))
        places = [text.index(heading) for heading in ("BLOCKED", "Evidence", "What to do", unseen, "Warnings")]
        assert places == sorted(places)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_longer_than_the_width_but_for_a_word_that_is(proven: Report, width: int) -> None:
    for line in render(proven, Look(width=width)).splitlines():
        assert len(line) <= width or len(line.removesuffix(" \\").split()) <= 2, line


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_commands_paste_back_whole(proven: Report, width: int) -> None:
    text = render(proven, Look(width=width)).replace("\\\n", "")
    commands = [shlex.split(line) for line in text.splitlines() if line.strip().startswith("gcloud")]
    assert commands[0] == [
        "gcloud",
        "run",
        "services",
        "add-iam-policy-binding",
        "orders",
        "--project=shop-prod",
        "--region=us-central1",
        "--member=serviceAccount:checkout@shop-prod.iam.gserviceaccount.com",
        "--role=roles/run.invoker",
        "--condition=None",
    ]
    assert len(commands) == 1, "the other ways out stand by name, so that a report fits a screen"


def test_colour_adds_nothing_but_colour(proven: Report) -> None:
    coloured = render(proven, Look(colour=True))
    assert "\x1b[1;31mBLOCKED at iam\x1b[0m: checkout" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == PROVEN


def test_a_call_whose_url_is_not_known(undecided: Report) -> None:
    text = render(replace(undecided, target=replace(undecided.target, url="")))
    assert text.startswith("NOT DECIDED: nothing found so far blocks GET / on orders for\n")
    text = render(replace(undecided, target=replace(undecided.target, url="", service=None)))
    assert text.startswith("NOT DECIDED: nothing found so far blocks the call for\n")


HOSTILE = "bad\x1b]0;title\x07\x1b[2J\u202egnp.exe\nCLEAR: nothing blocks\r\x9b31m\u200b"


def hostile(proven: Report) -> Report:
    """The same document with hostile words wherever others' words come in."""
    source = Source(HOSTILE, HOSTILE)
    finding = Finding(
        HOSTILE,
        (HOSTILE,),
        (Advise("x", HOSTILE, (PrintToken(HOSTILE, HOSTILE),)), GrantRole(HOSTILE, HOSTILE, HOSTILE)),
        (HOSTILE,),
    )
    outcome = Outcome("iam/missing-invoker", Stage.IAM, Verdict.BLOCKS, finding, rests_on=(source,), title=HOSTILE)
    unread = Unknown(source, Obstacle.NOT_UNDERSTOOD, HOSTILE, HOSTILE)
    diagnosis = Diagnosis(
        tuple(replace(step, outcomes=()) for step in proven.diagnosis.steps),
        Conclusion.CONTRADICTED,
        outcome,
        (),
        (outcome,),
        (unread,),
        (HOSTILE,),
    )
    token = Token(TokenKind.ID_TOKEN, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    return replace(
        proven,
        diagnosis=diagnosis,
        target=replace(proven.target, url=HOSTILE, method=HOSTILE, path=HOSTILE, service=HOSTILE),
        caller=replace(proven.caller, asked=HOSTILE, member=HOSTILE),
        answer=CallAnswer(
            "https://orders-123456789012.us-central1.run.app/", Response(200, {HOSTILE: HOSTILE}, HOSTILE), token
        ),
    )


def test_words_of_others_cannot_write_to_the_terminal(proven: Report) -> None:
    text = render(hostile(proven))
    assert "bad" in text
    assert all(c.isprintable() or c == "\n" for c in text)
    # A body has lines of its own; they stand indented, so none can pose as the tool's verdict.
    assert not any(line.startswith("CLEAR") for line in text.splitlines())


def test_a_command_with_unshowable_names_is_left_out(proven: Report) -> None:
    text = render(hostile(proven))
    assert "characters that cannot be shown" in " ".join(text.split())
    assert not any(line.strip().startswith("gcloud") for line in text.splitlines())


def test_the_answer_to_a_call_is_shown_with_its_claims(proven: Report) -> None:
    token = Token(
        TokenKind.ID_TOKEN,
        "https://orders.run.app",
        "https://accounts.google.com",
        "a@b.example.com",
        "42",
        1780304400,
        1780308000,
    )
    body = "<h1>Error: Forbidden</h1>\n" + "line\n" * 40
    answer = CallAnswer(
        "https://orders-123456789012.us-central1.run.app/",
        Response(403, {"server": "Google Frontend", "content-type": "text/html"}, body, 0.123),
        token,
    )
    lines = render(replace(proven, answer=answer)).splitlines()
    assert lines[:9] == [
        "GET https://orders-123456789012.us-central1.run.app/ as",
        "  checkout@shop-prod.iam.gserviceaccount.com",
        "  SANDBOX: a pretend cloud, not Google.",
        "",
        "403 Forbidden   (0.12 s)",
        "  content-type: text/html",
        "  server: Google Frontend",
        "",
        "  <h1>Error: Forbidden</h1>",
    ]
    assert "  (21 more lines)" in lines
    assert "  aud   https://orders.run.app" in lines
    assert "  iat   2026-06-01T09:00:00Z" in lines
    assert "  exp   2026-06-01T10:00:00Z" in lines
    assert any(line.startswith("BLOCKED at iam") for line in lines)


@pytest.mark.parametrize("obstacle", list(Obstacle))
def test_every_obstacle_says_what_to_do_about_it(undecided: Report, obstacle: Obstacle) -> None:
    unread = Unknown(Source("run.services.get", "//run.googleapis.com/projects/p/locations/r/services/s"), obstacle)
    text = render(replace(undecided, diagnosis=replace(undecided.diagnosis, unread=(unread,))))
    assert re.search(
        r"What to do \S.* run this again\. Not visible without it: run\.services\.get of s", " ".join(text.split())
    )


def test_what_a_read_leaves_open_is_said_in_its_own_words(undecided: Report) -> None:
    source = Source("run.services.get", "//run.googleapis.com/projects/p/locations/-/services/typo")
    unread = Unknown(source, Obstacle.NOT_TOLD, "there is no such service, so who calls is not known")
    text = render(replace(undecided, diagnosis=replace(undecided.diagnosis, unread=(unread,))))
    assert "of typo: there is no such service, so who calls is not known." in " ".join(text.split())


def test_the_audience_is_told_where_the_callers_own_cannot_be_seen(clear: Report, proven: Report) -> None:
    audiences = ("https://orders-1.us-central1.run.app", "https://orders-abc-uc.a.run.app")
    text = " ".join(render(replace(clear, audiences=audiences)).split())
    assert "Use https://orders-1.us-central1.run.app (scheme and host, no path)." in text
    assert "- https://orders-abc-uc.a.run.app works too." in text
    assert "The token's audience" not in render(replace(proven, audiences=audiences))


def test_what_was_recognised_is_listed_and_what_was_not_is_said(clear: Report) -> None:
    pieces = (
        Piece(PieceKind.EXCHANGE, (3, 9), "GET https://orders.example.com/: 403"),
        Piece(PieceKind.TOKEN, (12, 12), "id-token\x1b[31m"),
    )
    text = render(replace(clear, pasted=Pasted(pieces, 2, ("the rest of 11 MiB was left out",))))
    listed = text.partition("What I recognised in your input\n")[2].splitlines()
    assert listed == [
        "  - lines 3-9: HTTP exchange: GET https://orders.example.com/: 403",
        "  - line 12: token: id-token",
        "  - 2 other lines, not used as evidence.",
        "  - the rest of 11 MiB was left out",
    ]


def test_a_call_from_elsewhere_is_said_to_say_nothing(clear: Report) -> None:
    elsewhere = replace(clear.diagnosis.observations[0], covers=frozenset(), passed=False)
    document = replace(clear, diagnosis=replace(clear.diagnosis, observations=(elsewhere,)))
    text = " ".join(render(document).split())
    assert "Judged by the settings" in text
    assert "proves nothing about it. It got 200." in text
    made = replace(CALLS, with_token=None)
    text = " ".join(render(replace(document, calls=made)).split())
    assert "was made without a token and proves nothing about the caller's. It got 403." in text
    assert "the test call got" not in text


def test_what_is_unread_says_which_causes_it_hides(undecided: Report) -> None:
    [unread, *_] = undecided.diagnosis.unread
    outcome = Outcome("iam/missing-invoker", Stage.IAM, Verdict.UNKNOWN, missing=(unread,))
    step = replace(undecided.diagnosis.steps[5], outcomes=(outcome,))
    steps = (*undecided.diagnosis.steps[:5], step, undecided.diagnosis.steps[6])
    document = replace(undecided, diagnosis=replace(undecided.diagnosis, steps=steps))
    assert "Without this, iam/missing-invoker cannot be ruled out." in " ".join(render(document).split())
    assert document.hidden([unread]) == {unread: ("iam/missing-invoker",)}


def test_what_was_read_is_told_where_it_need_not_fit_a_screen(proven: Report) -> None:
    text = render(proven, Look(whole=True))
    assert "\n  Read: run.services.getIamPolicy of orders;\n" in text
    assert "-v tells all" not in text


def test_the_next_step_is_to_answer_where_something_is_asked(proven: Report) -> None:
    """What an API said that is not understood is no step that the reader can take."""
    odd = Unknown(Source("iam.serviceAccounts.getOpenIdToken", "checkout"), Obstacle.NOT_UNDERSTOOD, "400: disabled")
    asked = Ask("status", "Which HTTP status does the caller get?", (AskAnswer("403", "403", ()),))
    diagnosis = Diagnosis((), Conclusion.UNDECIDED, None, unread=(odd,), asks=(asked,))
    page = render(replace(proven, diagnosis=diagnosis))
    assert "Answer what is asked above, then run this again." in page
    assert "a later version may understand it" not in page


def test_of_many_answers_those_that_leave_the_same_share_a_line(undecided: Report) -> None:
    """A question such as what makes the call has two dozen answers, most of which tell nothing apart."""
    left = (("iam/denied",), *[("token/missing",)] * 21)
    replies = tuple(AskAnswer(f"kind-{n}", f"kind {n}", leaves) for n, leaves in enumerate(left))
    asked = replace(undecided.diagnosis, asks=(Ask("caller", "What makes the call?", replies),))
    text = render(replace(undecided, diagnosis=asked))
    lines = text.partition("What makes the call?\n")[2].partition("\nWhat to do")[0].splitlines()
    assert lines[0] == "       caller=kind-0: kind 0 (leaves iam/denied)"
    assert " ".join(" ".join(lines[1:]).split()).startswith("caller=kind-1, kind-2, kind-3, ")
    assert len(lines) <= 8


def test_what_could_be_seen_comes_before_what_is_asked(undecided: Report) -> None:
    asks = (Ask("status", "Which HTTP status does the caller get?", (AskAnswer("403", "403", ()),)),)
    text = render(replace(undecided, diagnosis=replace(undecided.diagnosis, asks=asks)))
    parts = ("NOT DECIDED", "mint ", "Evidence", "What would tell more", "What to do", "What could not be seen")
    assert sorted(map(text.index, parts)) == list(map(text.index, parts))
