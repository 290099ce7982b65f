"""How to say that a question cannot be answered as asked."""

from __future__ import annotations


class UnanswerableError(Exception):
    """The question names nothing that could be looked up.

    The choices are what the user may have meant, ready to pass in its place.
    """

    def __init__(self, sentence: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.choices = choices
