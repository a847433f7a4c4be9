"""Fifteen rules, and over 200 messages whose labels were worked out by reading them, one by one.

Nothing here was written by a program, so that it can tell when filters, `run` and the two engines
are wrong together. A line is: from, what it is about, its text, what else it has, and the labels
that it ends with, as letters of MARKS, beside INBOX ("-": without), UNREAD ("r": without) and
CATEGORY_PERSONAL ("o": another one).
"""

from __future__ import annotations

RULES = """
[[rule]]
name = "Builds"
match = "from:ci@builds.example.org"
label = "Builds"
archive = true

[[rule]]
name = "Failed builds"
match = "from:ci@builds.example.org subject:failed -subject:retry"
star = true

[[rule]]
name = "Money"
match = "subject:(invoice OR receipt) OR from:bank.example"
label = "Money"

[[rule]]
name = "Shops"
from = "shop.example"
category = "promotions"

[[rule]]
name = "News"
match = "list:news.lists.example"
label = "News"
archive = true
read = true

[[rule]]
name = "Boss"
match = "from:boss@work.example -subject:lunch"
star = true

[[rule]]
name = "Team"
to = "team@work.example"
label = "Team"

[[rule]]
name = "Papers"
match = "filename:pdf"
label = "Papers"

[[rule]]
name = "Big"
match = "larger:20K"
label = "Big"

[[rule]]
name = "Down"
match = '"server is down"'
important = true

[[rule]]
name = "Junk"
match = "from:offers.example unsubscribe"
delete = true

[[rule]]
name = "Family"
match = "{from:ann@home.example from:bob@home.example} -{work meeting}"
label = "Family"

[[rule]]
name = "Food"
match = "subject:café"
label = "Food"

[[rule]]
name = "Numbers"
subject = "42"
label = "Numbers"

[[rule]]
name = "Travel"
match = "holiday AROUND 3 booking"
label = "Travel"
"""

MARKS = {
    "b": "Builds",
    "m": "Money",
    "n": "News",
    "t": "Team",
    "p": "Papers",
    "g": "Big",
    "h": "Family",
    "f": "Food",
    "4": "Numbers",
    "v": "Travel",
    "s": "STARRED",
    "o": "CATEGORY_PROMOTIONS",
    "!": "IMPORTANT",
    "x": "TRASH",
}
ARCHIVED, READ, PROMOTED = "-", "r", "o"

SENDERS = {
    "ci": "Build Robot <ci@builds.example.org>",
    "ci2": "Build Robot <ci@builds.example.net>",
    "ops": "ops@builds.example.org",
    "bank": "Your Bank <no-reply@bank.example>",
    "bank2": "Riverbank Club <club@riverbank.example>",
    "shop": "Shop <orders@shop.example>",
    "shop2": "Workshop <hello@workshop.example>",
    "boss": "Dana Boss <boss@work.example>",
    "boss2": "Big Boss <big@work.example>",
    "press": "Daily Press <editor@press.example>",
    "deal": "Best Deals <deal@offers.example>",
    "deal2": "Other Deals <deal@others.example>",
    "ann": "Ann Lee <ann@home.example>",
    "bob": "Bob Brown <bob@home.example>",
    "bea": "Annabel <annabel@home.example>",
    "eve": "eve@far.example",
}

# From | subject | text | list, pdf, txt, big, team, cc | marks
MAIL = """
ci | Build 7 passed | All is well | | b-
ci | Build 8 failed | See the log | | bs-
ci | FAILED: build 9 | See the log | | bs-
ci | Build 10 failed, retry passed | All is well | | b-
ci | Retry of build 10 failed | See the log | | b-
ci | Build 11 unfailed | Never was | | b-
ci | Build 12 passed | failed in the end | | b-
ci | Nightly failed | the server is down | | bs!-
ci | Nightly passed | the server is up | | b-
ci | Report | with numbers | pdf | bp-
ci | Report failed | with numbers | pdf | bsp-
ci | Build 42 passed | All is well | | b4-
ci | Build 42 failed | See the log | | bs4-
ci | Build 4242 failed | See the log | | bs-
ci | Log of the night | long | big | bg-
ci | Night failed | long | big | bsg-
ci | Invoice for minutes | 12 EUR | | bm-
ci | Build 13 passed | for all | team | bt-
ci | Build 14 failed | for all | cc | bst-
ci | Weekly | what happened | list | bn-r
ci2 | Build 7 passed | All is well | |
ci2 | Build 8 failed | See the log | |
ci2 | Build 42 failed | See the log | | 4
ci2 | Report | with numbers | pdf | p
ops | Build host failed | replaced today | |
ops | Update | the server is down again | | !
ops | The server is down | until noon | | !
ops | Server status | server: is down | | !
ops | Server status | the server is not down | |
ops | Server status | down is the server | |
ops | Server is | down | |
ops | Servers | the servers is down | |
ops | SERVER IS DOWN | HELP | | !
ops | Re: server is down, again | ok | | !
ops | Is the server down? | tell me | |
bank | Your statement | for May | | m
bank | Your statement | for June | pdf | mp
bank | Invoice of the year | see the file | pdf | mp
bank | A café near you | gets 5 % | | mf
bank | 42 points for you | spend them | | m4
bank | Lunch | on us | | m
bank | News | of the bank | list | mn-r
bank | Terms | long | big | mg
bank | Terms | for the team | team | mt
bank | We failed | sorry | | m
bank2 | Club night | in May | |
bank2 | Receipt for your fee | thanks | | m
bank2 | Your fee | receipt below | |
bank2 | Receipts of the year | thanks | |
bank2 | Re: receipt | thanks | | m
bank2 | Invoice and receipt | both | | m
bank2 | No invoice yet | wait | | m
bank2 | e-invoice | new | | m
bank2 | Einvoice | new | |
bank2 | INVOICE | NOW | | m
shop | Your order | is on its way | | o
shop | Your receipt | thank you | | om
shop | Invoice 42 | thank you | pdf | om4p
shop | Catalogue | long | big | og
shop | Catalogue | to read | pdf | op
shop | Our café | opens today | | of
shop | The server is down | order later | | o!
shop | Holiday booking | now cheaper | | ov
shop | Weekly offers | unsubscribe here | list | on-r
shop | Failed payment | try again | | o
shop | Parcel 42 | is here | | o4
shop | Your team order | is here | team | ot
shop | Sale | unsubscribe | | o
shop | Sale | 42 % off | | o
shop2 | Course in May | with wood | |
shop2 | Your receipt | for the course | | m
shop2 | At shop.example | you find us too | |
shop2 | Course 42 | with wood | | 4
boss | Plan | for next week | | s
boss | Lunch | at noon? | |
boss | LUNCH | at one? | |
boss | Re: Lunch plan | fine | |
boss | Luncheon | on Friday | | s
boss | Plan | after lunch | | s
boss | Invoice | please pay | | sm
boss | Figures | attached | pdf | sp
boss | Figures for lunch | attached | pdf | p
boss | All hands | for the team | team | st
boss | Team lunch | for the team | team | t
boss | All hands | for the team | cc | st
boss | The café is booked | at six | | sf
boss | Lunch at the café | at six | | f
boss | Plan 42 | it is | | s4
boss | Drawing | long | big | sg
boss | Help | server is down | | s!
boss | Lunch | server is down | | !
boss | Our list | see below | list | sn-r
boss | Holiday | my booking is made | | s
boss | Plan | the holiday booking is made | | sv
boss2 | Plan | for next week | |
boss2 | From the boss | for next week | |
boss2 | Plan | for the team | team | t
boss2 | Lunch | for the team | cc | t
boss2 | Receipt | for lunch | | m
press | Morning | what happened | list | n-r
press | Evening | what happened | list | n-r
press | Morning | what happened | |
press | Extra: server is down | what happened | list | n!-r
press | Extra: server is down | what happened | | !
press | The café of the week | it is good | list | nf-r
press | The café of the week | it is good | | f
press | Page 42 | it is good | list | n4-r
press | The whole paper | to read | list pdf | np-r
press | The whole paper | to read | pdf | p
press | All of it | long | list big | ng-r
press | Invoice | for a year | list | nm-r
press | Invoice | for a year | | m
press | For your team | what happened | list team | nt-r
press | Digest | what happened | other |
press | Digest of news.lists.example | what happened | other |
press | Travel | a holiday booking in five minutes | list | nv-r
press | Unsubscribe | any time | list | n-r
deal | Only today | unsubscribe here | | x-
deal | Unsubscribe | or stay | | x-
deal | Only today | no way out | |
deal | Only today | unsubscribed you are | |
deal | 42 deals | unsubscribe here | | x4-
deal | Invoice | unsubscribe here | | xm-
deal | Coupon | unsubscribe here | pdf | xp-
deal | Coupon | print it | pdf | p
deal | For the team | unsubscribe here | team | xt-
deal | Café deals | Unsubscribe. | | xf-
deal | Café deals | come in | | f
deal | Weekly | unsubscribe here | list | xn-r
deal | Long list | unsubscribe here | big | xg-
deal | Long list | to read | big | g
deal | Holiday | booking, unsubscribe | | x-
deal2 | Only today | unsubscribe here | |
deal2 | From offers.example | unsubscribe here | |
deal2 | Deal 42 | unsubscribe here | | 4
ann | Dinner | at eight? | | h
ann | Re: Dinner | fine | | h
ann | Photos | of the garden | big | hg
ann | Ticket | to print | pdf | hp
ann | Work | is over | |
ann | Meeting | at school | |
ann | Dinner | after work | |
ann | Dinner | after the meeting | |
ann | Workshop | on Sunday | | h
ann | Meetings | are dull | | h
ann | Homework | is done | | h
ann | The café | at three? | | hf
ann | The cafe | at four? | | hf
ann | CAFÉ | at five? | | hf
ann | Cafés | I like | | h
ann | Café-Bar | at six? | | hf
ann | Internetcafe | is closed | | h
ann | Where? | at the café | | h
ann | Holiday | our booking is through | | h
ann | Plans | our holiday booking is through | | hv
ann | Booking our holiday | is through | | hv
ann | Plans | booking a holiday is easy | | hv
ann | Plans | holiday in May, all rooms were gone before my booking | | h
ann | Plans | a holiday needs no bookings | | h
ann | Hello | I am with your team | team | t
ann | Hello | I am with your team | cc | t
ann | Receipt | for the gift | | hm
ann | Receipt | for the meeting | | m
ann | Number 42 | is yours | | h4
ann | Notes | of mine | txt | h
ann | Notes | of my work | txt |
ann | Our list | for the party | list | hn-r
ann | Server is down | cannot play | | h!
ann | Failed | the exam | | h
bob | Dinner | at eight? | | h
bob | Work | is over | |
bob | Garden | invoice | | h
bob | Invoice | for the garden | | hm
bob | Invoice | for the garden | pdf | hmp
bob | Invoice | for the garden work | pdf | mp
bob | 42 | is the answer | | h4
bob | Answer | is 42 | | h
bob | Room 42. | up there | | h4
bob | 42% | of it | | h4
bob | Pi is 1.42 | or so | | h
bob | A42 | is the road | | h
bob | no 42, no 43 | ok | | h4
bob | Lunch | at noon? | | h
bob | The café | at work | | f
bob | Long story | long | big | hg
bob | Long story | of a meeting | big | g
bea | Dinner | at eight? | |
bea | The café | at eight? | | f
bea | Dinner | with Ann | |
bea | Receipt | for dinner | | m
eve | Hello | it is me | |
eve | Hello | ann@home.example sent me | |
eve | Hello | boss@work.example sent me | |
eve | For the team | hello | team | t
eve | For the team | hello | cc | t
eve | For team@work.example | hello | |
eve | report.pdf | see below | |
eve | Report | report.pdf below | |
eve | Report | see below | pdf | p
eve | Report | see below | txt |
eve | Long | long | big | g
eve | Long | long | big pdf team | gpt
eve | Invoice 42: café | the server is down | pdf big cc | m4f!pgt
"""
