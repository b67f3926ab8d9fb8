"""What staff may do, as those see it who show it to them: types and protocols, with no web, store or dialogue in them.

`bot.support` implements the protocols; `adapters.desk` and Telegram's staff group are handed the implementations.
Whoever acts is named in every call as an `Agent`, and every act is allowed, or not, by that agent's role and teams:
what somebody may not see is refused exactly as what does not exist (`errors.NoSuchThing`).
"""
