"""Knows parts of words that show that a text has become readable."""

from typing import Final

_TEXT: Final = """
instru prompt ignor forget rules system reveal password secret restric disregard repeat above filter safety
consigne regles reglas regeln anweisung oublie olvida vergiss montre muestra geheim sicherheit securit segurid
guideline directive bypass override revela revele previous precedent anterior
verrat developer unrestr vorherig bisherig without contrasen passwort affiche
einschrank jailbreak disable
"""
STEMS: Final = tuple(_TEXT.split())


def tells(text: str) -> bool:
    """Tell whether *text* has any of them."""
    return any(map(text.__contains__, STEMS))


def count(text: str) -> int:
    """Return how many of them *text* has."""
    return sum(map(text.count, STEMS))


def tells_more(said: str, before: str) -> bool:
    """Tell whether what is *said* has more of them than the text *before*."""
    return count(said) > count(before)
