"""What happened in the roster. Importing this package registers every topic."""

from services.roster.events import calendar, members, organizations, profiles

__all__ = ["calendar", "members", "organizations", "profiles"]
