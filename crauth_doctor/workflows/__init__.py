"""The use cases, one module each: a typed request goes in, a typed result comes out.

Nothing here prints, prompts or exits. What a run needs of its surroundings it is handed as a `Context`; whom to tell,
and whom to ask before something is changed, as a `Consent`. What cannot be done is a `WorkflowError`.
"""
