"""A judgement of what a user has of a failing call already, or of what an earlier run saved."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..evidence import call_facts, moment_of, read, text_of
from ..model.asks.said import NOTHING_SAID, Said
from ..model.evidence import Evidence
from ..model.fact import Known, Source
from ..model.facts import Facts
from ..report.document import Report
from .context import CallRequest, Context
from .documents.pasted_settings import settings_of
from .log_evidence import said_in
from .reports.from_facts import explained

if TYPE_CHECKING:
    from ..model.exported import ServiceSettings

_RUN: Final = "//run.googleapis.com/"


def explain(evidence: str, said: Said = NOTHING_SAID, more: tuple[str, ...] = ()) -> Report:
    """Judge what is there of a failing call already, or what an earlier run saved, without any access to the cloud."""
    from .documents.saved_document import apart, saved_in

    saved = saved_in(evidence)
    if saved is None and (found := apart(evidence))[0]:
        saved, more = saved_in(found[0]), (found[1], *more)
    if saved is not None and saved.asked.get("service"):
        from .diagnose import check

        return check(Context({}), CallRequest(saved=saved, said=said, evidence="\n".join(more) or None))
    given = read("\n".join((*(() if saved else (evidence,)), *more)))
    given = replace(given, document=saved) if saved else given
    facts = said_in(facts_of(given, said), said)
    return replace(explained(facts), checked_at=int(time.time()), configuration=_configuration(given, facts))


def _configuration(given: Evidence, facts: Facts) -> tuple[ServiceSettings, ...]:
    """Return what the settings say of each service, where nothing is shown or said of a call."""
    shows_call = given.exchanges or given.logs or given.errors or isinstance(facts.said, Known)
    if shows_call or not any(name.startswith(_RUN) for name in given.document.resources):
        return ()
    from .several.configuration import configuration

    return configuration(given.document)


def decoded(content: bytes) -> str:
    """Return a text in whatever encoding and with whatever line ends a shell wrote it."""
    # Windows doubles the first of the two.
    return text_of(content).replace("\r\r\n", "\n").replace("\r\n", "\n")


def facts_of(given: Evidence, said: Said = NOTHING_SAID) -> Facts:
    """Return what can be known from a paste alone, for a judgement without any cloud access. Time is the call's own.

    Args:
        given: what was pasted.
        said: what a person says of it: nobody is taken for the caller of whom they say otherwise.
    """
    facts = call_facts(settings_of(given, said), given, said)
    moment = moment_of(facts, said)
    if moment is None:
        return facts
    return replace(facts, now=Known(moment, Source("evidence", "the time of the call, as the paste has it")))
