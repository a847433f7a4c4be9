"""Lines for the person alone, on top of a text in an editor: "# To: ann@example.com"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gmailkit.cli.screen import visible
from gmailkit.errors import UsageError


def as_notes(said: Iterable[str]) -> list[str]:
    return [f"# {visible(each)}" for each in said]


def without_notes(text: str, notes: Sequence[str]) -> str:
    """`text` without the notes, each once, wherever they stand by now. Any other line stays, with #
    or not: it is the person's. So does what was written before a note on its line.

    UsageError for one like "# To: ..." that was changed: nothing else would change by it.
    """
    left, kept = list(notes), []
    for line in text.split("\n"):
        note = next((each for each in left if line.rstrip("\r").endswith(each)), None)
        if note is None:
            kept.append(line)
            continue
        left.remove(note)
        if before := line.rstrip("\r").removesuffix(note):
            kept.append(before)
    if len(left) < len(notes):
        for name in (note.partition(":")[0] for note in left if ":" in note):
            if any(line.startswith(f"{name}:") for line in kept):
                raise UsageError(
                    f"The line {name}: was changed, which changes nothing.",
                    hint="Say it with an option, such as --add, --remove or --from.",
                )
    return "\n".join(kept)
