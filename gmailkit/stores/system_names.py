"""What Google Takeout calls Gmail's own labels, in the languages of Gmail's interface.

An archive is written in one language, which its names of states tell: nearly every message is
opened or unread. So a label of a person's own that reads like a system name of another language
stays what it is.

Seen in archives are English, German, French and Czech. Open: the others are the words of Gmail's
interface, several where it has had several; what none of them knows is taken for a person's label.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from gmailkit.mime.header import decode

ENGLISH = "en"
_PLACES = ("INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "STARRED", "IMPORTANT", "UNREAD")
_OPENED, _ARCHIVED = "opened", "archived"  # read; in no place: no labels
_CATEGORIES = ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS")
_TELLING = frozenset({"INBOX", "SENT", "UNREAD", _OPENED, _ARCHIVED})
_COLUMNS = (*_PLACES, _OPENED, _ARCHIVED, "CHAT", "prefix", *_CATEGORIES)
_APART = re.compile(r"[\s:\N{FULLWIDTH COLON}'\"\u2018-\u201f\u00ab\u00bb]+")
_FORWARDED = frozenset({"imap_$forwarded", "imap_forwarded"})

# A language a line: inbox, sent, drafts, spam, bin, starred, important, unread, opened, archived,
# chat, then the word for a category and the five of them. Several names of one stand with "|".
_WORDS = """
en; Inbox; Sent; Drafts; Spam; Trash|Bin; Starred; Important; Unread; Opened; Archived; Chat|Chats; Category; Personal; Social; Promotions; Updates; Forums
de; Posteingang; Gesendet; Entwürfe; Spam; Papierkorb; Markiert; Wichtig; Ungelesen; Geöffnet; Archiviert; Chat; Kategorie; Persönlich|Allgemein; Soziale Netzwerke; Werbung; Neuigkeiten|Benachrichtigungen; Foren
fr; Boîte de réception; Envoyé|Messages envoyés|Envoyés; Brouillons; Spam; Corbeille; Suivi|Suivis|Messages suivis|Favoris; Important|Importants; Non lus|Non lu; Ouvert|Ouverts; Archivés|Messages archivés|Archivé; Chat; Catégorie; E-mails personnels|Personnel; Réseaux sociaux; Promotions; Mises à jour|Notifications; Forums
es; Recibidos|Bandeja de entrada; Enviados|Enviado; Borradores; Spam; Papelera; Destacados; Importantes|Importante; No leídos|No leído|Sin leer; Abiertos|Abierto; Archivados|Archivado; Chat; Categoría; Personal; Social; Promociones; Notificaciones|Actualizaciones; Foros
it; Posta in arrivo; Inviati|Posta inviata|Inviata; Bozze; Spam; Cestino; Speciali; Importanti|Importante; Da leggere|Non letti; Aperti|Aperto|Aperta; Archiviati|Archiviato|Archiviata; Chat; Categoria; Personali|Personale; Social; Promozioni; Aggiornamenti; Forum
pt; Caixa de entrada; Enviados|Enviado|E-mails enviados; Rascunhos; Spam; Lixeira|Lixo; Com estrela; Importante|Importantes; Não lidas|Não lidos|Não lida|Não lido; Abertas|Abertos|Aberto|Aberta; Arquivadas|Arquivados|Arquivado|Arquivada; Chat; Categoria; Pessoal; Social|Redes sociais; Promoções; Atualizações; Fóruns
ca; Safata d'entrada; Enviats|Enviat; Esborranys; Correu brossa; Paperera; Destacats; Importants|Important; No llegits|Sense llegir; Oberts|Obert; Arxivats|Arxivat; Xat; Categoria; Personal; Social; Promocions; Actualitzacions; Fòrums
nl; Postvak IN|Inbox; Verzonden; Concepten; Spam; Prullenbak; Met ster; Belangrijk; Ongelezen; Geopend; Gearchiveerd; Chat; Categorie; Persoonlijk; Sociaal; Reclame|Promoties; Updates; Forums
sv; Inkorgen|Inkorg; Skickat|Skickade; Utkast; Skräppost; Papperskorgen; Stjärnmärkta; Viktigt; Olästa|Oläst; Öppnade|Öppnat; Arkiverade|Arkiverat; Chatt; Kategori; Personligt; Socialt; Kampanjer|Reklam; Uppdateringar; Forum
da; Indbakke; Sendt; Kladder; Spam; Papirkurv; Stjernemarkeret; Vigtigt|Vigtig; Ulæst|Ulæste; Åbnet; Arkiveret; Chat; Kategori; Personligt|Personlig; Sociale medier|Socialt; Tilbud|Kampagner; Opdateringer; Fora
nb; Innboks; Sendt; Utkast; Søppelpost; Papirkurv; Stjernemerket; Viktig; Ulest|Uleste; Åpnet; Arkivert; Chat; Kategori; Personlig; Sosialt|Sosiale medier; Kampanjer|Reklame; Oppdateringer; Forumer
fi; Postilaatikko|Saapuneet; Lähetetyt|Lähetetty; Luonnokset; Roskaposti; Roskakori; Tähdellä merkityt|Tähdellä merkitty; Tärkeät|Tärkeä; Lukemattomat|Lukematon; Avatut|Avattu; Arkistoidut|Arkistoitu; Chat; Luokka; Henkilökohtaiset|Henkilökohtainen; Sosiaaliset|Sosiaalinen; Tarjoukset; Päivitykset; Foorumit
pl; Odebrane; Wysłane; Wersje robocze; Spam; Kosz; Oznaczone gwiazdką; Ważne; Nieprzeczytane; Otwarte; Zarchiwizowane; Czat; Kategoria; Osobiste|Główne; Społeczności; Oferty; Powiadomienia; Fora
cs; Doručená pošta|Doručené; Odeslaná pošta|Odeslané|Odesláno; Koncepty; Spam; Koš; S hvězdičkou; Důležité; Nepřečtené; Otevřené|Otevřeno; Archivováno|Archivované; Chat; Kategorie; Osobní; Sociální sítě; Reklamy|Promoakce; Aktualizace; Fóra
sk; Doručená pošta|Doručené; Odoslaná pošta|Odoslané; Koncepty; Spam; Kôš; S hviezdičkou|Označené hviezdičkou; Dôležité; Neprečítané; Otvorené; Archivované; Chat; Kategória; Osobné; Sociálne siete; Reklamy; Aktualizácie; Fóra
hu; Beérkező levelek|Beérkezett üzenetek; Elküldött|Elküldött levelek; Piszkozatok; Spam; Kuka; Csillaggal megjelölt|Csillagozott; Fontos; Olvasatlan; Megnyitott|Megnyitva; Archivált|Archiválva; Csevegés; Kategória; Személyes; Közösségi; Promóciók|Ajánlatok; Frissítések|Értesítések; Fórumok
ro; Mesaje primite; Trimise|Mesaje trimise; Mesaje nefinalizate; Spam; Coș de gunoi; Cu stea; Importante|Important; Necitite; Deschise; Arhivate; Chat; Categorie; Personale|Personal; Sociale|Rețele sociale; Promoții; Actualizări; Forumuri
bg; Входящи; Изпратени; Чернови; Спам; Кошче; Със звезда; Важни; Непрочетени; Отворени; Архивирани; Чат; Категория; Лични; Социални; Реклами|Промоции; Актуализации; Форуми
hr; Primljeno|Pristigla pošta; Poslano; Skice; Neželjena pošta; Smeće|Otpad; Sa zvjezdicom; Važno; Nepročitano; Otvoreno; Arhivirano; Chat; Kategorija; Osobno; Društvene mreže; Promocije; Obavijesti|Ažuriranja; Forumi
ru; Входящие; Отправленные; Черновики; Спам; Корзина; Помеченные; Важное|Важные; Непрочитанные|Непрочитано; Открытые|Открыто|Прочитанные; Архивированные|Архив|Архивные; Чат; Категория; Личное|Личные|Несортированные; Соцсети; Промоакции; Оповещения|Обновления; Форумы
uk; Вхідні; Надіслані; Чернетки; Спам; Кошик; Із зірочкою; Важливі; Непрочитані; Відкриті|Відкрито; Архівовані|Заархівовані; Чат; Категорія; Особисті; Соцмережі|Соціальні мережі; Реклама|Промоакції; Оновлення|Сповіщення; Форуми
el; Εισερχόμενα; Απεσταλμένα; Πρόχειρα; Ανεπιθύμητα; Κάδος απορριμμάτων|Κάδος; Με αστέρι; Σημαντικά; Μη αναγνωσμένα; Ανοιγμένα; Αρχειοθετημένα; Συνομιλία; Κατηγορία; Προσωπικά; Κοινωνικά; Προσφορές; Ενημερώσεις; Φόρουμ
tr; Gelen Kutusu; Gönderilmiş Postalar|Gönderilenler|Gönderildi; Taslaklar; Spam; Çöp Kutusu|Çöp; Yıldızlı; Önemli; Okunmamış|Okunmadı; Açıldı|Açılmış; Arşivlendi|Arşivlenmiş; Sohbet; Kategori; Kişisel; Sosyal; Tanıtımlar; Güncellemeler; Forumlar
he; דואר נכנס; נשלח|דואר יוצא|נשלחו; טיוטות; ספאם; אשפה; מסומן בכוכב|מסומנים בכוכב; חשוב; לא נקרא|לא נקראו; נפתח|נפתחו; הועבר לארכיון|בארכיון; צ'אט; קטגוריה; אישי; רשתות חברתיות|חברתי; קידומי מכירות|מבצעים; עדכונים; פורומים
ar; البريد الوارد|الوارد; المرسلة|البريد المرسل; المسودات; غير مرغوب فيها|الرسائل غير المرغوب فيها; المهملات; مميزة بنجمة|المميزة بنجمة; مهمة|مهم; غير مقروءة|غير مقروء; مفتوحة|تم الفتح; مؤرشفة|تمت الأرشفة; دردشة; فئة|الفئة; شخصية|شخصي; اجتماعية; العروض الترويجية; التحديثات; المنتديات
ja; 受信トレイ; 送信済み|送信済みメール; 下書き; 迷惑メール; ゴミ箱; スター付き; 重要; 未読; 開封済み|既読; アーカイブ済み|アーカイブ; チャット; カテゴリ; 個人|メイン; ソーシャル; プロモーション; 新着|最新情報; フォーラム
zh-CN; 收件箱; 已发送|已发邮件; 草稿; 垃圾邮件; 已删除邮件|回收站; 已加星标; 重要|重要邮件; 未读; 已打开|已读; 已归档|归档; 聊天; 类别|分类; 个人; 社交; 推广|促销; 动态|更新; 论坛
zh-TW; 收件匣; 寄件備份|已傳送; 草稿; 垃圾郵件; 垃圾桶; 已加星號; 重要|重要郵件; 未讀|未讀取; 已開啟|已讀取; 已封存; 即時通訊; 類別; 個人; 社交網路|社交; 促銷內容|促銷; 最新快訊; 論壇
ko; 받은편지함; 보낸편지함; 임시보관함; 스팸함|스팸; 휴지통; 별표편지함|별표; 중요|중요편지함; 읽지않음|읽지 않음; 열림|열어봄; 보관처리됨|보관됨; 채팅; 카테고리; 개인; 소셜; 프로모션; 업데이트; 포럼
vi; Hộp thư đến; Đã gửi|Thư đã gửi; Thư nháp|Bản nháp; Thư rác; Thùng rác; Có gắn dấu sao|Được gắn dấu sao; Quan trọng; Chưa đọc; Đã mở; Đã lưu trữ; Trò chuyện; Danh mục; Cá nhân; Xã hội; Quảng cáo; Cập nhật|Thông tin cập nhật; Diễn đàn
id; Kotak Masuk; Terkirim; Draf; Spam; Sampah|Tong Sampah; Berbintang; Penting; Belum dibaca; Dibuka; Diarsipkan; Chat; Kategori; Pribadi; Sosial; Promosi; Pembaruan|Info Terbaru; Forum
th; กล่องจดหมาย; ส่งแล้ว|จดหมายที่ส่งแล้ว; ร่างจดหมาย|จดหมายร่าง; จดหมายขยะ; ถังขยะ; ติดดาว|ที่ติดดาว; สำคัญ; ยังไม่ได้อ่าน; เปิดแล้ว; เก็บแล้ว|เก็บถาวร; แชท; หมวดหมู่; ส่วนตัว; โซเชียล; โปรโมชัน; อัปเดต; ฟอรัม
"""  # noqa: E501 - a table


def names_in(value: str | bytes) -> frozenset[str]:
    """The names in a value of X-Gmail-Labels, as they stand there: the whole of it is decoded
    (RFC 2047) before it is parted (CSV), since an encoded word may end within a name.
    """
    text = decode(value)
    found: Iterable[str] = next(csv.reader([text], skipinitialspace=True), ()) if text else ()
    return frozenset(name for name in found if name)


def language_of(names: Mapping[str, int]) -> str:
    """The language in which an archive, or a message, was written that bears these names so many
    times; English where nothing tells.
    """
    scores = dict.fromkeys(_tables(), 0)
    for name, count in names.items():
        for language, table in _tables().items():
            scores[language] += count * (table.get(_key(name)) in _TELLING)
    best = max(scores, key=lambda language: (scores[language], language == ENGLISH))
    return best if scores[best] else ENGLISH


def understood(names: Iterable[str], language: str) -> frozenset[str]:
    """Gmail's labels: its own by their ids, those of a person by name; what names a state alone,
    opened or archived, is none.
    """
    table = _tables()[language]
    found = (table.get(_key(name), name) for name in names)
    return frozenset(found) - {_OPENED, _ARCHIVED}


def flags_among(names: Iterable[str]) -> frozenset[str]:
    """What Takeout tells as a label and is a mark: IMAP programs note what was forwarded so."""
    return frozenset({"forwarded"} if any(_is_forwarded(name) for name in names) else ())


def _is_forwarded(name: str) -> bool:
    return name.casefold() in _FORWARDED


@cache
def _tables() -> dict[str, dict[str, str]]:
    return {line.split(";", 1)[0]: _table(line) for line in _WORDS.strip().splitlines()}


def _table(line: str) -> dict[str, str]:
    columns = dict(zip(_COLUMNS, (each.split("|") for each in line.split(";")[1:]), strict=True))
    prefixes = columns.pop("prefix")
    found: dict[str, str] = {}
    for label, names in columns.items():
        if label in _CATEGORIES:
            names = [f"{prefix} {name}" for prefix in prefixes for name in names]
            label = f"CATEGORY_{label}"
        found.update((_key(name), label) for name in names)
    return found


def _key(name: str) -> str:
    """Blanks of any kind, colons and quotation marks are written one way and the other."""
    return _APART.sub(" ", unicodedata.normalize("NFKC", name)).strip().casefold()
