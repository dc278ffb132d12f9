"""What may not feed an assessment (spec, sections 3 and 10): log-ins, minutes online, likes, forwards, online votes; and denunciations.

National rules against formalism forbid the former, and a scoring system has no place for the latter. They are recognised by the words of
a code or a title, Chinese and English: a net that catches what is named plainly, not a judge; who publishes a rulebook answers for what
slips through.
"""

from __future__ import annotations

import re
import unicodedata

_ONLINE = "(?:在线|在線|线上|線上|上线|上網|上网|网上|網上|网络|網絡|互联网|微信|手机|手機|app|学习强国)"
_CHINESE = {
    "log-ins": "登录|登錄|登陆|登入|denglu",
    "minutes online": f"{_ONLINE}.{{0,6}}(?:时长|時長|时间|時間|分钟|分鐘|小时|小時)|zaixianshichang|shangxianshichang",
    "likes": "点赞|點讚|點贊|dianzan",
    "forwards": "转发|轉發|转帖|转载|zhuanfa",
    "online votes": f"{_ONLINE}.{{0,4}}(?:投票|票选|评选|打分)|网投|toupiaolianjie|(?:wangluo|wangshang|xianshang)toupiao",
    "denunciations": "举报|舉報|检举|檢舉|揭发|揭發|告密|(?:违法|犯罪|涉黑|涉恶)线索|jubao|jianju|jiefa",
}
_ENGLISH = {
    "log-ins": r"log ?ins?|log ?ons?|logged (?:in|on)|logging (?:in|on)",
    "minutes online": r"(?:online|screen|app|internet|web) ?(?:minutes?|mins?|hours?|time|duration)"
    r"|(?:minutes?|mins?|hours?|time|duration) (?:spent )?online",
    "likes": r"likes|thumbs ?ups?|upvotes?",
    "forwards": r"forwards|forwarding|forwarded|reposts?|reposting|retweets?"
    r"|forward (?:an? |the )?(?:posts?|messages?|articles?|links?|news)",
    "online votes": r"(?:online|internet|web|net|wechat|app|e) ?(?:votes?|voting|polls?|ballots?)",
    "denunciations": r"denunciations?|denounc(?:e|es|ed|ing)|whistle ?blow(?:s|ing|ers?)?|informants?|informing on|tips? on crimes?",
}
WHY = {"denunciations": "a scoring system has no place for them"}
"""Why an input is forbidden where it is not for the rules against formalism."""
_IN_A_CODE = {"likes": r"like", "forwards": r"forward"}
_CHINESE_PATTERNS = {what: re.compile(words) for what, words in _CHINESE.items()}
_ENGLISH_PATTERNS = {what: re.compile(rf"\b(?:{words})\b") for what, words in _ENGLISH.items()}
_CODE_PATTERNS = {what: re.compile(rf"\b(?:{words})\b") for what, words in _IN_A_CODE.items()}


def forbidden_input(code: str, title: str) -> str | None:
    """Which forbidden input the `code` or `title` of an item or dimension names (`likes`, ...); None where none is."""
    for text in (code, title):
        dense, words = _dense(text), _words(text)
        for what, pattern in _CHINESE_PATTERNS.items():
            if pattern.search(dense) or _ENGLISH_PATTERNS[what].search(words):
                return what
    for what, pattern in _CODE_PATTERNS.items():
        if pattern.search(_words(code)):
            return what
    return None


def same_words(text: str) -> str:
    """`text` without what does not change its meaning: width, case, spaces and punctuation; for comparing titles and codes."""
    return _dense(text)


def _dense(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def _words(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))
    return " ".join(re.findall(r"[a-z0-9]+", spaced.casefold()))
