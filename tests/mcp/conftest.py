"""A pretend cloud, the server over it, and a client of either era of the protocol: in memory, as fast as it gets."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp_types import ElicitResult

from crauth_doctor.mcp.agent_session import AgentSession
from crauth_doctor.mcp.server import server_of
from crauth_doctor.sandbox import Sandbox, parse_world, serve
from crauth_doctor.workflows.context import CallRequest
from tests.patience import LIMIT

ERAS = ("legacy", "auto")
"""The handshake of 2025-11-25 and before, and the protocol of 2026-07-28."""
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
RUN = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/"
IAM = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
WORLD: dict[str, Any] = {
    "version": 1,
    "now": "2026-06-01T09:00:00Z",
    "operator": {"principal": "user:dev@example.com"},
    "resources": {
        PROJECT: {"name": "projects/123456789012", "projectId": "shop-prod"},
        ORDERS: {
            "urls": ["https://orders-123456789012.us-central1.run.app"],
            "template": {"serviceAccount": "orders-run@shop-prod.iam.gserviceaccount.com"},
        },
        f"{RUN}checkout": {"template": {"serviceAccount": CHECKOUT}},
        f"{IAM}{CHECKOUT}": {},
    },
    "iam": {ORDERS: {"bindings": [{"role": "roles/run.viewer", "members": ["user:audit@example.com"]}]}},
}

Asked = tuple[str, dict[str, Any]]
Person = Callable[[str], ElicitResult]


def accepts(**content: Any) -> Person:
    return lambda _: ElicitResult(action="accept", content=content)


def declines(_: str) -> ElicitResult:
    return ElicitResult(action="decline")


def cancels(_: str) -> ElicitResult:
    return ElicitResult(action="cancel")


@dataclass
class Answered:
    """What a tool answered."""

    failed: bool
    text: str
    structured: Any

    def __getitem__(self, key: str) -> Any:
        assert not self.failed, self.text
        return self.structured[key]


@dataclass
class Agent:
    """A client of the server, and the pretend cloud behind it."""

    box: Sandbox
    session: AgentSession
    questions: list[str] = field(default_factory=list)

    def call(self, tool: str, era: str = "auto", person: Person | None = None, **arguments: Any) -> Answered:
        return self.calls((tool, arguments), era=era, person=person)[0]

    def calls(self, *asked: Asked, era: str = "auto", person: Person | None = None) -> list[Answered]:
        async def play(client: Client) -> list[Answered]:
            return [of(await client.call_tool(tool, arguments)) for tool, arguments in asked]

        answers: list[Answered] = self.play(play, era, person)
        return answers

    def play(self, play: Callable[[Client], Awaitable[Any]], era: str = "auto", person: Person | None = None) -> Any:
        async def answer(_: Any, params: Any) -> ElicitResult:
            self.questions.append(params.message)
            assert person is not None
            return person(params.message)

        async def main() -> Any:
            asking = answer if person else None
            async with Client(server_of(self.session), mode=era, elicitation_callback=asking) as client:  # type: ignore[arg-type]
                return await play(client)

        return anyio.run(main)

    def policy(self) -> Any:
        return deepcopy(self.box.cloud.policy(ORDERS).get("bindings", []))

    def called(self) -> list[str]:
        """The paths of the service that were called."""
        return [one.path for one in self.box.requests if one.host.endswith(".run.app")]


def of(result: Any) -> Answered:
    [block] = result.content
    assert result.is_error or json.loads(block.text) == result.structured_content
    return Answered(bool(result.is_error), block.text, result.structured_content)


Open = Callable[..., Agent]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Open]:
    """Serve the world with some keys of it replaced."""
    with ExitStack() as stack:

        def start(
            world: dict[str, Any] | None = None,
            *,
            changes: bool = True,
            paths: frozenset[str] = frozenset(),
            project: str | None = "shop-prod",
            **replaced: Any,
        ) -> Agent:
            whole = deepcopy(WORLD) if world is None else world
            box = stack.enter_context(serve(parse_world(whole | replaced)))
            environ = {"HOME": str(tmp_path), "NO_GCE_CHECK": "true", "XDG_STATE_HOME": str(tmp_path / "state")}
            request = CallRequest(project=project, region="us-central1" if project else None, seconds=LIMIT)
            return Agent(box, AgentSession(environ, box.base, request, changes, paths))

        yield start
