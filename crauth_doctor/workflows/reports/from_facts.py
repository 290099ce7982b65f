"""Facts, whoever read them, become a report."""

from __future__ import annotations

from ... import __version__
from ...diagnosis import diagnose
from ...model.caller_kinds import declared
from ...model.fact import Known, value_of
from ...model.facts import Facts
from ...model.leads import is_behind_iap
from ...report.document import Pasted, Report, ReportCaller, ReportTarget
from ..log_evidence import is_logged
from .details import details_of


def explained(facts: Facts, *, sandbox: bool = False, least: bool = False) -> Report:
    """Judge facts, whoever asked for them; what they do not tell of the call and the caller is left empty."""
    return Report(
        version=__version__,
        target=_target(facts),
        caller=_asker(facts),
        diagnosis=diagnose(facts, least=least),
        sandbox=sandbox,
        calls=value_of(facts.calls),
        audiences=_audiences(facts),
        pasted=_pasted(facts),
        checked_at=value_of(facts.now),
        details=details_of(facts),
    )


def _audiences(facts: Facts) -> tuple[str, ...]:
    """Return what the service takes, where the caller's own code chooses and nothing shows what."""
    service, caller = value_of(facts.service), value_of(facts.caller)
    if service is None or caller is None or not declared(caller.kind).runs_code or isinstance(facts.token, Known):
        return ()
    if not service.checks_iam or is_behind_iap(facts.service, facts.load_balancer):
        return ()
    return tuple(dict.fromkeys((service.url, *service.urls, *service.custom_audiences)))


def _pasted(facts: Facts) -> Pasted | None:
    given = value_of(facts.evidence)
    if given is None or is_logged(facts):
        return None
    left = sum(prose.lines[1] - prose.lines[0] + 1 for prose in given.unrecognised)
    return Pasted(given.pieces, left, given.cut)


def _target(facts: Facts) -> ReportTarget:
    service = value_of(facts.service)
    place = facts.service.source.target
    named = (
        service.full_name
        if service
        else (place if place.startswith("//run.googleapis.com/") and place[-1] != "-" else None)
    )
    call = value_of(facts.call)
    return (
        ReportTarget(named, call.url, call.method, call.path)
        if call
        else ReportTarget(named, service.url if service else "")
    )


def _asker(facts: Facts) -> ReportCaller:
    caller = value_of(facts.caller)
    principal = value_of(facts.principal)
    member = principal.member if principal else None
    return ReportCaller(caller.asked if caller else "", member, caller.kind.value if caller else "unknown")
