"""A contract made of what is true now, each line with what it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ...deferred import dataclass
from ...fixes.names import in_words
from ...model.answer import CannotTell, No, Yes
from ...model.holder import Holder, Holders, Standing
from ...model.run import Service
from ...redaction import clean

_SEVERAL: Final = frozenset({"group", "domain", "projectOwner", "projectEditor", "projectViewer"})
"""Kinds of members that stand for more than one."""


@dataclass(frozen=True)
class ContractDraft:
    """What a contract could say of one service.

    Args:
        holders: who may invoke it.
        is_agent: tells Google's own service agents from other members.
    """

    service: Service
    holders: Holders
    is_agent: Callable[[str], bool]


def contract_of(drafts: Iterable[ContractDraft]) -> str:
    """Return a contract that holds now, each line with what it rests on, as YAML."""
    lines = ["version: 1", "expect:", *(line for one in drafts for line in _drafted(one))]
    return "\n".join(lines) + "\n"


def _drafted(draft: ContractDraft) -> Iterator[str]:
    service, found = draft.service, draft.holders
    reference = f"run/{service.id}@{service.project}/{service.region}"
    yield f"  - id: {_scalar(f'{service.id}-{service.region}')}"
    yield f"    service: {_scalar(reference)}{_comment(service.url)}"
    match found.is_open:
        case Yes(because):
            yield f"    #{_comment(f'public: {because}; so nothing is said of who may call it').strip()[1:]}"
        case CannotTell(because):
            yield f"    #{_comment(f'whether it is public could not be told: {because}').strip()[1:]}"
        case No(because):
            yield from _who(draft, because)
    if found.ingress:
        yield f"    ingress: {_scalar(found.ingress)}{_comment('run.services.get')}"
    if service.url:
        yield f"    audience: {_scalar(service.url)}{_comment('the first of its URLs')}"
    account = service.account or ""
    is_default = not account or account.endswith("-compute@developer.gserviceaccount.com")
    yield f"    runs-as: {_scalar('default-compute' if is_default else account)}{_comment(account or 'none is set')}"


def _who(draft: ContractDraft, because: str) -> Iterator[str]:
    found = draft.holders
    may = {one.member: one for one in reversed(found.holders) if one.may is not False}
    agents = [member for member in may if draft.is_agent(member)]
    single = [one for one in reversed(may.values()) if one.member not in agents and _is_one(one)]
    others = [one for one in reversed(may.values()) if one.member not in agents and not _is_one(one)]
    if not found.unread and not found.elsewhere:
        yield f"    public: never{_comment(because)}"
    if single:
        yield "    may:"
        yield "      iam:"
        yield from (_member(one, 8) for one in single)
    if found.unread or found.elsewhere:
        yield "    # Not every policy could be read, so `only` is left out."
        return
    if not others and not agents:
        yield f"    only: true{_comment('nobody else holds it')}"
        return
    yield "    only:"
    yield "      besides:"
    yield from (_member(one, 8) for one in others)
    if agents:
        yield f"        - agents{_comment(', '.join(agents))}"


def _is_one(one: Holder) -> bool:
    return one.stand is Standing.GIVES and one.member.partition(":")[0] not in _SEVERAL


def _member(one: Holder, indent: int) -> str:
    why = f"; {one.because}" if one.because else ""
    return f"{' ' * indent}- {_scalar(one.member)}{_comment(f'{one.binding.role} on {in_words(one.resource)}{why}')}"


def _scalar(text: str) -> str:
    """Write a text so that YAML reads it as that: what JSON writes in quotes, YAML reads."""
    plain = text.replace("@", "").replace("/", "").replace("-", "").replace(".", "").replace(":", "")
    is_safe = plain.isascii() and plain.isalnum() and text[0].isalpha() and not text.endswith(":")
    return text if is_safe else json.dumps(clean(text))


def _comment(text: str) -> str:
    return f"  # {clean(text, limit=200)}"
