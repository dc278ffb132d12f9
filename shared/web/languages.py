"""The two languages of the pages: which one a reader gets, its catalogue, and how it writes days, instants and half-years.

Texts are written in Chinese where they are used; that text is the message id. `locale/en/LC_MESSAGES/messages.po` is the one
catalogue, read at start: there is no compiled file and no build step.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from babel.dates import format_date, get_day_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

from shared.calendar import SHANGHAI, HalfYear

CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)
COOKIE = "lang"
TAGS = {CHINESE: "zh-Hans-CN", ENGLISH: "en"}
"""What stands in the `lang` attribute of a page."""

_LOCALES = {CHINESE: "zh_Hans_CN", ENGLISH: "en_GB"}


def message(text: str) -> str:
    """Mark a text in Python code for the catalogue; it is returned as it is and translated where it is shown, by `_()`."""
    return text


def chosen_language(request: Request) -> str:
    """The language for this reader: `?lang=`, else the cookie of an earlier choice, else `Accept-Language`, else Chinese."""
    for choice in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if choice in LANGUAGES:
            return choice
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> str:
    """The language of ours that the header likes best; of equals the first named; Chinese where it names none."""
    best, best_quality = CHINESE, 0.0
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations into `language`; for Chinese the texts as they are written."""
    if language == CHINESE:
        return NullTranslations()
    source = resources.files("shared.web") / "locale" / language / "LC_MESSAGES" / "messages.po"
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translated(language: str, text: str, **values: object) -> str:
    """`text` in `language`, with `%(name)s` filled in from `values`: for what is no template (feeds, posters, JSON titles)."""
    found = catalogue(language).gettext(text)
    return found % values if values else found


def written_day(day: date, language: str) -> str:
    """`2026年6月30日`, `30 June 2026`."""
    return format_date(day, format="long", locale=_LOCALES[language])


def written_weekday(day: date, language: str) -> str:
    """`星期二`, `Tuesday`."""
    return str(get_day_names("wide", locale=_LOCALES[language])[day.weekday()])


def written_instant(instant: datetime, language: str) -> str:
    """Day and minute in Asia/Shanghai: `2026年6月30日 14:05`, `30 June 2026, 14:05`."""
    local = instant.astimezone(SHANGHAI)
    return f"{written_day(local.date(), language)}{',' if language == ENGLISH else ''} {local:%H:%M}"


def written_half_year(period: HalfYear | str, language: str) -> str:
    """`2026年上半年`, `first half of 2026`; takes `2026-H1` as well. Raises NoHalfYear."""
    half_year = HalfYear.parse(period) if isinstance(period, str) else period
    if language == ENGLISH:
        return f"{'first' if half_year.half == 1 else 'second'} half of {half_year.year}"
    return f"{half_year.year}年{'上' if half_year.half == 1 else '下'}半年"


def written_score(score: Decimal | int | None, language: str) -> str:
    """Rounded half up to two places, no needless zeroes: `87.5`, `90`; a missing part is said to be missing, never 0 (spec, section 6)."""
    if score is None:
        return translated(language, message("无"))
    rounded = Decimal(score).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{rounded:f}".rstrip("0").rstrip(".")
