"""Facts, whoever read them, become a report, with what a page shows besides the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from ...answers.author import read
from ...diagnosis import diagnose
from ...fixes.language import language_of
from ...fixes.names import in_words, parse
from ...model.answer import Yes
from ...model.caller_kinds import declared
from ...model.fact import Fact, Known, Source, Unknown, value_of
from ...model.facts import Facts
from ...model.finding import Diagnosis, Stage, Verdict
from ...model.holder import Standing
from ...model.http import Response
from ...model.iam import Troubleshot, short_member
from ...model.leads import is_behind_iap
from ...model.token import TokenKind, is_google
from ...model.unread import sources_of, unread_of
from ...report.details import CallRow, ClaimJudgement, ReportDetails, StageNote, TokenDetails
from ...report.document import Pasted, Report, ReportCaller, ReportTarget
from ...rules.derived_facts import CallerAccess, TokenCheck, derive
from ...say import Say
from ..context import CallRequest
from ..log_evidence import is_logged

_NO_READS = frozenset({"nothing", "given", "evidence", "call", "clock", "sandbox"})


def details_of(facts: Facts) -> ReportDetails:
    """Return what a page shows besides the verdict."""
    read_of_it = {source for field in fields(Facts) for source in sources_of(getattr(facts, field.name))}
    caller = value_of(facts.caller)
    return ReportDetails(
        notes=dict(_notes(facts)),
        calls=_calls(facts),
        token=_token(facts),
        answered=sum(map(_is_read, read_of_it)),
        unanswered=sum(unknown.source.read not in _NO_READS for unknown in unread_of(facts)),
        language=language_of(caller.kind, value_of(facts.caller_service)) if caller else "",
    )


def _notes(facts: Facts) -> Iterator[tuple[Stage, StageNote]]:
    service, principal, call = value_of(facts.service), value_of(facts.principal), value_of(facts.call)
    name = service.id if service else "the service"
    if principal is not None:
        who = short_member(principal.member)
        yield (
            Stage.MINT,
            _note(f"as {who.partition('@')[0]}", Say("The call is made as {who}.", who=who), facts.principal),
        )
    if call is not None and value_of(facts.call_leads_here):
        through = Say(" through a load balancer" if isinstance(facts.load_balancer, Known) else "")
        yield (
            Stage.REACH,
            _note(
                Say("routes to {name}{through}", name=name, through=through),
                Say("{host} routes to {name}{through}.", host=call.host, name=name, through=through),
                facts.call_leads_here,
                facts.service,
            ),
        )
    ingress = value_of(facts.ingress)
    if ingress is not None:
        yield (
            Stage.INGRESS,
            _note(
                f"ingress: {ingress}",
                Say("The ingress of {name} is {ingress}.", name=name, ingress=ingress),
                facts.ingress,
            ),
        )
    on = is_behind_iap(facts.service, facts.load_balancer)
    if service is not None and (on or not isinstance(facts.load_balancer, Unknown)):
        state = "on" if on else "off"
        yield (
            Stage.IAP,
            _note(
                state,
                Say("Identity-Aware Proxy is {state} for {name}.", state=Say(state), name=name),
                facts.service,
                facts.load_balancer,
            ),
        )
    yield from _token_note(facts)
    yield from _access_note(facts, name)
    calls = value_of(facts.calls)
    if calls is not None and calls.with_token is not None and read(calls.with_token, with_token=True).passed:
        got = calls.with_token.status
        yield Stage.APP, _note(f"answered {got}", Say("A test call with a token made here got {got}.", got=got))


def _note(fact: str, because: str, *rests_on: Fact[Any]) -> StageNote:
    sources = dict.fromkeys(source for one in rests_on for source in sources_of(one) if _is_read(source))
    return StageNote(fact, because, tuple(sources))


def _is_read(source: Source) -> bool:
    """Whether something was read there; where no read was needed, its target says why in words."""
    return source.read not in _NO_READS and " " not in source.target


def _token_note(facts: Facts) -> Iterator[tuple[Stage, StageNote]]:
    token = value_of(facts.token)
    if token is None:
        return
    said = Say(" with the audience {audience}", audience=token.audience) if token.audience else ""
    kind = token.kind.value.replace("-", " ").replace("id token", "ID token")
    yield (
        Stage.TOKEN,
        _note(kind, Say("The caller sends this kind of token: {kind}{said}.", kind=Say(kind), said=said), facts.token),
    )


def _access_note(facts: Facts, name: str) -> Iterator[tuple[Stage, StageNote]]:
    access, check = value_of(derive(facts, "access", CallerAccess)), value_of(derive(facts, "check", TokenCheck))
    if check is not None and not check.asks:
        yield Stage.IAM, _note("no check", Say("{name} asks for no role.", name=name), facts.service)
    elif access is not None and access.is_open:
        yield Stage.IAM, _note("open to everybody", Say("Anyone may invoke {name}.", name=name), facts.policies)
    elif access is not None and (held := access.having(Standing.GIVES)):
        role, place = held[0].binding.role, in_words(held[0].resource)
        yield (
            Stage.IAM,
            _note(
                role.rpartition("/")[2],
                Say("{role} on {place} lets the caller in.", role=role, place=place),
                facts.policies,
            ),
        )
    elif access is not None and isinstance(access.answer, Yes) and _is_told_allowed(facts.troubleshot):
        said = Say("Policy Troubleshooter says that the caller may invoke {name}.", name=name)
        yield Stage.IAM, _note("Policy Troubleshooter", said, facts.troubleshot)


def _is_told_allowed(troubleshot: Fact[Troubleshot]) -> bool:
    return isinstance(troubleshot, Known) and troubleshot.value.is_allowed is True


def _calls(facts: Facts) -> tuple[CallRow, ...]:
    calls = value_of(facts.calls)
    if calls is None:
        return ()
    check, access = value_of(derive(facts, "check", TokenCheck)), value_of(derive(facts, "access", CallerAccess))
    without = junk = ""
    if check is not None and not is_behind_iap(facts.service, facts.load_balancer):
        is_open = not check.asks or (access is not None and access.is_open)
        without, junk = ("2xx", "") if is_open else ("403", "401")
    return (
        _row("none", calls.without_token, without),
        _row("junk", calls.with_junk, junk),
        _row("caller", calls.with_token, "2xx"),
    )


def _row(token: str, response: Response | None, healthy: str) -> CallRow:
    by = str(read(response, with_token=token != "none").author) if response else ""
    return CallRow(token, response.status if response else None, healthy, by)


def _token(facts: Facts) -> TokenDetails | None:
    token, service = value_of(facts.token), value_of(facts.service)
    if token is None:
        return None
    check = None if is_behind_iap(facts.service, facts.load_balancer) else value_of(derive(facts, "check", TokenCheck))
    judged: list[ClaimJudgement] = []
    if check is not None and check.asks and token.audience is not None:
        good = check.accepts(token.audience)
        says = {True: "accepted", False: "not accepted", None: "not known whether it is accepted"}[good]
        judged.append(ClaimJudgement("aud", good, says))
    if token.kind is TokenKind.ID_TOKEN and token.issuer is not None:
        good = is_google(token.issuer)
        judged.append(ClaimJudgement("iss", good, "Google" if good else "not Google"))
    now = value_of(facts.now)
    if now is not None and token.expires_at is not None:
        good = now <= token.expires_at
        judged.append(ClaimJudgement("exp", good, "not expired" if good else "expired"))
    declared = frozenset(service.custom_audiences if service else ())
    accepted = check.accepted if check is not None and check.asks else ()
    why = {each: "a custom audience" if each in declared else "a URL of the service" for each in accepted}
    return TokenDetails(token, tuple(why.items()), tuple(judged))


def same_again(request: CallRequest, target: ReportTarget) -> tuple[str, ...]:
    """Return the command line that asks the same again; nothing where what was given cannot be named."""
    if request.saved is not None or request.evidence is not None or not request.service:
        return ()
    found = parse(target.service or "")
    given = {
        "--project": request.project or found.project,
        "--region": request.region or found.region,
        "--caller": request.caller,
        "--caller-project": request.caller_project,
        "--url": request.url,
        "--path": request.path,
        "--method": request.method if request.method != "GET" else None,
        "--audience": request.audience,
    }
    named = [f"{option}={value}" for option, value in given.items() if value]
    headers = [f"--header={header}" for header in request.headers]
    headers += [f"--say={fact}={value}" for fact, value in request.said.pairs]
    return ("crauth-doctor", "check", request.service, *named, *headers, *([] if request.send_calls else ["--no-call"]))


def explained(facts: Facts, *, sandbox: bool = False, least: bool = False) -> Report:
    """Judge facts, whoever asked for them; what they do not tell of the call and the caller is left empty."""
    return Report(
        target=_target(facts),
        caller=_asker(facts),
        diagnosis=(diagnosis := diagnose(facts, least=least)),
        sandbox=sandbox,
        calls=value_of(facts.calls),
        audiences=() if _needs_no_token(diagnosis) else _audiences(facts),
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


def _needs_no_token(diagnosis: Diagnosis) -> bool:
    return any(step.stage is Stage.TOKEN and step.verdict is Verdict.NOT_APPLICABLE for step in diagnosis.steps)


def _pasted(facts: Facts) -> Pasted | None:
    given = value_of(facts.evidence)
    if given is None or is_logged(facts):
        return None
    left = sum(last - first + 1 for first, last in given.unrecognised)
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
