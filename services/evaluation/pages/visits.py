"""One visit of a page: who is there, what the service's own routes tell it, the names that are shown, and the page that is drawn.

Names are fetched from the roster when a page is drawn, and kept nowhere. What is shown of a person is never kept by a browser: village
computers are shared.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import Response
from starlette.responses import RedirectResponse

from services.evaluation.pages import says
from services.evaluation.pages.refusals import in_words
from services.evaluation.projections.roster import Mirror
from services.evaluation.roster_client import RosterClient
from shared.calendar import HalfYear
from shared.errors import Unavailable, Unknown
from shared.pinyin import syllables
from shared.web import Doorway
from shared.web.languages import chosen_language, message, translated
from shared.web.own_routes import OwnRoutes, Refused
from shared.web.pages import Pages

NO_NAME = message("姓名已注销")
NAMES_AWAY = message("姓名暂时无法显示")
OFFICER = message("工作人员")
HERE = message("本组织")
NOT_KEPT = {"Cache-Control": "no-store"}
LEADS_TO = {"town_officer": "town", "county_supervisor": "desk", "branch_secretary": "branch", "committee_member": "branch"}


class Visit:
    """A page request at one door."""

    def __init__(self, door: Doorway) -> None:
        self.door = door
        self.own = OwnRoutes(door)
        self.language = chosen_language(door.request)
        self.mirror = Mirror(door.log)
        self._names: dict[str, str] = {}
        self._asked: set[str] = set()
        self._organizations: dict[str, str] = {}
        self._are_names_away = False

    @property
    def member_id(self) -> str:
        """The member who is here. Raises Unknown for somebody who is no member: the pages of members are not for them."""
        found = self.door.caller.member_id
        if found is None:
            raise Unknown
        return found

    @property
    def now_period(self) -> str:
        """The half-year of today."""
        return str(HalfYear.of(self.door.log.today()))

    async def know(self, member_ids: Iterable[str | None]) -> None:
        """Fetch the names of these people, all at once; without them the page says so and is drawn all the same."""
        wanted = {one for one in member_ids if one} - self._asked
        self._asked |= wanted
        if not wanted:
            return
        try:
            self._names |= await cast(RosterClient, self.door.state.roster).names(sorted(wanted))
        except Unavailable:
            self._are_names_away = True

    def name(self, member_id: str | None) -> str:
        """The name of somebody whom `know` was told of."""
        if member_id in self._names:
            return self._names[member_id]
        return self.say(NAMES_AWAY if self._are_names_away else NO_NAME)

    def person(self, who: str | None) -> str:
        """The name of who recorded something: a member, or an officer of whom only an account is known."""
        return self._names.get(who or "", self.say(OFFICER))

    def by_name(self, member_ids: Iterable[str]) -> list[str]:
        """These members in the order of their names' pinyin: there is no ranking (spec, section 9)."""
        return sorted(member_ids, key=lambda one: (one not in self._names, syllables(self._names.get(one, "")), one))

    async def know_organization(self, organization_id: str) -> None:
        """Ask the roster for an organisation that is not known here yet. Raises Unknown, where it does not know it either."""
        if self.mirror.organization(organization_id) is None and organization_id not in self._organizations:
            told = await cast(RosterClient, self.door.state.roster).organization(organization_id)
            self._organizations[organization_id] = told.name

    def organization(self, organization_id: str) -> str:
        """The name of an organisation; a word that fits all while the roster has not told it yet."""
        found = self.mirror.organization(organization_id)
        return found.name if found else self._organizations.get(organization_id, self.say(HERE))

    def say(self, text: str, **values: object) -> str:
        """A text in the reader's language."""
        return translated(self.language, text, **values)

    def draw(self, template: str, *, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - what the template is given
        """The page; no browser and no proxy keeps it."""
        pages = cast(Pages, self.door.state.pages)
        done = says.DONE.get(self.door.request.query_params.get("done", ""))
        common: dict[str, Any] = {
            "visit": self,
            "says": says,
            "done": done,
            "once": secrets.token_urlsafe(16),
            "places": self._places(),
            "refused": None,
        }
        return pages.render(self.door.request, template, status=status, headers=NOT_KEPT, **(common | context))

    def refuse(self, template: str, refused: Refused, **context: Any) -> Response:  # noqa: ANN401 - what the template is given
        """The page again, with what was written and why it was refused."""
        words = {"refused": in_words(refused, self.language), "wrong": places_in(refused)}
        return self.draw(template, status=refused.status, **(words | context))

    def go(self, path: str, done: str | None = None, **query: str) -> Response:
        """Leave for another page: what was sent is not sent again when that one is loaded anew."""
        asked = query | ({"done": done} if done else {})
        return RedirectResponse(f"{path}?{urlencode(asked)}" if asked else path, 303, headers=NOT_KEPT)

    def _places(self) -> list[tuple[str, str]]:
        """Where this person's work lies, for the head of each page: (address, name)."""
        caller = self.door.visitor
        if caller is None:
            return []
        found = {"/my": self.say(message("我的"))} if caller.member_id else {}
        for grant in caller.grants:
            kind, organization = LEADS_TO.get(grant.role), grant.organization_id
            if kind == "desk":
                found["/desk"] = self.say(message("监督"))
            elif kind and organization:
                found[f"/{kind}/{organization}"] = self.organization(organization)
        return list(found.items())


def to_roster(door: Doorway, path: str) -> Response:
    """Leave for a page of the roster, where browsers reach it."""
    return RedirectResponse(f"{door.settings.browser_url_of('roster').rstrip('/')}{path}", 303, headers=NOT_KEPT)


def places_in(refused: Refused) -> Mapping[str, str]:
    """What is wrong, by the place in the input: the pointer without its first slash."""
    found = {str(one.get("pointer", "")).lstrip("/"): str(one.get("detail", "")) for one in refused.errors}
    return found | {str(cell).lstrip("/"): "" for cell in refused.problem.get("cells", [])}
