"""The commands, one a file: argv to request, workflow, report."""
