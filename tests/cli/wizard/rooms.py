"""Runs the program again and again in the terminal that this was started in, from a process that has all imported.

Started by tests of the wizard, whose many short runs would else spend their time importing Google's libraries. Each run
is a process of its own, with the terminal as its standard streams, as a shell would start it. A run is ordered by a
line of JSON in the pipe that is named by the only argument: `argv`, `environ`, `cwd`.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import termios
from pathlib import Path

WARM = (
    "google.cloud.run_v2",
    "google.cloud.iam_credentials_v1",
    "crauth_doctor.sandbox",
    "crauth_doctor.rules",
    "crauth_doctor.collect",
    "crauth_doctor.report.text",
    "crauth_doctor.cli.commands.check",
    "crauth_doctor.workflows.fix",
    "crauth_doctor.cli.wizard",
    "crauth_doctor.cli.prompt_rich",
    "crauth_doctor.cli.prompt_plain",
)


def child(order: dict[str, object]) -> None:
    """Be the program."""
    from crauth_doctor.cli.main import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    environ = order["environ"]
    assert isinstance(environ, dict)
    os.environ.update(environ)
    os.chdir(str(order["cwd"]))
    status = 99
    try:
        argv = order["argv"]
        assert isinstance(argv, list)
        status = main(argv)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def serve(pipe: Path) -> None:
    """Run what is ordered, until the pipe ends without an order."""
    for name in WARM:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminal = termios.tcgetattr(0)
    say("READY")
    while line := pipe.read_text(encoding="utf-8"):
        pid = os.fork()
        if pid == 0:
            child(json.loads(line))
        _, ended = os.waitpid(pid, 0)
        same = termios.tcgetattr(0) == terminal
        termios.tcsetattr(0, termios.TCSAFLUSH, terminal)
        say(f"\nENDED {os.waitstatus_to_exitcode(ended)} {'sane' if same else 'SPOILT'}")


def say(text: str) -> None:
    """Tell whoever reads the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
