"""The questions of a report, by tables: answers, what is not known, what is pasted, back, and out. No terminal."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from crauth_doctor.model.asks.said import NOTHING_SAID, Said
from crauth_doctor.model.finding import Ask, AskAnswer
from crauth_doctor.wizard.interview import Judge, Left, Tell, Told, interview
from crauth_doctor.wizard.messages import AnswerKind, Navigation, Select, Text

CAUSES = ("iam/public-not-applied", "iam/missing-invoker", "token/missing")
SENT = Ask(
    "token-sent",
    "Does a token arrive?",
    (AskAnswer("no", "no", ("token/missing",)), AskAnswer("yes", "yes", CAUSES)),
    command="gcloud logging read x",
)
MEANT = Ask(
    "meant",
    "Is it meant to be open?",
    (AskAnswer("public", "yes", CAUSES[:1]), AskAnswer("private", "no", CAUSES[1:])),
)
PROJECT = Ask("project", "In which project is it?", (), is_open=True, command="gcloud projects list")
FIRST = Left(CAUSES, (SENT, MEANT, PROJECT))
UNKNOWN, PASTE, REPORT = "?unknown", "?paste", "?report"
DECIDED = Left(CAUSES[:1], (MEANT,))


@dataclass
class Held:
    """An interview that was held.

    Args:
        ended: what was told; None where it was broken off.
        questions: what was asked.
        judged: what was judged.
        said: what was said before questions.
    """

    ended: Told | None = None
    questions: list[Select | Text] = field(default_factory=list)
    judged: list[Told] = field(default_factory=list)
    said: list[Tell] = field(default_factory=list)


def hold(*answers: str | Navigation, then: Left = FIRST, first: Left = FIRST) -> Held:
    """Give these answers; every judgement leaves the same, but for what is said already."""
    held, given, talk = Held(), iter(answers), interview(Told(), first)
    reply: str | Navigation | Left | None = None
    while True:
        try:
            step = talk.send(reply)
        except StopIteration as stop:
            held.ended = stop.value
            assert not list(given), "more answers than questions"
            return held
        if isinstance(step, Tell):
            held.said.append(step)
            reply = None
        elif isinstance(step, Judge):
            held.judged.append(step.told)
            reply = Left(then.causes, tuple(a for a in then.asks if step.told.said.get(a.fact) is None), then.problem)
        else:
            assert isinstance(step, Select | Text)
            held.questions.append(step)
            reply = next(given)


def facts(held: Held) -> list[str]:
    return [each.id for each in held.questions]


def test_every_answer_is_judged_and_the_next_question_is_asked() -> None:
    held = hold("no", "private", "shop-prod")
    assert facts(held) == ["token-sent", "meant", "project"]
    assert held.ended is not None
    assert held.ended.said.pairs == (("token-sent", "no"), ("meant", "private"), ("project", "shop-prod"))
    assert [len(told.said.pairs) for told in held.judged] == [1, 2, 3]


@pytest.mark.parametrize("left", [DECIDED, Left(CAUSES, ())], ids=["one-cause", "nothing-to-ask"])
def test_it_ends_where_one_cause_or_no_question_is_left(left: Left) -> None:
    assert facts(hold("no", then=left)) == ["token-sent"]
    assert facts(hold(first=left)) == []


@pytest.mark.parametrize("unknown", [UNKNOWN, Navigation.SKIP, ""])
def test_what_is_not_known_is_not_asked_again_nor_judged(unknown: str) -> None:
    held = hold(unknown, unknown, unknown)
    assert facts(held) == ["token-sent", "meant", "project"]
    assert held.judged == []
    assert held.ended is not None
    assert held.ended.said == NOTHING_SAID


def test_back_takes_the_last_answer_back_whether_it_was_known_or_not() -> None:
    held = hold("no", UNKNOWN, Navigation.BACK, Navigation.BACK, "yes", REPORT)
    assert facts(held) == ["token-sent", "meant", "project", "meant", "token-sent", "meant"]
    assert [each.back for each in held.questions] == [False, True, True, True, False, True]
    assert held.ended == Told(Said((("token-sent", "yes"),)))


def test_the_report_can_be_had_at_once_and_the_interview_be_broken_off() -> None:
    assert hold(REPORT).ended == Told()
    assert hold(Navigation.CANCEL).ended is None
    assert hold(PASTE, Navigation.CANCEL).ended is None


@pytest.mark.parametrize("way", [(PASTE,), (UNKNOWN, UNKNOWN, "+")], ids=["choice", "typed"])
def test_what_a_command_prints_is_judged(way: tuple[str, ...]) -> None:
    held = hold(*way, "[]", then=DECIDED)
    assert held.questions[-1] == Text("paste", "Paste what it printed:", kind=AnswerKind.LINES)
    assert held.ended is not None
    assert held.ended.pasted == ("[]",)
    assert held.judged == [held.ended]


@pytest.mark.parametrize("nothing", ["", " \n", Navigation.BACK])
def test_nothing_pasted_asks_again(nothing: str) -> None:
    held = hold(PASTE, nothing, REPORT)
    assert facts(held) == ["token-sent", "paste", "token-sent"]
    assert held.judged == []


def test_a_paste_that_does_not_answer_is_said_to_and_kept() -> None:
    held = hold(PASTE, "junk", REPORT)
    assert "What you pasted does not answer the question." in held.said[1].lines
    assert held.ended == Told(pasted=("junk",))


def test_what_cannot_be_taken_is_told_and_asked_again() -> None:
    held = hold("no", REPORT, then=Left(problem="It cannot be."))
    assert facts(held) == ["token-sent", "token-sent"]
    assert held.said[1].lines == ("It cannot be.",)
    assert held.ended == Told()


def test_a_choice_says_what_it_leaves_and_not_to_know_is_what_enter_says() -> None:
    first = hold(REPORT).questions[0]
    assert isinstance(first, Select)
    assert first.default == UNKNOWN
    assert [(each.value, each.note) for each in first.choices] == [
        (UNKNOWN, ""),
        ("no", "leaves token/missing"),
        ("yes", "leaves 3 causes"),
        (PASTE, ""),
        (REPORT, ""),
    ]


def test_what_no_command_shows_cannot_be_pasted() -> None:
    question = hold(UNKNOWN, REPORT).questions[1]
    assert isinstance(question, Select)
    assert PASTE not in [each.value for each in question.choices]


def test_an_open_value_is_typed_and_its_forms_are_told_before() -> None:
    audience = Ask("audience", "Which audience?", (AskAnswer("my-service", "a word", CAUSES[:1]),), is_open=True)
    held = hold("https://x.example", first=Left(CAUSES, (audience,)), then=DECIDED)
    question = held.questions[0]
    assert isinstance(question, Text)
    assert "such as https://" in question.hint
    assert "+" not in question.hint
    assert "  my-service: a word (leaves iam/public-not-applied)" in held.said[0].lines
    assert held.ended == Told(Said((("audience", "https://x.example"),)))
