"""HTML bodies: a person's paragraphs, a shop's receipt, a newsletter with its furniture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import takewhile

_STYLE = "font-family:Helvetica,Arial,sans-serif;color:#222222"
# Newsletters fill up the preview line with invisible characters behind the preheader.
_PADDING = "&#8204;&nbsp;" * 24


def paragraphs(text: str, *, direction: str = "ltr") -> str:
    """What a person wrote, as webmail writes it: own words first, the quotation folded in."""
    lines = text.rstrip("\n").split("\n")
    own = list(takewhile(lambda line: not line.startswith(">"), lines))
    quoted = [line.lstrip("> ") for line in lines[len(own) :]]
    page = f'<div dir="{direction}">{_broken(own)}</div>'
    if quoted:
        page += f'<blockquote class="gmail_quote">{_broken(quoted)}</blockquote>'
    return page + "\n"


def _broken(lines: Iterable[str]) -> str:
    return "<br>\n".join(_linked(line) for line in lines)


def _linked(line: str) -> str:
    words = (
        f'<a href="{escape(word)}">{escape(word)}</a>'
        if word.startswith("https://")
        else escape(word, quote=False)
        for word in line.split(" ")
    )
    return " ".join(words)


def rows(title: str, cells: Sequence[tuple[str, str]], *, footer: str, language: str = "en") -> str:
    """A table of two columns, as shops and machines send it."""
    table = "\n".join(
        f'<tr><td style="padding:4px 12px">{escape(left)}</td>'
        f'<td align="right"><b>{escape(right)}</b></td></tr>'
        for left, right in cells
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n"
        f'<body style="{_STYLE}"><h2>{escape(title)}</h2>\n'
        f'<table border="0" cellpadding="0">\n{table}\n</table>\n'
        f'<p style="font-size:11px;color:#777777">{escape(footer)}</p></body></html>\n'
    )


@dataclass(frozen=True, slots=True)
class Section:
    """One story of a newsletter."""

    title: str
    text: str
    link: str


def newsletter(
    name: str, preheader: str, sections: Sequence[Section], *, unsubscribe: str, color: str
) -> str:
    """A boxed page with a hidden preheader, stories, a counting pixel and a way out."""
    stories = "\n".join(_story(one, color) for one in sections)
    pixel = unsubscribe.replace("/unsubscribe", "/open") + ".gif"
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(name)}</title>\n'
        f"<style>@media (max-width:600px) {{ .box {{ width:100% !important }} }}</style></head>\n"
        f'<body bgcolor="#f3f3f3" style="{_STYLE};margin:0">\n'
        f'<div style="display:none;max-height:0;overflow:hidden">{escape(preheader)}{_PADDING}'
        f"</div>\n"
        f'<table class="box" width="600" align="center" bgcolor="#ffffff"><tr>'
        f'<td style="background:{color};color:#ffffff;padding:16px"><h1>{escape(name)}</h1></td>'
        f"</tr>\n{stories}\n"
        f'<tr><td style="padding:16px;font-size:11px;color:#999999">You get this because you signed'
        f' up. <a href="{escape(unsubscribe)}">Unsubscribe</a></td></tr></table>\n'
        f'<img src="{escape(pixel)}" width="1" height="1" alt=""></body></html>\n'
    )


def _story(section: Section, color: str) -> str:
    return (
        f'<tr><td style="padding:16px"><h3 style="color:{color}">{escape(section.title)}</h3>\n'
        f"<p>{escape(section.text)}</p>\n"
        f'<p><a href="{escape(section.link)}">Read on</a></p></td></tr>'
    )


def newsletter_text(preheader: str, sections: Sequence[Section], *, unsubscribe: str) -> str:
    """The same issue for readers of plain text."""
    stories = "\n".join(f"{one.title.upper()}\n\n{one.text}\n{one.link}\n" for one in sections)
    return f"{preheader}\n\n{stories}\n--\nUnsubscribe: {unsubscribe}\n"
