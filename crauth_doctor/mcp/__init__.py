"""An MCP server for coding agents, over the workflows; it judges nothing itself.

It speaks to one client over standard input and output, with the credentials of the person who runs it. Only this folder
imports the SDK. Specification: https://modelcontextprotocol.io/specification/2026-07-28
"""
