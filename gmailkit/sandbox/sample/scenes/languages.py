"""Mail in many languages and scripts, in UTF-8 and in the charsets of older programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gmailkit.model.mail import Address, Attachment
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import pdf, png, text_file
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import paragraphs
from gmailkit.sandbox.sample.producers import (
    HERON,
    MERIDIAN,
    OTTER,
    POCKET,
    ROBOT,
    WEBMAIL,
    Producer,
)

_RIGHT_TO_LEFT = ("ar", "he")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A message in another language; `language` is its ISO 639-1 code."""

    language: str
    charset: str
    ago: int
    sender: Address
    zone: float
    producer: Producer
    subject: str
    text: str
    labels: tuple[str, ...] = ("CATEGORY_PERSONAL",)
    files: tuple[Attachment, ...] = ()


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
        language="ar", charset="windows-1256", ago=109, zone=2, producer=MERIDIAN,
        sender=Address("samir@maktaba.example", "سمير الكاتب"),
        subject="موعد معرض الكتاب",
        text="""مرحبا ميرا،

يبدأ معرض الكتاب يوم الأربعاء في التاسعة صباحا. حجزت لك مقعدا في الصف
الأول، والقهوة بجانب الباب الشرقي.

مع التحية
سمير
""",
    ),
    Foreign(
        language="ar", charset="utf-8", ago=22, zone=2, producer=WEBMAIL,
        sender=Address("samir@maktaba.example", "سمير الكاتب"),
        subject="شكرا على الزيارة",
        text="""عزيزتي ميرا،

شكرا على زيارتك للمعرض. نسيت مظلتك الزرقاء عندنا، وهي الآن أشهر مظلة في
المكتبة.
""",
        labels=("INBOX", "CATEGORY_PERSONAL", "UNREAD"),
    ),
    Foreign(
        language="he", charset="windows-1255", ago=81, zone=2, producer=HERON,
        sender=Address("noa@galil.example", "נועה לביא"),
        subject="הכרטיסים לקונצרט",
        text="""שלום מירה,

קניתי שני כרטיסים לקונצרט ביום חמישי בשמונה בערב. ניפגש ליד המזרקה, ואם
ירד גשם אז בבית הקפה שממול.

נועה
""",
        labels=("CATEGORY_PERSONAL", "עברית"),
    ),
    Foreign(
        language="he", charset="utf-8", ago=77, zone=2, producer=WEBMAIL,
        sender=Address("noa@galil.example", "נועה לביא"),
        subject="איזה ערב",
        text="""מירה, הכינור עוד מנגן לי בראש. תודה שבאת, ותודה לגשם שנתן לנו שעה נוספת
לדבר.
""",
        labels=("CATEGORY_PERSONAL", "עברית"),
    ),
    Foreign(
        language="hi", charset="utf-8", ago=57, zone=5.5, producer=WEBMAIL,
        sender=Address("arjun@pustakalay.example", "अर्जुन वर्मा"),
        subject="पुस्तकालय की बैठक शुक्रवार को",
        text="""नमस्ते मीरा,

पुस्तकालय की बैठक शुक्रवार शाम पाँच बजे होगी। नई अलमारियाँ आ गई हैं और
बच्चों ने उन पर अपने नाम लिख दिए हैं। आप ज़रूर आइए।

अर्जुन
""",
    ),
    Foreign(
        language="th", charset="tis-620", ago=377, zone=7, producer=OTTER,
        sender=Address("malee@suan.example", "มาลี สวนสุข"),
        subject="ดอกไม้ในสวนบานแล้ว",
        text="""สวัสดีมิรา

ดอกบัวในสวนบานแล้วเมื่อเช้านี้ ถ้าว่างวันเสาร์แวะมาดื่มชาด้วยกันนะ
""",
    ),
    Foreign(
        language="ja", charset="iso-2022-jp", ago=199, zone=9, producer=OTTER,
        sender=Address("hana@kawa.test", "森 花"),
        subject="リスボンの写真をありがとう",
        text="""ミラさん

こんにちは。路面電車の写真、とてもきれいですね。
部屋の壁に飾りました。次は京都で会いましょう。

花
""",
        labels=("CATEGORY_PERSONAL", "写真"),
    ),
    Foreign(
        language="ja", charset="shift_jis", ago=133, zone=9, producer=POCKET,
        sender=Address("yoyaku@ryokan.test", "川辺旅館"),
        subject="ご予約の確認",
        text="""ミラ・ヴェール様

このたびはご予約いただき、ありがとうございます。
ご到着は午後三時以降にお願いいたします。夕食は六時からでございます。

川辺旅館
""",
        labels=("CATEGORY_UPDATES", "CATEGORY_RESERVATIONS", "Travel"),
    ),
    Foreign(
        language="ja", charset="utf-8", ago=30, zone=9, producer=WEBMAIL,
        sender=Address("hana@kawa.test", "森 花"),
        subject="紅葉の写真",
        text="""ミラさん、今朝の庭です。紅葉が一番きれいな日は、いつも月曜日です。なぜでしょう。
""",
        labels=("INBOX", "CATEGORY_PERSONAL", "写真"),
        files=(png("紅葉.png", width=90, height=60, color=0xCC3A21),),
    ),
    Foreign(
        language="zh", charset="gb18030", ago=170, zone=8, producer=MERIDIAN,
        sender=Address("xiaoyu@chaye.example", "林小雨"),
        subject="新茶到了",
        text="""米拉你好：

今年的龙井昨天到了，我给你留了两盒。天气转凉，喝茶正好。有空来店里坐坐。

小雨
""",
    ),
    Foreign(
        language="zh", charset="big5", ago=291, zone=8, producer=POCKET,
        sender=Address("wenhua@shuyuan.example", "陳文華"),
        subject="書院講座改期通知",
        text="""米拉女士您好：

下週的講座改到星期日下午兩點，地點不變。講者說他要帶自己種的橘子來。
""",
    ),
    Foreign(
        language="ko", charset="euc-kr", ago=156, zone=9, producer=OTTER,
        sender=Address("jiwoo@hanok.example", "김지우"),
        subject="한옥 마을 지도",
        text="""미라 씨, 안녕하세요.

부탁하신 한옥 마을 지도를 보냅니다. 골목이 좁아서 지도보다 할머니들께
여쭤보는 편이 빠릅니다.

지우 드림
""",
        labels=("CATEGORY_PERSONAL", "Travel"),
        files=(text_file("지도.txt", "골목 1\n골목 2\n감나무 집\n"),),
    ),
    Foreign(
        language="ko", charset="utf-8", ago=11, zone=9, producer=WEBMAIL,
        sender=Address("jiwoo@hanok.example", "김지우"),
        subject="감이 익었어요",
        text="""미라 씨, 감나무 집에 감이 익었어요. 곶감을 만들면 한 상자 보내 드릴게요.
""",
        labels=("INBOX", "CATEGORY_PERSONAL"),
    ),
    Foreign(
        language="vi", charset="utf-8", ago=348, zone=7, producer=POCKET,
        sender=Address("huong@phodem.example", "Nguyễn Thị Hương"),
        subject="Quán mở cửa lại",
        text="""Chào Mira,

Quán mở cửa lại vào thứ Bảy, bàn cạnh cửa sổ vẫn để dành cho chị. Phở gà
vẫn như cũ, chỉ có con mèo là béo hơn.
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
        yield _letter(days, foreign)


def _letter(days: Days, foreign: Foreign) -> Letter:
    direction = "rtl" if foreign.language in _RIGHT_TO_LEFT else "ltr"
    html = paragraphs(foreign.text, direction=direction) if foreign.producer.html else ""
    return Letter(
        key=f"foreign-{foreign.language}-{foreign.ago}",
        date=days.ago(foreign.ago, "11:30"),
        sender=foreign.sender,
        subject=foreign.subject,
        text=foreign.text,
        html=html,
        files=foreign.files,
        labels=foreign.labels,
        headers={"Content-Language": foreign.language},
        producer=foreign.producer,
        charset=foreign.charset,
        zone=foreign.zone,
    )
