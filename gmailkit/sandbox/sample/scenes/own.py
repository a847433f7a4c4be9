"""One's own mail without an answer: sent letters, notes to oneself, drafts, a scheduled one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import pdf, png, text_file
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import paragraphs
from gmailkit.sandbox.sample.people import ME, address
from gmailkit.sandbox.sample.producers import WEBMAIL

_TEAM = Address("team@example.com", "Team")
_LANDLORD = Address("office@brickhouse.example", "Brickhouse Rentals")
_SURVEY = Address("survey@city.example", "City of Mills")


def letters(days: Days) -> Iterator[Letter]:
    yield from _sent(days)
    yield from _notes(days)
    yield from _drafts(days)
    when_he_wakes = "Thirty-six! When you read this it is seven and I am still asleep."
    to_nils = _own(days, 1, (address("nils"),), "Happy birthday, brother", when_he_wakes)
    yield replace(to_nils, labels=("SCHEDULED",))


def _own(
    days: Days, ago: int, to: tuple[Address, ...], subject: str, text: str, html: bool = True
) -> Letter:
    words = f"{text}\n\nMira\n"
    return Letter(
        key=f"own-{subject.lower()}",
        date=days.ago(ago, "20:20"),
        sender=ME,
        to=to,
        subject=subject,
        text=words,
        html=paragraphs(words) if html else "",
        labels=("SENT",),
        producer=WEBMAIL,
        zone=1,
    )


def _sent(days: Days) -> Iterator[Letter]:
    cold = "Dear Sir or Madam,\n\nthe heating in flat 3 has been cold since Monday. Please send"
    letter = _own(days, 9, (_LANDLORD,), "Heating, flat 3", f"{cold} somebody this week.")
    yield replace(letter, labels=("SENT", "STARRED"))
    letter = _own(
        days, 73, (_LANDLORD,), "Meter readings", "Water 0412.7, power 18,993. Picture attached."
    )
    meter = png("meter.png", width=72, height=72, color=0x0B4F30)
    yield replace(letter, files=(meter,))
    letter = _own(
        days, 36, (_TEAM,), "Cake in the kitchen", "Walnut. First come, first served, one each."
    )
    yield replace(letter, bcc=(address("mum"), address("nils")))
    letter = _own(
        days, 160, (ME,), "New telephone number", "Mine ends in 0199 now, the old one is gone."
    )
    friends = (address("lena"), address("hana"), address("max"), address("farah"))
    yield replace(letter, bcc=friends, labels=("SENT", "INBOX"))
    answers = "Question 1: yes. Question 2: trams, more of them. Question 3: the bridge."
    yield _own(days, 118, (_SURVEY,), "Answers to your survey", answers)
    cv = pdf("Vale-CV.pdf", ["Mira Vale", "Maps, warehouses, ten years"])
    letter = _own(
        days,
        912,
        (address("ann"),),
        "Application",
        "I would like to make maps with you. CV inside.",
    )
    yield replace(letter, files=(cv,), labels=("SENT", "IMPORTANT"))


def _notes(days: Days) -> Iterator[Letter]:
    notes = (
        (17, "Shopping", "Milk, rye flour, lamp oil, something for the fern.", ("SENT", "INBOX")),
        (64, "Wifi at mum's", "Name: attic, password: the cat's name and the year.", ("SENT",)),
        (301, "Idea", "A map that shows where it is quiet. Ask Carla about colours.", ("SENT",)),
    )
    for ago, subject, text, labels in notes:
        yield replace(_own(days, ago, (ME,), subject, text, html=False), labels=labels)


def _drafts(days: Days) -> Iterator[Letter]:
    half = "Dear Ann,\n\nbefore the yearly talk I wanted to write down what"
    drafts = (
        _own(days, 8, (address("ann"),), "Before our talk", half),
        _own(days, 3, (address("mum"),), "", "I tried the plum cake and"),
        _own(days, 1, (), "Offer for Gdynia", "Three days on site, travel included: 2,450.00 EUR."),
        _own(days, 51, (_LANDLORD,), "Heating, again", "Dear Sir or Madam, if by Friday the"),
    )
    notes = text_file("offer-notes.txt", "day 1 interviews\nday 2 map\nday 3 cake\n")
    for draft in drafts:
        files = (notes,) if "Gdynia" in draft.subject else ()
        yield replace(draft, labels=("DRAFT",), files=files)
