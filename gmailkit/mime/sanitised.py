"""HTML of a message as a page may show it: its words and looks, and nothing that acts or loads.

By nh3 (Mozilla's ammonia in Rust), which knows elements, attributes and CSS properties by lists of
what may stay. The page that shows it forbids loads and scripts once more, by its policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from types import ModuleType
from urllib.parse import quote, unquote, urlsplit

from gmailkit.errors import UsageError
from gmailkit.mime.html import MAX_INPUT

_MORE_TAGS = frozenset(("font", "big", "tfoot", "address", "section", "main"))
_LESS_TAGS = frozenset(("map", "area", "data"))  # places to press that nobody sees
_HIDDEN_WHOLE = frozenset(
    """script style title head template object applet iframe frame frameset noframes noscript math
    svg select option textarea button audio video canvas xmp plaintext noembed""".split()
)
_SHARED = frozenset("align valign bgcolor color dir lang title width height style".split())
_OWN = {
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "font": {"face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "hr": {"size", "noshade"},
}
# None of them takes an address or moves anything out of its place.
_STYLES = frozenset(
    """background-color border border-bottom border-bottom-color border-bottom-style
    border-bottom-width border-collapse border-color border-left border-radius border-right
    border-spacing border-style border-top border-width box-sizing caption-side clear color
    direction display float font font-family font-size font-style font-variant font-weight height
    letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right
    margin-top max-height max-width min-height min-width mso-hide overflow-wrap padding
    padding-bottom padding-left padding-right padding-top table-layout text-align text-decoration
    text-indent text-transform unicode-bidi vertical-align visibility white-space width word-break
    word-spacing word-wrap""".split()
)
_GROUND = re.compile(
    r"(^|;)\s*background\s*:\s*(#[0-9a-f]{3,8}|[a-z]+|rgba?\([\d.,%\s]+\))\s*(?=;|!|$)", re.I
)
_CALLS = re.compile(r"url|image|attr|element|expression|@|\\|/\*", re.I)
_LINKS = ("http://", "https://", "mailto:", "tel:")
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[a-z0-9+/=\s]*\Z", re.I)
_REMOTE = re.compile(r"(?:https?:)?//", re.I)


@dataclass(frozen=True, slots=True)
class Sanitised:
    """`remote` are the addresses of pictures that lie elsewhere, each once; they are not loaded."""

    html: str
    remote: tuple[str, ...]


def sanitised(html: str, picture: Callable[[str], str]) -> Sanitised:
    """What of `html` may be shown. `picture` gives a data: address for the id of a picture that the
    message brings along, or "".

    A picture from afar is replaced by its host's name; links to the web, to mail and telephone
    stay. What is behind 2 million characters is left out. Raises UsageError without nh3.
    """
    nh3 = cleaner()
    remote: dict[str, None] = {}

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        if name == "src":
            return _source(value.strip(), picture, remote) if tag == "img" else None
        return _style(value) if name == "style" else value

    shown = nh3.clean(
        html[:MAX_INPUT].encode(errors="replace").decode(),  # no half a character
        tags=(nh3.ALLOWED_TAGS | _MORE_TAGS) - _LESS_TAGS,
        clean_content_tags=set(_HIDDEN_WHOLE),
        attributes={"*": set(_SHARED), **_OWN},
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer nofollow",
    )
    return Sanitised(shown, tuple(remote))


def _source(value: str, picture: Callable[[str], str], remote: dict[str, None]) -> str | None:
    if value.lower().startswith("cid:"):
        return picture(unquote(value[4:])) or None
    if _PICTURE.match(value):
        return value
    if not _REMOTE.match(value):
        return None
    remote[value] = None
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:  # a broken IPv6 address
        host = ""
    return _placeholder(host)


def _placeholder(host: str) -> str:
    """A picture that says where one would have been loaded from."""
    words = escape(host[:60])
    width = 8 * len(words) + 16
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="24">'
        '<rect width="100%" height="100%" fill="#eee"/><text x="8" y="16" font-size="12"'
        f' font-family="sans-serif" fill="#555">{words}</text></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"


def _style(value: str) -> str:
    """Without what names an address; which properties stay, nh3 sees to afterwards."""
    plain = _GROUND.sub(r"\1background-color:\2", value)
    return ";".join(each for each in plain.split(";") if not _CALLS.search(each))


def cleaner() -> ModuleType:
    """nh3. Raises UsageError where it is not installed."""
    try:
        import nh3
    except ImportError as error:
        raise UsageError(
            "Showing HTML of mail needs nh3, which cleans it.",
            hint="pip install 'gmailkit[html]', or choose another form.",
        ) from error
    return nh3
