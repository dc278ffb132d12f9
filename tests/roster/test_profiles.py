from __future__ import annotations

from datetime import date

import pytest

from services.roster.domain.members import DatesOutOfOrder, InTheFuture
from services.roster.domain.names import BadName
from services.roster.domain.profiles import (
    BadIdentityNumber,
    Identity,
    IdentityTaken,
    Kinship,
    NotItsOwnKin,
    Profile,
    claim_identity,
    correct_profile,
    declare_kin,
    proper_identity_number,
    proper_profile,
    release_identity,
)
from services.roster.events.profiles import ProfileCorrected
from tests.roster.builders import OFFICER, TODAY, Roster, member

ONE, OTHER = "11010519491231002X", "620724198001010018"
"""The standard's own example, and a made-up one; their check digits fit."""


def test_an_identity_number_has_a_fitting_check_digit() -> None:
    assert proper_identity_number(" 11010519491231002x ") == ONE


def test_full_width_digits_are_digits() -> None:
    assert proper_identity_number("".join(chr(ord(digit) + 0xFEE0) for digit in ONE)) == ONE


@pytest.mark.parametrize(
    "number",
    ["", "1101051949123100", "110105194912310029", "11010519491231020X", "01010519491231002X"],
)
def test_a_slip_of_the_pen_in_an_identity_number_is_found(number: str) -> None:
    with pytest.raises(BadIdentityNumber):
        proper_identity_number(number)


def test_a_profile_is_put_into_its_proper_form() -> None:
    fields = {"name": " 王 秀兰", "identity_number": ONE.lower(), "birth_date": date(1980, 1, 1)}
    assert proper_profile(fields, date(2010, 7, 1), TODAY) == Profile("王 秀兰", identity_number=ONE, birth_date=date(1980, 1, 1))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"name": " "}, BadName),
        ({"name": "王秀兰", "identity_number": "1"}, BadIdentityNumber),
        ({"name": "王秀兰", "birth_date": date(2026, 11, 26)}, InTheFuture),
        ({"name": "王秀兰", "birth_date": date(2010, 7, 1)}, DatesOutOfOrder),
    ],
)
def test_a_profile_that_can_not_be_is_refused(fields: dict[str, object], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        proper_profile(fields, date(2010, 7, 1), TODAY)


def test_a_correction_names_the_fields_and_nothing_of_what_stands_in_them() -> None:
    before, after = Profile("王秀兰", phone="13800000000"), Profile("王秀莲")
    assert correct_profile(member(), before, after, OFFICER) == [
        ProfileCorrected(member_id="member", fields=("name", "phone"), recorded_by=OFFICER)
    ]
    assert correct_profile(member(), before, before, OFFICER) == []


def test_an_identity_number_is_one_member_s_until_it_is_released() -> None:
    assert claim_identity(Identity("member"), "member", OFFICER) == []
    with pytest.raises(IdentityTaken):
        claim_identity(Identity("member"), "another", OFFICER)
    assert release_identity(Identity("another"), "member", OFFICER) == []


def test_nobody_is_its_own_kin_and_kinship_does_not_end_before_it_begins() -> None:
    with pytest.raises(NotItsOwnKin):
        declare_kin(member(), [Kinship("member", TODAY)], {"member": member()}, OFFICER)
    with pytest.raises(DatesOutOfOrder):
        declare_kin(member(), [Kinship("other", TODAY, date(2026, 1, 1))], {"other": member()}, OFFICER)


@pytest.mark.spec("9.11", "11.2")
async def test_names_and_numbers_stand_in_no_event_no_answer_and_no_file(roster: Roster) -> None:
    new = await roster.join("王秀兰", phone="13912345678", identity_number=ONE, address="宣化村二组")
    await roster.do("PATCH", f"/members/{new}/profile", {"phone": "13987654321"}, **{"Idempotency-Key": "k"})
    feed = await roster.send("GET", "/events?limit=1000")
    log = roster.app.state.service.log
    stored = b"".join(path.read_bytes() for path in log.storage.folder.rglob("*") if path.is_file())
    for secret in ("王秀兰", "13912345678", "13987654321", ONE, "宣化村二组"):
        assert secret not in feed.text
        assert secret.encode() not in stored


async def test_a_profile_is_corrected_field_by_field(roster: Roster) -> None:
    new = await roster.join(phone="13912345678", education="大专")
    body = {"phone": None, "name": "王秀莲", "gender": "female", "education": "大专"}
    assert await roster.do("PATCH", f"/members/{new}/profile", body) == {"id": new, "fields": ["name", "phone", "gender"]}
    assert await roster.do("PATCH", f"/members/{new}/profile", body) == {"id": new, "fields": []}
    found = await roster.do("GET", f"/members/{new}")
    assert (found["name"], found.get("phone"), found["gender"], found["education"]) == ("王秀莲", None, "female", "大专")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "\u3000"}, "bad_name"),
        ({"name": "王" + "\u0301" * 1000}, "bad_name"),
        ({"name": None}, "invalid"),
        ({"phone": "call me"}, "invalid"),
        ({"identity_number": "123"}, "bad_identity_number"),
        ({"birth_date": "1980-02-30"}, "invalid"),
        ({"birth_date": "2027-01-01"}, "in_the_future"),
        ({"nickname": "兰"}, "invalid"),
    ],
)
async def test_a_faulty_correction_is_refused_and_changes_nothing(roster: Roster, body: dict[str, object], code: str) -> None:
    new = await roster.join()
    before = await roster.do("GET", f"/members/{new}")
    await roster.refused(code, "PATCH", f"/members/{new}/profile", body)
    assert await roster.do("GET", f"/members/{new}") == before


async def test_an_identity_number_belongs_to_one_member(roster: Roster) -> None:
    first = await roster.join(identity_number=ONE)
    body = {"name": "另一人", "branch_id": roster.places["south"], "joined_on": "2010-07-01", "status": "full", "identity_number": ONE}
    problem = await roster.refused("identity_taken", "POST", "/members", body)
    assert first not in str(problem)
    second = await roster.join("另一人", "south", identity_number=OTHER)
    await roster.refused("identity_taken", "PATCH", f"/members/{second}/profile", {"identity_number": ONE})
    await roster.do("PATCH", f"/members/{first}/profile", {"identity_number": None})
    await roster.do("PATCH", f"/members/{second}/profile", {"identity_number": ONE})
    await roster.do("PATCH", f"/members/{first}/profile", {"identity_number": OTHER})


async def test_the_identity_number_is_shown_to_the_member_and_to_keepers_of_the_roster(roster: Roster) -> None:
    new = await roster.join(identity_number=ONE, phone="13912345678")
    seen = {
        "member": roster.of_member(new),
        "officer": roster.token("town_officer", "town"),
        "admin": roster.admin,
        "secretary": roster.token("branch_secretary", "north"),
        "service": roster.service,
    }
    answers = {who: await roster.do("GET", f"/members/{new}", by=token) for who, token in seen.items()}
    assert {who for who, found in answers.items() if found.get("identity_number") == ONE} == {"member", "officer", "admin"}
    assert {who for who, found in answers.items() if found.get("phone")} == {"member", "officer", "admin", "secretary"}
    assert answers["service"]["name"] == "王秀兰"


async def test_services_ask_for_names(roster: Roster) -> None:
    one, other = await roster.join("王秀兰"), await roster.join("𠮷永强", "south")
    body = {"ids": [one, other, roster.places["town"]]}
    assert await roster.do("POST", "/profiles/names", body, roster.service) == {one: "王秀兰", other: "𠮷永强"}
    await roster.refused("not_allowed", "POST", "/profiles/names", body, roster.token("town_officer", "town"))


async def test_services_read_the_texts_that_events_refer_to(roster: Roster) -> None:
    one = await roster.join()
    await roster.do("POST", f"/members/{one}/floating", {"since": "2026-01-01", "place": "兰州市"})
    feed = await roster.do("GET", "/events?types=members.member-floating.v1", by=roster.service)
    place = feed["items"][0]["data"]["place"]["id"]
    assert await roster.do("POST", "/texts/read", {"ids": [place, one]}, roster.service) == {place: "兰州市"}
    await roster.refused("not_allowed", "POST", "/texts/read", {"ids": [place]}, roster.admin)


async def test_kin_is_named_by_the_member_alone_and_read_by_it_and_by_services(roster: Roster) -> None:
    one, other = await roster.join(), await roster.join("李强")
    kin = {"kin": [{"member_id": other, "from": "2026-01-01"}, {"member_id": other, "from": "2020-01-01", "to": "2021-01-01"}]}
    await roster.do("PUT", f"/members/{one}/kin", kin, roster.of_member(one))
    shown = {"kin": [{"member_id": other, "from": "2026-01-01", "to": None}, kin["kin"][1]]}
    assert await roster.do("GET", f"/members/{one}/kin", by=roster.of_member(one)) == shown
    assert await roster.do("GET", f"/members/{one}/kin", by=roster.service) == shown
    assert await roster.do("GET", f"/members/{other}/kin", by=roster.service) == {"kin": []}
    for token in (roster.admin, roster.token("town_officer", "town"), roster.of_member(other)):
        await roster.refused("not_allowed", "PUT", f"/members/{one}/kin", kin, token)
        await roster.refused("not_allowed", "GET", f"/members/{one}/kin", by=token)
    feed = await roster.send("GET", "/events?limit=1000")
    assert f'"{other}"' not in feed.text.partition("members.kin-declared.v1")[2]


@pytest.mark.parametrize(
    ("kin", "code"),
    [
        ([{"member_id": "self", "from": "2026-01-01"}], "own_kin"),
        ([{"member_id": "01890000-0000-7000-8000-000000000000", "from": "2026-01-01"}], "unknown_member"),
        ([{"member_id": "other", "from": "2026-01-02", "to": "2026-01-01"}], "dates_out_of_order"),
        ([{"member_id": "other", "from": "2026-02-30"}], "invalid"),
        ([{"member_id": "other"}], "invalid"),
        ([{"member_id": "other", "from": "2026-01-01"}] * 51, "invalid"),
    ],
)
async def test_faulty_kin_is_refused(roster: Roster, kin: list[dict[str, str]], code: str) -> None:
    people = {"self": await roster.join(), "other": await roster.join("李强")}
    body = {"kin": [one | {"member_id": people.get(one["member_id"], one["member_id"])} for one in kin]}
    await roster.refused(code, "PUT", f"/members/{people['self']}/kin", body, roster.of_member(people["self"]))
