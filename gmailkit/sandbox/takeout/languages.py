"""The words of an archive in the languages of accounts.

Open: which words languages use that no sample was seen of. English, German, French, Spanish and
Czech have words of real archives (not all of them), the others are those of Gmail's pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.errors import UsageError

_LABELS = (
    *("INBOX", "SENT", "DRAFT", "TRASH", "SPAM", "STARRED", "IMPORTANT"),
    *("UNREAD", "OPENED", "ARCHIVED", "CHAT"),
)
_CATEGORIES = tuple(
    f"CATEGORY_{name}" for name in ("PERSONAL", "SOCIAL", "UPDATES", "PROMOTIONS", "FORUMS")
)
# Tag | folder | file of all mail; the labels above; a category | the names of the categories
_TABLE = """
en|Mail|All mail Including Spam and Trash
 Inbox,Sent,Drafts,Trash,Spam,Starred,Important
 Unread,Opened,Archived,Chat
 Category {}|Personal,Social,Updates,Promotions,Forums
de|E-Mail|Alle E-Mails einschließlich Spam-Nachrichten und E
 Posteingang,Gesendet,Entwürfe,Papierkorb,Spam,Markiert,Wichtig
 Ungelesen,Geöffnet,Archiviert,Chat
 Kategorie: "{}"|Persönlich,Soziale Netzwerke,Neuigkeiten,Werbung,Foren
fr|Messages|Tous les messages, y compris ceux du dossier Spam
 Boîte de réception,Envoyé,Brouillons,Corbeille,Spam,Favoris,Important
 Non lus,Ouvert,Archivés,Chat
 Catégorie\u00a0: {}|E-mails personnels,Réseaux sociaux,Notifications,Promotions,Forums
es|Correo|Todo el correo, incluido Spam y Papelera
 Recibidos,Enviados,Borradores,Papelera,Spam,Destacados,Importante
 No leídos,Abiertos,Archivados,Chat
 Categoría: {}|Personal,Social,Notificaciones,Promociones,Foros
it|Posta|Tutta la posta, compresi Spam e Cestino
 Posta in arrivo,Inviati,Bozze,Cestino,Spam,Speciali,Importanti
 Da leggere,Aperti,Archiviati,Chat
 Categoria: {}|Personale,Social,Aggiornamenti,Promozioni,Forum
pt-BR|E-mail|Todos os e-mails, incluindo Spam e Lixeira
 Caixa de entrada,Enviados,Rascunhos,Lixeira,Spam,Com estrela,Importante
 Não lidas,Abertas,Arquivadas,Chat
 Categoria: {}|Pessoal,Social,Atualizações,Promoções,Fóruns
nl|Mail|Alle e-mail inclusief spam en prullenbak
 Inbox,Verzonden,Concepten,Prullenbak,Spam,Met ster,Belangrijk
 Ongelezen,Geopend,Gearchiveerd,Chat
 Categorie: {}|Persoonlijk,Sociaal,Updates,Reclame,Forums
cs|Pošta|Veškerá pošta včetně spamu a koše
 Doručené,Odesláno,Koncepty,Koš,Spam,S hvězdičkou,Důležité
 Nepřečtené,Otevřené,Archivováno,Chat
 Kategorie: {}|Osobní,Sociální sítě,Aktualizace,Promoakce,Fóra
pl|Poczta|Cała poczta, w tym spam i kosz
 Odebrane,Wysłane,Wersje robocze,Kosz,Spam,Oznaczone gwiazdką,Ważne
 Nieprzeczytane,Otwarte,Zarchiwizowane,Czat
 Kategoria: {}|Osobiste,Społeczności,Powiadomienia,Oferty,Fora
ja|メール|迷惑メールとゴミ箱を含むすべてのメール
 受信トレイ,送信済み,下書き,ゴミ箱,迷惑メール,スター付き,重要
 未読,開封済み,アーカイブ済み,チャット
 カテゴリ: {}|個人,ソーシャル,新着,プロモーション,フォーラム
"""


@dataclass(frozen=True, slots=True)
class Words:
    """`folder` holds the mail, `everything` names the one mbox; labels are system ids, and OPENED
    and ARCHIVED for what is read and what is not in the inbox.
    """

    folder: str
    everything: str
    labels: dict[str, str]


def _read() -> dict[str, Words]:
    lines = _TABLE.strip().splitlines()
    found: dict[str, Words] = {}
    for head, places, states, categories in zip(*(lines[n::4] for n in range(4)), strict=True):
        tag, folder, everything = head.split("|")
        names = [*places.strip().split(","), *states.strip().split(",")]
        labels = dict(zip(_LABELS, names, strict=True))
        form, _, kinds = categories.strip().partition("|")
        named = zip(_CATEGORIES, kinds.split(","), strict=True)
        labels |= {label: form.format(kind) for label, kind in named}
        found[tag] = Words(folder, everything, labels)
    return found


_KNOWN = _read()
LANGUAGES = tuple(_KNOWN)


def words_of(language: str) -> Words:
    """Of a tag such as de or pt-BR; another variant of the same language will do.

    Raises UsageError for a language the table lacks.
    """
    base = language.partition("-")[0].lower()
    for tag, words in _KNOWN.items():
        if tag.lower() == language.lower() or tag.partition("-")[0] == base:
            return words
    raise UsageError(
        f"Takeout in {language!r} is not known here.", hint=f"Known: {', '.join(LANGUAGES)}."
    )
