"""Stands for `python` in a command line: hands its arguments, its files, its folder and its environment to `server`.

Ends as the forked program does. Imports next to nothing, since it is started for every run.
"""

import json
import os
import signal
import socket
import sys


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def main(path: str, argv: list[str]) -> int:
    given = [fd for fd in range(3) if is_open(fd)]
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    asked = {"argv": argv, "environ": dict(os.environ), "given": given}
    socket.send_fds(server, [json.dumps(asked).encode() + b"\n"], [*given, os.open(".", os.O_RDONLY)])
    for fd in given:
        if not os.isatty(fd):  # the end of a terminal's output comes with the status, not before it
            os.close(fd)
    replies = server.makefile("r")
    pid = int(replies.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: os.kill(pid, got))
    status = int(replies.readline())
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2:]))
