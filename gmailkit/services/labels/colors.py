"""Gmail's label colours by name: "red", "blue-45".

A hue and its lightness in percent (CIE L*: 0 is black, 100 white) name each of the palette; a bare
hue is the one that Gmail's own menu shows first. Where two would share a name, one ends in "b".
"""

from __future__ import annotations

from collections.abc import Iterator
from colorsys import rgb_to_hls
from difflib import get_close_matches
from functools import cache

from gmailkit.errors import UsageError
from gmailkit.model.label import PALETTE, LabelColor

_BARE = dict(
    pair.split("=")
    for pair in """
    black=#000000 white=#ffffff gray=#999999 red=#fb4c2f orange=#ffad47 yellow=#fad165
    green=#16a766 mint=#43d692 teal=#2da2bb blue=#4a86e8 purple=#a479e2 pink=#f691b3 brown=#a46a21
    """.split()
)
_HUES = (  # up to so many degrees
    *((14, "red"), (26, "coral"), (40, "orange"), (55, "yellow"), (90, "olive"), (170, "green")),
    *((200, "teal"), (235, "blue"), (285, "purple"), (345, "pink"), (361, "red")),
)
_GRAY = 0.08  # the difference of the strongest and the weakest part below which no hue is seen


@cache
def named_colors() -> dict[str, str]:
    """Each name of a colour with its value; the names with a number name all of the palette."""
    found = dict(_BARE)
    for value in sorted(PALETTE, key=lambda each: (_hue(each), _lightness(each), each)):
        name = f"{_hue(value)}-{round(_lightness(value))}"
        while name in found:
            name += "b"
        found[name] = value
    return found


def color_name(value: str) -> str:
    """The shortest name of a value; the value itself when it is none of the palette."""
    return _by_value().get(value.lower(), value)


def check_color(background: str | None, text: str | None) -> LabelColor | None:
    """Both halves of a label's colour, or None for none; each by name or value. Without `text` the
    letters are black or white, whichever is read better.

    UsageError for one that is not Gmail's.
    """
    if background is None and text is None:
        return None
    if background is None:
        raise UsageError("A text colour needs a background colour.", hint="Give both.")
    behind = _value(background)
    letters = _value(text) if text else _read_on(behind)
    return LabelColor(background_color=behind, text_color=letters)


def _value(given: str) -> str:
    wanted = given.strip().lower()
    value = named_colors().get(wanted.replace("grey", "gray"), wanted)
    if value not in PALETTE:
        raise UsageError(
            f"{wanted} is not a label colour of Gmail's.",
            hint=f"Near it: {', '.join(_near(wanted))}. All: gmailkit labels colors",
        )
    return value


@cache
def _by_value() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in named_colors().items():  # the bare ones come first
        found.setdefault(value, name)
    return found


def _near(wanted: str) -> Iterator[str]:
    """Three colours by distance in RGB, or by spelling when `wanted` is not a colour."""
    try:
        there = _rgb(wanted)
    except ValueError:
        close = get_close_matches(wanted, named_colors(), n=3, cutoff=0.4)
        nearest = [named_colors()[name] for name in close] or list(_BARE.values())[3:6]
    else:
        nearest = sorted(
            PALETTE,
            key=lambda color: sum((a - b) ** 2 for a, b in zip(_rgb(color), there, strict=True)),
        )[:3]
    return (f"{color_name(value)} ({value})" for value in nearest)


def _hue(value: str) -> str:
    red, green, blue = (part / 255 for part in _rgb(value))
    if max(red, green, blue) - min(red, green, blue) < _GRAY:
        return "gray"
    degrees = rgb_to_hls(red, green, blue)[0] * 360
    return next(name for most, name in _HUES if degrees < most)


def _lightness(value: str) -> float:
    """CIE L*."""
    light = _luminance(value)
    return 116 * light ** (1 / 3) - 16 if light > 0.008856 else 903.3 * light


def _read_on(background: str) -> str:
    """Black or white: that with the greater contrast (WCAG 2)."""
    return "#000000" if (_luminance(background) + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def _luminance(value: str) -> float:
    """Of sRGB: 0 to 1."""
    parts = (part / 255 for part in _rgb(value))
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _rgb(value: str) -> tuple[int, int, int]:
    digits = value.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(value)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
