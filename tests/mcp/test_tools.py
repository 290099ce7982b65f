"""Every tool, in both eras of the protocol: what it lists, what it answers, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from crauth_doctor.cli.main import main
from crauth_doctor.mcp.answers import BYTES
from tests.built_in import document, documents
from tests.mcp.conftest import ERAS, ORDERS, PROJECT, RUN, Open, accepts
from tests.patience import LONG

GOLDEN = Path(__file__).with_name("tools.json")
SAME = ("schema", "sandbox", "target", "caller", "conclusion", "cause", "assuming", "audiences", "said", "exit")
"""Keys that the brief form keeps whole."""
CHOSEN = (
    "iam-missing-invoker", "two-problems", "operator-sees-little", "healthy", "ingress-outside-vpc",
    "ingress-load-balancer-only", "iam-denied", "iap-intercepts-iam", "ingress-none", "warning-public",
)  # fmt: skip
LIMIT_OF_LIST = 8192


async def listed(client: Client) -> list[dict[str, Any]]:
    found = await client.list_tools()
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in found.tools]


@pytest.mark.parametrize("era", ERAS)
def test_the_list_is_short_and_as_it_was_last_seen(agent: Open, era: str) -> None:
    found = agent().play(listed, era)
    assert len(json.dumps(found, separators=(",", ":")).encode()) <= LIMIT_OF_LIST
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8")), "written anew: python tests/mcp/test_tools.py"


def test_a_server_that_makes_no_changes_lists_no_tool_for_them(agent: Open) -> None:
    found = agent(changes=False).play(listed)
    assert "apply" not in {tool["name"] for tool in found}
    assert all(tool["annotations"]["readOnlyHint"] for tool in found)


@pytest.mark.parametrize("era", ERAS)
def test_every_tool_answers(agent: Open, era: str) -> None:
    answers = agent().calls(
        ("check", {"service": "orders", "caller": "run/checkout"}),
        ("explain", {"text": 'HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\n\n401 Unauthorized'}),
        ("cause", {"id": "iam/missing-invoker"}),
        ("services", {"matching": "ORD"}),
        ("who", {"service": "orders"}),
        ("snippet", {"service": "orders", "lang": "python", "caller": "run/checkout"}),
        ("runbook", {"service": "orders", "caller": "run/checkout"}),
        ("plan", {"change": "grant", "service": "orders", "caller": "run/checkout"}),
        era=era,
    )
    check, explain, cause, services, who, snippet, runbook, plan = answers
    assert (check["cause"], check["conclusion"]) == ("iam/missing-invoker", "proven")
    assert check["verdict"].startswith("SANDBOX: BLOCKED at iam: ")
    assert check["next"].startswith("Do this: Grant roles/run.invoker on orders to checkout@")
    assert explain["conclusion"] == "undecided"
    assert explain["asks"]
    assert "what happens" in cause["sections"]
    assert [one["name"] for one in services["services"]] == ["orders"]
    assert who["public"] is False
    assert "fetch_id_token" in snippet["code"]
    assert runbook["page"].startswith("# How run/checkout calls orders")
    assert plan["plan"].startswith("p-")
    assert plan["run"] == "crauth-doctor grant orders --caller run/checkout"
    assert all(len(one.text.encode()) <= BYTES for one in answers)


def is_of_a_tool(case: dict[str, Any]) -> bool:
    """Whether a case asks what an agent may ask: it chooses neither whose rights are used nor which host is called."""
    return "world" in case and not {"--impersonate-service-account", "--url"} & {*map(str, case["run"])}


EVERY = [name for name, case in documents().items() if is_of_a_tool(case)]


@pytest.mark.parametrize("name", EVERY if LONG else CHOSEN)
def test_a_check_is_that_of_the_command_line(
    agent: Open, name: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    case = document(name)
    command, service, *options = map(str, case["run"])
    given = {key.removeprefix("--"): value for key, value in zip(options[::2], options[1::2], strict=True)}
    if evidence := case.get("evidence"):
        given["evidence"] = evidence
        (tmp_path / "evidence.txt").write_text(evidence, encoding="utf-8")
        options += ["--evidence", str(tmp_path / "evidence.txt")]
    here = agent(case["world"], project=None)
    [brief] = here.calls(("check", {"service": service, **given}), era="legacy", person=accepts(call_it=True))
    environ = {"HOME": str(tmp_path), "NO_GCE_CHECK": "true", "CRAUTH_DOCTOR_SANDBOX": here.box.base}
    main([command, service, *options, "--format", "json"], environ)
    whole = json.loads(capfd.readouterr().out)
    assert brief["cause"] == whole["cause"]
    if given.get("path", "/") != whole["target"]["path"]:
        return  # the sender's own setting names another path, which nobody agreed to
    assert {key: brief[key] for key in SAME} == {key: whole[key] for key in SAME}
    assert [one["id"] for one in brief["findings"]] == [one["id"] for one in whole["findings"]][
        : len(brief["findings"])
    ]
    assert [one["id"] for one in brief["open"]] == [one["id"] for one in whole["open"]][: len(brief["open"])]
    assert len(brief["open"]) + brief["left_off"].get("open", 0) == len(whole["open"])
    assert brief["stages"] == [{"stage": one["stage"], "verdict": one["verdict"]} for one in whole["stages"]]
    assert len(brief.text.encode()) <= BYTES


def test_all_of_a_report_is_told_to_whoever_asks_for_it(agent: Open) -> None:
    asked = {"service": "orders", "caller": "run/checkout"}
    brief, full = agent().calls(("check", asked), ("check", {**asked, "detail": "full"}))
    assert "terraform" not in brief["findings"][0]["fixes"][0]
    assert full["findings"][0]["fixes"][0]["terraform"].startswith("resource ")
    assert {"observations", "calls", "verdict", "next"} <= full.structured.keys()
    assert (full["cause"], full["verdict"]) == (brief["cause"], brief["verdict"])
    assert full["answer"] is None
    assert len(full.text.encode()) <= BYTES


def test_answers_about_a_large_project_are_short(agent: Open) -> None:
    services: dict[str, Any] = {f"{RUN}orders-{number:04}": {} for number in range(400)}
    policy = {
        "bindings": [
            {"role": "roles/run.invoker", "members": [f"user:person-{number}@example.com" for number in range(300)]}
        ]
    }
    here = agent(resources={PROJECT: {"projectId": "shop-prod"}, ORDERS: {}, **services}, iam={ORDERS: policy})
    first, last, who = here.calls(
        ("services", {"matching": "orders-"}),
        ("services", {"matching": "orders-", "cursor": "350"}),
        ("who", {"service": "orders"}),
    )
    assert (len(first["services"]), first["cursor"], last["cursor"]) == (50, "50", None)
    assert who["left_off"]["holders"] > 0
    assert all(len(one.text.encode()) <= BYTES for one in (first, last, who))


@pytest.mark.parametrize("era", ERAS)
def test_a_failure_is_a_sentence_that_the_model_reads(agent: Open, era: str) -> None:
    failures = agent().calls(
        ("check", {"service": "order"}),
        ("check", {"service": "orders", "path": "export"}),
        ("explain", {"text": "403", "say": {"token-snet": "no"}}),
        ("explain", {"text": "403", "say": {"token-kind": "purple"}}),
        ("explain", {"text": "x" * 300_000}),
        ("cause", {"id": "iam/missing-invokr"}),
        ("services", {"cursor": "x"}),
        ("plan", {"change": "grant", "service": "orders", "member": "allUsers"}),
        ("plan", {"change": "fix"}),
        ("apply", {"plan": "p-0"}),
        ("snippet", {"service": "orders", "lang": "rust"}),
        ("services", {"project": "\u202eshop"}),
        ("who", {"service": "orders", "region": "us\x1b[31m"}),
        era=era,
    )
    said = [one.text for one in failures]
    assert all(one.failed for one in failures)
    assert "orders" in said[0]
    assert "What can be said: " in said[2]
    assert "Say one of: " in said[3]
    assert "300000 bytes" in said[4]
    assert "iam/missing-invoker" in said[5]
    assert "choose one of python, " in said[10]
    assert "broke" not in " ".join(said)
    assert all(text.isprintable() for text in said)
    assert all("\n" not in text and "Traceback" not in text for text in said)


def test_nobody_but_the_server_s_own_command_line_chooses_whose_rights_are_used(agent: Open) -> None:
    arguments = {name for tool in agent().play(listed) for name in tool["inputSchema"]["properties"]}
    assert not arguments & {"impersonate", "account", "configuration", "billing_project", "file", "token", "url", "yes"}


@pytest.mark.parametrize("era", ERAS)
def test_resources_and_prompts(agent: Open, era: str) -> None:
    here = agent()

    async def play(client: Client) -> Any:
        report = (await client.call_tool("check", {"service": "orders", "caller": "run/checkout"})).structured_content
        assert report is not None
        whole = await client.read_resource(report["report"])
        cause = await client.read_resource("crauth://causes/iam/missing-invoker")
        prompt = await client.get_prompt("diagnose", {"service": "orders", "caller": "run/checkout"})
        return report, whole.contents[0], cause.contents[0], prompt.messages[0].content

    report, whole, cause, prompt = here.play(play, era)
    assert json.loads(whole.text)["findings"][0]["fixes"][0]["terraform"]
    assert json.loads(whole.text)["cause"] == report["cause"]
    assert json.loads(cause.text)["id"] == "iam/missing-invoker"
    assert "run/checkout" in prompt.text


@pytest.mark.parametrize("era", ERAS)
def test_progress_is_told(agent: Open, era: str) -> None:
    told: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        assert message is not None
        assert message.startswith("Reading ")
        told.append(progress)

    async def play(client: Client) -> Any:
        await client.call_tool("who", {"service": "orders"}, progress_callback=note)

    agent().play(play, era)
    assert told
    assert told == sorted(told)


if __name__ == "__main__":
    import anyio

    from crauth_doctor.mcp.agent_session import AgentSession
    from crauth_doctor.mcp.server import server_of

    async def write() -> None:
        async with Client(server_of(AgentSession({}, allow_changes=True))) as client:
            GOLDEN.write_text(json.dumps(await listed(client), indent=1) + "\n", encoding="utf-8")

    anyio.run(write)
