"""How the servers of strangers are reached, whose addresses stand in mail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

Place = tuple[str, int]
"""An IP address and a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The internet (`transport.internet`), or what stands in for it: practice has one of its own.

    `resolve` gives the places of a host and port, and raises OSError where there is none. `is_open`
    says whether an address may be connected to, `trust` whose certificates are believed.
    `gmail_imap` opens Gmail's IMAP on this machine, and gives its port and what is believed there;
    None where it is Google's own.
    """

    resolve: Callable[[str, int], Sequence[Place]]
    is_open: Callable[[str], bool]
    trust: Callable[[], SSLContext]
    gmail_imap: Callable[[], tuple[int, SSLContext]] | None = None
