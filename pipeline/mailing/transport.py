"""Mail transports: SMTP, and files for trials."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from pipeline.config import SendingSettings
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.database import write_private_draft
from pipeline.mailing.refusals import clean_reply, is_mailbox_gone

KEYRING_SERVICE = "clinic-publish"
USER_VARIABLE, PASSWORD_VARIABLE = "PUBLISH_SMTP_USER", "PUBLISH_SMTP_PASSWORD"  # names of variables
DeliveryVerdict = Literal["accepted", "deferred", "refused", "withheld", "lost"]
_LEADING_DOT = re.compile(rb"(?m)^\.")
DeliveryStage = Literal["sender", "recipient", "content"]


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    verdict: DeliveryVerdict
    """Lost: no reply to the content came. Withheld: the caller stopped it before the content was sent."""
    status: str = ""
    """Reply code, and enhanced code if any: this is saved."""
    stage: DeliveryStage = "content"
    is_broken: bool = False
    """The connection must be closed."""
    reply: str = ""
    """Reply code and text of a rejection on one line, without any address: for the operator, and never saved."""
    is_unreachable: bool = False
    """The refusal says that the mailbox does not exist."""


Before = Callable[[], bool]
Lock = AbstractContextManager[object]
_NONE: Lock = contextlib.nullcontext()


class Transport(Protocol):
    def open(self) -> None:
        """Connect; may be called again after an error.

        Raises:
            OSError: A temporary error: try again later.
            SendError: A permanent error, which a person must correct.
        """

    def deliver(self, sender: str, recipient: str, data: bytes, before: Before, lock: Lock = _NONE) -> DeliveryOutcome:
        """Deliver one message.

        Args:
            sender: Address for bounces.
            before: Called just before the content is sent; False stops it.
            lock: Held from that call until the command DATA has left: nobody can unsubscribe in between.
        """

    def close(self) -> None:
        """Close the connection."""


@dataclass(slots=True)
class FileTransport:
    """Writes each message as it would be sent to a file, for trials."""

    folder: Path

    def open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._write_error(error) from error

    def deliver(self, sender: str, recipient: str, data: bytes, before: Before, lock: Lock = _NONE) -> DeliveryOutcome:
        mark = data.partition(b"\r\n\r\n")[0].partition(b"\r\nMessage-ID: <")[2].partition(b"@")[0].decode("ascii")
        envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode("ascii")
        path = self.folder / f"{mark}.eml"
        try:
            draft = write_private_draft(path, envelope + data)
        except OSError as error:  # a full disk is noticed before the message is in doubt
            raise self._write_error(error) from error
        try:
            with lock:
                if not before():
                    return DeliveryOutcome("withheld")
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return DeliveryOutcome("accepted", "file")

    def close(self) -> None:
        pass

    def _write_error(self, error: OSError) -> SendError:
        return SendError(f"{self.folder} cannot be written: {error.strerror}", hint="free some space, and try again")


@dataclass(slots=True)
class SmtpTransport:
    settings: SendingSettings
    login: tuple[str, str] | None
    _smtp: smtplib.SMTP | None = field(default=None, repr=False)

    def open(self) -> None:
        sending, context = self.settings, tls_context()
        self._drop()
        try:
            kind = partial(smtplib.SMTP_SSL, context=context) if sending.security == "tls" else smtplib.SMTP
            self._smtp = smtp = kind(sending.host, sending.port, timeout=sending.timeout_s)
            smtp.ehlo_or_helo_if_needed()
            if sending.security == "starttls":
                smtp.starttls(context=context)
            if self.login:
                _log_in(smtp, *self.login)
        except BaseException as error:
            self._drop()
            if isinstance(error, OSError) and (translated := self._translate(error)):
                raise translated from error
            raise

    def _translate(self, error: OSError) -> Exception | None:
        """Return `SendError` for a permanent error, `OSError` without the reply text for a temporary one."""
        host, code = self.settings.host, getattr(error, "smtp_code", 0)
        if isinstance(error, ssl.SSLCertVerificationError):
            return SendError(
                f"the certificate of {host} is not valid: {error.verify_message}",
                hint="[sending] host must be the name in its certificate; nothing was sent",
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return SendError(
                f"{host}:{self.settings.port} offers no STARTTLS, or no supported login: {error}",
                hint="[sending] security and port must match the server; nothing was sent",
            )
        if isinstance(error, smtplib.SMTPAuthenticationError) and code >= 500:
            return SendError(f"{host} refuses the login: {code}", hint=LOGIN_HINT)
        if isinstance(error, smtplib.SMTPResponseException) and 500 <= code < 600:
            return SendError(f"{host} refuses the connection: {code}")
        return OSError(f"not now: {code}") if code else None

    def deliver(self, sender: str, recipient: str, data: bytes, before: Before, lock: Lock = _NONE) -> DeliveryOutcome:
        smtp = self._smtp
        if smtp is None:
            return DeliveryOutcome("deferred", stage="sender", is_broken=True)
        has_left = False
        try:
            code, reply = smtp.docmd(f"MAIL FROM:<{sender}>")
            if code not in (250, 251):
                return self._rejection(code, reply, "sender", recipient)
            code, reply = smtp.docmd(f"RCPT TO:<{recipient}>")
            if code not in (250, 251):
                return self._rejection(code, reply, "recipient", recipient)
            with lock:
                if is_wanted := before():
                    smtp.putcmd("DATA")
            if not is_wanted:
                return DeliveryOutcome("withheld", is_broken=not self._reset())
            code, reply = smtp.getreply()
            if code != 354:
                return self._rejection(code, reply, "content", recipient)
            has_left = True
            smtp.send(_LEADING_DOT.sub(b"..", data) + b".\r\n")
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            # After the content was sent, only the server knows whether it was complete.
            self._drop()
            return DeliveryOutcome("lost" if has_left else "deferred", is_broken=True)
        except SendError:  # the database failed after DATA: no content follows
            self._drop()
            raise
        if code == 250:
            return DeliveryOutcome("accepted", reply_status(code, reply))
        if code < 400:
            self._drop()
            return DeliveryOutcome("lost", is_broken=True)
        return self._rejection(code, reply, "content", recipient)

    def close(self) -> None:
        if self._smtp:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._drop()

    def _drop(self) -> None:
        if self._smtp:
            self._smtp.close()
            self._smtp = None

    def _reset(self) -> bool:
        """Reset the connection for the next message, or close it where the reply is not that to RSET."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self._smtp and self._smtp.docmd("RSET")[0] == 250:
                return True
        self._drop()
        return False

    def _rejection(self, code: int, reply: bytes, stage: DeliveryStage, recipient: str) -> DeliveryOutcome:
        """Return the rejection of one message; reset the connection for the next, unless the server closes it (421)."""
        is_broken = code == 421 or not 400 <= code < 600
        if is_broken:
            self._drop()
        else:
            is_broken = not self._reset()
        words = clean_reply(f"{code} {reply.decode('ascii', 'replace')}", recipient)
        verdict: DeliveryVerdict = "refused" if 500 <= code < 600 else "deferred"
        return DeliveryOutcome(
            verdict, reply_status(code, reply), stage, is_broken, words,
            is_unreachable=verdict == "refused" and stage == "recipient" and is_mailbox_gone(words),
        )  # fmt: skip


LOGIN_HINT = (
    f"{USER_VARIABLE} and {PASSWORD_VARIABLE} in the environment, or `keyring set {KEYRING_SERVICE} USER`; "
    "never in publish.toml"
)


def smtp_transport(settings: SendingSettings) -> SmtpTransport:
    """Return the transport to the mail server.

    Raises:
        ConfigError: `publish.toml` names no server.
    """
    if not settings.host:
        raise ConfigError(
            "[sending] host is missing: there is no mail server",
            hint="for a trial without one: --transport file writes each message to a file",
        )
    return SmtpTransport(settings, load_login())


def load_login() -> tuple[str, str] | None:
    """Return user and password: from the environment, the password also from the keyring; None without a user.

    Raises:
        ConfigError: There is a user, but no password.
    """
    user, password = os.environ.get(USER_VARIABLE, ""), os.environ.get(PASSWORD_VARIABLE, "")
    if not user:
        return None
    if not password:
        import keyring
        from keyring.errors import KeyringError

        try:
            password = keyring.get_password(KEYRING_SERVICE, user) or ""
        except KeyringError as error:
            raise ConfigError(f"the keyring does not answer: {error}", hint=LOGIN_HINT) from error
    if not password:
        raise ConfigError(f"the mail server user {user} has no password", hint=LOGIN_HINT)
    return user, password


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Log in; outside ASCII by PLAIN in UTF-8 (RFC 4616), which smtplib cannot do.

    Raises:
        smtplib.SMTPException: The server refuses, or does not support PLAIN where it is needed.
    """
    if (user + password).isascii():
        smtp.login(user, password)
        return
    smtp.ehlo_or_helo_if_needed()
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("it accepts no login outside ASCII, such as æ, ø and å")
    token = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, reply = smtp.docmd("AUTH", f"PLAIN {token}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def tls_context() -> ssl.SSLContext:
    """Return the settings of encrypted connections: at least TLS 1.2, with a verified certificate and host name."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def reply_status(code: int, reply: bytes) -> str:
    """Return reply code and enhanced code (RFC 3463), if the reply begins with one."""
    enhanced = re.match(rb"\s*(\d+\.\d+\.\d+)(?!\S)", reply)
    return f"{code} {enhanced[1].decode('ascii')}" if enhanced else str(code)
