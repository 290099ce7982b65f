"""Callers outside Google Cloud, which have no Google identity: a browser, an app, a webhook, a laptop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Known
from .kind import GIVEN, NO_IDENTITY, ResolvedCaller, given

KINDS: Final[Mapping[str, CallerKind]] = {
    "browser": CallerKind.BROWSER,
    "app": CallerKind.APP,
    "webhook": CallerKind.WEBHOOK,
    "laptop": CallerKind.LAPTOP,
}


def resolve(asked: str) -> ResolvedCaller:
    """Resolve one of them: it comes over the internet."""
    return ResolvedCaller(given(Caller(asked, KINDS[asked])), NO_IDENTITY, Known(Origin(Place.INTERNET), GIVEN))
