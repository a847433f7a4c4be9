"""Pictures that HTML shows from this machine: into the message, each named by a Content-ID."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote

from gmailkit.errors import UsageError
from gmailkit.mime.filename import safe_name
from gmailkit.model.mail import Attachment
from gmailkit.services.sending.files import Room, read_file
from gmailkit.services.sending.kind import kind_of

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
        content_id = f"{sha256(local.encode(errors='replace')).hexdigest()[:20]}@picture"
        paths[content_id] = local
        return f'{found[1]}"{escape(f"cid:{content_id}")}"'

    return _IMG.sub(replaced, html), paths


def read_pictures(
    named: Iterable[tuple[str, str]], *, folder: Path | None, room: Room
) -> tuple[Attachment, ...]:
    """Content-ID and path of each, to parts; relative paths begin in `folder`, or here.

    UsageError for one that is not there, and for one that is no picture: a text from somebody else
    must not be able to carry off files.
    """
    return tuple(_picture(id, path, folder or Path(), room) for id, path in named)


def _picture(content_id: str, path: str, folder: Path, room: Room) -> Attachment:
    place = _first_there(folder, path, Path.exists)
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
    """As it is written, else with %20 and the like read as in a URL."""
    for each in (path, unquote(path.partition("?")[0])):
        place = folder / Path(each).expanduser()
        try:
            if there(place):
                return place
        except (ValueError, OSError):  # a NUL in it, or a name too long
            continue
    return None
