"""One conversation with an SMTP server, from its greeting to QUIT (RFC 5321)."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotDo, GmailKitError, Refused
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.dialogue import NAME, Dialogue
from gmailkit.transport.smtp.envelope import Envelope, typed, xtext
from gmailkit.transport.smtp.fault import after_the_dot, error_of, told, why
from gmailkit.transport.smtp.letter import Letter
from gmailkit.transport.smtp.login import log_in
from gmailkit.transport.smtp.offer import Offer
from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.server import Server
from gmailkit.transport.smtp.transcript import Hear, Secured, Transcript
from gmailkit.transport.trust import trusting

# Seconds. RFC 5321 section 4.5.3.2 has five minutes for most; nobody waits so long at a terminal,
# but for the end of a message, where giving up leaves everybody in doubt.
CONNECT, ANSWER, END = 10.0, 90.0, 600.0
_PARTING = 5.0
_TOGETHER = 100  # commands


@dataclass(frozen=True, slots=True)
class Turned:
    """A recipient that the server did not take, and what it said."""

    address: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message. `reply` is that to its end; None when nobody was accepted and so
    nothing was sent.
    """

    accepted: tuple[str, ...]
    turned: tuple[Turned, ...]
    reply: Reply | None


class Session:
    """Opens with `with`; then the line is encrypted, unless the server is on this machine.

    Raises Unreachable (`sent` "no") for whatever breaks, a bad certificate too, CannotDo for a
    server without STARTTLS, TryLater and Refused for what it answers.
    """

    def __init__(
        self,
        server: Server,
        *,
        hear: Hear | None = None,
        timeout: float | None = None,
        context: ssl.SSLContext | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.server = server
        self.transcript = Transcript(hear)
        self.offer = Offer()
        self.in_clear: Offer | None = None  # what it offered before STARTTLS
        self.greeting = Reply(0, ())
        self._handing_over = False
        self._wait = timeout or ANSWER
        self._end = timeout or END
        self._dialogue = Dialogue(server, context or trusting(), hear=self.transcript, clock=clock)

    def __enter__(self) -> Session:
        try:
            self._open()
        except BaseException:
            self._dialogue.hang_up()
            raise
        return self

    def __exit__(self, kind: object, error: object, _: object) -> None:
        if error is None or isinstance(error, GmailKitError):
            self._part()
        self._dialogue.hang_up()

    @property
    def secured(self) -> Secured | None:
        """Version and cipher, or None for a line in clear."""
        return next((each for each in self.transcript.events if isinstance(each, Secured)), None)

    def log_in(self, login: Login) -> None:
        """Raises SignInNeeded when the server does not believe it."""
        if self.secured is None and not self.server.is_here:
            raise Refused("gmailkit signs in nowhere without encryption.")  # cannot happen
        with told(self.server, "the sign-in", wait=self._wait):
            log_in(self._dialogue, self.offer, login, server=self.server, wait=self._wait)

    def send(
        self,
        envelope: Envelope,
        letter: Letter,
        *,
        before_the_dot: Callable[[tuple[Turned, ...]], object],
    ) -> Delivery:
        """Hand one message over. `before_the_dot` is called when all but the line that ends it has
        left, with those it will not go to: until then nothing was sent, from then on the server
        may have taken it.

        Raises Unreachable with `maybe_done` when no answer comes to that line.
        """
        envelope.check()
        commands = [self._mail(envelope, letter), *self._rcpts(envelope)]
        utf8 = envelope.utf8 or letter.utf8
        with told(self.server, "the envelope", wait=self._wait):
            replies = self._envelope(commands, utf8=utf8)
        mail, *rcpts = replies[: len(commands)]
        if not mail.done:
            # Said at once, DATA may have been taken though MAIL was not: no more commands then.
            self._handing_over = any(each.code == 354 for each in replies[len(commands) :])
            raise error_of(mail, self.server, f"the sender <{envelope.sender}>")
        pairs = list(zip(envelope.recipients, rcpts, strict=True))
        accepted = tuple(each for each, reply in pairs if reply.done)
        turned = tuple(Turned(each, reply) for each, reply in pairs if not reply.done)
        if not accepted:
            self._give_up(replies[len(commands) :])
            return Delivery((), turned, None)
        self._data(replies[len(commands) :], letter)
        before_the_dot(turned)
        return Delivery(accepted, turned, self._finish())

    def _open(self) -> None:
        patience = min(CONNECT, self._wait)
        with told(self.server, "the connection", wait=patience):
            self._dialogue.open(wait=patience)
        with told(self.server, "the greeting", wait=self._wait):
            self.greeting = self._dialogue.read(self._wait)
        if self.greeting.code != 220:
            raise error_of(self.greeting, self.server, "the connection")
        self._ehlo()
        if self.server.security == "starttls":
            self._start_tls()

    def _ehlo(self) -> None:
        with told(self.server, "EHLO", wait=self._wait):
            reply = self._dialogue.ask(f"EHLO {NAME}", wait=self._wait)
            if reply.code in (500, 502) and self.server.security != "starttls":
                reply = self._dialogue.ask(f"HELO {NAME}", wait=self._wait)
        if not reply.done:
            raise error_of(reply, self.server, "EHLO")
        self.offer = Offer.read(reply)

    def _start_tls(self) -> None:
        if "STARTTLS" not in self.offer:
            raise CannotDo(
                f"{self.server.place} offers no STARTTLS, and without encryption nothing is sent.",
                hint="Try smtps:// (465). Somebody between may have cut it out.",
            )
        with told(self.server, "STARTTLS", wait=self._wait):
            reply = self._dialogue.ask("STARTTLS", wait=self._wait)
            if reply.code != 220:
                raise error_of(reply, self.server, "STARTTLS")
            self._dialogue.secure()
        self.in_clear = self.offer
        self._ehlo()

    def _mail(self, envelope: Envelope, letter: Letter) -> str:
        """MAIL FROM with what the message needs. CannotDo for what the server does not offer."""
        words = [f"MAIL FROM:<{envelope.sender}>"]
        if "SIZE" in self.offer:
            if self.offer.size is not None and letter.size > self.offer.size:
                raise Refused(
                    f"The message has {letter.size:,} bytes, and {self.server.place} takes "
                    f"{self.offer.size:,}.",
                    hint="Nothing was sent. Share large files by a link.",
                )
            words.append(f"SIZE={letter.size}")
        utf8 = envelope.utf8 or letter.utf8
        if letter.eight_bit or utf8:
            self._need(
                "8BITMIME",
                "bytes above 127, which the message has",
                "Encode its text as quoted-printable or base64, or take another server.",
            )
            words.append("BODY=8BITMIME")
        if utf8:
            self._need("SMTPUTF8", "addresses in other scripts than Latin, which it has")
            words.append("SMTPUTF8")
        if envelope.wants_reports:
            self._need("DSN", "requests for reports (--notify, --return)")
            words += [f"ENVID={xtext(envelope.id)}"] if envelope.id else []
        if envelope.returns:
            words.append("RET=FULL" if envelope.returns == "full" else "RET=HDRS")
        return " ".join(words)

    def _need(self, keyword: str, what: str, hint: str = "") -> None:
        if keyword not in self.offer:
            raise CannotDo(
                f"{self.server.place} does not take {what}: it offers no {keyword}.",
                hint=f"Nothing was sent. {hint}".strip(),
            )

    def _rcpts(self, envelope: Envelope) -> list[str]:
        said = [f"RCPT TO:<{each}>" for each in envelope.recipients]
        if envelope.notify:
            events = ",".join(envelope.notify).upper()
            people = zip(said, envelope.recipients, strict=True)
            said = [f"{each} NOTIFY={events} ORCPT={typed(to)}" for each, to in people]
        return said

    def _envelope(self, commands: Sequence[str], *, utf8: bool) -> list[Reply]:
        """The reply to each command, and, where all were said at once, to DATA behind them.

        Without PIPELINING it stops at a MAIL that is refused.
        """
        if "PIPELINING" in self.offer:
            return self._together([*commands, "DATA"], utf8=utf8)
        replies: list[Reply] = []
        for each in commands:
            replies.append(self._dialogue.ask(each, wait=self._wait, utf8=utf8))
            if not replies[0].done:
                break
        return replies

    def _together(self, commands: Sequence[str], *, utf8: bool) -> list[Reply]:
        """smtplib waits after each command; said in one go they cost one round trip (RFC 2920).

        So many at a time that neither side fills what the network holds and waits for the other.
        """
        replies: list[Reply] = []
        for start in range(0, len(commands), _TOGETHER):
            some = commands[start : start + _TOGETHER]
            self._dialogue.say(some, utf8=utf8)
            replies += [self._dialogue.read(self._wait, to=each) for each in some]
        return replies

    def _data(self, asked: Sequence[Reply], letter: Letter) -> None:
        """All of the message but its end. A server that breaks off here has not taken it."""
        with told(self.server, "DATA", wait=self._wait):
            reply = asked[0] if asked else self._dialogue.ask("DATA", wait=self._wait)
            if reply.code != 354:
                raise error_of(reply, self.server, "DATA")
            self._handing_over = True
            self._dialogue.pour(letter.stuffed, wait=self._wait)
            self._dialogue.check_open()

    def _finish(self) -> Reply:
        with told(self.server, "the end of the message", wait=self._wait):
            self._dialogue.say(["."])  # what the system does not take whole did not leave
        try:
            reply = self._dialogue.read(self._end)
        except OSError as error:
            raise after_the_dot(self.server, why(error)) from error
        self._handing_over = False
        if reply.done:
            return reply
        if reply.passing or reply.refusing:
            raise error_of(reply, self.server, "the message")
        raise after_the_dot(self.server, f"what it said is no reply of SMTP: {reply}")

    def _give_up(self, asked: Sequence[Reply]) -> None:
        """Nobody is left to send to. A server that waits for the message all the same gets an
        empty one, as RFC 2920 section 3.1 wants it, and sends that to nobody.
        """
        with suppress(OSError):
            if asked and asked[0].code == 354:
                self._dialogue.ask(".", wait=self._wait)
            else:
                self._dialogue.ask("RSET", wait=self._wait)

    def _part(self) -> None:
        """QUIT, as far as anybody still listens; nothing depends on it. Inside a message it would
        be a line of its text: there only the end of the connection says that it is given up.
        """
        if self._handing_over:
            return
        with suppress(OSError):
            self._dialogue.ask("QUIT", wait=min(_PARTING, self._wait))
