"""What servers say when they refuse for good: which words speak of the mailbox, and which of something else."""

from __future__ import annotations

import pytest

from pipeline.mailing.refusals import clean_reply, is_mailbox_gone

READER = "anna.hansen@laesere.example"
GONE = (
    # Postfix, as it writes with each kind of its tables
    "550 5.1.1 <anna.hansen@laesere.example>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 <anna.hansen@laesere.example>: Recipient address rejected: User unknown in local recipient table",
    "550 5.1.1 <anna.hansen@laesere.example>: Recipient address rejected: User unknown in relay recipient table",
    "550 5.1.1 <anna.hansen@laesere.example>: Recipient address rejected: User unknown in virtual alias table",
    "550 <anna.hansen@laesere.example>: User unknown in virtual mailbox table",
    "554 5.1.1 <anna.hansen@laesere.example>: unknown user",
    # sendmail
    "550 5.1.1 <anna.hansen@laesere.example>... User unknown",
    "550 <anna.hansen@laesere.example>... User unknown",
    # Exim, and cPanel's
    "550 Unknown user",
    "550 unknown user <anna.hansen@laesere.example>",
    '550 "No Such User Here"',
    "550 No such user here",
    # Gmail
    (
        "550 5.1.1 The email account that you tried to reach does not exist. Please try 5.1.1 double-checking the "
        "recipient's email address for typos or 5.1.1 unnecessary spaces. For more information, go to 5.1.1  "
        "https://support.google.com/mail/?p=NoSuchUser x12-20020a05si - gsmtp"
    ),
    (
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the "
        "recipient's email address for typos or\n550 5.1.1 unnecessary spaces."
    ),
    "550 5.2.1 The email account that you tried to reach is disabled. Learn more at https://support.google.com/mail/",
    "550 5.2.1 The email account that you tried to reach is inactive. - gsmtp",
    # Exchange, Exchange Online, Outlook
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna.hansen@laesere.example not found by SMTP address lookup",
    "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
    "550 5.1.1 User unknown",
    "550 RESOLVER.ADR.RecipNotFound; not found",
    # iCloud, Yahoo and AOL
    "550 5.1.1 <anna.hansen@laesere.example>: user does not exist",
    "554 delivery error: dd This user doesn't have a yahoo.com account (anna.hansen@laesere.example) [0] - mta1234",
    "554 30 Sorry, your message to anna.hansen@laesere.example cannot be delivered. This mailbox is disabled (554.30).",
    # qmail, Courier, OpenSMTPD, hMailServer, MailEnable, MDaemon, Domino
    "550 sorry, no mailbox here by that name. (#5.1.1)",
    "550 User <anna.hansen@laesere.example> unknown, no such user",
    "550 Invalid recipient: <anna.hansen@laesere.example>, no such recipient",
    "550 Unknown user",
    "550 Requested action not taken: mailbox not found",
    "550 <anna.hansen@laesere.example>, Recipient unknown",
    "550 anna.hansen@laesere.example... User not listed in Domino Directory",
    # an address in a form that cannot be, a reader who has moved, and a domain that takes no mail (RFC 7505)
    "553 5.1.3 The recipient address is not a valid RFC-5321 address",
    "551 5.1.6 Recipient has moved",
    "556 5.1.10 Recipient address has null MX",
    "550 5.2.1 mailbox disabled, not accepting messages",
    # general codes before words that are clear
    "550 5.0.0 <anna.hansen@laesere.example>... User unknown",
    "550 #5.1.0 Address rejected: no such user",
)
STAYS = (
    # of us: relaying, the sender, policy
    "550 relay not permitted",
    "550 Relaying not allowed",
    "550 5.7.1 Unable to relay",
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    "554 5.7.1 <anna.hansen@laesere.example>: Relay access denied",
    "554 <anna.hansen@laesere.example>: Relay access denied",
    "550 5.7.1 <anna.hansen@laesere.example>... Relaying denied",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "550 authentication required",
    "550 Sender verify failed",
    "550 5.1.0 <nyt@klinik.example>: Sender address rejected: User unknown in virtual mailbox table",
    "550 5.1.7 <nyt@klinik.example>: Sender address rejected: undeliverable address: User unknown",
    "553 5.1.8 <nyt@klinik.example>... Domain of sender address nyt@klinik.example does not exist",
    "550 5.7.23 <anna.hansen@laesere.example>: Recipient address rejected: Message rejected due to: SPF fail",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.",
    "550 5.7.1 Service unavailable; client host [192.0.2.7] blocked using zen.spamhaus.org",
    "550 Access denied",
    "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked",
    "550 SC-001 (BAY004-MC1F1) Unfortunately, messages from 192.0.2.7 weren't sent.",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.7]",
    "550 5.7.1 message blocked as likely unsolicited",
    "550 High probability of spam",
    "554 5.7.1 [P4] Message blocked due to spam content in the message.",
    "550 spam",
    "554 delivery error: dd This message has been blocked by content filter",
    "550 5.7.1 No such user!",
    "550 5.1.1 RCP-P2 Refused due to recipient preferences",
    "550 Administrative prohibition",
    "554 Transaction failed",
    "553 Requested action not taken",
    # what may mean both
    "550",
    "550 mailbox unavailable",
    "550 Requested action not taken: mailbox unavailable",
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR02FT054.eop-EUR02.prod.outlook.com]",
    "550 Recipient address rejected",
    "550 Unrouteable address",
    "550 #5.1.0 Address rejected.",
    "551 User not local; please try <bo@laesere.example>",
    "550 Rejected",
    # full, too large, too many
    "552 5.2.2 Mailbox full",
    "552 5.2.2 mailbox is full, quota exceeded",
    "552 Quota exceeded",
    "550 5.1.1 <anna.hansen@laesere.example>: mailbox full",
    "550 5.2.1 The user's mailbox is over its storage limit",
    "554 5.2.2 mailbox full; user unknown or out of space",
    "552 5.3.4 Message size exceeds fixed limit",
    "552 5.2.3 Message exceeds local size limit",
    (
        "550-5.2.1 The user you are trying to contact is receiving mail at a rate that\n550-5.2.1 prevents additional "
        "messages from being delivered."
    ),
    "550 5.2.1 The user you are trying to contact is receiving mail too quickly.",
    "550 5.1.1 Too many invalid recipients, user unknown",
    "550 too many recipients",
    # the domain, the way there, the time
    "550 5.1.2 <anna.hansen@laesere.example>: Recipient address rejected: Domain not found",
    "550 <anna.hansen@laesere.example>: Recipient address rejected: Domain not found",
    "550 5.4.4 Host unknown (Name server: laesere.example: host not found)",
    "550 5.1.1 <anna.hansen@laesere.example>: unknown domain",
    "550 5.4.6 Hop count exceeded - possible mail loop",
    "550 4.4.7 QUEUE.Expired; message expired",
    "450 4.1.1 <anna.hansen@laesere.example>: Recipient address rejected: unverified address: User unknown",
    "451 User unknown, try again later",
    "550 User unknown, temporarily",
    "554 5.3.0 Other mail system problem",
)


@pytest.mark.parametrize("reply", GONE)
def test_words_of_the_mailbox_suppress_the_reader(reply: str) -> None:
    assert is_mailbox_gone(clean_reply(reply, READER))


@pytest.mark.parametrize("reply", STAYS)
def test_all_other_words_leave_the_reader_on_the_list(reply: str) -> None:
    assert not is_mailbox_gone(clean_reply(reply, READER))


@pytest.mark.parametrize(
    ("status", "reply", "is_gone"),
    [
        ("5.0.0", "smtp; 550 5.1.1 unknown user", True),
        ("5.0.0", "smtp; 550 user unknown", True),
        ("5.1.1", "smtp; 550", True),
        ("5.1.1", "", True),
        ("5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True),
        ("5.0.0", "smtp; 552 5.2.2 mailbox is full, quota exceeded", False),
        ("5.0.0", "smtp; 552 Quota exceeded", False),
        ("5.0.0", "smtp; 554 delivery error: dd This message has been blocked by content filter", False),
        ("5.0.0", "", False),
        ("5.1.1", "smtp; 552 5.2.2 Over quota", False),
        ("5.1.1", "smtp; 550 5.7.1 Message rejected", False),
        ("5.7.1", "smtp; 550 5.1.1 User unknown", False),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied", False),
        ("5.1.2", "smtp; 550 Host unknown", False),
        ("4.4.7", "smtp; 550 User unknown", False),
    ],
)
def test_a_bounce_is_judged_by_its_status_and_the_words_together(status: str, reply: str, *, is_gone: bool) -> None:
    assert is_mailbox_gone(reply, status) == is_gone


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("no-such-user@laesere.example", "550 relay to <no-such-user@laesere.example> impossible"),
        ("user-unknown@laesere.example", "550 user-unknown: rejected"),
        ("no.such.user@laesere.example", "550 rejected: no.such.user"),
    ],
)
def test_words_within_an_address_say_nothing(address: str, reply: str) -> None:
    assert not is_mailbox_gone(clean_reply(reply, address))


def test_a_reply_is_shown_without_addresses_and_control_characters() -> None:
    reply = (
        "550-5.7.1 <Anna.Hansen@laesere.example>: \x1b[31mno\r\n550 5.7.1 mail for anna.hansen from x@klinik.example."
    )

    shown = clean_reply(reply, READER)

    assert shown == "550-5.7.1 …: [31mno 550 5.7.1 mail for … from …"


def test_a_reply_of_any_length_is_read_at_once() -> None:
    assert len(clean_reply("550 " + "a" * 1_000_000, READER)) == 1000
