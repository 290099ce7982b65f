"""Which URLs are a service's own: those that a token of it may go to."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from ..model.run import Service, host_of, is_run_app


def own_urls(service: Service) -> frozenset[str]:
    """The URLs that are a service's own: those that Cloud Run itself names. A custom audience proves nothing.

    A traffic tag goes with each of the service's run.app URLs, and is listed with one of them.
    Source: https://docs.cloud.google.com/run/docs/triggering/https-request
    """
    tags = {host_of(url).partition(_TAG)[0] for url in service.tag_urls if _TAG in url}
    tagged = (f"https://{tag}{_TAG}{host_of(url)}" for tag in tags for url in service.urls if is_run_app(url))
    return frozenset((*service.urls, *service.tag_urls, *tagged))


_TAG = "---"


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
