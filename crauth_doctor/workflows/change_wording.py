"""What a change does and opens, in plain words: from the document before and after, never from what it is called."""

from __future__ import annotations

import json
from typing import Final

from ..apply.consent import FieldMove, Move, Opening, RoleMove
from ..fixes.names import in_words
from ..model.iam import short_member

_WHY: Final = {
    "other-member": "that is not the member that you named",
    "other-resource": "that is not the one service that you named",
    "other-role": "that role allows more than calling",
    "identity": "it can then do everything that this account is allowed to do",
    "ingress": "more networks can then reach it",
    "invoker-check": "anyone who can reach it then gets in, without a token",
    "default-url": "it can then be called without its load balancer",
    "audience": "tokens meant for somebody else are then sent, or accepted",
    "network": "it can then reach what is in that network",
    "account": "its keys, and everyone who may impersonate it, work again",
    "unknown": "this tool does not know what that opens",
}


def opening(one: Opening) -> str:
    """Return what a change opens beyond what was named, and why that is more."""
    return f"{move(one.move).removesuffix('.')}: {_WHY[one.what.value]}."


def move(one: Move) -> str:
    """Return what one difference does, as a sentence that begins with `This`."""
    return _role(one) if isinstance(one, RoleMove) else _setting(one)


def _role(one: RoleMove) -> str:
    when = f" while {one.condition}" if one.condition else ""
    who, what = short_member(one.member), f"{one.role} on {in_words(one.resource)}"
    return f"This GRANTS {what} to {who}{when}." if one.given else f"This removes {what} from {who}{when}."


def _setting(one: FieldMove) -> str:
    where, last = in_words(one.resource), one.path.rpartition(".")[2]
    match last, one.new:
        case "invokerIamDisabled", "true":
            return f"This turns the invoker IAM check of {where} OFF."
        case "invokerIamDisabled", _:
            return f"This turns the invoker IAM check of {where} on."
        case "defaultUriDisabled", "true":
            return f"This disables the default run.app URL of {where}."
        case "defaultUriDisabled", _:
            return f"This enables the default run.app URL of {where}."
        case "disabled", "true":
            return f"This disables {where}."
        case "disabled", _:
            return f"This enables {where}."
        case "serviceAccount", _:
            return f"This runs {where} as {_plain(one.new) or 'the default account of its project'}."
        case _:
            old = f" from {_plain(one.old)}" if one.old is not None else ""
            new = f" to {_plain(one.new)}" if one.new is not None else " to nothing"
            return f"This sets {last} of {where}{old}{new}."


def _plain(value: str | None) -> str:
    """Return JSON without the quotes of a text."""
    if value is None:
        return ""
    found = json.loads(value)
    return found if isinstance(found, str) else value
