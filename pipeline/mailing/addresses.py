"""E-mail addresses: validation, and detection of personal data that must not be stored."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from pipeline.languages import together

_CPR_NUMBER = re.compile(r"(?<!\d)(\d\d)(\d\d)(\d\d)[-\s]?\d{4}(?!\d)")
_ICD_CODE = re.compile(r"(?<![A-Za-z0-9])D?[A-Z]\d{2}(?:\.\d{1,2}|\d{1,2})?(?![A-Za-z0-9])")
"""ICD-10, and its Danish form SKS with a D before it."""
_ILLNESS_WORD = re.compile(together().illness, re.IGNORECASE)


_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""What stands before the @ of nearly every address: a dot-atom (RFC 5322, 3.2.3)."""
MAX_LOCAL_PART = 64
"""RFC 5321, 4.5.3.1.1."""
_SAFE_DOMAIN_LENGTH = 64
"""With a domain no longer than this, no other limit of RFC 5321, 4.5.3.1 is near."""


class AddressError(ValueError):
    """What is wrong with an address, as words that follow it."""


def read_address(written: str) -> str:
    """Return an address as mail servers take it: the domain in small ASCII letters, the rest as it was written.

    Raises:
        AddressError: It is no address, or not one that every mail server can reach.
    """
    address = written.strip()
    if address[:1] in ("=", "+", "-", "'"):
        raise AddressError("begins like a formula, expected an address")
    local, _, domain = address.rpartition("@")
    if local and not local.isascii():
        raise AddressError("letters before the @ are not ASCII, which many mail servers cannot reach")
    if len(local) > MAX_LOCAL_PART:
        raise AddressError(f"{len(local)} characters before the @, expected {MAX_LOCAL_PART} at most")
    if _LOCAL_PART.fullmatch(local) and (host := _normalise_domain(domain)):
        return f"{local}@{host}"
    return _validate_address(address)


@lru_cache(maxsize=65_536)
def _normalise_domain(domain: str) -> str:
    """Return a domain as mail servers take it, or nothing; a long list holds few, and each takes 0.1 ms to judge."""
    try:
        host = _validate_address(f"a@{domain}").partition("@")[2]
    except AddressError:
        return ""
    return host if max(len(host), len(domain)) <= _SAFE_DOMAIN_LENGTH else ""


def _validate_address(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise AddressError(f"no address: {str(error)[:1].lower()}{str(error)[1:].rstrip('.')}") from error
    if found.ascii_email is None:
        raise AddressError("no address that mail can reach")
    return str(found.ascii_email)


def address_identity(address: str) -> str:
    """Return what tells one reader from another: no mail server in use gives Anna and anna two mailboxes."""
    return address.casefold()


def find_personal_data(value: str) -> str:
    """Return what a value looks like that must not stand in a list or its name; else nothing."""
    if holds_cpr(value):
        return "a CPR number"
    if _ICD_CODE.search(value):
        return "a diagnosis code"
    found = _ILLNESS_WORD.search(value)
    return f"health data ({found[0].lower()!r})" if found else ""


def holds_cpr(value: str) -> bool:
    """Tell whether a value holds what can be a CPR number: a date of birth and four digits."""
    for day, month, _ in _CPR_NUMBER.findall(value):
        try:
            date(2000, int(month), int(day) - 60 if int(day) > 60 else int(day))  # replacement CPR: day + 60
        except ValueError:
            continue
        return True
    return False
