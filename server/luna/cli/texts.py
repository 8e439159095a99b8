"""Texts of people: as commands are given them, and as they are shown in a line."""

from typing import Final

import typer

_STDIN: Final = "-"


def text_of(argument: str) -> str:
    """Return the text that *argument* is, or what comes through the standard input if it is a dash."""
    return typer.get_text_stream("stdin").read() if argument == _STDIN else argument


def line(text: str, length: int) -> str:
    """Return the beginning of *text* in one line."""
    return " ".join(text.split())[:length]
