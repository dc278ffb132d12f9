"""Objections of the public: passed on to evaluation, once; nothing of the objector stays here."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from services.notice.domain.notices import NoticeDown
from services.notice.domain.objections import ObjectionTermOver, a_year_after, check_term
from services.notice.events.notices import NoticeBecameFinal, NoticeCorrected, NoticeWithdrawn
from tests.notice import facts
from tests.notice.builders import MONDAY, clock, notice, published, text
from tests.notice.house import HERE, House
from tests.notice.house import house as serving
from tests.pages import all_of, check_page, text_of

WORDS = {"text": "公示的星级与实际不符，请复核。", "name": "赵铁柱", "contact": "13900001111"}


def result_of(house: House, branch: str) -> str:
    """The id of the branch's notice of results, published now."""
    house.told.tell(facts.results_published(branch, {}))
    (found,) = house.read(f"notices?kind=result&organization_id={branch}")["items"]
    identity: str = found["id"]
    return identity


def open_objections(house: House, notice_id: str) -> int:
    found: int = house.read(f"notices/{notice_id}/publicity")["open_objections"]
    return found


def form(house: House, notice_id: str, fields: dict[str, str]) -> httpx.Response:
    """What a browser gets that sends the form."""
    url = f"{house.settings.notice_url}/notices/{notice_id}/objection"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Accept-Language": "zh"}
    return house.http.post(url, content=urlencode(fields), headers=headers)


@pytest.mark.spec("1.12")
def test_it_is_passed_on_and_the_objector_gets_a_reference(boards: House, branch: str) -> None:
    told = result_of(boards, branch)
    answer = boards.send("POST", f"notice/notices/{told}/objections", WORDS)
    assert answer.status_code == 201
    assert answer.json()["reference"].startswith("YY-")
    passed = list(boards.told.objections.values())[-1]
    about = {"kind": "result", "id": facts.identity("review", branch)}
    assert passed == {"about": about, "organization_id": branch, **WORDS}


@pytest.mark.spec("2.13")
def test_it_counts_as_open_at_once_and_once_when_evaluation_tells_of_it_too(boards: House, branch: str) -> None:
    told = result_of(boards, branch)
    boards.do("POST", f"notice/notices/{told}/objections", {"text": "请复核"})
    assert open_objections(boards, told) == 1
    number = len(boards.told.objections)
    objection, review = f"0198b000-0000-7000-a000-{number:012d}", facts.identity("review", branch)
    boards.told.tell(("objections.objection-raised.v1", {"objection_id": objection, "about_id": review, "reference": "YY"}))
    assert open_objections(boards, told) == 1
    boards.told.tell(("objections.objection-decided.v1", {"objection_id": objection, "about_id": review, "decision": "dismissed"}))
    assert open_objections(boards, told) == 0
    boards.do("POST", f"notice/notices/{told}/objections", {"text": "请复核"})
    assert open_objections(boards, told) == 0, "the same words again are the same objection, which is decided"


def test_an_open_one_holds_back_the_certificate(own_boards: House) -> None:
    house = own_boards
    told = result_of(house, house.places[HERE])
    house.do("POST", f"notice/notices/{told}/objections", {"text": "请复核"})
    house.refused("publicity_running", "GET", f"notice/notices/{told}/certificate")
    house.move_clock(house.now + timedelta(days=13))
    house.refused("objection_open", "GET", f"notice/notices/{told}/certificate")


def test_while_evaluation_is_away_it_is_a_503_and_nothing_is_lost_or_doubled(own_boards: House) -> None:
    house = own_boards
    told = result_of(house, house.places[HERE])
    house.told.is_away = True
    refused = house.send("POST", f"notice/notices/{told}/objections", WORDS)
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
    house.told.is_away, house.told.loses_answers = False, True
    assert house.send("POST", f"notice/notices/{told}/objections", WORDS).status_code == 503
    house.told.loses_answers = False
    answers = [house.do("POST", f"notice/notices/{told}/objections", WORDS) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(house.told.objections) == 1
    assert open_objections(house, told) == 1


@pytest.mark.spec("9.11", "10.2")
def test_nothing_that_the_objector_wrote_is_kept(own_boards: House) -> None:
    house = own_boards
    told = result_of(house, house.places[HERE])
    house.do("POST", f"notice/notices/{told}/objections", WORDS)
    house.stop("notice")
    folder: Path = house.settings.data / "notice"
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert [word for word in WORDS.values() if word.encode() in kept] == []
    assert b"127.0.0.1" not in kept


@pytest.mark.spec("1.12")
def test_everybody_reads_what_was_promised_and_may_comment_on_it(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.pledges_announced(boards, branch, (members["王芳"], "疏通水渠", "2026-H1")))
    (found,) = boards.read(f"notices?kind=pledges&organization_id={branch}")["items"]
    assert "疏通水渠" in text_of(check_page(boards.page(f"boards/{branch}")))
    comment = {"text": "水渠还没有疏通"}
    assert boards.do("POST", f"notice/notices/{found['id']}/objections", comment)["reference"]
    passed = list(boards.told.objections.values())[-1]
    assert (passed["about"], passed["text"]) == ({"kind": "notice", "id": found["id"]}, comment["text"])


def test_a_story_may_be_objected_to_as_a_notice(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.story_told(boards, branch, members["王芳"]))
    (found,) = boards.read(f"notices?kind=story&organization_id={branch}")["items"]
    boards.do("POST", f"notice/notices/{found['id']}/objections", {"text": "事情不是他做的"})
    assert list(boards.told.objections.values())[-1]["about"] == {"kind": "notice", "id": found["id"]}


@pytest.mark.spec("2.14")
@pytest.mark.parametrize(
    "body",
    [{}, {"text": ""}, {"text": "  "}, {"text": "字" * 4001}, {"text": "\u202e"}, {"text": 5}, {"text": "好", "name": "名" * 201},
     {"text": "好", "phone": "1"}, {"text": None}, []],
)  # fmt: skip
def test_what_is_no_objection_is_refused(boards: House, branch: str, body: object) -> None:
    told = result_of(boards, branch)
    assert boards.send("POST", f"notice/notices/{told}/objections", body).status_code == 422


def test_of_an_unknown_notice_and_of_one_that_is_down(boards: House, branch: str) -> None:
    told = result_of(boards, branch)
    boards.refused("unknown_notice", "POST", f"notice/notices/{facts.identity('nothing')}/objections", WORDS)
    boards.do("POST", f"notice/notices/{told}/withdrawal", {"reason": "核对"}, boards.token("town_officer", "宣化镇"))
    boards.refused("notice_withdrawn", "POST", f"notice/notices/{told}/objections", WORDS)


def test_a_corrected_notice_names_the_one_to_object_to(boards: House, branch: str, members: dict[str, str]) -> None:
    told = result_of(boards, branch)
    boards.told.tell(facts.results_corrected(branch, {members["王芳"]: 3}))
    newer = boards.read(f"notices/{told}")["replaced_by"]
    assert boards.refused("notice_withdrawn", "POST", f"notice/notices/{told}/objections", WORDS)["replaced_by"] == newer


def test_results_may_be_objected_to_until_a_year_after_their_confirmation() -> None:
    final = NoticeBecameFinal(notice_id=published().notice_id, until=date(2027, 6, 30), caused_by=9)
    found = notice((clock(MONDAY, 12), final))
    check_term(found, date(2027, 9, 28))
    with pytest.raises(ObjectionTermOver):
        check_term(found, date(2027, 9, 29))


def test_any_other_notice_as_long_as_it_is_shown() -> None:
    found = notice(first=published(kind="story", term=None, until=date(2026, 12, 31)))
    check_term(found, date(2026, 12, 31))
    with pytest.raises(ObjectionTermOver):
        check_term(found, date(2027, 1, 1))


@pytest.mark.parametrize("event", [
    NoticeWithdrawn(notice_id="n", reason=text(), recorded_by="s"), NoticeCorrected(notice_id="n", replaced_by="m", caused_by=8),
])  # fmt: skip
def test_one_that_is_down_is_not_objected_to(event: NoticeWithdrawn | NoticeCorrected) -> None:
    with pytest.raises(NoticeDown):
        check_term(notice((clock(MONDAY, 12), event)), MONDAY)


def test_a_year_after_29_february_is_the_28th() -> None:
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.spec("9.7", "10.3")
def test_the_form_works_without_script(boards: House, branch: str) -> None:
    told = result_of(boards, branch)
    page = check_page(boards.page(f"notices/{told}/objection"))
    assert [field.get("name") for field in (*all_of(page, "textarea"), *all_of(page, "input"))] == ["text", "name", "contact"]
    assert all_of(page, "script") == []
    done = check_page(form(boards, told, {**WORDS, "text": "第一行\r\n第二行"}), 201)
    assert "YY-" in text_of(done)
    assert list(boards.told.objections.values())[-1]["text"] == "第一行\n第二行"


def test_the_form_says_what_is_missing_and_keeps_what_was_written(boards: House, branch: str) -> None:
    told = result_of(boards, branch)
    page = check_page(form(boards, told, {"text": " ", "name": "赵铁柱"}), 422)
    assert "请写下您的异议和理由" in text_of(page)
    assert all_of(page, "input")[0].get("value") == "赵铁柱"


def test_the_form_keeps_what_was_written_while_evaluation_is_away(own_boards: House) -> None:
    house = own_boards
    told = result_of(house, house.places[HERE])
    house.told.is_away = True
    answer = form(house, told, WORDS)
    page = check_page(answer, 503)
    assert WORDS["text"] in text_of(all_of(page, "textarea")[0])
    assert "不会重复登记" in text_of(page)
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"text", b"&&&=", b"a=1&" * 20_000, b"text=" + b"x" * 200_000])
def test_no_form_breaks_it(boards: House, branch: str, body: bytes) -> None:
    told = result_of(boards, branch)
    url = f"{boards.settings.notice_url}/notices/{told}/objection"
    assert boards.http.post(url, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code in {413, 422}


def test_too_many_from_one_address_or_to_one_notice_wait(tmp_path: Path) -> None:
    with serving(tmp_path, open_calls_a_minute=2) as made:
        made.found_branch()
        told = result_of(made, made.places[HERE])
        answers = [made.send("POST", f"notice/notices/{told}/objections", {"text": f"第{n}件"}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert int(answers[2].headers["retry-after"]) >= 1
        by_form = form(made, told, WORDS)
        page = check_page(by_form, 429)
        assert WORDS["text"] in text_of(all_of(page, "textarea")[0]), "to this notice there were enough for this minute"
        assert by_form.headers["retry-after"]
