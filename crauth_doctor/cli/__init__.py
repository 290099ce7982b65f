"""The command line: the only place that reads argv, prints, prompts and exits. One file for each command.

What is heavy is imported inside the command that needs it, so that `--help` starts as fast as click.
"""
