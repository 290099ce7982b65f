"""Forks for each `client` and is then that program: what `python -m crauth_doctor …` is after its imports.

Whatever depends on how Python itself starts (its encodings, its options) needs a process of its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

IMPORTED = (
    "crauth_doctor.cli.main", "crauth_doctor.cli.app", "crauth_doctor.evidence", "crauth_doctor.sandbox",
    "crauth_doctor.workflows.diagnose", "crauth_doctor.workflows.change_session", "crauth_doctor.report.text",
    "google.cloud.iam_credentials_v1", "google.cloud.iam_v2", "google.cloud.run_v2", "lark",
)  # fmt: skip
MOST = 1 << 20
"""Bytes of a request."""


def reopen(environ: dict[str, str]) -> None:
    """Make the standard streams anew, as Python does when it starts."""
    encoding, _, errors = environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    for fd, name, mode, usual in (
        (0, "stdin", "r", "strict"), (1, "stdout", "w", "strict"), (2, "stderr", "w", "backslashreplace"),
    ):  # fmt: skip
        stream = None
        with suppress(OSError):
            stream = os.fdopen(
                fd, mode, 1 if fd == 2 else -1, encoding=encoding or "utf-8", errors=errors or usual, closefd=False
            )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def become(asked: dict[str, list[str]], environ: dict[str, str], files: list[int]) -> None:
    """Be the program that was asked for, in its folder, with its files and its environment."""
    *standard, folder = files
    os.fchdir(folder)
    for fd in range(3):
        os.close(fd)
    for given, file in zip(asked["given"], standard, strict=True):
        os.dup2(file, int(given))
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
    reopen(environ)
    option, what, *argv = asked["argv"]
    sys.argv = [option, *argv]
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def handle(client: socket.socket) -> None:
    """Start the program that a client asks for, and tell the client its process and how it ended."""
    request, files, *_ = socket.recv_fds(client, MOST, 8)
    while not request.endswith(b"\n"):
        request += client.recv(MOST)
    asked = json.loads(request)
    pid = os.fork()
    if pid == 0:
        client.close()
        become(asked, asked["environ"], files)
        sys.exit(0)
    for file in files:
        os.close(file)
    client.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def serve(path: str) -> None:
    """Serve until standard input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    for name in IMPORTED:
        importlib.import_module(name)
    assert threading.active_count() == 1, "a fork must not lose a thread"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.write(1, b"ready\n")
    while True:
        readable, _, _ = select.select([listener.fileno(), 0], [], [])
        if listener.fileno() not in readable:
            Path(path).unlink()
            return
        client, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            handle(client)
        client.close()


if __name__ == "__main__":
    serve(sys.argv[1])
