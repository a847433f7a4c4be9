"""Mail in languages of Europe."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import pdf, png
from gmailkit.sandbox.sample.foreign import Foreign, letter_of
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.producers import HERON, MERIDIAN, OTTER, POCKET, ROBOT, WEBMAIL

FOREIGN = (
    Foreign(
        language="de", charset="windows-1252", ago=72, zone=1, producer=MERIDIAN,
        sender=Address("j.grueber@buchhandlung.example", "Jörg Grüber"),
        subject="Ihre Bestellung „Über die Brücke“ liegt bereit",
        text="""Sehr geehrte Frau Vale,

Ihr Buch ist heute eingetroffen und liegt bis Samstag für Sie an der Kasse.
Der Preis beträgt 24,90 €. Wir öffnen um halb zehn, dienstags erst um elf.

Mit freundlichen Grüßen
Jörg Grüber
""",
        labels=("INBOX", "CATEGORY_PERSONAL", "Bücher & Café"),
        files=(pdf("Abholschein März.pdf", ["Abholschein", "Über die Brücke, 24,90 €"]),),
    ),
    Foreign(
        language="de", charset="utf-8", ago=18, zone=1, producer=OTTER,
        sender=Address("hausverwaltung@muehlgasse.example", "Hausverwaltung Mühlgasse"),
        subject="Rechnung für die Straßenreinigung",
        text="""Liebe Hausgemeinschaft,

anbei die Rechnung für die Straßenreinigung. Bitte überweisen Sie Ihren
Anteil von 31,40 € bis zum Monatsende. Außerdem: Das Fahrrad ohne Räder
im Hof gehört offenbar niemandem mehr. Wer es möchte, nehme es mit.
""",
        labels=("INBOX", "CATEGORY_UPDATES"),
        files=(pdf("Straßenreinigung.pdf", ["Rechnung 2217", "31,40 €"]),),
    ),
    Foreign(
        language="fr", charset="iso-8859-1", ago=93, zone=1, producer=HERON,
        sender=Address("helene@atelier-lumiere.example", "Hélène Français"),
        subject="Réunion déplacée à vendredi",
        text="""Bonjour Mira,

la réunion est déplacée à vendredi, à quatorze heures, même salle. Gérard
apportera des crêpes, ce qui explique sûrement le nombre d'inscrits.

À bientôt
Hélène
""",
    ),
    Foreign(
        language="fr", charset="iso-8859-15", ago=240, zone=1, producer=ROBOT,
        sender=Address("facturation@boulangerie.example", "Boulangerie du Quai"),
        subject="Votre facture : 18,60 €",
        text="""Chère cliente,

voici le détail de votre commande : deux tartes aux poires et un cœur
en pâte d'amande, soit 18,60 €. Merci de votre fidélité.
""",
        labels=("CATEGORY_UPDATES",),
    ),
    Foreign(
        language="es", charset="utf-8", ago=25, zone=1, producer=WEBMAIL,
        sender=Address("inigo@cocina.example", "Íñigo Núñez"),
        subject="¿Vienes a la cena del sábado?",
        text="""Hola, Mira:

El sábado cocinamos paella para doce y somos trece, así que el número no
nos asusta. ¿Vienes? Trae solo hambre y, si puedes, ese vino del año pasado.

Un abrazo
Íñigo
""",
        labels=("INBOX", "CATEGORY_PERSONAL", "UNREAD"),
    ),
    Foreign(
        language="pt", charset="utf-8", ago=197, zone=0, producer=POCKET,
        sender=Address("conceicao@armazem-porto.example", "Conceição Magalhães"),
        subject="Os ficheiros do armazém do Porto",
        text="""Boa tarde, Mira,

seguem amanhã os ficheiros de março. O computador avariou-se, mas a avó do
senhor João tinha cópia em papel. Não pergunte porquê.

Cumprimentos
Conceição
""",
        labels=("CATEGORY_PERSONAL", "Work/Projects/Atlas"),
    ),
    Foreign(
        language="it", charset="utf-8", ago=321, zone=1, producer=WEBMAIL,
        sender=Address("nicolo@liuteria.example", "Niccolò Perché"),
        subject="La chitarra è pronta",
        text="""Cara Mira,

la chitarra è pronta: ho sostituito la corda più bassa e incollato il ponte.
Suona come una giornata d'aprile. Passi quando vuole, purché non il lunedì.
""",
    ),
    Foreign(
        language="pl", charset="iso-8859-2", ago=186, zone=1, producer=OTTER,
        sender=Address("zdzislaw@magazyn-gdynia.example", "Zdzisław Wąsik"),
        subject="Żółte taśmy i spóźniony pociąg",
        text="""Dzień dobry,

dziękuję za wizytę w Gdyni. Żółte taśmy na podłodze wreszcie mają sens,
a pani notatki wiszą już przy każdej bramie. Proszę pozdrowić Boba.

Z poważaniem
Zdzisław Wąsik
""",
        labels=("CATEGORY_PERSONAL", "Work/Projects/Atlas"),
    ),
    Foreign(
        language="cs", charset="windows-1250", ago=430, zone=1, producer=MERIDIAN,
        sender=Address("ruzena@knihovna.example", "Růžena Říhová"),
        subject="Upomínka: vypůjčená kniha",
        text="""Vážená paní,

kniha „Příběhy z přístavu“ měla být vrácena před týdnem. Prosíme, přineste
ji, čeká na ni už devět čtenářů a jeden netrpělivý kocour.
""",
        labels=("CATEGORY_UPDATES",),
    ),
    Foreign(
        language="ru", charset="koi8-r", ago=814, zone=3, producer=OTTER,
        sender=Address("svetlana@sever.example", "Светлана Морозова"),
        subject="Северное сияние в пятницу",
        text="""Мира, здравствуй!

Прогноз на пятницу отличный: ясно, минус двенадцать, сияние около полуночи.
Бери тёплые носки и термос. Встречаемся у маяка в десять вечера.

Света
""",
        labels=("CATEGORY_PERSONAL", "Путешествия"),
    ),
    Foreign(
        language="ru", charset="windows-1251", ago=805, zone=3, producer=MERIDIAN,
        sender=Address("svetlana@sever.example", "Светлана Морозова"),
        subject="Фотографии с маяка",
        text="""Посылаю две фотографии. На первой небо, на второй ты, когда увидела
небо. Вторая лучше. Приезжай ещё, чайник помнит тебя.
""",
        labels=("CATEGORY_PERSONAL", "Путешествия", "STARRED"),
        files=(png("маяк.png", width=60, height=60, color=0x0D3472),),
    ),
    Foreign(
        language="uk", charset="utf-8", ago=510, zone=2, producer=WEBMAIL,
        sender=Address("oksana@pasika.example", "Оксана Їжакевич"),
        subject="Мед цього року",
        text="""Добрий день, Міро!

Цього літа липа цвіла довго, тож меду вистачить на всіх. Відклала для вас
три банки. Одна з них, на жаль, уже трохи менша.
""",
    ),
    Foreign(
        language="el", charset="iso-8859-7", ago=262, zone=2, producer=HERON,
        sender=Address("eleni@nisi.example", "Ελένη Παπαδάκη"),
        subject="Το καράβι φεύγει στις οκτώ",
        text="""Αγαπητή Μίρα,

το καράβι φεύγει στις οκτώ το πρωί και όχι στις εννιά. Το δωμάτιο βλέπει
στη θάλασσα, και η γάτα του ξενοδοχείου βλέπει στο πρωινό σου.

Ελένη
""",
        labels=("CATEGORY_PERSONAL", "Travel"),
    ),
    Foreign(
        language="tr", charset="iso-8859-9", ago=144, zone=3, producer=POCKET,
        sender=Address("isik@cayevi.example", "Işık Güneşoğlu"),
        subject="Çay saatini unutmadık",
        text="""Sevgili Mira,

ışıklar onarıldı, bahçe yeniden açıldı. Perşembe günü saat dörtte seni
bekliyoruz; çay bizden, hikâyeler senden.
""",
    ),
    Foreign(
        language="sv", charset="iso-8859-1", ago=455, zone=1, producer=HERON,
        sender=Address("asa@skargard.example", "Åsa Öberg"),
        subject="Nyckeln ligger under båten",
        text="""Hej Mira!

Nyckeln till stugan ligger under den gröna båten. Elda försiktigt, skorstenen
är äldre än farfar. Ät upp sylten, det finns för mycket av den.
""",
    ),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for foreign in FOREIGN:
        yield letter_of(foreign, days)
