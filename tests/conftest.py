"""Fixtures named after what you get."""

from __future__ import annotations

from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real and hostile mail that lies beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the mail corpus is not beside this checkout")
    return CORPUS
