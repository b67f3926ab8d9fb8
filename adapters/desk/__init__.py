"""The staff desk: the pages on which members of staff work."""

from adapters.desk.links import link
from adapters.desk.routes import routes
from adapters.desk.services import Desk

__all__ = ["Desk", "link", "routes"]
