"""The wizard's dialogue by tables: every way through it, and back, and out. No terminal, no cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crauth_doctor.model.inventory import Inventory, InventoryItem
from crauth_doctor.wizard.answers import problem
from crauth_doctor.wizard.flow import dialogue
from crauth_doctor.wizard.messages import (
    Action,
    AnswerKind,
    Checked,
    Confirm,
    Diagnose,
    Done,
    Ended,
    FindCallers,
    FindChanges,
    FindProjects,
    FindServices,
    Line,
    MakeFixes,
    Navigation,
    Select,
    ShowAdvice,
    Start,
    Text,
    WizardQuestion,
    WizardReply,
    Write,
)

ORDERS = "projects/shop-prod/locations/us-central1/services/orders"
SERVICES = Inventory(
    (InventoryItem(ORDERS, "orders  us-central1"), InventoryItem("projects/shop-prod/locations/r/services/b", "b  r"))
)
CALLERS = Inventory(
    (
        InventoryItem("run/orders", "orders", "Cloud Run services"),
        InventoryItem("run/checkout", "checkout", "Cloud Run services"),
        InventoryItem("scheduler/nightly", "nightly", "Scheduler jobs"),
        InventoryItem("batch@shop-prod.iam.gserviceaccount.com", "batch", "Service accounts"),
    )
)
PROJECTS = Inventory((InventoryItem("shop-prod", "shop-prod"), InventoryItem("shop-stage", "shop-stage")))
CHANGES = Inventory((InventoryItem("2026-a", "Give batch the role"), InventoryItem("2026-b", "Set the ingress")))
KNOWN = Start("shop-prod", ("python", "go"), runbook=True)
BLOCKED = Checked(blocked=True, fix="Give it the role.")
WHERE = ("orders", "--project=shop-prod", "--region=us-central1")
USUAL: Mapping[str, str | Navigation] = {
    "task": "diagnose",
    "project": "shop-prod",
    "service": ORDERS,
    "caller": "run/checkout",
    "call": "usual",
    "evidence": "none",
    "check": "calls",
    "next": "done",
}
BACK, SKIP, CANCEL = Navigation.BACK, Navigation.SKIP, Navigation.CANCEL


@dataclass
class Played:
    """What a play of the dialogue was.

    Args:
        ended: how it ended.
        asked: ids of the questions, in their order.
        questions: the questions themselves.
        replies: what the questions were answered.
        deeds: what was wanted.
    """

    ended: Ended
    asked: list[str] = field(default_factory=list)
    questions: list[WizardQuestion] = field(default_factory=list)
    replies: list[str | Navigation] = field(default_factory=list)
    deeds: list[Action] = field(default_factory=list)

    def of(self, id: str) -> list[WizardQuestion]:
        return [one for one in self.questions if one.id == id]


Answers = Mapping[str, str | Navigation | Sequence[str | Navigation]]


def play(
    answers: Answers = USUAL, start: Start = KNOWN, checks: Sequence[Checked] = (Checked(),), listed: bool = True
) -> Played:
    """Answer by the id of a question: the answers of an id in turn, the last one again and again."""
    left = {id: [given] if isinstance(given, str) else list(given) for id, given in answers.items()}
    found = list(checks)
    played = Played(Ended())
    talk = dialogue(start)
    reply: WizardReply = None
    for _ in range(200):
        try:
            step = talk.send(reply)
        except StopIteration as stop:
            played.ended = stop.value
            return played
        if isinstance(step, Select | Text | Confirm):
            played.asked.append(step.id)
            played.questions.append(step)
            turn = left.get(step.id, [SKIP])
            answer = turn.pop(0) if len(turn) > 1 else turn[0]
            played.replies.append(answer)
            reply = answer
        else:
            played.deeds.append(step)
            reply = did(step, found, listed=listed)
    raise AssertionError(f"it does not end: {played.asked[-10:]}")


def did(action: Action, checks: list[Checked], *, listed: bool) -> WizardReply:
    match action:
        case FindProjects():
            return PROJECTS if listed else Inventory()
        case FindChanges():
            return CHANGES if listed else Inventory(note="There is no change to undo.")
        case FindServices():
            return SERVICES if listed else Inventory(note="not listed")
        case FindCallers():
            return CALLERS if listed else Inventory(note="not listed")
        case Diagnose() | MakeFixes():
            return checks.pop(0) if len(checks) > 1 else checks[0]
        case ShowAdvice() | Write():
            return Done()


def with_(**answers: str | Navigation | Sequence[str | Navigation]) -> Answers:
    return {**USUAL, **answers}


def lines(played: Played) -> list[tuple[str, ...]]:
    return [line.args for line in played.ended.lines]


def test_the_usual_way() -> None:
    played = play()
    assert played.asked == ["task", "service", "caller", "call", "evidence", "check", "next"]
    assert played.deeds == [
        FindServices("shop-prod"),
        FindCallers("shop-prod"),
        Diagnose(("check", *WHERE, "--caller=run/checkout")),
    ]
    assert lines(played) == [("check", *WHERE, "--caller=run/checkout")]
    assert not played.ended.cancelled


def test_no_project_is_known() -> None:
    played = play(start=Start())
    assert played.asked[:3] == ["task", "project", "service"]
    assert lines(played) == [("check", *WHERE, "--caller=run/checkout")]


@pytest.mark.parametrize(
    ("answers", "args"),
    [
        ({"service": "billing"}, ("billing", "--project=shop-prod", "--caller=run/checkout")),
        ({"service": "https://x.run.app"}, ("https://x.run.app", "--project=shop-prod", "--caller=run/checkout")),
        ({"caller": SKIP}, WHERE),
        ({"caller": "me"}, (*WHERE, "--caller=me")),
        ({"caller": "gce/z/vm"}, (*WHERE, "--caller=gce/z/vm")),
        ({"check": "settings"}, (*WHERE, "--caller=run/checkout", "--no-call")),
        ({"evidence": "file", "file": "a b.txt"}, (*WHERE, "--caller=run/checkout", "--evidence=a b.txt")),
        ({"evidence": "file", "file": SKIP}, (*WHERE, "--caller=run/checkout")),
        ({"evidence": "paste", "paste": "HTTP/2 403"}, (*WHERE, "--caller=run/checkout", "--evidence=-")),
        ({"evidence": "paste", "paste": ""}, (*WHERE, "--caller=run/checkout")),
        ({"evidence": SKIP, "call": SKIP}, (*WHERE, "--caller=run/checkout")),
        ({"call": "details", "path": "/", "method": "get"}, (*WHERE, "--caller=run/checkout")),
        (
            {"call": "details", "path": "/a?b", "method": "post", "url": "https://x", "audience": "aud"},
            (*WHERE, "--caller=run/checkout", "--url=https://x", "--path=/a?b", "--method=POST", "--audience=aud"),
        ),
    ],
)  # fmt: skip
def test_every_answer_has_its_flag(answers: Answers, args: tuple[str, ...]) -> None:
    played = play(with_(**answers))
    assert lines(played) == [("check", *args)]


def test_what_was_pasted_goes_with_the_deed() -> None:
    played = play(with_(evidence="paste", paste="HTTP/2 403"))
    assert played.deeds[-1] == Diagnose(("check", *WHERE, "--caller=run/checkout", "--evidence=-"), "HTTP/2 403")
    assert played.ended.pasted


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({"caller": [BACK, "me"]}, ["service", "caller", "service", "caller", "call"]),
        ({"call": [BACK, "usual"]}, ["service", "caller", "call", "caller", "call", "evidence"]),
        ({"evidence": [BACK, "none"]}, ["service", "caller", "call", "evidence", "call", "evidence", "check"]),
        (
            {"check": [BACK, "no"]},
            ["service", "caller", "call", "evidence", "check", "evidence", "check", "next"],
        ),
        (
            {"next": [BACK, "done"]},
            ["service", "caller", "call", "evidence", "check", "next", "check", "next"],
        ),
        (
            {"call": ["details", "usual"], "path": BACK},
            ["service", "caller", "call", "path", "call", "evidence"],
        ),
        (
            {"call": "details", "method": [BACK, "PUT"]},
            ["service", "caller", "call", "path", "method", "path", "method", "url"],
        ),
        (
            {"call": "details", "url": [BACK, ""], "audience": [BACK, ""]},
            ["service", "caller", "call", "path", "method", "url", "method", "url", "audience", "url", "audience"],
        ),
        ({"evidence": ["file", "none"], "file": BACK}, ["service", "caller", "call", "evidence", "file", "evidence"]),
        ({"evidence": ["paste", "none"], "paste": BACK}, [*list(USUAL)[2:6], "paste", "evidence"]),
        ({"service": ["another-project", ORDERS], "project": BACK}, ["service", "project", "service", "caller"]),
        ({"service": ["another-project", BACK, ORDERS]}, ["service", "project", "service", "service", "caller"]),
        ({"service": [BACK, ORDERS]}, ["service", "service", "caller"]),
    ],
)  # fmt: skip
def test_going_back(answers: Answers, asked: list[str]) -> None:
    played = play(with_(**answers))
    assert [one for one in played.asked if one != "task"][: len(asked)] == asked
    assert not played.ended.cancelled


def test_back_from_the_service_to_the_project() -> None:
    played = play(with_(project=["shop-prod", "other"], service=[BACK, ORDERS]), start=Start())
    assert played.asked[:5] == ["task", "project", "service", "project", "service"]
    assert FindServices("other") in played.deeds


def test_the_first_question_offers_no_way_back() -> None:
    assert not play().questions[0].back  # type: ignore[union-attr]
    assert not play(start=Start()).questions[0].back  # type: ignore[union-attr]
    assert all(one.back for one in play().questions[1:] if not isinstance(one, Confirm))


def test_what_was_answered_is_offered_again() -> None:
    played = play(
        with_(
            service=["https://x.run.app", ORDERS],
            caller=[BACK, "gce/z/vm"],
            call=[BACK, "details", "details"],
            path=["/a", "/a"],
            evidence=["file", "file"],
            file=["f.txt", "f.txt"],
            check=[BACK, BACK, "calls"],
        )
    )
    assert isinstance(played.of("service")[1], Select)
    assert played.of("service")[1].default == "https://x.run.app"  # type: ignore[union-attr]
    assert played.of("caller")[2].default == "gce/z/vm"  # type: ignore[union-attr]
    assert played.of("evidence")[-1].default == "file"  # type: ignore[union-attr]
    assert played.of("file")[-1].default == "f.txt"  # type: ignore[union-attr]


WAYS: list[tuple[Answers, tuple[Checked, ...], Start]] = [
    (USUAL, (BLOCKED,), Start()),
    (with_(call="details", evidence="file", file="f"), (BLOCKED,), KNOWN),
    (with_(evidence="paste", paste="x", next=["code", "runbook", "again", "done"], language="go"), (BLOCKED,), KNOWN),
    (with_(service=["another-project", ORDERS], next=["fix", "advise", "done"]), (BLOCKED,), KNOWN),
    (with_(service=SKIP, evidence="paste", paste="x"), (Checked(),), KNOWN),
]


@pytest.mark.parametrize(("answers", "checks", "start"), WAYS)
def test_cancelled_at_each_question(answers: Answers, checks: tuple[Checked, ...], start: Start) -> None:
    whole = play(answers, start, checks)
    for number in range(len(whole.asked)):
        broken_off = play_again(whole.replies[:number], start, checks)
        assert broken_off.ended == Ended(cancelled=True)
        assert broken_off.asked == whole.asked[: number + 1]


def play_again(replies: Sequence[str | Navigation], start: Start, checks: Sequence[Checked]) -> Played:
    """Give these answers, and break off at the next question."""
    left, found = [*replies, CANCEL], list(checks)
    played = Played(Ended())
    talk = dialogue(start)
    reply: WizardReply = None
    while True:
        try:
            step = talk.send(reply)
        except StopIteration as stop:
            played.ended = stop.value
            return played
        if isinstance(step, Action):
            reply = did(step, found, listed=True)
        else:
            played.asked.append(step.id)
            reply = left.pop(0)


@pytest.mark.parametrize("id", ["task", "project", "service", "caller", "call", "evidence", "check", "next"])
def test_every_step_can_be_skipped(id: str) -> None:
    played = play(with_(**{id: SKIP}), start=Start())
    assert id in played.asked
    assert not played.ended.cancelled


def test_without_a_project_the_service_is_typed() -> None:
    played = play(with_(project=SKIP), start=Start())
    assert isinstance(played.of("service")[0], Text)
    assert not [action for action in played.deeds if isinstance(action, FindServices | FindCallers)]


def test_a_service_that_is_not_there_is_asked_for_again_and_then_believed() -> None:
    played = play(with_(service=["ordrs", "ordrs"]))
    first, second = played.of("service")
    assert "has no service ordrs. Which service is called?" in second.message
    assert "ordrs" not in first.message
    assert [one.args[1] for one in played.ended.lines][:1] == ["ordrs"]


def test_where_nothing_can_be_listed_all_is_typed() -> None:
    played = play(with_(service="orders"), listed=False)
    assert isinstance(played.of("service")[0], Text)
    caller = played.of("caller")[0]
    assert isinstance(caller, Select)
    assert [one.value for one in caller.choices] == ["me", "browser", "app", "webhook", "laptop"]


def test_a_service_does_not_call_itself_unless_it_is_said() -> None:
    caller = play().of("caller")[0]
    assert isinstance(caller, Select)
    assert "run/orders" not in {one.value for one in caller.choices}
    assert caller.typed


def test_evidence_alone() -> None:
    played = play(with_(service=SKIP, evidence="file", file="paste.txt"))
    assert played.asked == ["task", "service", "evidence", "file", "next"]
    assert lines(played) == [("explain", "paste.txt")]
    pasted = play(with_(service=SKIP, evidence="paste", paste="HTTP/2 403"))
    assert lines(pasted) == [("explain", "-")]
    assert pasted.ended.pasted


def test_nothing_at_all() -> None:
    assert play(with_(service=SKIP)).ended == Ended()


def test_straight_to_the_code() -> None:
    played = play(with_(check="no", next=["code", "runbook", "done"], language="go", runbook="r.md"))
    assert not [action for action in played.deeds if isinstance(action, Diagnose)]
    assert played.ended.lines == (
        Line(("snippet", *WHERE, "--lang=go", "--caller=run/checkout")),
        Line(("runbook", *WHERE, "--caller=run/checkout"), "r.md"),
    )


@pytest.mark.parametrize(
    ("checked", "first", "offered", "not_offered"),
    [
        (Checked(), "code", {"code", "runbook", "again", "caller", "service", "done"}, {"fix", "advise"}),
        (BLOCKED, "fix", {"fix", "done"}, {"advise"}),
        (Checked(blocked=True), "done", {"done"}, {"fix", "advise"}),
        (Checked(blocked=True, asks=True), "advise", {"advise"}, {"fix"}),
        (Checked(blocked=True, fix="Open it.", widens=True), "done", {"fix"}, {"advise"}),
        (Checked(blocked=True, fix="Open it.", widens=True, asks=True), "advise", {"fix", "advise"}, set()),
        (Checked(failed=True), "done", {"again", "caller", "service", "done"}, {"fix", "code", "runbook"}),
    ],
)
def test_what_is_offered(checked: Checked, first: str, offered: set[str], not_offered: set[str]) -> None:
    question = play(checks=[checked]).of("next")[0]
    assert isinstance(question, Select)
    values = {one.value for one in question.choices}
    assert question.default == first
    assert offered <= values
    assert not values & not_offered


def test_what_widens_is_labelled_and_never_first() -> None:
    question = play(checks=[Checked(blocked=True, fix="Open it.", widens=True)]).of("next")[0]
    assert isinstance(question, Select)
    assert any(
        one.value == "fix" and "WIDENS ACCESS" in one.label and one.note == "Open it." for one in question.choices
    )
    assert question.default != "fix"


def test_no_runbook_where_there_is_none() -> None:
    question = play(start=Start("shop-prod")).of("next")[0]
    assert isinstance(question, Select)
    assert not {"code", "runbook"} & {one.value for one in question.choices}


def test_fixed() -> None:
    played = play(with_(next=["fix", "done"]), checks=[BLOCKED, Checked(mended=True)])
    assert MakeFixes() in played.deeds
    assert lines(played) == [("check", *WHERE, "--caller=run/checkout", "--fix")]


def test_not_fixed_after_all() -> None:
    played = play(with_(next=["fix", "done"]), checks=[BLOCKED])
    assert lines(played) == [("check", *WHERE, "--caller=run/checkout")]


def test_who_may_not_write_ends_with_the_message() -> None:
    asks = Checked(blocked=True, asks=True)
    assert play(checks=[asks]).deeds[-1] == ShowAdvice()
    told = play(with_(next=["advise", "done"]), checks=[asks])
    assert told.deeds.count(ShowAdvice()) == 1


def test_another_caller_then_another_service() -> None:
    played = play(
        with_(caller=["run/checkout", "me", "app"], service=[ORDERS, "b"], next=["caller", "service", "done"])
    )
    assert [args[1:] for args in lines(played)] == [
        (*WHERE, "--caller=run/checkout"),
        (*WHERE, "--caller=me"),
        ("b", "--project=shop-prod", "--caller=app"),
    ]


def test_what_was_done_twice_is_one_line() -> None:
    assert len(lines(play(with_(next=["again", "again", "done"])))) == 1


def test_code_and_runbook_can_be_gone_back_from() -> None:
    played = play(with_(next=["code", "runbook", "done"], language=BACK, runbook=BACK))
    assert not [action for action in played.deeds if isinstance(action, Write)]


@pytest.mark.parametrize(("answer", "file"), [("-", ""), (SKIP, ""), ("x.md", "x.md")])
def test_where_the_runbook_goes(answer: str | Navigation, file: str) -> None:
    played = play(with_(next=["runbook", "done"], runbook=answer))
    assert played.deeds[-1] == Write(("runbook", *WHERE, "--caller=run/checkout"), file)


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        (AnswerKind.PROJECT, "shop-prod", False),
        (AnswerKind.PROJECT, "example.com:shop", False),
        (AnswerKind.PROJECT, "Shop prod", True),
        (AnswerKind.PATH, "/a", False),
        (AnswerKind.PATH, "a", True),
        (AnswerKind.PATH, "/a b", True),
        (AnswerKind.METHOD, "post", False),
        (AnswerKind.METHOD, "P O", True),
        (AnswerKind.URL, "https://x", False),
        (AnswerKind.URL, "x.run.app", True),
        (AnswerKind.WORD, "a b", True),
        (AnswerKind.ANY, "a b", False),
        *[(kind, "", False) for kind in AnswerKind],
    ],
)
def test_problems(kind: AnswerKind, text: str, wrong: bool) -> None:
    assert bool(problem(kind, text)) == wrong


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_answered(data: st.DataObject) -> None:
    talk = dialogue(data.draw(st.sampled_from([Start(), KNOWN])))
    reply: WizardReply = None
    try:
        for _ in range(60):
            step = talk.send(reply)
            if isinstance(step, Action):
                check = Checked(*(data.draw(st.booleans()), data.draw(st.sampled_from(["", "Do it."]))))
                reply = did(step, [check], listed=data.draw(st.booleans()))
                continue
            assert not isinstance(step, Confirm)
            values = [one.value for one in step.choices] if isinstance(step, Select) else ["/x"]
            if isinstance(step, Select):
                assert step.default in {"", *values}
                assert len(values) == len(set(values))
            moves = [Navigation.SKIP, *[Navigation.BACK] * step.back]
            reply = data.draw(st.sampled_from([*values, *moves, "typed"]))
        talk.send(Navigation.CANCEL) if not isinstance(step, Action) else talk.close()
    except StopIteration as stop:
        ended = stop.value
        assert isinstance(ended, Ended)
        assert all(all(line.args) for line in ended.lines)


TASKS: list[tuple[Answers, list[str], tuple[str, ...]]] = [
    (with_(task="grant"), ["task", "service", "caller", "next"], ("grant", *WHERE, "--caller=run/checkout")),
    (with_(task="who"), ["task", "service", "next"], ("who", *WHERE)),
    (
        with_(task="call", path="/v1?a=b"),
        ["task", "service", "caller", "path", "next"],
        ("call", *WHERE, "/v1?a=b", "--caller=run/checkout"),
    ),
    (with_(task="undo", receipt="2026-a"), ["task", "receipt", "next"], ("undo", "2026-a")),
]


@pytest.mark.parametrize(("answers", "asked", "line"), TASKS)
def test_what_is_no_diagnosis(answers: Answers, asked: list[str], line: tuple[str, ...]) -> None:
    played = play(answers)
    assert played.asked == asked
    assert played.deeds[-1] == Write(line)
    assert lines(played) == [line]


def test_nothing_to_take_back_leads_back_to_the_tasks() -> None:
    played = play(with_(task=["undo", "who"], service="orders"), listed=False)
    assert played.asked == ["task", "task", "service", "next"]


def test_from_one_task_to_another() -> None:
    played = play(with_(task=["who", "diagnose"], next=["task", "done"]))
    assert [line[0] for line in lines(played)] == ["who", "check"]


def test_only_who_can_be_granted_is_offered_for_a_grant() -> None:
    caller = play(with_(task="grant")).of("caller")[0]
    assert isinstance(caller, Select)
    assert {"me"} == {one.value for one in caller.choices} & {"me", "browser", "app", "webhook", "laptop"}


def test_a_service_is_needed_for_a_deed() -> None:
    played = play(with_(task="who", service=[SKIP, ORDERS]))
    assert played.asked == ["task", "service", "service", "next"]


def test_projects_are_listed() -> None:
    question = play(start=Start()).of("project")[0]
    assert isinstance(question, Select)
    assert [one.value for one in question.choices] == ["shop-prod", "shop-stage"]
    assert isinstance(play(with_(service="orders"), start=Start(), listed=False).of("project")[0], Text)


def test_each_runbook_has_a_file_of_its_own() -> None:
    played = play(
        with_(
            caller=["run/checkout", "batch@shop-prod.iam.gserviceaccount.com"],
            next=["runbook", "runbook", "caller", "runbook", "done"],
            runbook=["runbook-orders-run-checkout.md", "runbook-orders-run-checkout-2.md", "x.md"],
        )
    )
    defaults = [one.default for one in played.of("runbook") if isinstance(one, Text)]
    assert defaults == [
        "runbook-orders-run-checkout.md",
        "runbook-orders-run-checkout-2.md",
        "runbook-orders-batch.md",
    ]


def test_after_a_paste_the_service_can_be_checked() -> None:
    told = Checked(service=ORDERS)
    played = play(with_(service=SKIP, evidence="paste", paste="x", next=["now", "done"]), checks=[told, Checked()])
    assert played.asked == [
        "task",
        "service",
        "evidence",
        "paste",
        "next",
        "caller",
        "call",
        "evidence",
        "paste",
        "check",
        "next",
    ]
    assert lines(played)[-1] == ("check", *WHERE, "--caller=run/checkout", "--evidence=-")
    unknown = play(with_(service=[SKIP, ORDERS], evidence="paste", paste="x", next=["now", "done"]))
    assert unknown.asked[4:6] == ["next", "service"]


def test_the_usual_call_is_that_of_the_url() -> None:
    question = play(with_(service="https://orders-123456789012.us-central1.run.app/v1/items")).of("call")[0]
    assert isinstance(question, Select)
    assert question.choices[0].label == "GET /v1/items at https://orders-123456789012.us-central1.run.app"


def test_a_service_by_its_url_does_not_call_itself_either() -> None:
    caller = play(with_(service="https://orders-123456789012.us-central1.run.app")).of("caller")[0]
    assert isinstance(caller, Select)
    assert "run/orders" not in {one.value for one in caller.choices}


def test_a_browser_has_no_code() -> None:
    question = play(with_(caller="browser")).of("next")[0]
    assert isinstance(question, Select)
    assert "code" not in {one.value for one in question.choices}
