"""The wizard's dialogue, pure: it yields a question or an action, and is sent what came of it."""
