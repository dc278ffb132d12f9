"""What stands on a board, told by a real feed, read over HTTP."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from services.notice.domain.publicity import WITHDRAWN
from tests.notice import facts
from tests.notice.house import HERE, House
from tests.pages import all_of, check_page, text_of


def notices(boards: House, name: str = HERE) -> dict[str, dict[str, Any]]:
    """The current notices of a board, by kind; the newest of each."""
    found: dict[str, dict[str, Any]] = {}
    for notice in boards.board(name)["notices"]:
        found.setdefault(notice["kind"], notice)
    return found


@pytest.mark.spec("6.45", "9.2", "9.12", "11.5", "9.16a", "9.16b")
def test_results_stand_by_name_with_stars_and_without_scores(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, dict(zip(members.values(), (3, 2, None), strict=True))))
    content = notices(boards)["result"]["content"]
    assert [(row["name"], row["stars"]) for row in content["results"]] == [("李秀英", 2), ("王芳", None), ("张建国", 3)]
    assert "88.5" not in str(boards.board(HERE))
    assert "88.5" not in boards.page(f"boards/{branch}").text


@pytest.mark.spec("9.12")
def test_raw_scores_are_shown_only_where_the_rulebook_says_so(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}, raw=True))
    assert notices(boards)["result"]["content"]["results"][0]["result"] == 88.5
    assert "88.5" in text_of(check_page(boards.page(f"boards/{branch}")))


@pytest.mark.spec("9.1")
def test_pledges_are_one_notice_a_half_year_in_versions(boards: House, branch: str, members: dict[str, str]) -> None:
    first = facts.pledges_announced(boards, branch, (members["张建国"], "调解邻里矛盾", "2026-H1"), (members["王芳"], "种树", "2026-H2"))
    boards.told.tell(first)
    boards.told.tell(facts.pledge_evaluated(boards, branch, members["张建国"], "partly"))
    found = {notice["period"]: notice for notice in boards.board(HERE)["notices"]}
    assert {period: (notice["version"], notice["replaces"]) for period, notice in found.items()} == {
        "2026-H1": (2, None), "2026-H2": (1, None),
    }  # fmt: skip
    assert found["2026-H1"]["content"]["pledges"][0]["outcome"] == "partly"
    assert found["2026-H1"]["content"]["pledges"][0]["action"] == "调解邻里矛盾"


def test_a_pledge_that_was_never_announced_stays_off_the_board(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.pledge_evaluated(boards, branch, members["王芳"], "fulfilled"))
    assert boards.board(HERE)["notices"] == []


@pytest.mark.spec("9.5")
def test_a_story_is_taken_down_when_its_entry_is_reversed(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.story_told(boards, branch, members["王芳"]))
    story = notices(boards)["story"]
    assert (story["content"]["title"], story["content"]["name"]) == ("雨夜抢险", "王芳")
    boards.told.tell(facts.entry_reversed(boards, branch, members["王芳"]))
    assert notices(boards) == {}
    gone = boards.read(f"notices/{story['id']}")
    assert (gone["state"], gone["content"]) == (WITHDRAWN, None)


@pytest.mark.spec("9.4", "9.14")
def test_a_circular_is_corrected_with_links_both_ways_and_ends_with_its_findings(boards: House, branch: str) -> None:
    boards.told.tell(facts.circular_issued(boards, branch))
    first = notices(boards)["circular"]
    for says in ("仅就公开不及时通报。", "仅就迟报通报。"):
        boards.told.tell(facts.circular_corrected(boards, branch, says))
    (last,) = (notice for notice in boards.board(HERE)["notices"] if notice["kind"] == "circular")
    assert (last["content"]["text"], last["version"], last["until"]) == ("仅就迟报通报。", 3, first["until"])
    between = boards.read(f"notices/{last['replaces']}")
    assert (between["state"], between["replaced_by"], between["replaces"]) == ("corrected", last["id"], first["id"])
    assert boards.read(f"notices/{first['id']}")["replaced_by"] == between["id"]
    numbers = [int(notice["number"].rpartition("-")[2]) for notice in (first, between, last)]
    assert numbers == list(range(numbers[0], numbers[0] + 3)), "each has its own place in the register"
    assert "仅就迟报通报" in text_of(check_page(boards.page(f"boards/{branch}")))

    boards.told.tell(facts.circular_withdrawn(branch))
    boards.told.tell(facts.circular_withdrawn(branch))
    assert notices(boards) == {}
    gone = boards.read(f"notices/{last['id']}")
    assert (gone["state"], gone["content"]) == (WITHDRAWN, None)


def test_a_circular_that_was_never_seen_is_neither_corrected_nor_withdrawn(boards: House, branch: str) -> None:
    boards.told.tell(facts.circular_corrected(boards, branch, "x"))
    boards.told.tell(facts.circular_withdrawn(branch))
    assert notices(boards) == {}


@pytest.mark.spec("9.5")
def test_a_story_expires_after_its_last_day(own_boards: House) -> None:
    boards, branch = own_boards, own_boards.places[HERE]
    members = {"王芳": boards.join("王芳")}
    boards.told.tell(facts.story_told(boards, branch, members["王芳"], until=date(2026, 10, 9)))
    story = notices(boards)["story"]
    boards.move_clock(boards.now.replace(month=10, day=10))
    assert notices(boards) == {}
    assert boards.read(f"notices/{story['id']}")["state"] == "expired"


@pytest.mark.spec("9.4", "9.6")
def test_rulebook_circular_and_flag_stand_under_whom_they_are_about(boards: House, branch: str, members: dict[str, str]) -> None:
    town = boards.places["宣化镇"]
    for event in (
        facts.rulebook_published(town),
        facts.circular_issued(boards, branch),
        facts.flag_handed_on(town, branch=branch),
    ):
        boards.told.tell(event)
    assert set(notices(boards, "宣化镇")) == {"rulebook"}
    found = notices(boards)
    assert set(found) == {"circular", "flag"}
    assert found["flag"]["content"]["branch"] == HERE
    page = text_of(check_page(boards.page(f"boards/{branch}")))
    assert "公开不及时" in page
    assert "《宣化镇党员积分管理办法》第1版" in page


@pytest.mark.spec("9.3")
def test_an_honour_stands_on_the_branchs_board_with_the_members_name(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.honour_given(branch, members["王芳"]))
    honour = notices(boards)["honour"]
    assert (honour["content"]["year"], honour["content"]["name"], honour["state"]) == (2026, "王芳", "current")
    assert "王芳" in text_of(check_page(boards.page(f"boards/{branch}")))


@pytest.mark.spec("9.6")
def test_a_rulebooks_next_version_is_the_next_version_of_its_notice(own_boards: House) -> None:
    boards = own_boards
    town = boards.places["宣化镇"]
    boards.told.tell(facts.rulebook_published(town))
    boards.told.tell(facts.rulebook_published(town, version=2))
    found = notices(boards, "宣化镇")["rulebook"]
    assert (found["version"], found["number"], found["title"]) == (2, "XH-2026-1", "《宣化镇党员积分管理办法》第2版")
    page = text_of(check_page(boards.page(f"notices/{found['id']}")))
    assert "自2027年上半年起执行" in page


def test_an_organisation_that_the_roster_has_not_told_of_yet_is_asked_for(own_boards: House) -> None:
    boards = own_boards
    boards.stop("notice")
    new = boards.found("branch", "赵庄村党支部", "宣化镇", code="XH-09")
    boards.told.tell(facts.results_published(new, {}))
    boards.start("notice")
    assert boards.board("赵庄村党支部")["notices"][0]["number"] == "XH-09-2026-1"


@pytest.mark.spec("9.15")
def test_the_register_has_one_row_a_number_without_a_gap(boards: House, branch: str, members: dict[str, str]) -> None:
    member = members["王芳"]
    boards.told.tell(facts.results_published(branch, {member: 2}))
    boards.told.tell(facts.results_corrected(branch, {member: 3}))
    boards.told.tell(facts.pledges_announced(boards, branch, (member, "种树", "2026-H1"), (member, "修渠", "2026-H2")))
    boards.told.tell(facts.pledge_evaluated(boards, branch, member, "fulfilled"))
    boards.told.tell(facts.story_told(boards, branch, member))
    boards.told.tell(facts.entry_reversed(boards, branch, member))
    rows = boards.read(f"register?organization_id={branch}&year=2026")["items"]
    assert [row["number"] for row in rows] == [f"{boards.code}-2026-{n}" for n in range(1, 6)]
    assert [row["state"] for row in rows] == ["corrected", "current", "current", "current", "withdrawn"]
    check_page(boards.page(f"register?organization_id={branch}&year=2026"))


def test_the_register_starts_anew_each_year(own_boards: House) -> None:
    boards, branch = own_boards, own_boards.places[HERE]
    boards.told.tell(facts.results_published(branch, {}))
    boards.move_clock(boards.now.replace(year=2027, month=1, day=4))
    boards.told.tell(facts.results_published(branch, {}, number=2))
    assert boards.read(f"register?organization_id={branch}")["items"][0]["number"] == "XH-01-2027-1"


def test_a_list_is_paged_newest_first_and_filtered(boards: House, branch: str, members: dict[str, str]) -> None:
    member = members["王芳"]
    boards.told.tell(facts.results_published(branch, {member: 2}))
    boards.told.tell(facts.story_told(boards, branch, member))
    boards.told.tell(facts.results_corrected(branch, {member: 3}))
    first = boards.read(f"notices?organization_id={branch}&limit=2")
    rest = boards.read(f"notices?organization_id={branch}&limit=2&after={first['next']}")
    kinds = [(item["kind"], item["version"]) for item in (*first["items"], *rest["items"])]
    assert sorted(kinds) == [("result", 1), ("result", 2), ("story", 1)]
    assert rest["next"] is None
    of_review = boards.read(f"notices?kind=result&review_id={facts.identity('review', branch)}")["items"]
    assert [item["version"] for item in of_review] == [2, 1]
    for state, count in (("current", 2), ("corrected", 1), ("withdrawn", 0), ("expired", 0)):
        assert len(boards.read(f"notices?organization_id={branch}&state={state}")["items"]) == count


@pytest.mark.parametrize("query", ["state=gone", "kind=poem", "period=2026-H3", "after=made-up", "organization_id=x", "review_id=1"])
def test_a_list_refuses_what_can_not_be(boards: House, query: str) -> None:
    answer = boards.send("GET", f"notice/notices?{query}")
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["boards/{}", "boards/{}/feed.json", "register?organization_id={}", "notices/{}", "notices/{}/publicity"])
def test_what_nobody_knows_is_not_found(boards: House, path: str) -> None:
    assert boards.send("GET", "notice/" + path.format(facts.identity("nothing")), Accept="application/json").status_code == 404


def test_a_town_lists_its_branches_and_says_where_results_lie_open(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}))
    below = {row["name"]: (row["notices"], row["in_publicity"]) for row in boards.board("宣化镇")["boards"]}
    assert below[HERE] == (1, 1)
    page = check_page(boards.page(f"boards/{boards.places['宣化镇']}"))
    assert f"/boards/{branch}" in {link.get("href") for link in all_of(page, "a")}
    assert "公示中" in text_of(page)


def test_the_home_page_leads_to_every_board(boards: House, branch: str) -> None:
    boards.board(HERE)
    page = check_page(boards.page(""))
    assert {"高台县", "宣化镇", HERE} <= {text_of(link) for link in all_of(page, "a")}


@pytest.mark.spec("2.12", "9.7", "1.12")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_board_is_a_page_in_both_languages(boards: House, branch: str, members: dict[str, str], language: str) -> None:
    boards.told.tell(facts.rulebook_published(boards.places["宣化镇"]))
    boards.told.tell(facts.results_published(branch, dict.fromkeys(members.values(), 3)))
    boards.told.tell(facts.pledges_announced(boards, branch, (members["张建国"], "调解邻里矛盾", "2026-H1")))
    page = check_page(boards.page(f"boards/{branch}", language))
    shown = text_of(page)
    wanted = {
        "zh": (
            "公示中",
            "2026年10月10日",
            "演示数据",
            "收到后 10 个工作日内答复",
            "按姓名拼音排列",
            "调解邻里矛盾",
            f"{boards.code}-2026-1",
            "最近更新",
        ),
        "en": ("10 October 2026", "Demonstration data", f"{boards.code}-2026-1"),
    }[language]
    assert [words for words in wanted if words not in shown] == []


def test_as_of_shows_the_board_as_it_was(own_boards: House) -> None:
    boards, branch = own_boards, own_boards.places[HERE]
    members = {"王芳": boards.join("王芳")}
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}))
    boards.board(HERE)
    before = boards.now
    boards.move_clock(before.replace(day=29))
    boards.told.tell(facts.results_corrected(branch, {members["王芳"]: 3}))
    boards.board(HERE)
    asked = f"boards/{branch}?as_of={before.isoformat().replace('+00:00', 'Z')}"
    (then,) = boards.read(asked, Accept="application/json")["notices"]
    assert (then["version"], then["content"]["results"][0]["stars"], then["replaced_by"]) == (1, 2, None)


def test_the_feed_is_a_json_feed_of_the_board(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}))
    answer = boards.get(f"boards/{branch}/feed.json")
    feed = answer.json()
    assert answer.headers["content-type"] == "application/feed+json"
    assert (feed["version"], feed["title"]) == ("https://jsonfeed.org/version/1.1", "王庄村党支部党务公开栏")
    (item,) = feed["items"]
    assert item["content_text"] == "王芳 ★★☆"
    assert item["url"].endswith(f"/notices/{item['id'].rpartition('/')[2]}")


@pytest.mark.parametrize(("path", "accept"), [("", "text/html"), ("", "application/json"), ("/feed.json", "*/*")])
def test_who_has_a_board_already_gets_304_until_something_changes(
    boards: House, branch: str, members: dict[str, str], path: str, accept: str
) -> None:
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}))
    path = f"boards/{branch}{path}"
    whole = boards.get(path, Accept=accept)
    conditions = {"If-None-Match": whole.headers["etag"]}, {"If-Modified-Since": whole.headers["last-modified"]}
    assert [boards.get(path, Accept=accept, **condition).status_code for condition in conditions] == [304, 304]
    boards.told.tell(facts.story_told(boards, branch, members["王芳"]))
    assert boards.get(path, Accept=accept, **conditions[0]).status_code == 200


def test_the_canonical_content_has_the_hash_that_the_notice_names(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}))
    notice = notices(boards)["result"]
    content = boards.get(f"notices/{notice['id']}/content").content
    assert sha256(content).hexdigest() == notice["content_hash"]
    assert "王芳".encode() not in content


@pytest.mark.spec("9.2")
def test_flags_stand_beside_confirmed_results_alone(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.flags = {members["王芳"]: 2, members["张建国"]: 0}
    boards.told.tell(facts.results_published(branch, dict.fromkeys(members.values(), 2)))
    assert "flags" not in notices(boards)["result"]
    boards.told.tell(facts.review_confirmed(branch))
    assert notices(boards)["result"]["flags"] == boards.told.flags
    drawn = [node.get("aria-label") for node in all_of(check_page(boards.page(f"boards/{branch}")), "span") if node.get("aria-label")]
    assert drawn.count("2 面红旗") == 1
