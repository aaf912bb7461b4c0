"""Meaning of a mail server's permanent refusal: whether it says that a reader's mailbox does not exist, or is closed.

The only definition of a hard bounce: for replies while sending, and for bounces that come back by mail.
"""

from __future__ import annotations

import re

MAILBOX_CODES = frozenset(("5.1.1", "5.1.3", "5.1.6", "5.1.10", "5.2.1"))
"""Enhanced codes of the mailbox (RFC 3463 and 7505). Not 5.1.2, a domain that a fault of the DNS hides as well; not
5.1.7 and 5.1.8, the sender's address; not 5.4, routing, nor 5.7, policy.
"""
_GENERAL_CODES = frozenset(("5.0.0", "5.1.0", "5.2.0"))
"""Codes that say only that it failed: the words decide, as they do for a reply without an enhanced code."""
_ENHANCED_CODE = re.compile(r"(?<![\w.])\d\.\d{1,3}\.\d{1,3}(?!\.?\w)")
_GONE = re.compile(
    r"\buser unknown"  # Postfix ("User unknown in virtual mailbox table"), sendmail
    r"|\bunknown user|\brecipient unknown"  # Exim, hMailServer; MDaemon
    r"|\bno such (?:user|mailbox|recipient)"  # cPanel's Exim ("No Such User Here"), Courier, OpenSMTPD
    r"|\bno mailbox here by that name"  # qmail
    r"|\brecip(?:ient)?notfound\b"  # Exchange ("RESOLVER.ADR.RecipientNotFound")
    r"|\b(?:user|recipient|mailbox|account|account that you tried to reach) (?:does not|doesn't) exist"  # iCloud, Gmail
    r"|\b(?:user|recipient|mailbox) not found"  # hMailServer, MailEnable
    r"|\bnot listed in (?:the )?domino directory"  # HCL Domino
    r"|\bthis user doesn't have a \S+ account|\bthis mailbox is disabled",  # Yahoo
    re.IGNORECASE,
)
_OTHER_CAUSE = re.compile(
    r"full\b|quota|storage|\bspace\b|\blimit|\brate\b|too (?:many|much|large|big|fast|quickly)|temporar|\blater\b"
    r"|try again|\b4\d\d\b|spam|junk|virus|unsolicited|block|blacklist|reputation|polic(?:y|ies)|preference|denied"
    r"|relay(?:ing)? (?:not|access|prohibited)|not permitted|\bsender|mail from|return.path|\bspf\b|\bdkim\b|\bdmarc\b"
    r"|(?:unknown|no such) (?:domain|host)|(?:domain|host) (?:name )?(?:is )?(?:not found|unknown|does)",
    re.IGNORECASE,
)
"""Words of another cause: some servers answer 5.1.1 or 5.2.1 for a full mailbox, too much mail (Gmail) or spam."""
_MAX_LENGTH = 1000


def is_mailbox_gone(reply: str, status: str = "") -> bool:
    """Tell whether a permanent refusal says that the mailbox does not exist, or is closed; in doubt it does not.

    Args:
        reply: Codes and words of the server, from `clean_reply`.
        status: The field Status of a bounce.
    """
    codes = {status, *_ENHANCED_CODE.findall(reply)} - {"", *_GENERAL_CODES}
    words = " ".join(re.sub(r"\b5\d\d[- ]", " ", reply).split())  # a long reply repeats its code in each line
    return not (codes - MAILBOX_CODES or _OTHER_CAUSE.search(words)) and bool(codes or _GONE.search(words))


def clean_reply(reply: str, *recipients: str) -> str:
    """Return a reply on one line, without any address, nor the part of these before the @: it may be `no-such-user`."""
    line = " ".join("".join(each if each.isprintable() else " " for each in reply[:_MAX_LENGTH]).split())
    names = "|".join(re.escape(each.rpartition("@")[0]) for each in recipients if "@" in each)
    return re.sub(rf"(?i)<?[^\s<>()\"',;:]*@[^\s<>()\"',;:]*>?|(?<!\w)(?:{names or '@'})(?!\w)", "…", line)
