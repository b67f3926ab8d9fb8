"""The folders a page is made of: templates, and files that are served as they are."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_SHARED = Path(__file__).parent


def templates(folder: Path, static: str) -> Environment:
    """The templates of an adapter's folder and the shared ones; `static` is where its pages find their files."""
    loader = FileSystemLoader([folder / "templates", _SHARED / "templates"])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["static"] = static
    return environment


class Static(StaticFiles):
    """An adapter's static files and the shared ones under one address, so that a proxy may serve it alone.

    Asked for again on every page, and mostly answered "not modified": a new version is never half old.
    `policy`: whose pages may use them, as `Cross-Origin-Resource-Policy` says it.
    """

    def __init__(self, folder: Path, policy: str = "same-origin") -> None:
        super().__init__(directory=folder / "static")
        self.all_directories = [folder / "static", _SHARED / "static"]
        self._policy = policy

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file, or 404."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Cross-Origin-Resource-Policy"] = self._policy
        return response
