"""Generic."""

from __future__ import annotations

from .cloud import Cloud
from .principal import ANONYMOUS, Principal
from .wire import Reply, Request


def hosts_serving(_cloud: Cloud, _request: Request) -> list[str]:
    return []


def answer(_cloud: Cloud, _request: Request) -> tuple[Reply | None, Principal]:
    return None, ANONYMOUS
