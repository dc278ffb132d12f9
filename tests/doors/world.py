"""A county in which there is one of everything that a route can name: three real services in this process, filled by REST.

All of it belongs to the branch `north` of the town `town`; `south` is the town's other branch, `far` a branch of another town.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
from fastapi import FastAPI

from services.evaluation.app import make_app as make_evaluation
from services.evaluation.commands.lead_files import lead_binding
from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.lead_details import Details, sealed_form
from services.evaluation.events.leads import LeadFound
from services.notice.app import make_app as make_notice
from services.roster.app import make_app as make_roster
from services.roster.issuer import Issuer
from shared.settings import Settings
from shared.store import Log, Write
from tests.evaluation.builders import rules_json
from tests.evaluation.builders_review import members, rules, scores
from tests.shared.web.serving import served

COUNT = 6
START = "2026-07-02T02:00:00Z"
SECONDS_UNTIL_SHOWN = 60
REASON = "测试"


@dataclass
class World:
    """The services, and the ids of what is in them by the names that routes give them."""

    apps: dict[str, FastAPI]
    settings: Settings
    http: httpx.Client
    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> Issuer:
        """Signs the tokens of whoever calls."""
        return Issuer(self.settings)

    def token(self, role: str, place: str | None = None, person: str | None = None) -> str:
        """Who holds `role` at `place`, as this member where one is named."""
        return self.issuer.token([role], self.ids[place] if place else None, self.people[person] if person else None)

    def send(self, service: str, method: str, path: str, by: str | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """Whatever the service answers."""
        headers = {**({"Authorization": f"Bearer {by}"} if by else {}), **more.pop("headers", {})}
        url = self.settings.url_of(service)  # type: ignore[arg-type]
        return self.http.request(method, f"{url}{path}", headers=headers, **more)

    def do(self, service: str, method: str, path: str, by: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """What must succeed."""
        answer = self.send(service, method, path, by, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def clock(self, instant: str) -> None:
        """All three clocks."""
        for service in ("roster", "evaluation", "notice"):
            self.do(service, "PUT", "/clock", self.token("admin"), {"now": instant})


@contextmanager
def world(data: Path) -> Iterator[World]:
    """The world, while its services run."""
    ports = dict(zip(("roster", "evaluation", "notice"), _free_ports(3), strict=True))
    urls: dict[str, Any] = {f"{name}_url": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    settings = Settings(data=data, clock=f"manual:{START}", open_calls_a_minute=0, _env_file=None, **urls)
    makers = {"roster": make_roster, "evaluation": make_evaluation, "notice": make_notice}
    with ExitStack() as stack:
        apps = {}
        for name, make in makers.items():
            apps[name] = make(settings, shows_defects=False)
            stack.enter_context(served(apps[name], ports[name]))
        http = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        made = World(apps, settings, http)
        _fill(made)
        yield made


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


def _fill(world: World) -> None:
    _roster(world)
    _first_half(world)
    _second_half(world)
    _year(world)
    _open_review(world)
    _notices(world)
    examined = {"organization_id": world.ids["county"], "period": "2026-H1"}
    supervisor = world.token("county_supervisor", "county")
    world.ids["examination_id"] = world.do("evaluation", "POST", "/examinations", supervisor, examined)["id"]
    _lead(world)
    for service in world.apps:
        subscribed = {"url": "https://platform.example/hook", "types": ["*"]}
        made = world.do(service, "POST", "/subscriptions", world.token("platform", "north"), subscribed)
        world.ids[f"{service}/subscription_id"] = made["id"]


def _roster(world: World) -> None:
    admin, ids = world.token("admin"), world.ids
    tree = (("county", None), ("town", "county"), ("other_town", "county"), ("north", "town"), ("south", "town"), ("far", "other_town"))
    for name, parent in tree:
        kind = {"other_town": "town", "north": "branch", "south": "branch", "far": "branch"}.get(name, name)
        body = {"kind": kind, "name": name} | ({"parent_id": ids[parent]} if parent else {})
        ids[name] = world.do("roster", "POST", "/organizations", admin, body)["id"]
    for name, branch in [*((one, "north") for one in members(COUNT)), ("beside", "south"), ("stranger", "far")]:
        body = {"name": f"王{name}", "branch_id": ids[branch], "joined_on": "2010-07-01", "status": "full"}
        world.people[name] = world.do("roster", "POST", "/members", admin, body)["id"]
    for name in members(4):
        post = {"post": "secretary" if name == "m1" else "committee", "organization_id": ids["north"], "from": "2020-01-01"}
        world.do("roster", "POST", f"/members/{world.people[name]}/posts", admin, post)
    proposed = world.do("roster", "DELETE", f"/members/{world.people['m6']}/profile", world.token("town_officer", "town"))
    grants = [{"organization_id": ids["north"], "types": ["*"]}]
    client = world.do("roster", "POST", "/clients", admin, {"name": "平台", "grants": grants})
    account = world.do("roster", "POST", "/accounts", admin, {"member_id": world.people["m1"]})
    ids |= {"erasure_id": proposed["id"], "client_id": client["id"], "account_id": account["id"]}


def _first_half(world: World) -> None:
    ids, people = world.ids, world.people
    officer, secretary = world.token("town_officer", "town"), world.token("branch_secretary", "north", "m1")
    loose = rules_json(rules(publicity={"working_days": 0}))
    book = {"organization_id": ids["town"], "code": "XH", "title": "积分办法", "rules": loose}
    ids["rulebook_id"] = world.do("evaluation", "POST", "/rulebooks", officer, book)["id"]
    changed = {"rules": loose, "title": "积分办法", "from_period": "2027-H2"}
    world.do("evaluation", "POST", f"/rulebooks/{ids['rulebook_id']}/versions", officer, changed)
    pledge = {
        "member_id": people["m1"],
        "period": "2026-H2",
        "theme": "helping",
        "action": "帮扶",
        "target": "三户",
        "due_on": "2026-12-01",
    }
    ids["pledge_id"] = world.do("evaluation", "POST", "/pledges", world.token("member", None, "m1"), pledge)["id"]
    entry = {"member_id": people["m1"], "item": "study", "occurred_on": "2026-03-02"}
    ids["entry_id"] = world.do("evaluation", "POST", "/entries", secretary, entry)["id"]
    activity = {
        "branch_id": ids["north"],
        "item": "study",
        "title": "学习",
        "held_on": "2026-04-02",
        "attendees": [{"member_id": people["m2"]}],
    }
    ids["activity_id"] = world.do("evaluation", "POST", "/activities", secretary, activity)["id"]
    _reviewed(world, "2026-H1", 91)
    objection = {"about": {"kind": "result", "id": ids["review_id"], "member_id": people["m1"]}, "text": REASON}
    ids["objection_id"] = world.do("evaluation", "POST", "/objections", world.token("member", None, "m2"), objection)["id"]
    inspector = world.token("county_supervisor", "county")
    inspection = world.do("evaluation", "POST", "/inspections", inspector, {"branch_id": ids["north"], "year": 2026, "on": "2026-07-02"})[
        "id"
    ]
    found = {"kind": "falsification", "text": REASON, "evidence": [{"kind": "text", "value": REASON}]}
    finding = world.do("evaluation", "POST", f"/inspections/{inspection}/findings", inspector, found)["id"]
    ids |= {"inspection_id": inspection, "finding_id": finding}
    cause = {"finding_id": finding}
    correction = {"member_id": people["m2"], "score": 70, "cause": cause, "reason": REASON}
    ids["correction_id"] = world.do("evaluation", "POST", f"/reviews/{ids['review_id']}/corrections", officer, correction)["id"]


def _reviewed(world: World, period: str, score: float) -> None:
    """A whole review of the branch, up to the confirmation."""
    ids, people = world.ids, world.people
    secretary = world.token("branch_secretary", "north", "m1")
    review = world.do("evaluation", "POST", "/reviews", secretary, {"branch_id": ids["north"], "period": period})["id"]
    ids["review_id"] = review
    path = f"/reviews/{review}"
    world.do("evaluation", "POST", f"{path}/phase", secretary, {"to": "peer_review"})
    for rater in members(COUNT):
        _cast(world, path, rater)
    world.do("evaluation", "POST", f"{path}/phase", secretary, {"to": "committee_review"})
    given = {people[one]: {"score": score, "reason": REASON} for one in members(COUNT)}
    sheet = {"attendees": [people[one] for one in members(4)], "scores": given}
    world.do("evaluation", "PUT", f"{path}/committee-scores", world.token("committee_member", "north", "m2"), sheet)
    for phase in ("publicity", "confirmed"):
        world.do("evaluation", "POST", f"{path}/phase", secretary, {"to": phase})


def _cast(world: World, path: str, rater: str) -> dict[str, Any]:
    given = {world.people[one]: scores(16) for one in members(COUNT) if one != rater}
    own = world.token("member", None, rater)
    answer: dict[str, Any] = world.do("evaluation", "PUT", f"{path}/ballots/{world.people[rater]}", own, {"scores": given})
    return answer


def _second_half(world: World) -> None:
    world.clock("2027-01-05T02:00:00Z")
    _reviewed(world, "2026-H2", 75)
    ids, officer = world.ids, world.token("town_officer", "town")
    wanted = {"reason": REASON, "rater_ids": [world.people["m1"]]}
    ids["unsealing_id"] = world.do("evaluation", "POST", f"/reviews/{ids['review_id']}/unsealings", officer, wanted)["id"]


def _year(world: World) -> None:
    world.clock("2027-03-02T08:00:00Z")
    ids, people = world.ids, world.people
    votes = {"excellent": 0, "qualified": 6, "basically_qualified": 0, "unqualified": 0}
    meeting = {
        "branch_id": ids["north"], "year": 2026, "held_on": "2027-03-02", "present": [people[one] for one in members(COUNT)],
        "grades": {people[one]: {"grade": "qualified", "votes": votes} for one in members(COUNT)},
        "half_years": {"2026-H1": "confirmed", "2026-H2": "confirmed"},
    }  # fmt: skip
    made = world.do("evaluation", "POST", "/annual-reviews", world.token("branch_secretary", "north", "m1"), meeting)
    ids["annual_review_id"] = made["id"]


def _open_review(world: World) -> None:
    """The review of the running half-year, in peer review: a ballot, a sheet of paper and a code wait in it."""
    ids, people = world.ids, world.people
    secretary = world.token("branch_secretary", "north", "m1")
    world.do("roster", "PUT", "/calendar/years/2027", world.token("admin"), {"holidays": [], "workdays": [], "source": REASON})
    opened = {"branch_id": ids["north"], "period": "2027-H1", "electorate_on": "2027-03-01"}
    ids["review_id"] = world.do("evaluation", "POST", "/reviews", secretary, opened)["id"]
    path = f"/reviews/{ids['review_id']}"
    self_review = {"achievements": REASON, "shortcomings": REASON, "pledges": [], "scores": scores(16)}
    world.do("evaluation", "PUT", f"{path}/self-reviews/{people['m1']}", world.token("member", None, "m1"), self_review)
    world.do("evaluation", "POST", f"{path}/phase", secretary, {"to": "peer_review"})
    ids["receipt"] = _cast(world, path, "m1")["receipt"]
    given = {people[one]: scores(16) for one in members(COUNT) if one != "m5"}
    paper = world.do("evaluation", "POST", f"{path}/paper-ballots", secretary, {"rater_id": people["m5"], "sheet": "1", "scores": given})
    ids["paper_id"] = paper["id"]


def _lead(world: World) -> None:
    """A lead about m1, as an examination stores one; it was looked at, and all who could be asked were."""
    log: Log = world.apps["evaluation"].state.service.log
    lead, ids, who = log.new_id(), world.ids, world.people["m1"]
    details = Details("A", None, {"A": who}, (who,), (), {})
    sealed = log.keys.seal(seal_name(ids["review_id"]), sealed_form(details), lead_binding(lead))
    found = LeadFound(
        lead_id=lead, examination_id=ids["examination_id"], organization_id=ids["county"], of_branch=ids["north"],
        review_id=ids["review_id"], from_period="2026-H1", period="2026-H1", indicator="B1", level="high", effect=Decimal(1),
        q=Decimal("0.01"), sample=5, details=sealed, fingerprint="0" * 64,
    )  # fmt: skip
    log.save(Write(f"lead/{lead}", 0, [found]))
    ids["lead_id"] = lead
    supervisor = world.token("county_supervisor", "county")
    world.do("evaluation", "POST", f"/leads/{lead}/look", supervisor)
    everybody = {"asked": ["members", "secretary", "committee"]}
    world.do("evaluation", "POST", f"/leads/{lead}/questions", supervisor, everybody)


def _notices(world: World) -> None:
    """What the board shows by now, and a screen."""
    ids, secretary = world.ids, world.token("branch_secretary", "north", "m1")
    until = monotonic() + SECONDS_UNTIL_SHOWN
    while not (shown := world.send("notice", "GET", f"/notices?organization_id={ids['north']}&kind=result").json().get("items")):
        assert monotonic() < until, "notice shows no result"
        sleep(0.2)
    ids["notice_id"] = shown[0]["id"]
    ids["screen_id"] = world.do("notice", "POST", "/screens", secretary, {"organization_id": ids["north"], "place": "村口"})["id"]
