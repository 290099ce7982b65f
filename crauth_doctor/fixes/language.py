"""What the code of a caller is written in, as far as its kind or its runtime tells."""

from __future__ import annotations

from typing import Final

from ..model.caller import CallerKind
from ..model.caller_kinds import declared
from ..model.run import Service

_RUNTIME: Final = "goog-cloudfunctions-runtime"
_LANGUAGES: Final = {
    "python": "python",
    "nodejs": "node",
    "go": "go",
    "java": "java",
    "dotnet": "csharp",
    "php": "php",
    "ruby": "ruby",
}
"""The snippets' languages, by what the ids of runtimes begin with.

Source: https://docs.cloud.google.com/run/docs/runtimes/function-runtimes
"""


def language_of(kind: CallerKind, service: Service | None) -> str:
    """Return the language of the snippets that fits a caller; empty where nothing tells.

    Args:
        kind: of the caller.
        service: what the caller runs as, where it is a service or a function.
    """
    runtime = dict(service.labels).get(_RUNTIME, "").rstrip("0123456789") if service else ""
    return declared(kind).language or _LANGUAGES.get(runtime, "")
