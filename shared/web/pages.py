"""HTML pages of all services: one base page, two languages, a strict content security policy.

How a service makes pages::

    from shared.web.pages import Pages

    pages = Pages("services.notice", "templates")          # services/notice/templates/*.html, then shared/web/templates/*.html
    app.mount("/static", pages.assets)                     # base.css and services/notice/static/*, hashed names, cached for ever

    @router.get("/boards/{organization_id}")
    async def board(request: Request, ...) -> Response:
        etag = f'"{position}"'
        if unchanged := pages.unchanged(request, etag):    # 304 before anything is drawn (optional)
            return unchanged
        return pages.render(request, "board.html", etag=etag, board=board)

A template of a service::

    {% extends "base.html" %}
    {% from "drawing.html" import stars, flags, no_entries %}
    {% block site %}{{ _("党务公开栏") }}{% endblock %}             the service's name, in the masthead and at the title's end
    {% block heading %}{{ board.name }}{% endblock %}             becomes the one <h1> and begins the <title>
    {% block lead %}<p>...</p>{% endblock %}                      under the heading (optional)
    {% block navigation %}<li><a href="...">...</a></li>{% endblock %}   the links of the masthead (optional)
    {% block content %}
      <section class="card" aria-labelledby="results">
        <h2 id="results">{{ _("上半年评定结果") }}</h2>
        <p>{{ _("共 %(count)s 名党员", count=members | length) }}</p>
        {{ stars(2) }} {{ flags(1) }} {{ notice.published_at | instant }} {{ ends_on | day }} {{ "2026-H1" | half_year }}
      </section>
    {% endblock %}
    {% block styles %}<link rel="stylesheet" href="{{ static('board.css') }}">{% endblock %}   only where base.css is not enough

- Texts are Chinese, in `_("...")`; values go in as `%(name)s`, so a literal percent sign is written `%%`. Plurals:
  `ngettext("%(num)s 颗星", "%(num)s 颗星", n)`. A text in Python code is marked `message("...")` (`shared.web.languages`) and
  translated by `_(text)` in the template, or by `translated(language, text, name=...)` where there is none. The English goes
  into `shared/web/locale/en/LC_MESSAGES/messages.po`; `python -m tests.house.catalogue` names what is missing or unused.
- Filters: `day` and `instant` make a `<time>` (also of a day or instant as the contract writes it); `day_text`, `instant_text`,
  `weekday`, `half_year`, `score` make plain text.
- In each template: `language` (zh or en), `lang_tag`, `path`, `in_language("en")` (this page's address in that language),
  `static("file.css")`, `is_demonstration` (from `request.app.state.is_demonstration`: the page then says 演示数据).
- Classes of base.css: `card`, `grid`, `table` (with `data-label` on each td it stacks on a phone), `facts` (a dl), `badge`
  (+ `good`, `warn`, `quiet`), `button`, `field` (label + input), `meta`, `number`, `only-screen`, `only-print`.
- A form that changes something: `<form method="post" ...>{{ csrf_field() }}`. Who opens a page without a session is sent to sign in and
  comes back; `door.caller` is who is signed in; `session` in a template is None where nobody is (docs/decisions/0010-sessions-of-pages.md).
  Tests sign in by `tests.pages.signed_in(client, app, token)`, which gives the value of the field `csrf`.
- No inline script and no `style=`: the policy forbids both. SVG takes presentation attributes (`fill=`), and classes.
- Tests fetch pages through `tests.pages.check_page(response)`, which checks what every page must keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, partial
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.errors import Refusal
from shared.web import languages
from shared.web.assets import Assets
from shared.web.csrf import FIELD
from shared.web.languages import message
from shared.web.sessions import IN_SCOPE, Session

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
A_YEAR = 365 * 24 * 3600

_REFUSALS = {
    HTTPStatus.UNAUTHORIZED: message("请先登录"),
    HTTPStatus.FORBIDDEN: message("您没有查看本页的权限"),
    HTTPStatus.NOT_FOUND: message("没有找到这一页"),
    HTTPStatus.CONFLICT: message("现在还不能这样做"),
    HTTPStatus.TOO_MANY_REQUESTS: message("访问太频繁，请稍后再试"),
    HTTPStatus.SERVICE_UNAVAILABLE: message("暂时无法显示，请稍后再试"),
}

_ADVICE = {
    "stale_form": (message("这张表单已失效"), message("请用浏览器的“后退”回到表单，重新载入页面后再提交；写好的内容请先复制出来。")),
    "foreign_form": (message("这张表单不是从本站发出的"), message("请在本站打开这一页，再从这里提交。")),
    "sign_in_first": (
        message("登录已过期"),
        message("刚才写的内容没有提交，也没有丢失：在新窗口里登录，再用“后退”回到刚才的表单，重新提交一次。"),
    ),
    "not_signed_in": (message("没有登录成功"), message("登录没有完成，或者等得太久。请再试一次。")),
    "session_too_large": (message("没有登录成功"), message("这个账号的职责太多，浏览器存不下。请联系管理账号的人减少职责。")),
}
"""Refusals that are shown to people who use pages: heading and what to do."""


class Pages:
    """The templates, texts and static files of one service's pages."""

    def __init__(self, package: str, folder: str = "templates") -> None:
        """`package` holds `folder` with the templates and, where it has one, `static/`. Raises ValueError if the folder is missing."""
        self.assets = Assets("shared.web", package)
        loader = ChoiceLoader([PackageLoader(package, folder), PackageLoader("shared.web", "templates")])
        self._environment_of = cache(partial(self._environment, loader))  # a language's texts are read when somebody wants them

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
        **context: object,
    ) -> Response:
        """The page in the reader's language; 304 where the reader already has these very bytes.

        `etag` names what is shown (a position of a view); without it the page's own bytes do. The language is part of it.
        A choice made by `?lang=` is remembered in a cookie.
        """
        language = languages.chosen_language(request)
        body = self.draw(request, template, **context).encode()
        tag = _tagged(request, etag or f'"{sha256(body).hexdigest()[:24]}"', language)
        response: Response = HTMLResponse(body, status_code=status, headers=_page_headers(tag, language, headers))
        if status == HTTPStatus.OK and _has(request, tag):
            response = Response(status_code=304, headers=_page_headers(tag, language, headers))
        if request.query_params.get("lang") == language:
            response.set_cookie(languages.COOKIE, language, max_age=A_YEAR, httponly=True, samesite="lax")
        return response

    def draw(self, request: Request, template: str, **context: object) -> str:
        """The text of the page, in the reader's language."""
        language = languages.chosen_language(request)
        common = {
            "language": language,
            "lang_tag": languages.TAGS[language],
            "path": request.url.path,
            "in_language": partial(_in_language, request),
            "is_demonstration": getattr(request.app.state, "is_demonstration", False),
            "session": (session := request.scope.get(IN_SCOPE)),
            "csrf_field": partial(_csrf_field, session),
        }
        return self._environment_of(language).get_template(template).render(common | context)

    def unchanged(self, request: Request, etag: str) -> Response | None:
        """A 304 where the reader already has what `etag` names in its language, else None."""
        language = languages.chosen_language(request)
        tag = _tagged(request, etag, language)
        if request.query_params.get("lang") or not _has(request, tag):
            return None
        return Response(status_code=304, headers=_page_headers(tag, language, None))

    def refusal(self, request: Request, status: int, refusal: Refusal | None = None) -> Response:
        """The page for a request that was refused, in plain words; it repeats nothing that the request said."""
        heading, advice = _ADVICE.get(getattr(refusal, "code", ""), (_REFUSALS.get(HTTPStatus(status), message("出了问题")), None))
        is_known = status != HTTPStatus.UNAUTHORIZED or not hasattr(request.app.state, "pages")
        return self.render(
            request,
            "refusal.html",
            status=status,
            headers={"Cache-Control": "no-store"},
            heading=heading,
            advice=advice,
            number=status,
            sign_in=None if is_known else sign_in_address(request),
        )

    def _environment(self, loader: ChoiceLoader, language: str) -> Environment:
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        translations = languages.catalogue(language)
        environment.install_gettext_callables(translations.gettext, translations.ngettext, newstyle=True)  # type: ignore[attr-defined]
        environment.globals["static"] = self.assets.url
        environment.filters |= {
            "day": partial(_day, language=language),
            "instant": partial(_instant, language=language),
            "day_text": partial(languages.written_day, language=language),
            "instant_text": partial(languages.written_instant, language=language),
            "weekday": partial(languages.written_weekday, language=language),
            "half_year": partial(languages.written_half_year, language=language),
            "score": partial(languages.written_score, language=language),
        }
        return environment


def sign_in_address(request: Request) -> str:
    """Where a browser signs in to come back: to the page that it asked for, or the one whose form it sent."""
    query = request.scope["query_string"].decode("latin-1")
    here = request.url.path + (f"?{query}" if query else "")
    if request.method != "GET" or here.startswith("/sign-in"):
        referer = urlsplit(request.headers.get("referer", ""))
        here = referer.path if referer.netloc == request.headers.get("host") and not referer.path.startswith("/sign-in") else "/"
    return f"/sign-in?{urlencode({'next': here or '/'})}"


def _csrf_field(session: Session | None) -> Markup:
    """The hidden field that a form must carry; nothing where nobody is signed in."""
    if session is None:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, session.mark)


def _day(day: date | str, language: str) -> Markup:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), languages.written_day(day, language))


def _instant(instant: datetime | str, language: str) -> Markup:
    instant = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), languages.written_instant(instant, language))


def _in_language(request: Request, language: str) -> str:
    """This page's address in `language`, everything else of the query kept."""
    url = request.url.include_query_params(lang=language)
    return f"{url.path}?{url.query}"


def _tagged(request: Request, etag: str, language: str) -> str:
    """The tag of the page in this language, as this reader sees it: what is shown to one is never taken for another's."""
    session: Session | None = request.scope.get(IN_SCOPE)
    reader = f"-{sha256(session.mark.encode()).hexdigest()[:12]}" if session else ""
    return f'{etag[:-1]}-{language}{reader}"'


def _has(request: Request, tag: str) -> bool:
    return tag in request.headers.get("if-none-match", "")


def _page_headers(tag: str, language: str, more: Mapping[str, str] | None) -> dict[str, str]:
    caching = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept, Accept-Language, Cookie"}
    return SECURITY_HEADERS | caching | {"Content-Language": languages.TAGS[language]} | dict(more or {})
