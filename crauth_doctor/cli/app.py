"""What every command is handed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import click

from ..workflows.context import Context, MisuseError
from .terminal import Progress


@dataclass(slots=True)
class App:
    """One run of the program.

    Args:
        environ: the environment.
        world: file of the world to embed a sandbox for; None for none.
        debug: whether a failure shows its traceback.
        json: whether this command was asked for JSON, so that a failure is JSON too.
        closing: what is closed when the run ends.
    """

    environ: Mapping[str, str]
    world: str | None = None
    debug: bool = False
    json: bool = False
    closing: ExitStack = field(default_factory=ExitStack)
    _base: str | None = None

    def sandbox(self) -> str | None:
        """Return the base URL of the world's sandbox, started when it is first asked for; None without a world.

        Raises:
            WorkflowError: the file holds no world.
        """
        if self._base is None and self.world is not None:
            from .sandbox import embedded

            self._base = self.closing.enter_context(embedded(self.world)).base
        return self._base

    def context(self, *, quiet: bool = False) -> Context:
        """Return the surroundings of a workflow.

        Args:
            quiet: whether to say nothing while something is read.
        """
        return Context(self.environ, self.sandbox(), lambda: Progress(self.environ, quiet=quiet))


class WorkflowCommand(click.Command):
    """A command whose workflow may find its arguments wrong."""

    def invoke(self, ctx: click.Context) -> object:
        """Run it; a request that cannot be meant is a usage error."""
        try:
            return super().invoke(ctx)
        except MisuseError as error:
            if error.option:
                raise click.BadParameter(str(error), ctx, param_hint=error.option) from None
            raise click.UsageError(str(error), ctx) from None
