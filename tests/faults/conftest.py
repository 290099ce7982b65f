"""A sandbox whose answers to one read are replaced by a fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from crauth_doctor.gcp import deadline, errors
from crauth_doctor.sandbox.http import router
from crauth_doctor.sandbox.http.messages import HttpRequest, Reply
from crauth_doctor.sandbox.state.cloud import Cloud

from .kinds import Fault
from .reads import read_of


@dataclass
class Broken:
    """The one read that is answered wrongly now (`*`: whatever is asked), and how often it was."""

    schema: str = "*"
    fault: Fault | None = None
    times: int = 0
    asked: set[str] = field(default_factory=set)

    def take(self, cloud: Cloud, request: HttpRequest) -> dict[str, Any] | None:
        """Return the fault of a request, if it is this read's."""
        schema = read_of(request.method, request.host, request.path)
        if schema is not None:
            self.asked.add(schema)
        if self.fault is None or self.schema not in {schema, "*"}:
            return None
        self.times += 1
        return self.fault(Reply(200, b"{}") if self.schema == "*" else router._served(cloud, request)[0])


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    made = Broken()
    monkeypatch.setattr(router, "take_fault", made.take)
    monkeypatch.setattr(deadline, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(deadline, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(errors, "_LONGEST_WISH", 0.01)
    return made
