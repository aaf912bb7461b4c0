"""DKIM signatures, for mail servers that do not sign themselves (RFC 6376)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FILE_NAME, Config
from pipeline.errors import ConfigError
from pipeline.mailing.settings import sender_domain

SIGNED_HEADERS = (
    b"from", b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type",
    b"content-language", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id", b"auto-submitted",
)  # fmt: skip
"""Both unsubscribe headers must be signed (RFC 8058, section 4); dkimpy leaves the second out by default.

From is listed twice, so that adding a second From breaks the signature.
"""


@dataclass(frozen=True, slots=True)
class DkimSigner:
    key: bytes
    selector: str
    domain: str

    def sign(self, message: bytes) -> bytes:
        import dkim

        head = b"\r\n" + message.partition(b"\r\n\r\n")[0].lower()
        signature = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in SIGNED_HEADERS if b"\r\n" + name + b":" in head],
        )
        return bytes(signature) + message


def load_signer(config: Config) -> DkimSigner | None:
    """Return the signer; None where the mail server signs.

    Raises:
        ConfigError: The key is unreadable, invalid or readable by others, or its domain is not the sender's.
    """
    sending = config.sending
    if not sending.dkim_key:
        return None
    path = (config.folder / sending.dkim_key).resolve()
    sender = sender_domain(config.publisher)
    domain = sending.dkim_domain or sender
    if not is_aligned(sender, domain):
        raise ConfigError(
            f"[sending] dkim_domain is {domain!r}, and the sender's domain is {sender!r}", source=FILE_NAME,
            hint="DMARC needs the sender's domain in the signature, or a parent domain",
        )  # fmt: skip
    try:
        key = path.read_bytes()
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"other users can read the private key {path}", hint=f"chmod 600 {path}")
    except OSError as error:
        raise ConfigError(f"[sending] dkim_key: {path} cannot be read: {error.strerror}", source=FILE_NAME) from error
    if any((folder / ".git").exists() for folder in path.parents):
        raise ConfigError(f"the private key {path} is in a git work tree", hint="keep it elsewhere")
    signer = DkimSigner(key, sending.dkim_selector, domain)
    _check_private_key(signer, path)
    return signer


def is_aligned(sender: str, domain: str) -> bool:
    """Tell whether a domain is the sender's or a parent of it (RFC 7489, 3.1, relaxed alignment)."""
    return sender == domain or (sender.endswith(f".{domain}") and "." in domain)


def _check_private_key(signer: DkimSigner, path: Path) -> None:
    import dkim

    try:
        signer.sign(b"From: a@b.example\r\n\r\nx\r\n")
    except (dkim.DKIMException, ValueError) as error:
        raise ConfigError(
            f"[sending] dkim_key: {path} is not an RSA private key in PEM: {error}", source=FILE_NAME,
            hint="openssl genrsa -traditional 2048",
        ) from error  # fmt: skip
