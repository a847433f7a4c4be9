"""Mail in languages of Asia."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import png, text_file
from gmailkit.sandbox.sample.foreign import Foreign, letter_of
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.producers import HERON, MERIDIAN, OTTER, POCKET, WEBMAIL

FOREIGN = (
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
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for foreign in FOREIGN:
        yield letter_of(foreign, days)
