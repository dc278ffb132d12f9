"""What happened in the roster. Importing this package registers every topic."""

from services.roster.events import calendar, clients, imports, members, organizations, profiles

__all__ = ["calendar", "clients", "imports", "members", "organizations", "profiles"]
