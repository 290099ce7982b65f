"""The manual page, made of the commands' help: `docs/crauth-doctor.1`, which a wheel brings into `share/man`.

Source of the macros: https://man7.org/linux/man-pages/man7/man.7.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import click

from crauth_doctor import __version__
from crauth_doctor.cli.examples import EXAMPLES
from crauth_doctor.cli.main import COMMANDS, crauth_doctor
from crauth_doctor.report.status import ExitStatus

NAME: Final = "crauth-doctor"
_STATUSES: Final = {
    ExitStatus.CLEAR: "nothing blocks",
    ExitStatus.FAILED: "the tool failed",
    ExitStatus.USAGE: "usage",
    ExitStatus.BLOCKED: "something blocks",
    ExitStatus.CANNOT_TELL: "cannot tell",
    ExitStatus.INTERRUPTED: "interrupted",
}
_ENVIRONMENT: Final = (
    ("GOOGLE_APPLICATION_CREDENTIALS", "A file of credentials."),
    ("GOOGLE_CLOUD_PROJECT, CLOUDSDK_CORE_PROJECT, CLOUDSDK_RUN_REGION", "Defaults, before gcloud's configuration."),
    ("CLOUDSDK_ACTIVE_CONFIG_NAME, CLOUDSDK_CONFIG", "Which configuration of gcloud is used, and where it is."),
    ("CRAUTH_DOCTOR_SANDBOX", "Base URL of a sandbox on loopback that stands in for Google."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "Proxies on the way to Google and to the service."),
    ("NO_COLOR", "No colours."),
)


def man_page() -> str:
    """Return the page as roff."""
    context = click.Context(crauth_doctor, info_name=NAME, help_option_names=["-h", "--help"])
    lines = [
        r".\" Made of the commands' help; do not edit.",
        f'.TH {NAME.upper()} 1 "" "{NAME} {__version__}" "User Commands"',
        ".SH NAME",
        rf"{_text(NAME)} \- why does my call to a private Cloud Run service fail?",
        ".SH SYNOPSIS",
        rf".B {_text(NAME)}",
        _text("[OPTIONS] [COMMAND] [ARGS]..."),
        ".SH DESCRIPTION",
        *_paragraphs(crauth_doctor),
        ".SH OPTIONS",
        *_options(crauth_doctor, context),
        ".SH COMMANDS",
    ]
    for name in COMMANDS:
        command = crauth_doctor.get_command(context, name)
        assert command is not None
        lines += _command(name, command, context)
    lines += [".SH EXIT STATUS", *_listed((str(int(status)), f"{text}.") for status, text in _STATUSES.items())]
    lines += [".SH ENVIRONMENT", *_listed(_ENVIRONMENT)]
    return "\n".join(lines) + "\n"


def _command(name: str, command: click.Command, above: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=above)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f'.SS "{_text(f"{NAME} {name} {usage}")}"', *_paragraphs(command), *_options(command, context))
    formatter = click.HelpFormatter()
    command.format_epilog(context, formatter)
    epilog = " ".join(formatter.getvalue().partition("\nExamples:")[0].split())
    if epilog and not epilog.startswith("Examples:"):
        yield from (".PP", _text(epilog))
    for line in EXAMPLES.get(name, ()):
        yield from (".PP", f".B {_text(line)}")


def _paragraphs(command: click.Command) -> Iterator[str]:
    for number, paragraph in enumerate((command.help or "").replace("\b", "").strip().split("\n\n")):
        yield from ([".PP"] if number else [])
        yield _text(" ".join(paragraph.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = (
        param.get_help_record(context) for param in command.get_params(context) if isinstance(param, click.Option)
    )
    return _listed(record for record in records if record is not None)


def _listed(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in pairs:
        yield from (".TP", f"\\fB{_text(name)}\\fR", _text(" ".join(text.split())))


def _text(text: str) -> str:
    """Return a text that roff sets as it stands."""
    escaped = re.sub(r"\\", r"\\e", text).replace("-", r"\-").replace('"', r"\(dq")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
