"""Links become absolute addresses, or nothing and a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, Publisher, SourceSettings
from pipeline.findings import Finding
from pipeline.reading.lines import FindingCollector
from pipeline.reading.links import LinkResolver

IDS = {"sources/blog/ryg.md": "blog/ryg", "sources/soevn.md": "soevn"}


def resolved(
    target: str, source: str, line: int, website: str = "https://klinik.example"
) -> tuple[str, tuple[Finding, ...]]:
    """Return the address of a target, and what was found about it."""
    resolver = LinkResolver(Config(Path(), Publisher(website=website), SourceSettings()), IDS)
    findings = FindingCollector(source)
    return resolver.resolve(target, line, findings), tuple(findings)


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("https://sundhed.example/ryg?id=2#rad", "https://sundhed.example/ryg?id=2#rad"),
        ("//sundhed.example/ryg", "https://sundhed.example/ryg"),
        ("www.sundhed.example", "https://www.sundhed.example"),
        ("https://sundhed.example/lænd og ryg", "https://sundhed.example/l%C3%A6nd%20og%20ryg"),
        ("https://sundhed.example/l%C3%A6nd", "https://sundhed.example/l%C3%A6nd"),
        ("https://blåbær.example/", "https://xn--blbr-roah.example/"),
        ("/ordbog/ryg", "https://klinik.example/ordbog/ryg"),
        ("../soevn.md", "https://klinik.example/soevn"),
        ("#øvelser", "#øvelser"),
        ("mailto:a@klinik.example", "mailto:a@klinik.example"),
        ("a@klinik.example", "mailto:a@klinik.example"),
        ("tel:+45 70 12 34 56", "tel:+45%2070%2012%2034%2056"),
        ("tel:112", "tel:112"),
        ("TEL:70123456", "tel:70123456"),
        ("sms:1245", "sms:1245"),
    ],
)
def test_an_address_becomes_absolute(target: str, address: str) -> None:
    assert resolved(target, "sources/blog/ryg.md", 3) == (address, ())


def test_tracking_is_removed_and_noted() -> None:
    address, findings = resolved("https://a.example/x?utm_source=b&id=7&fbclid=c", "sources/soevn.md", 9)

    assert address == "https://a.example/x?id=7"
    assert [(finding.code, finding.line, finding.repaired) for finding in findings] == [("link-tracking", 9, True)]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("", "link-broken"),
        ("htps:/x", "link-broken"),
        ("https://", "link-broken"),
        ("https://ingenting", "link-broken"),
        ("mailto:ingen", "link-broken"),
        ("file:///etc/passwd", "link-outside"),
        ("javascript:alert(1)", "link-outside"),
        ("jav\tascript:alert(1)", "link-outside"),
        ("data:text/html,x", "link-outside"),
    ],
)
def test_an_address_no_one_should_follow_is_dropped_and_named(target: str, code: str) -> None:
    address, findings = resolved(target, "sources/soevn.md", 4)

    assert address == ""
    assert [finding.code for finding in findings] == [code]


def test_an_unencrypted_address_stays_and_is_warned() -> None:
    address, findings = resolved("http://a.example/", "sources/soevn.md", 1)

    assert (address, [finding.code for finding in findings]) == ("http://a.example/", ["link-insecure"])


def test_a_link_within_the_site_needs_the_website() -> None:
    address, findings = resolved("/ordbog/ryg", "sources/soevn.md", 1, website="")

    assert (address, [finding.code for finding in findings]) == ("", ["link-without-website"])
