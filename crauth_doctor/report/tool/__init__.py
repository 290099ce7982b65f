"""Reports of this tool's own run: what it uses, and how long it reads."""
