"""A real client over a real process, calls that are cancelled, and the loop of questions and answers."""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from crauth_doctor.cli.main import main
from crauth_doctor.collect.parallel import ReaderPool
from crauth_doctor.gcp.deadline import Deadline
from crauth_doctor.model.fact import Known, Obstacle, Source, Unknown
from tests.built_in import documents, some_of
from tests.mcp.conftest import ERAS, WORLD, Agent, Open
from tests.patience import PATIENCE


@pytest.mark.parametrize("era", ERAS)
def test_a_client_over_stdio(tmp_path: Path, era: Any) -> None:
    world = tmp_path / "world.yaml"
    world.write_text(yaml.safe_dump(WORLD), encoding="utf-8")
    arguments = ["-m", "crauth_doctor", "mcp", "--world", str(world), "--project", "shop-prod"]
    environ = {"HOME": str(tmp_path), "NO_GCE_CHECK": "true", "PYTHONWARNINGS": "ignore"}

    async def play() -> Any:
        server = StdioServerParameters(command=sys.executable, args=arguments, env=environ)
        async with Client(server, mode=era) as client:
            tools = await client.list_tools()
            answer = await client.call_tool("check", {"service": "orders", "caller": "run/checkout"})
            return {tool.name for tool in tools.tools}, answer.structured_content

    names, report = anyio.run(play)
    assert "check" in names
    assert "apply" not in names
    assert report["cause"] == "iam/missing-invoker"


def test_without_the_extra_a_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert importlib.util.find_spec("mcp") is None
    assert main(["mcp"], {}) == 2
    assert capfd.readouterr().err == "This command needs the MCP SDK: pip install 'crauth-doctor[mcp]'\n"


@pytest.mark.parametrize("era", ERAS)
def test_a_call_that_is_cancelled_is_not_waited_for(agent: Open, era: str) -> None:
    """The pretend cloud answers nothing as long as the test lasts: what waits for it would never come back."""
    here = agent(delays={"api": 3600})

    async def play(client: Client) -> Any:
        with anyio.move_on_after(0.3) as scope:
            await client.call_tool("check", {"service": "orders", "caller": "run/checkout"})
        assert scope.cancelled_caught
        with anyio.fail_after(PATIENCE):
            return (await client.call_tool("cause", {"id": "iam/missing-invoker"})).structured_content

    assert here.play(play, era)["id"] == "iam/missing-invoker"


def test_no_time_is_left_for_whoever_has_gone() -> None:
    gone = threading.Event()
    deadline = Deadline(3600, stopped=gone.is_set)
    release = threading.Event()
    source = Source("read", "thing")

    def hangs() -> Known[int]:
        release.wait(PATIENCE)
        return Known(1, source)

    waiting = ReaderPool(deadline).read("a thing", source, hangs)
    threading.Timer(0.05, gone.set).start()
    found = waiting.get()
    release.set()
    assert isinstance(found, Unknown)
    assert found.obstacle is Obstacle.TIMED_OUT
    assert deadline.left() == 0
    assert deadline.half().left() == 0


PASTES = (
    'HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\nserver: Google Frontend\n\n401 Unauthorized',
    "HTTP/2 403\nserver: Google Frontend\n\nYour client does not have permission to get URL / from this server.",
    "Our scheduler job gets 404 from the service since the ingress was changed.",
)  # fmt: skip


def played(here: Agent, text: str, choose: int) -> tuple[list[int], list[str]]:
    """Answer each first question by one of its answers, as long as that leaves fewer causes; at most three rounds."""
    say: dict[str, str] = {}
    left, conclusions = list[int](), list[str]()
    for _ in range(4):
        answer = here.call("explain", text=text, say=say)
        left.append(len(answer["open"]) + answer["left_off"].get("open", 0))
        conclusions.append(answer["conclusion"])
        if not answer["asks"]:
            break
        ask = answer["asks"][0]
        say[ask["fact"]] = ask["answers"][choose % len(ask["answers"])]["value"]
    return left, conclusions


GIVEN = {name: str(case["evidence"]) for name, case in documents().items() if case.get("evidence")}


@pytest.mark.parametrize("choose", [0, 1])
@pytest.mark.parametrize("name", some_of(sorted(GIVEN), 6))
def test_the_loop_ends_and_what_is_said_proves_nothing(agent: Open, name: str, choose: int) -> None:
    left, conclusions = played(agent(), GIVEN[name], choose)
    assert len(left) <= 4
    assert left == sorted(left, reverse=True)
    assert "proven" not in conclusions[1:]


@pytest.mark.parametrize("choose", [0, 1])
@pytest.mark.parametrize("text", PASTES, ids=["401", "403", "words"])
def test_what_is_said_leaves_fewer_causes_and_proves_nothing(agent: Open, text: str, choose: int) -> None:
    left, conclusions = played(agent(), text, choose)
    assert left[-1] < left[0]
    assert "proven" not in conclusions
