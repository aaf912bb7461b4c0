"""Resolution of link targets to absolute addresses, without tracking parameters and unsafe schemes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from pipeline.config import Config
from pipeline.errors import did_you_mean
from pipeline.reading.lines import FindingCollector
from pipeline.registry import repair_rule, warning_rule

_TRACKING = re.compile(
    r"(utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|igshid|twclid|ttclid|mc_cid|mc_eid|mkt_tok|vero_id|"
    r"_hsenc|_hsmi|hsCtaTracking|oly_anon_id|oly_enc_id|ref_src|srsltid)$",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(r"(?=.{4,253}$)([\w-]{1,63}\.)+[\w-]{2,63}(:\d+)?$")
_MAIL = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$")
_PHONE = re.compile(r"\+?[\d\s().%-]+$")
_CONTACT_SCHEMES = {"mailto": _MAIL, "tel": _PHONE, "sms": _PHONE}
# RFC 3986: characters that a path or query may hold; `%` because most addresses come encoded already.
_SAFE_PATH = "/:@!$&'()*+,;=-._~%"
_SAFE_QUERY = _SAFE_PATH + "?"


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Resolves link targets to addresses that work from paper, a book and a mail."""

    config: Config
    ids: Mapping[str, str]  # The id of each source, by its path from the project folder
    known_ids: frozenset[str] = field(init=False)  # Computed once for all articles

    def __post_init__(self) -> None:
        object.__setattr__(self, "known_ids", frozenset(self.ids.values()))

    def address_of(self, id_: str) -> str:
        """Return the web address of an article by the project's pattern; empty where no website is set."""
        website, pattern = self.config.publisher.website, self.config.sources.address
        address = pattern.replace("{website}", website).replace("{id}", quote(id_, safe=_SAFE_PATH))
        return address if website or "{website}" not in pattern else ""

    @warning_rule(
        "link-broken",
        "An address that leads nowhere; its words stay as text.",
        "`[her](htps:/x)`, `[her]()`",
        "Correct the address.",
        group="whole",
    )
    def resolve(self, target: str, line: int, findings: FindingCollector) -> str:
        """Return an absolute address, `#id`, or nothing where the words must do without a link.

        Args:
            target: As the article that the findings are of writes it.
        """
        # Browsers skip control characters and spaces within `java script:`; check the address as they read it.
        wanted = re.sub(r"[\x00-\x20\x7f]+", lambda gap: "%20" if gap[0] == " " else "", target.strip())
        if not wanted:
            return _broken(line, "a link without an address", findings)
        if wanted.startswith("#"):
            return wanted
        scheme = _SCHEME.match(wanted)
        if _MAIL.match(wanted):
            return f"mailto:{wanted}"
        name = scheme[1].lower() if scheme else ""
        # `klinik.example:8080/` is a host and its port, `tel:112` a number.
        if name in _CONTACT_SCHEMES or (name and not re.match(r"[\w.-]+:\d+(/|$)", wanted)):
            return self._absolute(name, wanted, line, findings)
        if wanted.startswith("//") or wanted.lower().startswith("www."):
            return self._absolute("https", f"https://{wanted.removeprefix('//')}", line, findings)
        return self._within_site(wanted, line, findings)

    @repair_rule(
        "link-tracking",
        "Tracking parameters were removed from an address.",
        "`https://example.org/a?utm_source=x`",
        "Remove them in the source.",
    )
    @warning_rule(
        "link-insecure",
        "An address without encryption.",
        "`http://www.sundhed.dk`",
        "Try `https:`; most sites have it.",
        group="whole",
    )
    @warning_rule(
        "link-outside",
        "A link to a file or a script; its words stay as text.",
        "`[x](file:///etc/passwd)`, `[x](javascript:…)`",
        "Link to a web address.",
    )
    def _absolute(self, scheme: str, wanted: str, line: int, findings: FindingCollector) -> str:
        if scheme in _CONTACT_SCHEMES:
            rest = wanted.partition(":")[2]
            if _CONTACT_SCHEMES[scheme].match(rest.partition("?")[0] if scheme == "mailto" else rest):
                return f"{scheme}:{rest}"
            return _broken(line, f"{wanted!r} is no address that works", findings)
        if scheme not in ("http", "https"):
            is_outside = scheme in ("file", "javascript", "data", "vbscript", "blob", "ftp")
            code = "link-outside" if is_outside else "link-broken"
            findings.add(code, line, f"an address that begins with {scheme}:")
            return ""
        try:
            parts = urlsplit(wanted)
            host = (parts.hostname or "").encode("idna").decode() + (f":{parts.port}" if parts.port else "")
        except (ValueError, UnicodeError):
            return _broken(line, f"{wanted!r} is no web address", findings)
        if not _HOST.match(host):
            return _broken(line, f"{wanted!r} names no website", findings)
        query = parts.query
        pairs = parse_qsl(query, keep_blank_values=True)
        if tracking := [name for name, _ in pairs if _TRACKING.match(name)]:
            query = urlencode([(name, value) for name, value in pairs if name not in tracking])
            findings.add("link-tracking", line, f"{', '.join(tracking)} removed from an address at {host}")
        if scheme == "http":
            findings.add("link-insecure", line, f"http://{host} is not encrypted")
        path, fragment = quote(parts.path, safe=_SAFE_PATH), quote(parts.fragment, safe=_SAFE_QUERY)
        return urlunsplit((scheme, host, path, quote(query, safe=_SAFE_QUERY), fragment))

    def _within_site(self, wanted: str, line: int, findings: FindingCollector) -> str:
        path, mark, fragment = wanted.partition("#")
        source = findings.source
        website = self.config.publisher.website
        base = f"{website}/" if path.startswith("/") else self.address_of(self.ids.get(source, ""))
        if not path.startswith("/"):
            file = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(path)))
            if id_ := self.ids.get(file):
                address = self.address_of(id_)
                return address + mark + fragment if address else self._no_website(wanted, line, findings)
            if file.lower().endswith(".md"):
                return _broken(line, f"there is no article at {file}", findings, did_you_mean(file, self.ids))
        if not website or not base:
            return self._no_website(wanted, line, findings)
        # A site's root-absolute path belongs to its host, but a site may itself live below a path.
        address = website + path if path.startswith("/") else urljoin(base, path)
        scheme = "https" if address.startswith("https") else "http"
        return self._absolute(scheme, address + mark + fragment, line, findings)

    @warning_rule(
        "link-without-website",
        "A link within the site, but `[publisher] website` is not set; its words stay as text.",
        "`[ryg](/ordbog/ryg)`",
        'Set `website = "https://…"` in publish.toml.',
    )
    def _no_website(self, wanted: str, line: int, findings: FindingCollector) -> str:
        findings.add("link-without-website", line, f"{wanted!r} leads to a page of the site")
        return ""


def _broken(line: int, message: str, findings: FindingCollector, hint: str = "") -> str:
    findings.add("link-broken", line, message, hint)
    return ""
