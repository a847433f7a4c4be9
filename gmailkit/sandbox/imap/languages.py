"""How the special folders are called in the language of an account's pages."""

from __future__ import annotations

_LABELS = ("ALL", "CHAT", "DRAFT", "IMPORTANT", "SENT", "SPAM", "STARRED", "TRASH")
_TABLE = """
en|All Mail|Chats|Drafts|Important|Sent Mail|Spam|Starred|Trash
en-GB|All Mail|Chats|Drafts|Important|Sent Mail|Spam|Starred|Bin
de|Alle Nachrichten|Chats|Entwürfe|Wichtig|Gesendet|Spam|Markiert|Papierkorb
fr|Tous les messages|Chats|Brouillons|Important|Messages envoyés|Spam|Suivis|Corbeille
es|Todos|Chats|Borradores|Importantes|Enviados|Spam|Destacados|Papelera
it|Tutti i messaggi|Chat|Bozze|Importanti|Posta inviata|Spam|Speciali|Cestino
pt-BR|Todos os e-mails|Bate-papos|Rascunhos|Importante|E-mails enviados|Spam|Com estrela|Lixeira
nl|Alle berichten|Chats|Concepten|Belangrijk|Verzonden berichten|Spam|Met ster|Prullenbak
pl|Wszystkie|Czaty|Wersje robocze|Ważne|Wysłane|Spam|Oznaczone gwiazdką|Kosz
sv|Alla mail|Chattar|Utkast|Viktigt|Skickat|Skräppost|Stjärnmärkt|Papperskorgen
cs|Všechny zprávy|Chaty|Koncepty|Důležité|Odeslané|Spam|S hvězdičkou|Koš
ru|Вся почта|Чаты|Черновики|Важное|Отправленные|Спам|Помеченные|Корзина
ja|すべてのメール|チャット|下書き|重要|送信済みメール|迷惑メール|スター付き|ゴミ箱
zh-CN|所有邮件|聊天|草稿|重要|已发邮件|垃圾邮件|已加星标|已删除邮件
"""


def _read() -> dict[str, dict[str, str]]:
    rows = (line.split("|") for line in _TABLE.strip().splitlines())
    return {
        tag.strip(): dict(zip(_LABELS, map(str.strip, names), strict=True)) for tag, *names in rows
    }


_KNOWN = _read()


def names_in(language: str) -> dict[str, str]:
    """By label. Of another variant, or English, where the table lacks the language."""
    base = language.partition("-")[0]
    near = next((tag for tag in _KNOWN if tag.partition("-")[0] == base), "en")
    return _KNOWN.get(language) or _KNOWN[near]
