"""The document, and one file a format that renders it. Pure."""
