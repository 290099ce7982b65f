"""Facts that follow from others. A rule may name one of them as it names a fact that was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..model.answer import Answer, CannotTell, No, Yes
from ..model.fact import Absent, Fact, Known, Unknown, value_of
from ..model.facts import Facts
from ..model.finding import Finding
from .access import Grant, Standing, anybody_may, grants, may_invoke
from .conditions import Request
from .signatures import Author, read


@dataclass(frozen=True, slots=True)
class Access:
    """What the allow policies make of this caller and this call.

    Args:
        answer: whether they let the caller in.
        grants: every binding that concerns the caller.
        is_open: whether the service is known to let everybody in, or does not ask.
        refused: whether the invoker check was seen to refuse a token of this caller.
    """

    answer: Answer
    grants: tuple[Grant, ...]
    is_open: bool
    refused: bool

    def having(self, standing: Standing) -> tuple[Grant, ...]:
        """Return the bindings that stand so."""
        return tuple(grant for grant in self.grants if grant.standing is standing)

    def unless_let_in(self, finding: Finding | None) -> Finding | CannotTell | None:
        """Return the finding, unless the caller is, or may be, let in.

        Where some policy could not be read and yet the invoker check was seen to refuse the caller, what was not read
        does not let it in either; the finding then says that it takes this for granted.
        """
        if finding is None or self.is_open:
            return None
        match self.answer:
            case Yes():
                return None
            case No():
                return finding
            case CannotTell(because) as doubt:
                if not self.refused:
                    return doubt
                taken = (*finding.assuming, f"the call was refused, so this does not let the caller in: {because}")
                return Finding(finding.title, finding.because, finding.fixes, taken)


def _access(facts: Facts) -> Fact[object]:
    service, policies, principal, call = facts.service, facts.policies, facts.principal, facts.call
    for needed in (service, policies, principal, call):
        if isinstance(needed, Unknown):
            return needed
    if not (
        isinstance(service, Known)
        and isinstance(policies, Known)
        and isinstance(principal, Known)
        and isinstance(call, Known)
    ):
        return next(fact for fact in (service, policies, principal, call) if isinstance(fact, Absent))
    request = Request(call.value.path, call.value.host, value_of(facts.now))
    is_open = not service.value.checks_iam or isinstance(anybody_may(policies.value, request), Yes)
    found = Access(
        may_invoke(policies.value, principal.value, request),
        grants(policies.value, principal.value, request),
        is_open,
        _was_refused(facts),
    )
    return Known(found, policies.source)


def _was_refused(facts: Facts) -> bool:
    """Tell whether the invoker check refused a request that carried a token of the caller."""
    pasted, made = value_of(facts.seen), value_of(facts.calls)
    if pasted is not None and isinstance(facts.token, Known):
        return _by_invoker_check(read(pasted, with_token=True).author)
    if made is not None and made.with_token is not None:
        return _by_invoker_check(read(made.with_token, with_token=True).author)
    return False


def _by_invoker_check(author: Author) -> bool:
    return author is Author.INVOKER_CHECK


DERIVED: Final[Mapping[str, Callable[[Facts], Fact[object]]]] = MappingProxyType({"access": _access})
"""By the name that a rule's parameter gives it."""
