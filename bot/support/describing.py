"""What may be said of a member of staff."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from bot.content import clean, one_line
from bot.desk.people import Agent
from bot.errors import NotTaken

LANGUAGES = ("zh", "en")
LONGEST_NAME = 40
LONGEST_TEAM = 40
MOST_TEAMS = 20

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}")
# Others who act in the audit trail.
_OTHERS = frozenset({"customer", "bot", "nobody", "operator", "staff", "system"})


def normal_id(name: str) -> str:
    """The name somebody signs in with, as it is kept: case and width make no difference."""
    return clean(unicodedata.normalize("NFKC", name)).strip().casefold()


def checked(who: Agent) -> Agent:
    """The same, tidied. Raises `NotTaken` for what cannot be."""
    id = normal_id(who.id)
    if not _ID.fullmatch(id) or id in _OTHERS:
        raise NotTaken("bad_id")
    email = who.email.strip()
    if email and not _EMAIL.fullmatch(email):
        raise NotTaken("bad_email")
    return replace(
        who,
        id=id,
        name=checked_name(who.name),
        language=checked_language(who.language),
        languages=checked_languages(who.languages),
        teams=_teams(who.teams),
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


def _teams(teams: Sequence[str]) -> tuple[str, ...]:
    tidy = tuple(dict.fromkeys(team for team in map(one_line, teams) if team))
    if len(tidy) > MOST_TEAMS or any(len(team) > LONGEST_TEAM or "," in team or "，" in team for team in tidy):
        raise NotTaken("bad_teams")
    return tidy
