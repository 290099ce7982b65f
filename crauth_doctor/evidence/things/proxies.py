"""Settings of reverse proxies that lead to Cloud Run and pass on another Host than the service's.

Sources: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header,
https://httpd.apache.org/docs/current/mod/mod_proxy.html#proxypreservehost,
https://github.com/chimurai/http-proxy-middleware#http-proxy-options,
https://doc.traefik.io/traefik/reference/routing-configuration/http/load-balancing/service/
"""

from __future__ import annotations

import re
from typing import Final

from ...deferred import dataclass, regex
from ...model.evidence import Event, EventKind, PieceKind
from ..paste import Paste
from ..trees.redactor import clean_url

_URL = r"[\"'`]?(?P<url>https?://[\w.-]+\.(?:run\.app|cloudfunctions\.net)[^\s\"'`;,]{0,300})"


@dataclass(frozen=True)
class _Proxy:
    """One kind of proxy."""

    name: str  # what it is called
    leads: re.Pattern[str]  # the setting that leads to a service of Google's
    # the setting that passes another Host on; None where it does so unless told otherwise
    keeps: re.Pattern[str] | None
    mends: re.Pattern[str]  # the setting that makes the Host the service's
    of: str = ""  # what tells that the settings are this proxy's; empty where the one that leads does


_PROXIES: Final = (
    _Proxy(
        "nginx",
        regex(rf"^\s*proxy_pass\s+{_URL}"),
        regex(r"^\s*proxy_set_header\s+Host\s+(?!\"?\$proxy_host\b)(?![^;]*\.(?:run\.app|cloudfunctions\.net))\S"),
        regex(r"^\s*proxy_set_header\s+Host\s+(?:\"?\$proxy_host\b|[^;]*\.(?:run\.app|cloudfunctions\.net))"),
    ),
    _Proxy(
        "Apache",
        regex(rf"^\s*ProxyPass(?:Match)?\s+\S+\s+{_URL}"),
        regex(r"(?i)^\s*ProxyPreserveHost\s+On\b"),
        regex(r"(?i)^\s*(?:ProxyPreserveHost\s+Off\b|RequestHeader\s+set\s+Host\s)"),
    ),
    _Proxy(
        "http-proxy",
        regex(rf"\btarget[\"']?\s*:\s*{_URL}"),
        None,
        regex(r"changeOrigin[\"']?\s*:\s*true"),
        "proxy",
    ),
    _Proxy(
        "Traefik",
        regex(rf"^\s*-\s+url\s*:\s*{_URL}"),
        None,
        regex(r"(?i)passHostHeader\s*:\s*false"),
        "loadbalancer",
    ),
)
_AROUND: Final = 30
"""As many lines before and after what leads to the service are of the same place in the settings."""


def read(paste: Paste) -> None:
    """Take the first setting that leads to a service under another Host."""
    for index, line in paste.readable():
        for proxy in _PROXIES:
            if (found := proxy.leads.search(line)) and _keeps(paste, index, proxy):
                lines = paste.list_softly(index, index + 1, PieceKind.SOURCE, f"settings of {proxy.name}")
                url = clean_url(found["url"])
                paste.events.append(Event(EventKind.HOST_KEPT, lines, resource=url, by=proxy.name))
                return


def _keeps(paste: Paste, index: int, proxy: _Proxy) -> bool:
    near = paste.lines[max(index - _AROUND, 0) : index + _AROUND]
    if proxy.of and not any(proxy.of in each[:500].lower() for each in near):
        return False
    if any(proxy.mends.search(each[:500]) for each in near):
        return False
    return proxy.keeps is None or any(proxy.keeps.search(each[:500]) for each in near)
