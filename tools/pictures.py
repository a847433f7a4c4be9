"""Makes the pictures of docs/stats.md and docs/export.md anew: `python tools/pictures.py`.

They show the sample mailbox of the sandbox, whose dates are counted from today. The page is shown
by Chromium, where there is one.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from msgspec.structs import replace

import gmailkit
from gmailkit import Gmail, Sandbox, Settings

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
KINDS = {"month": "growth", "sender": "senders", "reply": "answers"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        backup = Path(folder) / "mail.backup"
        with Sandbox() as sandbox, Gmail(settings=Settings.load(sandbox.environment())) as gmail:
            gmail.backup(backup)
        draw(backup)
        if chromium := shutil.which("chromium") or shutil.which("chromium-browser"):
            show(backup, Path(folder) / "pages", chromium)
    for path in sorted([*PICTURES.glob("stats-*"), *PICTURES.glob("pages*")]):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def draw(backup: Path) -> None:
    stats = replace(gmailkit.stats(backup), source="mail.backup")
    for by, name in KINDS.items():
        path = PICTURES / f"stats-{name}.svg"
        path.unlink(missing_ok=True)
        stats.draw(path, by=by, top=10)


def show(backup: Path, pages: Path, chromium: str) -> None:
    """An export as pages, while somebody searches in it."""
    from playwright.sync_api import sync_playwright

    gmailkit.export(backup, pages, to="html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 760, "height": 400})
        page.goto((pages / "index.html").as_uri())
        page.fill("input", "from:billing has:attachment")
        page.wait_for_selector("#found li")
        page.screenshot(path=PICTURES / "pages.png")
        browser.close()


if __name__ == "__main__":
    main()
