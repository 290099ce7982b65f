"""The reports of several calls together, one file a format."""
