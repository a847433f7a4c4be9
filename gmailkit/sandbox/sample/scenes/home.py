"""Conversations with family and friends."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import pdf, png, text_file
from gmailkit.sandbox.sample.letter import Letter

_CONVERSATIONS = (
    Conversation(
        key="flat-in-mill-lane",
        subject="A flat in Mill Lane",
        ago=1071,
        at="19:55",
        people="lena me",
        script="""
@lena
The ground floor next to mine becomes free in spring: two rooms, a yard
with a pear tree, an oven that knows only one temperature. Interested?
@me +30m
Very. Which temperature?
@lena +8m
Bread.
@me +2d
I saw it. I take it. I have already named the tree.
""",
    ),
    Conversation(
        key="old-car",
        subject="Farewell to the old car",
        ago=731,
        at="15:45",
        people="nils me mum",
        labels=("Family",),
        files={"car": png("the-car.png", width=100, height=50, color=0xAC2B16)},
        script="""
@nils file:car
It did not pass the inspection. The man laughed first and then became
serious. Last picture attached.
@mum +2h
You both learned to drive in it. I learned to pray in it.
@me +1h
May I have the knob of the gear stick?
""",
    ),
    Conversation(
        key="guitar",
        subject="Guitar lessons",
        ago=645,
        at="18:00",
        people="max me",
        script="""
@max
i can teach you three chords on tuesday. with three chords you can play
everything that was ever any good
@me +1h
What happens with the fourth?
@max +10m
jazz. we do not do that in this house
""",
    ),
    Conversation(
        key="papa-birthday",
        subject="Papa turns seventy",
        ago=264,
        at="18:30",
        people="mum nils me",
        labels=("Family",),
        files={"song": text_file("song.txt", "Seventy springs\nand the garden still sings\n")},
        script="""
@mum
Children,

this stays secret: on his birthday we meet at the lake, not at home. He
believes we go to the dentist. Nils brings the boat, Mira the cake.

Mum
@nils +3h
The boat leaks a little. Is a little fine?
@me +20m
A little is not fine, the cake is on board. I will ask Gus for tar.
@mum +1d file:song
I wrote a song. Please learn it, attached. No laughing at line two.
@nils +2h
Line two is the best one. Boat is tight, I sat in it for an hour with a
book.
@me +1d STARRED
Cake ordered: walnut, three floors. See you at the jetty at eleven.
@mum +4d IMPORTANT
He cried, he laughed, he fell in. Thank you both for the best birthday.
""",
    ),
    Conversation(
        key="sunday-lunch",
        subject="Sunday lunch",
        ago=6,
        at="17:05",
        people="mum me nils",
        labels=("Family",),
        inbox=True,
        unread=1,
        script="""
@mum
Are you coming on Sunday? There will be dumplings and the neighbours'
plums.
@me +1h
I come, by the train at ten. Shall I bring the big pot back?
@nils +5h
We come as well, all four of us and a half-finished chair.
@mum +12h
Bring the pot. The chair can stay outside.
""",
    ),
    Conversation(
        key="the-cat",
        subject="Taking care of Miso",
        ago=112,
        at="19:12",
        people="me farah",
        files={"vet": pdf("vet-card.pdf", ["Miso", "Cat, 4 years, 4.2 kg", "Next shot: October"])},
        script="""
@me file:vet
Farah, thank you for taking the cat for a week. Her vet card is
attached. She eats twice a day and pretends it was never once.
@farah +3h
She is under the sofa and thinks about her life.
@farah +1d STARRED
She is ON the sofa. I was told to sit elsewhere.
@me +40m
Congratulations, you have been sorted into the category "staff".
""",
    ),
    Conversation(
        key="chess-tournament",
        subject="Autumn tournament",
        ago=58,
        at="20:11",
        people="ivan me kofi",
        labels=("Clubs/Chess",),
        files={"pairs": text_file("round-1.txt", "1. Vale - Mensah\n2. Petrov - Brandt\n")},
        script="""
@ivan file:pairs
First round on Friday at seven, pairings attached. Clocks are set to 90
minutes, telephones stay in the basket.
@kofi +1h
So I meet Mira in round one. I ask for mercy in writing.
@me +15m
Granted: I will open with the bishop.
@ivan +3d
Results: Vale - Mensah draw, Petrov - Brandt 0:1. I have learned
something about rook endings that I did not want to know.
""",
    ),
    Conversation(
        key="school-trip",
        subject="Trip of class 4b to the observatory",
        ago=39,
        at="06:55",
        people="june me",
        labels=("Family",),
        inbox=True,
        files={
            "form": pdf("consent-form.pdf", ["Lakeside School", "I agree that my niece may go:"]),
            "signed": pdf("consent-signed.pdf", ["Lakeside School", "Signed: Mira Vale"]),
        },
        script="""
@june file:form
Dear Ms Vale,

your niece Lilly has named you as the person who may sign while her
parents travel. Please return the attached form. We need 12 euros and
warm socks.

June Albright
@me +14h file:signed
Dear Ms Albright,

signed and attached. Socks are being knitted as we speak.
@june +1d
Received with thanks. The sky is said to be clear.
""",
    ),
    Conversation(
        key="bike",
        subject="Your bicycle",
        ago=220,
        at="13:37",
        people="gus me",
        script="""
@gus
Bike is done. New chain, both brakes, and I straightened what you call
"the thing in front". 99.40 altogether.
@me +2h
Wonderful. Can I pay when I fetch it on Saturday? And do you have tar
for a boat?
@gus +30m
Saturday is fine. I have tar for an ark.
""",
    ),
    Conversation(
        key="lisbon-photos",
        subject="Photos from Lisbon",
        ago=198,
        at="21:40",
        people="hana me",
        labels=("Travel", "Travel/Lisbon [spring]"),
        files={
            "tram": png("tram 28.png", width=120, height=80, color=0xF2C960),
        },
        script="""
@hana file:tram
All of them are here, 214 in two folders:
https://drive.google.com/drive/folders/1Lisbon-spring-aa41
The tram is my favourite, so it comes as a file too.
@me +1d
You caught the very second before the bell. May I print it?
@hana +9h STARRED
Print it large. I found one more, of the blue tiles at the station:
https://drive.google.com/file/d/1Azulejo-77/view?usp=sharing
""",
    ),
    Conversation(
        key="a-book",
        subject="A book for the train",
        ago=24,
        at="22:18",
        people="lena me",
        labels=("Bücher & Café",),
        inbox=True,
        script="""
@lena
I finished the one about the lighthouse keeper and put it through your
letter slot. Do not read the last page first. I know you.
@me +1d
I read the last page first. Now I have to know how the goat got there.
@lena +20m
Naïve of me to ask. Coffee at the café by the bridge on Saturday?
""",
    ),
    Conversation(
        key="old-piano",
        subject="The old piano",
        ago=307,
        at="10:30",
        people="olga me",
        script="""
@olga
Dear Mira,

the piano in my studio needs a new home, since I move to the fourth
floor without a lift. It is from 1921, brown, and sincerely out of tune.
@me +5h
Dear Olga, I have a ground floor and no ear. Would it fit through a
door of 82 cm?
@olga +1d
The piano is 79 cm without its legs. So it would fit, and so would you,
sideways.
""",
    ),
    Conversation(
        key="plants",
        subject="Plants while you are away",
        ago=203,
        at="08:08",
        people="lena me",
        script="""
@me
The keys are with the baker. Water for the fern every day, for the cactus
never, whatever it tells you.
@lena +2d
The cactus is flowering. I did nothing, as told.
""",
    ),
    Conversation(
        key="film-night",
        subject="Film night",
        ago=4,
        at="16:50",
        people="max lena me",
        inbox=True,
        unread=1,
        script="""
@max
Friday, mine, something with submarines. Trailer:
https://youtu.be/sUbM4r1n3
@lena +1h
I bring olives. Is the submarine sad?
@me +3h
I am late from the chess club, start without me. Happy with sad.
@max +14h
It is a cheerful submarine. Eight o'clock.
""",
    ),
)


def letters(days: Days) -> Iterator[Letter]:
    for conversation in _CONVERSATIONS:
        yield from letters_of(conversation, days)
