"""A template and its values as the words of a message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gmailkit.errors import UsageError
from gmailkit.services.sending.words import Headers, Words
from gmailkit.services.sending.writing.files import Room, listed, read_file
from gmailkit.services.sending.writing.roots import Roots, is_file

if TYPE_CHECKING:
    from gmailkit.compose.template import Filled, Template

_BODIES = ("text", "html", "markdown")
_HEAD = ("to", "cc", "bcc", "reply_to", "sender", "subject")


def filled(words: Words) -> Words:
    """The same without `template` and `values`. What is said beside the template wins, but for
    attachments and headers, which are added.

    Raises UsageError for a template that cannot be read or filled, and for a second body.
    """
    given = words.get("template")
    if given is None:
        if words.get("values"):
            raise UsageError(
                "There are values, but no template.", hint="Give it with template (--template)."
            )
        return words
    template, folder = _template(given)
    second = [name for name in _BODIES if words.get(name)]
    if second:
        raise UsageError(
            f"The text is given twice: by the template, and as {second[0]}.",
            hint="Leave one of them out.",
        )
    made = template.render(words.get("values", {}))
    known = {name: value for name in _HEAD if (value := words.get(name))}
    head = {name: value for name in _HEAD if (value := getattr(made, name))}
    bodies = {name: getattr(made, name) for name in _BODIES}
    attach = [*_named(made, folder), *_attached(words)]
    beside = words.get("folder") or folder
    rest = {name: value for name, value in words.items() if name not in ("template", "values")}
    return cast(
        "Words",
        {
            **rest,
            **bodies,
            **head,
            **known,
            "attach": attach,
            "headers": _headers(made, words.get("headers", ())),
            "folder": beside,
            "pictures_in": words.get("pictures_in") or ((beside,) if template.varies else ()),
        },
    )


def _template(given: str | Path | Template) -> tuple[Template, Path]:
    """The template, and the folder that files it names are looked for in."""
    from gmailkit.compose.template import Template, read_template

    if isinstance(given, Template):
        return given, Path()
    if isinstance(given, str) and "\n" in given:
        return read_template(given), Path()
    path = Path(given).expanduser()
    content = read_file(path, Room(), what="template")
    try:
        return read_template(content.decode("utf-8-sig")), path.parent
    except UnicodeDecodeError:
        raise UsageError(f"The template {path} is not text in UTF-8.") from None


def _named(made: Filled, folder: Path) -> Iterable[Path]:
    """The attachments of the template. What it says itself may lie anywhere and be a pattern; in
    what a value is part of that value may be from anybody.
    """
    roots = Roots((folder,))
    for each in made.attach:
        yield _chosen(each, roots) if each in made.chosen else folder / Path(each).expanduser()


def _chosen(name: str, roots: Roots) -> Path:
    place = roots.find(name)
    if place is None:
        raise UsageError(
            f"The attachment {name!r} lies outside of the folder of the template, or is hidden.",
            hint="Values may only name files in it; attach others with attach (--attach).",
        )
    if not is_file(place):  # and no pattern
        raise UsageError(f"The attachment {place} is no file that is there.")
    return place


def _attached(words: Words) -> Iterable[object]:
    return listed(words.get("attach", ()))


def _headers(made: Filled, given: Headers) -> list[tuple[str, str]]:
    """Those of the template that are not said again."""
    own = list(given.items() if hasattr(given, "items") else given)
    said = {name.casefold() for name, _ in own}
    return [*(each for each in made.headers if each[0].casefold() not in said), *own]
