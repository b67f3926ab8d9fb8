"""What can be wrong with the migrations themselves: two that were made side by side, or a gap between them."""

from __future__ import annotations

import warnings
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.script.revision import CycleDetected


def check_revisions(found: ScriptDirectory) -> list[tuple[str, str]]:
    """Every problem, and the file or folder where it is. There has to be one row of revisions, from one base to one
    head, each in a file that begins with its number."""
    folder = Path(found.versions).name
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            heads = sorted(set(found.get_heads()))
            problems = [*_several("heads", heads, folder), *_several("bases", found.get_bases(), folder)]
            problems += _misnamed(found)
        except CycleDetected as error:
            problems = [(str(error), folder)]
        except KeyError:  # one is missing, which a warning has told
            problems = []
    return [(str(warning.message), folder) for warning in told] + problems


def _several(what: str, revisions: list[str], folder: str) -> list[tuple[str, str]]:
    if len(revisions) == 1:
        return []
    return [(f"there must be one of the {what}, not {', '.join(sorted(revisions)) or 'none'}", folder)]


def _misnamed(found: ScriptDirectory) -> list[tuple[str, str]]:
    return [
        (f"the file of revision {script.revision} must begin with its number", Path(script.path).name)
        for script in found.walk_revisions()
        if not Path(script.path).name.startswith(f"{script.revision}_")
    ]
