"""The web chat: a page a company can embed, its API, and the demo's landing page."""

from adapters.webchat.channel import WebChat
from adapters.webchat.demo import Demo, Persona, Sent
from adapters.webchat.routes import routes

__all__ = ["Demo", "Persona", "Sent", "WebChat", "routes"]
