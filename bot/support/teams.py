"""Which teams' conversations a member of staff may see."""

from __future__ import annotations

from bot.desk.people import Agent, Role


def teams_of(agent: Agent) -> tuple[str, ...] | None:
    """Their teams; None for all. As `Agent.is_of` decides of one conversation."""
    return None if not agent.teams or agent.role.covers(Role.LEAD) else agent.teams
