"""What was read of a project, in a file: written by `check --save`, and judged, listed or served elsewhere."""

from __future__ import annotations

import json
from typing import Any

from ...google_json import json_access as look
from ...google_json.json_access import NotUnderstoodError
from ...google_json.saved import is_saved, of_json, to_json
from ...model.document import Document
from ..context import WorkflowError


def written(document: Document, *, redacted: bool = False) -> str:
    """Return a document as JSON, without any token or secret."""
    from .pseudonyms import Pseudonyms

    plain = to_json(document)
    return json.dumps(Pseudonyms(plain).replaced(plain) if redacted else plain, indent=1, ensure_ascii=False) + "\n"


def loaded(text: str, name: str) -> Document:
    """Read a saved document.

    Raises:
        WorkflowError: it is none.
    """
    try:
        return of_json(_parsed(text))
    except NotUnderstoodError as error:
        raise WorkflowError(f"{name} is {error}.") from None


def saved_in(text: str) -> Document | None:
    """Return the saved document that a text is; None where it is something else."""
    start = text.lstrip()[:4096]
    if '"saved"' not in start and "saved:" not in start:
        return None
    found = _parsed(text)
    if not is_saved(found):
        return None
    try:
        return of_json(found)
    except NotUnderstoodError:
        return None


def apart(text: str) -> tuple[str, str]:
    """Return the saved document, in JSON, that stands among other text, and that text; empty where there is none."""
    at, known = text.find('"saved"'), json.JSONDecoder()
    start = text.rfind("\n{", 0, at) + 1 if at >= 0 else 0
    if at < 0 or text[start : start + 1] != "{":
        return "", text
    try:
        found, end = known.raw_decode(text, start)
    except (ValueError, RecursionError):
        return "", text
    return (text[start:end], f"{text[:start]}\n{text[end:]}") if is_saved(found) else ("", text)


def _parsed(text: str) -> Any:
    if (found := look.parsed(text)) is not None:
        return found
    import yaml

    try:
        return yaml.load(text, Loader=_without_moments())  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _without_moments() -> Any:
    """Return a loader that leaves a moment the text that Google wrote."""
    import yaml

    loader: Any = type("Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in loader.yaml_implicit_resolvers.items()
    }
    return loader
