"""Addresses as mail servers take them, and what must not stand in a list."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mailing.addresses import MAX_LOCAL_PART, AddressError, read_address

LETTERS = "abzAZ09.-_+%'!#@ \"(),:;<>[]\\\x00\u00e6\u0131\u200b"
LOCALS = st.text(LETTERS, max_size=12) | st.text("ab.", min_size=60, max_size=70)
DOMAINS = (
    st.sampled_from(
        ["klinik.dk", "Klinik.DK", "blåbærgrød.dk", "xn--blbrgrd-fxak7p.dk", "xn--.dk", "localhost", "a.test"]
    )
    | st.text(LETTERS, max_size=12)
    | st.text("a.", min_size=50, max_size=80)
    | st.builds(".".join, st.lists(st.text("abæ-0", max_size=5), max_size=5))
)


@settings(max_examples=400, deadline=None)
@given(local=LOCALS, domain=DOMAINS)
def test_what_is_read_quickly_is_read_as_the_library_reads_it(local: str, domain: str) -> None:
    """A long list has few domains: each is judged once, and nothing else is judged by anything but the library."""
    written = f"{local}@{domain}".strip()
    try:
        expected = validate_email(written, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        expected = None

    try:
        found = read_address(written)
    except AddressError:
        found = None

    is_judged_here_first = written[:1] in "=+-'" or not local.isascii() or len(local.strip()) > MAX_LOCAL_PART
    if found is not None or not is_judged_here_first:
        assert found == expected


@pytest.mark.parametrize("address", ["a" * 64 + "@klinik.dk", "a@" + "b." * 100 + "dk"])
def test_an_address_may_be_as_long_as_mail_servers_take_it(address: str) -> None:
    assert read_address(address) == address


@pytest.mark.parametrize(
    "address", ["a" * 65 + "@klinik.dk", "a@" + "b." * 130 + "dk", "a" * 60 + "@" + "b." * 97 + "dk"]
)
def test_a_longer_one_is_refused(address: str) -> None:
    with pytest.raises(AddressError, match=r"too long|64 at most"):
        read_address(address)
