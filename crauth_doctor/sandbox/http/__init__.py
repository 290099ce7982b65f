"""The loopback server: requests, replies, who answers."""
