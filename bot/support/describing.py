"""What may be said of a member of staff."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.content import clean, one_line
from bot.desk.people import Agent
from bot.errors import NotTaken

LANGUAGES = ("zh", "en")
LONGEST_NAME = 40

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}")
# Others who act in the audit trail.
_OTHERS = frozenset({"customer", "bot", "nobody", "operator", "staff", "system"})


def normal_id(name: str) -> str:
    """The name somebody signs in with, as it is kept: case and width make no difference."""
    return clean(unicodedata.normalize("NFKC", name)).strip().casefold()


def checked(who: Agent, teams: Collection[str]) -> Agent:
    """The same, tidied; `teams`: those there are. Raises `NotTaken` for what cannot be."""
    id = normal_id(who.id)
    if not _ID.fullmatch(id) or id in _OTHERS:
        raise NotTaken("bad_id")
    if not set(who.teams) <= set(teams):
        raise NotTaken("bad_teams")
    email = who.email.strip()
    if email and not _EMAIL.fullmatch(email):
        raise NotTaken("bad_email")
    return replace(
        who,
        id=id,
        name=checked_name(who.name),
        language=checked_language(who.language),
        languages=checked_languages(who.languages),
        teams=tuple(dict.fromkeys(who.teams)),
        email=email,
    )


def checked_name(name: str) -> str:
    """As colleagues and customers read it, in one line."""
    tidy = one_line(name)
    if not 0 < len(tidy) <= LONGEST_NAME:
        raise NotTaken("bad_name")
    return tidy


def checked_language(language: str) -> str:
    """One the desk speaks."""
    if language not in LANGUAGES:
        raise NotTaken("bad_language")
    return language


def checked_languages(languages: Sequence[str]) -> tuple[str, ...]:
    """At least one, each once."""
    if not languages or not set(languages) <= set(LANGUAGES):
        raise NotTaken("bad_languages")
    return tuple(language for language in LANGUAGES if language in languages)
