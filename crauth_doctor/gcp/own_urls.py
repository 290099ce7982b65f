"""Which URLs are a service's own: those that a token of it may go to."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from ..model.run import Service


def own_urls(service: Service) -> frozenset[str]:
    """The URLs that are a service's own: those that Cloud Run itself names. A custom audience proves nothing."""
    return frozenset((*service.urls, *service.tag_urls))


def is_own(url: str, own: frozenset[str]) -> bool:
    """Tell whether a URL leads to one of these: the same host, and at or below its path."""
    try:
        parts = urlsplit(url)
        return any(_covers(urlsplit(base), parts.hostname, parts.path) for base in own)
    except ValueError:
        return False


def _covers(base: SplitResult, host: str | None, path: str) -> bool:
    below = base.path.rstrip("/")
    return base.hostname == host and (path == below or path.startswith(below + "/") or not below)
