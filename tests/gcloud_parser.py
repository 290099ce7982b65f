"""Google's own gcloud asked, in one process, whether it takes command lines; nothing of it is run.

As a script it is that process: it reads a JSON list of words a line, and writes what gcloud objects to them, or "".
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class GcloudParser:
    """gcloud's parser in a process of its own, started at the first question."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def objections(self, lines: Iterable[str]) -> dict[str, str]:
        """Return what gcloud objects to, by the line; nothing where it is not installed.

        Args:
            lines: what is printed; whatever is no command of gcloud's is passed over.
        """
        if not shutil.which("gcloud"):
            return {}
        found = {}
        for line in lines:
            if line.startswith("gcloud "):
                found[line] = self._asked(shlex.split(line, comments=True)[1:])
        return {line: said for line, said in found.items() if said}

    def _asked(self, words: list[str]) -> str:
        if self._process is None:
            self._process = self._started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(words), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "gcloud's parser ended"
        return str(json.loads(answer))

    def _started(self) -> subprocess.Popen[str]:
        root = Path(str(shutil.which("gcloud"))).resolve().parents[1]
        bundled = root / "platform" / "bundledpythonunix" / "bin" / "python3"
        python = str(bundled) if bundled.exists() else sys.executable
        environ = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "CLOUDSDK_CONFIG": str(self._folder)}
        return subprocess.Popen(
            [python, __file__, str(root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ,
        )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(timeout=30)
            if self._process.stdout is not None:
                self._process.stdout.close()


def _objection(parser: Any, words: list[str]) -> str:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args(words)
    except SystemExit:
        return said.getvalue()[:300] or "it ended"
    except Exception as error:  # noqa: BLE001 - whatever gcloud says to it
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def _serve(root: str) -> None:
    sys.path[:0] = [f"{root}/lib", f"{root}/lib/third_party"]
    from googlecloudsdk import gcloud_main  # type: ignore[import-not-found]

    parser = gcloud_main.CreateCLI([])._CLI__parser
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_objection(parser, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
