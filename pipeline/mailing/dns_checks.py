"""DNS checks of the sender: SPF, DKIM and DMARC records."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pipeline.rendering.words import Words

if TYPE_CHECKING:
    from dns.resolver import Resolver

    from pipeline.mailing.dkim_signing import DkimSigner

CheckVerdict = Literal["pass", "warning", "failure", "unchecked"]
DNS_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class PreflightCheck:
    """The result of one preflight check, as keys of `styles/words/<language>.toml`."""

    name: str
    verdict: CheckVerdict
    found: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def told(self, words: Words) -> str:
        facts = {
            key: words.number(value) if isinstance(value, int | float) else value for key, value in self.facts.items()
        }
        return words.fill(f"preflight_{self.found}", **facts)


def check_dns(
    domain: str, bounce_domain: str, signer: DkimSigner | None, resolver: Resolver | None = None
) -> list[PreflightCheck]:
    """Return the results for SPF, DMARC and DKIM; "unchecked" without a network.

    Args:
        bounce_domain: Domain of the address for bounces, which SPF checks (RFC 7208, 2.4).
        resolver: None: the one of this machine.
    """
    spf = _txt_records(bounce_domain, "v=spf1", resolver)
    dmarc = _txt_records(f"_dmarc.{domain}", "v=DMARC1", resolver)
    if not dmarc and domain.count(".") > 1:
        dmarc = _txt_records(f"_dmarc.{domain.partition('.')[2]}", "v=DMARC1", resolver)
    return [
        _check_record("spf", spf, bounce_domain, r"\s[-~?]all\b|\sredirect="),
        _check_record("dmarc", dmarc, f"_dmarc.{domain}", r";\s*p\s*=\s*(none|quarantine|reject)"),
        _check_dkim(signer, resolver),
    ]


def _check_record(name: str, texts: list[str] | None, where: str, expected: str) -> PreflightCheck:
    if texts is None:
        return PreflightCheck(name, "unchecked", "dns_silent", {"where": where})
    if not texts:
        return PreflightCheck(name, "warning", "dns_missing", {"where": where})
    if len(texts) > 1:
        return PreflightCheck(name, "warning", "dns_many", {"where": where, "count": len(texts)})
    if not re.search(expected, texts[0]):
        return PreflightCheck(name, "warning", f"{name}_open", {"text": texts[0]})
    return PreflightCheck(name, "pass", "dns_record", {"text": texts[0]})


def _check_dkim(signer: DkimSigner | None, resolver: Resolver | None) -> PreflightCheck:
    if signer is None:
        return PreflightCheck("dkim_record", "unchecked", "dkim_by_server")
    name = f"{signer.selector}._domainkey.{signer.domain}"
    texts = _txt_records(name, "", resolver)
    if texts is None:
        return PreflightCheck("dkim_record", "unchecked", "dns_silent", {"where": name})
    for text in texts:
        key = re.search(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)", text)
        if key and _same_key(re.sub(r"\s", "", key[1]), signer.key):
            return PreflightCheck("dkim_record", "pass", "dkim_same", {"where": name})
    return PreflightCheck("dkim_record", "failure", "dkim_other", {"where": name})


def _same_key(published: str, private: bytes) -> bool:
    from dkim.crypto import UnparsableKeyError, parse_pem_private_key, parse_public_key

    try:
        ours, theirs = parse_pem_private_key(private), parse_public_key(base64.b64decode(published))
    except (UnparsableKeyError, ValueError, IndexError):
        return False
    return bool(ours["modulus"] == theirs["modulus"])


def _txt_records(name: str, begins: str, resolver: Resolver | None) -> list[str] | None:
    """Return the TXT records of a name that begin so; None where the DNS does not answer."""
    import dns.exception
    import dns.resolver

    try:
        answer = (resolver or dns.resolver.get_default_resolver()).resolve(name, "TXT", lifetime=DNS_TIMEOUT_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    texts = [b"".join(record.strings).decode("ascii", "replace") for record in answer]
    return [text for text in texts if text.startswith(begins)]
