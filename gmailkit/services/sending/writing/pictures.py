"""Pictures that HTML shows from this machine: into the message, each named by a Content-ID."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote

from gmailkit.compose.picture import cid_of
from gmailkit.errors import UsageError
from gmailkit.mime.filename import safe_name
from gmailkit.model.mail import Attachment
from gmailkit.services.sending.writing.files import Room, read_file
from gmailkit.services.sending.writing.kind import kind_of
from gmailkit.services.sending.writing.roots import Roots, is_file

_IMG = re.compile(r"""(<img\b[^>]*?\ssrc\s*=\s*)("[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]+:|//|#)", re.IGNORECASE)  # a URL, not a path


def embed(html: str) -> tuple[str, dict[str, str]]:
    """The HTML with cid: in the place of local paths, and the path of each Content-ID."""
    paths: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        source = unescape(found[2].strip("\"'")).strip()
        local = source.removeprefix("file://")
        if not local or _ELSEWHERE.match(local):
            return found[0]
        content_id = cid_of(local)
        paths[content_id] = local
        return f'{found[1]}"{escape(f"cid:{content_id}")}"'

    return _IMG.sub(replaced, html), paths


def shown_by(html: str, markdown: str) -> Iterable[str]:
    """The paths of the pictures in it; UsageError for Markdown that cannot be sent."""
    if "![" in markdown:
        from gmailkit.compose.markdown import render

        return render(markdown).pictures
    return embed(html)[1].values() if html else ()


def read_pictures(
    named: Iterable[tuple[str, str]],
    *,
    folder: Path | None,
    room: Room,
    roots: Iterable[Path] = (),
) -> tuple[Attachment, ...]:
    """Content-ID and path of each, to parts; relative paths begin in `folder`, or here. With
    `roots` they begin in these, and none may lie outside of them.

    UsageError for one that is not there or must not leave, and for one that is no picture: a text
    from somebody else must not be able to carry off files.
    """
    inside = Roots(roots) if roots else None
    return tuple(_picture(id, path, folder or Path(), room, inside) for id, path in named)


def place_of(path: str, roots: Roots) -> Path:
    """Where a picture lies that a value had a say in. UsageError when it is not there, or in none
    of the folders that it may leave from.
    """
    found = [place for each in _readings(path) if (place := roots.find(each))]
    if not found:
        raise UsageError(
            f"The picture {path} lies outside of the folder of the template, or is hidden.",
            hint="Put it there; a merge takes more folders with --attach-from.",
        )
    there = next((each for each in found if is_file(each)), None)
    if there is None:
        raise UsageError(f"The picture {path} that the text shows is not there.")
    return there


def _picture(
    content_id: str, path: str, folder: Path, room: Room, roots: Roots | None
) -> Attachment:
    place = place_of(path, roots) if roots else _first_there(folder, path, Path.exists)
    if place is None:
        raise UsageError(
            f"The picture {path} that the text shows is not there.",
            hint=f"Paths begin in {folder.absolute()}.",
        )
    content = read_file(place, room, what="picture")
    kind = kind_of(place.name, content)
    if not kind.startswith("image/"):
        raise UsageError(
            f"{path} is no picture ({kind}), and is not put into the text.",
            hint="Attach it with attach (--attach) if it shall go along.",
        )
    name = safe_name(place.name, content_type=kind)
    return Attachment(name, content, kind, content_id, inline=True)


def _first_there(folder: Path, path: str, there: Callable[[Path], bool]) -> Path | None:
    for each in _readings(path):
        try:
            place = folder / Path(each).expanduser()
            if there(place):
                return place
        except (ValueError, OSError, RuntimeError):  # a NUL, a name too long, no such user
            continue
    return None


def _readings(path: str) -> tuple[str, str]:
    """As it is written, else with %20 and the like read as in a URL."""
    return path, unquote(path.partition("?")[0])
