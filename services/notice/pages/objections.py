"""Objections of the public: by REST, and by a plain form under each notice that works without script (spec, section 6)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl

from fastapi import Response
from pydantic import ValidationError

from services.notice.commands.notices import notice_of
from services.notice.commands.objections import HandOver, PublicObjection, Registered, object_to
from services.notice.domain.notices import NoticeDown, UnknownNotice
from services.notice.domain.objections import ObjectionTermOver, check_term
from services.notice.pages.reading import Reader, Shown
from shared.errors import Conflict, Refusal, TooLarge, Unavailable
from shared.web import Body, Door, Doorway, Id, Router, ShortText, Text, json_answer, problems
from shared.web.answers import POSITION_HEADER
from shared.web.languages import chosen_language, message
from shared.web.pages import Pages
from shared.web.problems import TooMany, status_of

FIELDS = ("text", "name", "contact")
MOST_FORM_BYTES = 100_000
MISSING_TEXT = message("请写下您的异议和理由。")
WRONG_FIELD = message("这里写得太长，或者有无法识别的字符，请修改。")
CLOSED = message("这份公告现在不能再提异议：它已被撤下、更正，或者已过提出异议的期限。")
AWAY = message("暂时无法登记，您写的内容还在下面。请过几分钟再点一次“提交”，不会重复登记。")
TOO_OFTEN = message("提交得太频繁，请一分钟后再点一次“提交”。")

router = Router(tags=["Objections"])


class ObjectionBody(Body):
    """What is objected to and why. `name` and `contact` are for the answer; both may be left out."""

    text: Text
    name: ShortText | None = None
    contact: ShortText | None = None


@router.post(
    "/notices/{notice_id}/objections",
    status_code=201,
    response_model=None,
    responses=problems(UnknownNotice, NoticeDown, ObjectionTermOver, Unavailable),
)
async def post_objection(notice_id: Id, body: ObjectionBody, door: Door) -> Response:
    """Object to a notice. It is passed on to evaluation; sent again in the same words it is still one objection."""
    registered = await _register(door, notice_id, body)
    answer = {"reference": registered.reference, "answer_by": registered.answer_by}
    return json_answer(answer, 201, headers={POSITION_HEADER: str(door.log.head())})


@router.get("/notices/{notice_id}/objection", response_model=None, responses=problems(UnknownNotice))
async def get_form(notice_id: Id, door: Door) -> Response:
    """The page on which a villager writes an objection."""
    shown, errors = await _shown(door, notice_id), dict[str, str]()
    try:
        check_term(shown.notice, door.log.today())
    except Conflict:
        errors = {"": CLOSED}
    return _form(door, shown, {}, errors)


@router.post(
    "/notices/{notice_id}/objection",
    response_model=None,
    responses=problems(UnknownNotice, NoticeDown, ObjectionTermOver, Unavailable),
)
async def post_form(notice_id: Id, door: Door) -> Response:
    """The form as a browser sends it: the page says the reference, or what has to be changed, with what was written kept."""
    shown = await _shown(door, notice_id)
    said = await _fields(door)
    try:
        registered = await _register(door, notice_id, ObjectionBody(**said))
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        errors = {name: MISSING_TEXT if name == "text" and not said.get(name) else WRONG_FIELD for name in FIELDS if name in wrong}
        return _form(door, shown, said, errors, HTTPStatus.UNPROCESSABLE_ENTITY)
    except (Conflict, Unavailable, TooMany) as refusal:
        return _form(door, shown, said, {"": _said(refusal)}, status_of(type(refusal)))
    return _page(door, shown, HTTPStatus.CREATED, registered=registered, said={}, errors={})


async def _register(door: Doorway, notice_id: str, body: ObjectionBody) -> Registered:
    door.request.app.state.service.limits.count("objections to one notice", notice_id)
    said = PublicObjection(body.text, body.name, body.contact)
    return await object_to(door.log, notice_id, said, cast(HandOver, door.state.hand_over))


async def _shown(door: Doorway, notice_id: str) -> Shown:
    await notice_of(door.log, notice_id)
    reader = Reader(door, await door.snapshot(is_current=True), chosen_language(door.request), is_page=True)
    return (await reader.read([notice_id])).shown[0]


async def _fields(door: Doorway) -> dict[str, str]:
    """What stands in the fields; empty ones are left out. Raises TooLarge."""
    body = await door.request.body()
    if len(body) > MOST_FORM_BYTES:
        raise TooLarge
    written = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=None)
    return {name: value.replace("\r\n", "\n").strip() for name, value in written if name in FIELDS and value.strip()}


def _said(refusal: Refusal) -> str:
    match refusal:
        case TooMany():
            return TOO_OFTEN
        case Unavailable():
            return AWAY
    return CLOSED


def _form(door: Doorway, shown: Shown, said: dict[str, str], errors: dict[str, str], status: int = HTTPStatus.OK) -> Response:
    return _page(door, shown, status, registered=None, said=said, errors=errors)


def _page(door: Doorway, shown: Shown, status: int, **context: Any) -> Response:  # noqa: ANN401 - what the template is given
    pages = cast(Pages, door.state.pages)
    headers = {"Cache-Control": "no-store"}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = "60"
    return pages.render(door.request, "objection.html", status=status, headers=headers, shown=shown, **context)
