"""E-mail addresses: validation, and detection of personal data that must not be stored."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from pipeline.languages import together

_CPR_NUMBER = re.compile(r"(?<!\d)(\d\d)(\d\d)(\d\d)[-\s]?\d{4}(?!\d)")
_ICD_CODE = re.compile(r"(?<![A-Za-z0-9])D?[A-Z]\d{2}(?:\.\d{1,2}|\d{1,2})?(?![A-Za-z0-9])")
"""ICD-10 codes, and the Danish SKS form with a D in front."""
_ILLNESS_WORD = re.compile(together().illness, re.IGNORECASE)


_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""A dot-atom, the usual form of the part before the @ (RFC 5322, 3.2.3)."""
MAX_LOCAL_PART = 64
"""RFC 5321, 4.5.3.1.1."""
_SAFE_DOMAIN_LENGTH = 64
"""A domain of at most this length cannot exceed the other limits of RFC 5321, 4.5.3.1."""


class AddressError(ValueError):
    pass


def read_address(written: str) -> str:
    """Return a validated address with its domain in lower-case ASCII.

    Raises:
        AddressError: It is invalid, or some mail servers cannot reach it.
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
    """Return a domain in lower-case ASCII, or nothing where it is invalid; cached, since validation takes 0.1 ms."""
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
        raise AddressError(f"invalid: {str(error)[:1].lower()}{str(error)[1:].rstrip('.')}") from error
    if found.ascii_email is None:
        raise AddressError("cannot be written in ASCII, as many mail servers need it")
    return str(found.ascii_email)


def address_identity(address: str) -> str:
    """Return the form of an address that identifies a subscriber: letter case is ignored, as mail servers do."""
    return address.casefold()


def find_personal_data(value: str) -> str:
    """Return the kind of personal data that a value seems to hold, which must not be stored; else nothing."""
    if holds_cpr(value):
        return "a CPR number"
    if _ICD_CODE.search(value):
        return "a diagnosis code"
    found = _ILLNESS_WORD.search(value)
    return f"health data ({found[0].lower()!r})" if found else ""


def holds_cpr(value: str) -> bool:
    """Tell whether a value holds a possible CPR number: a date of birth and four digits."""
    for day, month, _ in _CPR_NUMBER.findall(value):
        try:
            date(2000, int(month), int(day) - 60 if int(day) > 60 else int(day))  # replacement CPR: day + 60
        except ValueError:
            continue
        return True
    return False
