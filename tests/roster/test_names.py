from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.roster.api.names import Name, by_name
from services.roster.domain.names import BadName, proper_name
from services.roster.projections.members import Standing
from tests.roster.builders import TODAY


@pytest.mark.parametrize("name", ["王秀兰", "𠮷永强", "㛃", "䶮", "𲎯", "𮯰", "买买提·艾力", "O'Brien", "Zhang 3", "第一党支部（试点）"])
def test_rare_characters_and_other_scripts_are_names(name: str) -> None:
    assert proper_name(name, 60) == name


def test_a_name_is_trimmed_and_composed() -> None:
    assert proper_name("  王\u3000 秀兰\n", 60) == "王 秀兰"
    assert proper_name("Jose\u0301", 60) == "José"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u3000\u3000",
        "王" * 61,
        "王" + "\u0301" * 1000,
        "\u0301" * 1000,
        "王" + "\u0301" * 5,
        "\u0301王",
        "王\u202e秀",
        "王\u200b秀",
        "王\x00秀",
        "王\ue000",
        "王\ud800",
        "···",
        "王" * 100_000,
    ],
)
def test_what_is_no_name_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(BadName) as refused:
        proper_name(name, 60)
    assert [pointer for pointer, _ in refused.value.errors] == ["/name"]


@given(st.text(max_size=80))
def test_a_proper_name_stays_what_it_is(text: str) -> None:
    try:
        name = proper_name(text, 60)
    except BadName:
        return
    assert 0 < len(name) <= 60
    assert name == name.strip() == unicodedata.normalize("NFC", name)
    assert proper_name(name, 60) == name


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("张三丰", "张三"),
        ("张三丰", "三丰"),
        ("张三丰", "zsf"),
        ("张三丰", "ZS"),
        ("张三丰", "zhangs"),
        ("单田芳", "shan"),
        ("Zhang 3", "zhang 3"),
    ],
)
def test_a_name_is_found_by_a_part_its_pinyin_or_its_initials(name: str, asked: str) -> None:
    assert Name.of(name).is_meant_by(asked)


@pytest.mark.parametrize(("name", "asked"), [("张三丰", "李"), ("张三丰", "sf"), ("张三丰", " "), ("单田芳", "dan")])
def test_other_names_are_not_found(name: str, asked: str) -> None:
    assert not Name.of(name).is_meant_by(asked)


def test_names_are_ordered_by_pinyin_syllable_by_syllable_and_those_without_one_come_last() -> None:
    names = {number: Name.of(text) for number, text in {"1": "张伟", "2": "曾强", "3": "安宁", "4": "昂扬", "5": "𠮷永"}.items()}
    members = [Standing(number, "north", None, "full", False, TODAY) for number in ("0", "1", "2", "3", "4", "5")]
    assert [one.member_id for one in by_name(members, names)] == ["3", "4", "2", "1", "5", "0"]
