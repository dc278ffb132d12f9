"""Browsers that are known: a sealed cookie says which accounts have signed in from here, so that strangers' tries hold nobody up."""

from __future__ import annotations

import secrets

import msgspec
from starlette.responses import Response

from shared.web import Doorway

DAYS, MOST_ACCOUNTS = 180, 12
_BROWSERS = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    *(("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone")),
    *(("Windows", "Windows"), ("Mac", "Mac"), ("Linux", "Linux")),
)


class Devices(msgspec.Struct, frozen=True):
    """Account -> a random word for this browser, under which its failed tries are counted."""

    accounts: dict[str, str] = {}


def known_devices(door: Doorway) -> Devices:
    """What this browser keeps."""
    return door.sessions.opened(door.request.cookies.get(_cookie(door), ""), "devices", Devices) or Devices()


def device_of(known: Devices, account_id: str | None) -> str | None:
    """The browser's word for the account; None where nobody has signed in to it from here."""
    return known.accounts.get(account_id) if account_id else None


def remember_device(door: Doorway, response: Response, account_id: str) -> None:
    """From now on this browser is known to the account; the accounts that it used last are kept."""
    accounts = dict(known_devices(door).accounts)
    word = accounts.pop(account_id, None) or secrets.token_urlsafe(12)
    accounts = dict([*accounts.items(), (account_id, word)][-MOST_ACCOUNTS:])
    door.sessions.set_cookie(response, _cookie(door), door.sessions.sealed(Devices(accounts), "devices"), DAYS * 86400)


def browser_word(agent: str) -> str:
    """A browser by name and system, so that somebody knows its own sessions; nothing more of it is kept."""
    browser = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, [browser, system])) or "?"


def _cookie(door: Doorway) -> str:
    return f"{door.sessions.cookie}-devices"
