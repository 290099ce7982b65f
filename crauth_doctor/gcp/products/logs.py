"""Cloud Logging: the newest entries that fit a filter."""

from __future__ import annotations

from typing import Final

from ...google_json.json_access import Json
from ...model.fact import Fact
from .. import methods, rest
from ..door import Door

MOST: Final = 50
"""Entries that are read when nothing else is said."""


def entries(google: Door, project: str, filter: str, most: int = MOST) -> Fact[tuple[Json, ...]]:
    """Read log entries of a project, the newest first.

    The filter is in the Logging query language, https://docs.cloud.google.com/logging/docs/view/logging-query-language.

    Returns:
        LogEntry objects as the API writes them; they may hold anything, so keep only what decides.
    """
    wanted = {"resourceNames": [f"projects/{project}"], "filter": filter, "orderBy": "timestamp desc", "pageSize": most}
    target = f"//logging.googleapis.com/projects/{project}"
    return rest.list_all(google, methods.LOG_ENTRIES, target, lambda found: tuple(found[:most]), body=wanted, most=most)
