"""Headers: which of them are credentials, which may be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from ...model.secret import HIDDEN
from .redactor import clean, clean_url
from .tokens import CREDENTIAL_HEADERS

Pairs: TypeAlias = Sequence[tuple[str, str]]
"""Names in lower case, and values."""

_TELLING = {"host": "host", ":authority": "host", "user-agent": "user-agent"}
_SECRET_RESPONSE = frozenset({"set-cookie", "cookie", "authorization", "x-api-key", "x-goog-api-key"})
_VALUE_LIMIT = 2000
_COUNT = 200


def is_credential(name: str) -> bool:
    """Whether a header's value is a credential."""
    return name.lower() in CREDENTIAL_HEADERS


def telling(sent: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the request headers whose values decide something and hold no secret."""
    return MappingProxyType({_TELLING[name]: clean(value, 400) for name, value in sent if name in _TELLING})


def kept(received: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the response headers, by name in lower case; cookies and credentials lose their values."""
    result: dict[str, str] = {}
    for name, value in received:
        lower = name.lower()
        shown = HIDDEN if lower in _SECRET_RESPONSE else clean(value, _VALUE_LIMIT)
        if lower == "location":
            shown = clean_url(value) or shown
        result[lower] = f"{result[lower]}, {shown}" if lower in result else shown
        if len(result) > _COUNT:
            break
    return MappingProxyType(result)
