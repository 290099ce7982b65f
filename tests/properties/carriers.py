"""What carries a text: loggers, editors, terminals, mailers, weblogs. Each says what the text said."""

from __future__ import annotations

import html
import json
import re
import textwrap
from collections.abc import Callable
from typing import Final

Carrier = Callable[[str], str]


def _each(before: str, after: str = "") -> Carrier:
    return lambda text: "\n".join(f"{before}{line}{after}" for line in text.split("\n"))


def _json_lines(**more: str) -> Carrier:
    return lambda text: "\n".join(json.dumps({**more, "message": line}) for line in text.split("\n"))


def _typeset(text: str) -> str:
    """With the quotes and the dashes of a weblog."""
    text = re.sub(r"(^|[\s(\[{=:,])\"", "\\1\u201c", text).replace('"', "\u201d").replace(" --", " \u2014")
    return re.sub(r"(^|[\s(\[{=:,])'", "\\1\u2018", text, flags=re.MULTILINE).replace("'", "\u2019")


def _boxed(text: str) -> str:
    return "\n".join(f"\u2502 {line:<100} \u2502" for line in text.split("\n"))


def _numbered(text: str) -> str:
    return "\n".join(f"{number:4d} | {line}" for number, line in enumerate(text.split("\n"), 1))


AT: Final = "2019-06-01"
"""Long before any call, so that no token is of a later time than the log of it."""

WHOLE: Final[dict[str, Carrier]] = {
    "a syslog": _each("Jun  1 08:52:37 web-1 orders[123]: "),
    "a log of Kubernetes": _each("E0601 08:52:37.123456       1 proxy.go:12] "),
    "a log of Java": _each(f"{AT} 08:52:37.123 ERROR 1 --- [nio-8080-exec-1] c.e.orders.Client : "),
    "a log of Python": _each(f"{AT} 08:52:37,123 - orders.client - ERROR - "),
    "a log of Rust": _each(f"[{AT}T08:52:37Z ERROR orders::client] "),
    "a log of Go": _each(f"{AT}T08:52:37.123Z\tERROR\torders/client.go:12\t"),
    "a log of PHP": _each(f"[{AT}T08:52:37.123456+00:00] production.ERROR: "),
    "a log of Ruby": _each(f"E, [{AT}T08:52:37.123456 #1] ERROR -- : "),
    "a log of .NET": _each("[08:52:37 ERR] "),
    "a log of NestJS": _each("[Nest] 1  - 06/01/2019, 8:52:37 AM   ERROR [Orders] "),
    "a log of Airflow": _each(f"[{AT}, 08:52:37 UTC] {{taskinstance.py:1234}} ERROR - "),
    "a log of several pods": _each(f"orders-7d9f8-x2k4 app {AT}T08:52:37.123Z "),
    "a job's log": _each(f"build\tRun tests\t{AT}T08:52:37.1234567Z "),
    "a platform's log": _each(f"{AT}T08:52:37.123456+00:00 app[web.1]: "),
    "docker compose": _each("web_1  | "),
    "a pod's log": _each("[pod/api-6f7c/app] "),
    "a logger's level": _each("INFO: "),
    "a provisioner": _each("google_cloud_run_service.orders (local-exec): "),
    "a logger of JSON": _json_lines(severity="ERROR", time=f"{AT}T08:52:37Z"),
    "a list": _each("- "),
    "a comment": _each("# "),
    "source text": _each("// "),
    "a box": _boxed,
    "numbers": _numbered,
    "a mail": _each("> "),
    "a weblog": _typeset,
    "a page": lambda text: f"<pre><code>{html.escape(text)}</code></pre>\n",
    "an escaped mail": _each("&gt; "),
    "Python's bytes": lambda text: f"{text.encode()!r}\n",
    "Python's string": lambda text: f"{text!r}\n",
    "one line": lambda text: text.replace("\\", "\\\\").replace("\n", "\\n"),
    "colours": _each("\x1b[31m", "\x1b[0m"),
}
"""Those that take nothing away."""


def _window(width: int) -> Carrier:
    return lambda text: "\n".join(
        line[at : at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width)
    )


def _flowed(width: int) -> Carrier:
    wrapper = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False, drop_whitespace=False)
    return lambda text: "\n".join(part for line in text.split("\n") for part in wrapper.wrap(line) or [""])


BROKEN: Final[dict[str, Carrier]] = {
    "a narrow window": _window(80),
    "a window": _window(120),
    "a mailer": _flowed(72),
    "empty lines between": lambda text: text.replace("\n", "\n\n"),
    "no indentation": lambda text: "\n".join(line.strip() for line in text.split("\n")),
}
"""Those that hide where a line or a part of it ends."""
