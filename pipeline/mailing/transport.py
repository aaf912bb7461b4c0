"""Mail transports: an SMTP server, and files for trials."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pipeline.config import SendingSettings
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.data_dir import write_private_draft

KEYRING_SERVICE = "clinic-publish"
USER_VARIABLE, PASSWORD_VARIABLE = "PUBLISH_SMTP_USER", "PUBLISH_SMTP_PASSWORD"  # names of variables
DeliveryVerdict = Literal["accepted", "deferred", "refused", "withheld", "lost"]
_LEADING_DOT = re.compile(rb"(?m)^\.")
DeliveryStage = Literal["sender", "recipient", "content"]


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What became of one message."""

    verdict: DeliveryVerdict
    """Lost: the server's word on the content never came. Withheld: the content was not to leave."""
    status: str = ""
    """Reply code and, where there is one, enhanced code: never the server's words, which may repeat an address."""
    stage: DeliveryStage = "content"
    is_broken: bool = False
    """The connection is of no more use."""

    @property
    def is_unreachable(self) -> bool:
        """The fault is the address itself: no mailbox, not a policy, a full disk or a size (RFC 3463)."""
        enhanced = self.status.partition(" ")[2]
        of_address = enhanced.startswith(("5.1.", "5.2.1")) if enhanced else self.status in ("550", "551", "553")
        return self.verdict == "refused" and self.stage == "recipient" and of_address


class Transport(Protocol):
    """A way out."""

    def open(self) -> None:
        """Make ready; may be called anew after a fault.

        Raises:
            OSError: Not now; try again later.
            SendError: Not at all, until someone mends it.
        """

    def deliver(self, sender: str, recipient: str, data: bytes, before: Callable[[], bool]) -> DeliveryOutcome:
        """Hand over one message.

        Args:
            sender: Where bounces go.
            before: Called once just before the content leaves; no: it must not.
        """

    def close(self) -> None:
        """End in good order."""


@dataclass(slots=True)
class FileTransport:
    """Messages as files, each as it would have travelled, for trying out."""

    folder: Path

    def open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._refused(error) from error

    def deliver(self, sender: str, recipient: str, data: bytes, before: Callable[[], bool]) -> DeliveryOutcome:
        head = data.partition(b"\r\n\r\n")[0]
        mark = head.partition(b"\r\nMessage-ID: <")[2].partition(b"@")[0].decode("ascii")
        envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode("ascii")
        path = self.folder / f"{mark}.eml"
        try:
            draft = write_private_draft(path, envelope + data)
        except OSError as error:  # the disk is full: that is known before anything is in doubt
            raise self._refused(error) from error
        try:
            if not before():
                return DeliveryOutcome("withheld")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return DeliveryOutcome("accepted", "file")

    def close(self) -> None:
        pass

    def _refused(self, error: OSError) -> SendError:
        return SendError(f"{self.folder} cannot be written: {error.strerror}", hint="make room, and try again")


@dataclass(slots=True)
class SmtpTransport:
    """A connection to a mail server, kept for many messages."""

    settings: SendingSettings
    login: tuple[str, str] | None
    _smtp: smtplib.SMTP | None = field(default=None, repr=False)

    def open(self) -> None:
        self.drop()
        try:
            self._open()
        except BaseException:
            self.drop()
            raise

    def _open(self) -> None:
        sending, context = self.settings, tls_context()
        try:
            if sending.security == "tls":
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    sending.host, sending.port, timeout=sending.timeout_s, context=context
                )
            else:
                smtp = smtplib.SMTP(sending.host, sending.port, timeout=sending.timeout_s)
            self._smtp = smtp
            smtp.ehlo_or_helo_if_needed()
            if sending.security == "starttls":
                smtp.starttls(context=context)
            if self.login:
                _log_in(smtp, *self.login)
        except ssl.SSLCertVerificationError as error:
            raise SendError(
                f"{sending.host} does not prove who it is: {error.verify_message}",
                hint="[sending] host must be the name in its certificate; nothing was sent",
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code >= 500:
                raise SendError(f"{sending.host} refuses the login: {error.smtp_code}", hint=LOGIN_HINT) from error
            raise OSError(f"the login failed for now: {error.smtp_code}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise SendError(
                f"{sending.host}:{sending.port} offers no STARTTLS, or no way to log in: {error}",
                hint="[sending] security and port say how the server wants to be met; nothing was sent",
            ) from error
        except smtplib.SMTPResponseException as error:
            if 500 <= error.smtp_code < 600:
                raise SendError(f"{sending.host} refuses to talk: {error.smtp_code}") from error
            raise OSError(f"not now: {error.smtp_code}") from error

    def deliver(self, sender: str, recipient: str, data: bytes, before: Callable[[], bool]) -> DeliveryOutcome:
        smtp = self._smtp
        if smtp is None:
            return DeliveryOutcome("deferred", stage="sender", is_broken=True)
        has_left = False
        try:
            for stage, command in (("sender", f"MAIL FROM:<{sender}>"), ("recipient", f"RCPT TO:<{recipient}>")):
                code, reply = smtp.docmd(command)
                if code not in (250, 251):
                    return self._no(code, reply, "sender" if stage == "sender" else "recipient")
            if not before():
                smtp.docmd("RSET")
                return DeliveryOutcome("withheld")
            code, reply = smtp.docmd("DATA")
            if code != 354:
                return self._no(code, reply, "content")
            has_left = True
            smtp.send(_LEADING_DOT.sub(b"..", data) + b".\r\n")
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            # Once the content was on its way, only the server knows whether it has come whole.
            self.drop()
            return DeliveryOutcome("lost" if has_left else "deferred", is_broken=True)
        if code == 250:
            return DeliveryOutcome("accepted", reply_status(code, reply))
        if code < 400:
            self.drop()
            return DeliveryOutcome("lost", is_broken=True)
        return self._no(code, reply, "content")

    def close(self) -> None:
        if self._smtp:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        """Let go of the connection without a word."""
        if self._smtp:
            self._smtp.close()
            self._smtp = None

    def _no(self, code: int, reply: bytes, stage: DeliveryStage) -> DeliveryOutcome:
        """Return the server's no to one message; the connection is good for the next, unless it closes (421)."""
        is_broken = code == 421 or not 400 <= code < 600
        if is_broken:
            self.drop()
        elif self._smtp:
            try:
                self._smtp.docmd("RSET")
            except (OSError, smtplib.SMTPException):
                self.drop()
                is_broken = True
        verdict: DeliveryVerdict = "refused" if 500 <= code < 600 else "deferred"
        return DeliveryOutcome(verdict, reply_status(code, reply), stage, is_broken)


LOGIN_HINT = (
    f"{USER_VARIABLE} and {PASSWORD_VARIABLE} in the environment, or `keyring set {KEYRING_SERVICE} USER`; "
    "never in publish.toml"
)


def smtp_transport(settings: SendingSettings) -> SmtpTransport:
    """Return the way to the mail server.

    Raises:
        ConfigError: `publish.toml` names no server.
    """
    if not settings.host:
        raise ConfigError(
            "[sending] host is missing: no mail server to send by",
            hint="try out without one: --transport file writes each message as a file",
        )
    return SmtpTransport(settings, load_login())


def load_login() -> tuple[str, str] | None:
    """Return user and password, from the environment, the password else from the keyring; nothing without a user.

    Raises:
        ConfigError: There is a user and no password.
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
        raise ConfigError(f"there is a user for the mail server and no password: {user}", hint=LOGIN_HINT)
    return user, password


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Log in; names and passwords in letters beyond ASCII by PLAIN, which is UTF-8 (RFC 4616): smtplib knows no others.

    Raises:
        smtplib.SMTPException: The server refuses, or knows no PLAIN where that is needed.
    """
    if (user + password).isascii():
        smtp.login(user, password)
        return
    smtp.ehlo_or_helo_if_needed()
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("it takes no login in letters such as æ, ø and å")
    token = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, reply = smtp.docmd("AUTH", f"PLAIN {token}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def tls_context() -> ssl.SSLContext:
    """Return how encrypted connections are made: TLS 1.2 at least, the certificate and its name checked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def reply_status(code: int, reply: bytes) -> str:
    """Return reply code and enhanced code (RFC 3463), if the reply begins with one."""
    first = reply.split(maxsplit=1)[:1]
    enhanced = first[0].decode("ascii", "replace") if first else ""
    parts = enhanced.split(".")
    return f"{code} {enhanced}" if len(parts) == 3 and all(part.isdecimal() for part in parts) else str(code)
