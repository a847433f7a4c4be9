"""Filters from and to the XML of Gmail's own settings."""

from __future__ import annotations

from typing import Any

import pytest

from gmailkit.errors import UsageError
from gmailkit.rules.filters import key_of
from gmailkit.rules.xml import read_filters, write_filters

EXPORTED = b"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns='http://www.w3.org/2005/Atom' xmlns:apps='http://schemas.google.com/apps/2006'>
  <title>Mail Filters</title>
  <author><name>Me</name><email>me@example.com</email></author>
  <entry>
    <category term='filter'></category>
    <title>Mail Filter</title>
    <content></content>
    <apps:property name='from' value='ci@example.com'/>
    <apps:property name='hasTheWord' value='list:&quot;a b&quot; &amp; c'/>
    <apps:property name='label' value='Builds/Done'/>
    <apps:property name='shouldArchive' value='true'/>
    <apps:property name='shouldNeverSpam' value='true'/>
    <apps:property name='sizeOperator' value='s_sl'/>
    <apps:property name='sizeUnit' value='s_smb'/>
  </entry>
  <entry>
    <category term='filter'></category>
    <apps:property name='hasAttachment' value='true'/>
    <apps:property name='size' value='5'/>
    <apps:property name='sizeOperator' value='s_ss'/>
    <apps:property name='sizeUnit' value='s_skb'/>
    <apps:property name='smartLabelToApply' value='^smartlabel_social'/>
    <apps:property name='shouldTrash' value='true'/>
    <apps:property name='forwardTo' value='ann@example.com'/>
  </entry>
  <entry>
    <apps:property name='from' value='x'/>
    <apps:property name='somethingNew' value='true'/>
    <apps:property name='shouldStar' value='true'/>
  </entry>
  <entry><apps:property name='shouldStar' value='true'/></entry>
</feed>"""


def test_what_gmail_exports_is_read() -> None:
    (first, second), notes = read_filters(EXPORTED, source="mailFilters.xml")
    assert first == {
        "criteria": {"from": "ci@example.com", "query": 'list:"a b" & c'},
        "action": {"addLabelIds": ["Builds/Done"], "removeLabelIds": ["INBOX", "SPAM"]},
    }
    assert second["criteria"] == {"hasAttachment": True, "size": 5120, "sizeComparison": "smaller"}
    assert second["action"] == {
        "addLabelIds": ["TRASH", "CATEGORY_SOCIAL"],
        "forward": "ann@example.com",
    }
    assert notes == (
        "Filter 3 is left out: somethingNew is not known here.",
        "Filter 4 is left out: it catches everything, or does nothing.",
    )


def test_what_is_written_is_read_back_the_same() -> None:
    filters: list[dict[str, Any]] = [
        {
            "criteria": {
                "subject": "a \"b\" <c> & 'd'\n",
                "negatedQuery": "é😀",
                "excludeChats": True,
            },
            "action": {"addLabelIds": ["Label_1", "IMPORTANT"], "removeLabelIds": ["UNREAD"]},
        },
        {
            "criteria": {"to": "x", "size": 7, "sizeComparison": "larger"},
            "action": {"addLabelIds": ["CATEGORY_FORUMS"], "forward": "ann@example.com"},
        },
    ]
    xml, left = write_filters(filters, name_of=lambda id: id)
    assert left == ()
    back, notes = read_filters(xml.encode(), source="x")
    assert notes == ()
    assert [key_of(each) for each in back] == [key_of(each) for each in filters]


def test_what_the_file_cannot_hold_is_left_out_whole() -> None:
    xml, left = write_filters(
        [
            {"criteria": {"query": "a", "new": 1}, "action": {"addLabelIds": ["A"]}},
            {"criteria": {"query": "a\x00"}, "action": {"addLabelIds": ["A"]}},
            {"criteria": {"query": "b"}, "action": {"addLabelIds": ["A", "B"]}},
            {"criteria": {"query": "c"}, "action": {"addLabelIds": ["A"]}},
        ],
        name_of=lambda id: id,
    )
    assert left == (0, 1, 2)
    assert xml.count("<entry>") == 1


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>"""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no XML",
        b"<feed/>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>",
        b"<?xml version='1.0' encoding='nope'?><feed xmlns='http://www.w3.org/2005/Atom'/>",
        LAUGHS,
        LAUGHS.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"),
        b"x" * 10_000_001,
    ],
)
def test_what_is_no_such_file_or_defines_entities_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError, match=r"mine\.xml"):
        read_filters(raw, source="mine.xml")
