"""Packages may bring stores of their own, by an entry point."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gmailkit.errors import CannotDo, UsageError
from gmailkit.services.copying.carrying import copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.places import Places
from gmailkit.stores import plugged
from gmailkit.stores.locate import locate

KIND = """
from gmailkit.model.item import Item
from gmailkit.stores.memory import MemoryStore

class Kind:
    def source(self, location):
        return MemoryStore([Item.of(location.path.encode())], name=f"shelf:{location.path}")

KIND = Kind()
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """A distribution as pip leaves it, found until the test ends."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(code: str, *points: str) -> None:
        (tmp_path / "gmailkit_shelf.py").write_text(code)
        told = tmp_path / "gmailkit_shelf-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: gmailkit-shelf\nVersion: 1\n")
        (told / "entry_points.txt").write_text("\n".join([f"[{plugged.GROUP}]", *points]))
        plugged.known.cache_clear()
        sys.modules.pop("gmailkit_shelf", None)

    yield installed
    plugged.known.cache_clear()


def test_an_entry_point_makes_a_scheme_known_and_opens_its_stores(install: Install) -> None:
    install(KIND, "shelf = gmailkit_shelf:KIND")
    assert "shelf" in plugged.schemes()
    source = plugged.kind("shelf").source(locate("shelf:upper", more=plugged.schemes()))
    [(_, item)] = source.fetch(source.refs())
    assert item.content.bytes == b"upper"  # type: ignore[union-attr]


def test_mail_of_such_a_store_is_copied_and_one_that_is_only_read_takes_none(
    install: Install, tmp_path: Path
) -> None:
    install(KIND, "shelf = gmailkit_shelf:KIND")
    there = f"eml:{tmp_path / 'eml'}"
    with Places() as places:
        assert copy_mail(places, plan_copy(places, "shelf:upper", there)).copied.added == 1
        with pytest.raises(CannotDo):
            plan_copy(places, there, "shelf:upper")
        with pytest.raises(CannotDo):
            places.target(places.locate("shelf:upper"))


def test_no_package_takes_over_a_name_of_ours(install: Install) -> None:
    install(KIND, "gmail = gmailkit_shelf:KIND")
    assert "gmail" not in plugged.schemes()
    with pytest.raises(UsageError):
        plugged.kind("gmail")


def test_a_package_that_does_not_load_is_named(install: Install) -> None:
    install("import gmailkit.no_such_module", "ledge = gmailkit_shelf:KIND")
    with pytest.raises(CannotDo, match="gmailkit-shelf") as broken:
        plugged.kind("ledge")
    assert "pip install --upgrade gmailkit-shelf" in broken.value.hint
