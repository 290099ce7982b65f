"""Starts the program in processes of its own, quickly: forked from one that has imported everything.

Reads lines of JSON, `{"argv": […], "environ": {…}, "out": FILE}`, and forks for each; writes `{"started": PID}`, and
`{"ended": PID, "status": N}` when it is over. A killed one has the negative number of its signal.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys

for name in (
    "google.cloud.run_v2", "google.cloud.iam_credentials_v1", "google.cloud.iam_v2",
    "crauth_doctor.cli.commands.grant", "crauth_doctor.workflows.grant", "crauth_doctor.report.change", "lark",
):  # fmt: skip
    importlib.import_module(name)

from crauth_doctor.cli.main import main  # noqa: E402 - after what it would import


def tell(**message: int) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def child(argv: list[str], environ: dict[str, str], out: str) -> None:
    """Be the program."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    status = 70
    try:
        status = main(argv, environ)
        sys.stdout.flush()
    finally:
        os._exit(status)


def reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        tell(ended=pid, status=os.waitstatus_to_exitcode(status))


def serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tell(ready=1)
    waiting = b""
    while True:
        readable, _, _ = select.select([0], [], [], 0.02)
        reap()
        if not readable:
            continue
        got = os.read(0, 65536)
        if not got:
            return
        *lines, waiting = (waiting + got).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            pid = os.fork()
            if pid == 0:
                child(asked["argv"], asked["environ"], asked["out"])
            tell(started=pid)


if __name__ == "__main__":
    serve()
