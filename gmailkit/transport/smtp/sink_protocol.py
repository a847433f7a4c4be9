"""One connection of the sink: aiosmtpd's, which remembers what was said and may break off."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, Session

if TYPE_CHECKING:
    from gmailkit.transport.smtp.sink import Sink

MOST_BYTES = 35_882_577  # as Gmail says it


class _Session(Session):
    login_data: Any = None  # aiosmtpd sets its own, and warns in the log that it did


class SinkProtocol(SMTP):
    def __init__(
        self,
        sink: Sink,
        handler: object,
        context: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._sink = sink
        super().__init__(
            handler,
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="sink.localhost",
            ident="gmailkit smtp-sink",
            tls_context=context,
            require_starttls=context is not None,
            auth_require_tls=context is not None,
            loop=loop,
        )

    def _create_session(self) -> Session:
        return _Session(self.loop)

    async def smtp_DATA(self, arg: str) -> None:
        if self._sink.troubles.take("drop-before"):
            self.transport.abort()  # type: ignore[union-attr]
            return
        await super().smtp_DATA(arg)

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        """The one place that every command passes."""
        said = command if command == "DATA" else f"{command} {args[0] if args else ''}".strip()
        self._sink.lines.append(said if command != "AUTH" else f"AUTH {args[0][0]}")
        return await super()._call_handler_hook(command, *args)
