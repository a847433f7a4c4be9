"""Times and words on the wire, and what is shown of a shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import UsageError
from gmailkit.model.ids import MessageId
from gmailkit.model.message import Message, PartBody
from gmailkit.model.send_as import SendAs, SmimeInfo, SmtpMsa
from gmailkit.model.settings import VacationSettings
from gmailkit.model.shape import EPOCH, from_millis, read, to_json, to_millis

MOST = 253402300799999  # the last millisecond of the year 9999


def decode(body: bytes) -> Message:
    return msgspec.json.Decoder(Message, strict=False, dec_hook=read).decode(body)


@given(st.integers(-62135596800000, MOST))
def test_a_time_comes_back_to_the_millisecond(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


@given(st.integers(-62135596800000, MOST))
def test_a_message_is_dated_to_the_millisecond_in_utc(millis: int) -> None:
    message = decode(b'{"id":"a","internalDate":"%d"}' % millis)
    assert message.internal_date is not None
    assert message.internal_date.tzinfo is UTC
    assert (to_millis(message.date), to_json(message)) == (
        millis,
        {"id": "a", "internalDate": str(millis)},
    )


@pytest.mark.parametrize("millis", [MOST + 1, 2**63 - 1, 10**40])
def test_a_time_beyond_all_years_is_the_last_there_is(millis: int) -> None:
    assert decode(b'{"id":"a","internalDate":"%d"}' % millis).date.year == 9999
    assert from_millis(-millis).year == 1


def test_an_answer_without_a_date_is_of_the_epoch() -> None:
    assert decode(b'{"id":"a"}').internal_date is None
    assert decode(b'{"id":"a"}').date == EPOCH


@pytest.mark.parametrize("date", ['"soon"', "[]", "1.5", '""'])
def test_a_date_that_is_none_is_an_answer_that_cannot_be_read(date: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="internalDate"):
        decode(f'{{"id":"a","internalDate":{date}}}'.encode())


def test_a_time_of_any_zone_is_written_as_the_same_moment() -> None:
    berlin = timezone(timedelta(hours=1))
    start = datetime(2026, 12, 24, 18, tzinfo=berlin)
    assert to_json(VacationSettings(start_time=start)) == {"startTime": "1798131600000"}
    assert to_json({"deep": [{"time": start}]}) == {"deep": [{"time": "1798131600000"}]}


def test_a_time_without_a_zone_is_refused_and_it_is_said_how_to_give_one() -> None:
    with pytest.raises(UsageError, match="no time zone") as caught:
        to_json(VacationSettings(end_time=datetime(2026, 12, 24)))
    assert "tzinfo=UTC" in caught.value.hint


def test_secrets_and_the_text_of_mail_are_not_shown() -> None:
    things = (
        SendAs(smtp_msa=SmtpMsa(host="h", password="canary")),
        SmimeInfo(pkcs12="canary", encrypted_key_password="canary"),
        Message(id=MessageId("a"), raw="canary", snippet="canary"),
        PartBody(size=1, data="canary"),
    )
    shown = repr(things) + "".join(str(thing.__rich_repr__()) for thing in things)
    assert "canary" not in shown
    assert "host='h'" in shown


def test_only_what_is_set_is_shown() -> None:
    assert repr(Message(id=MessageId("a"), history_id=7)) == "Message(id='a', history_id=7)"
