"""Resolution of link targets to absolute addresses, without tracking parameters and unsafe schemes."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from pipeline.config import Config
from pipeline.findings import Finding, make_finding
from pipeline.model import Block, Link, text, walk
from pipeline.registry import note_rule, repair_rule, warning_rule

_TRACKING = re.compile(
    r"(utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|igshid|twclid|ttclid|mc_cid|mc_eid|mkt_tok|vero_id|"
    r"_hsenc|_hsmi|hsCtaTracking|oly_anon_id|oly_enc_id|ref_src|srsltid)$",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(r"(?=.{4,253}$)([\w-]{1,63}\.)+[\w-]{2,63}(:\d+)?$")
_MAIL = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$")
_BARE_ADDRESS = re.compile(r"(https?://)?(www\.)?[\w-]+(\.[\w-]+)+/?$", re.IGNORECASE)
# RFC 3986: what may stand in a path or query; `%` because most addresses come encoded already.
_SAFE_PATH = "/:@!$&'()*+,;=-._~%"
_SAFE_QUERY = _SAFE_PATH + "?"


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Turns what an author wrote into an address that works from paper, a book and a mail."""

    config: Config
    ids: Mapping[str, str]
    """The id of each source, by its path from the project folder."""
    known_ids: frozenset[str] = field(init=False)
    """Once for all articles: each of thousands would go through all others."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "known_ids", frozenset(self.ids.values()))

    def address_of(self, id_: str) -> str:
        """Return the web address of an article by the project's pattern; empty where no website is set."""
        website = self.config.publisher.website
        pattern = self.config.sources.address
        if "{website}" in pattern and not website:
            return ""
        return pattern.replace("{website}", website).replace("{id}", quote(id_, safe=_SAFE_PATH))

    @warning_rule(
        "link-broken",
        "An address that no one can follow; its words stay as text.",
        "`[her](htps:/x)`, `[her]()`",
        "Correct the address.",
        group="whole",
    )
    def resolve(self, target: str, source: str, line: int) -> tuple[str, tuple[Finding, ...]]:
        """Return an absolute address, `#id`, or nothing where the words must do without a link.

        Args:
            target: As written.
            source: The article, from the project folder.
        """
        # Browsers skip control characters and spaces within `java script:`; judge what they would see.
        wanted = re.sub(r"[\x00-\x20\x7f]+", lambda gap: "%20" if gap[0] == " " else "", target.strip())
        if not wanted:
            return "", (make_finding("link-broken", source, line, "a link without an address"),)
        if wanted.startswith("#"):
            return wanted, ()
        scheme = _SCHEME.match(wanted)
        if _MAIL.match(wanted):
            return f"mailto:{wanted}", ()
        if scheme and not re.match(r"[\w.-]+:\d+(/|$)", wanted):
            return self._absolute(scheme[1].lower(), wanted, source, line)
        if wanted.startswith("//"):
            return self._absolute("https", f"https:{wanted}", source, line)
        if wanted.lower().startswith("www."):
            return self._absolute("https", f"https://{wanted}", source, line)
        return self._within_site(wanted, source, line)

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
    def _absolute(self, scheme: str, wanted: str, source: str, line: int) -> tuple[str, tuple[Finding, ...]]:
        if scheme in ("mailto", "tel", "sms"):
            rest = wanted.partition(":")[2]
            is_sound = (
                _MAIL.match(rest.partition("?")[0]) if scheme == "mailto" else re.match(r"\+?[\d\s().%-]+$", rest)
            )
            if not is_sound:
                return "", (make_finding("link-broken", source, line, f"{wanted!r} is no address that works"),)
            return f"{scheme}:{rest}", ()
        if scheme not in ("http", "https"):
            known = scheme in ("file", "javascript", "data", "vbscript", "blob", "ftp")
            code = "link-outside" if known else "link-broken"
            return "", (make_finding(code, source, line, f"an address that begins with {scheme}:"),)
        try:
            parts = urlsplit(wanted)
            host = (parts.hostname or "").encode("idna").decode() + (f":{parts.port}" if parts.port else "")
        except (ValueError, UnicodeError):
            return "", (make_finding("link-broken", source, line, f"{wanted!r} is no web address"),)
        if not _HOST.match(host):
            return "", (make_finding("link-broken", source, line, f"{wanted!r} names no website"),)
        findings: list[Finding] = []
        query = parts.query
        if query:
            pairs = parse_qsl(query, keep_blank_values=True)
            kept = [(name, value) for name, value in pairs if not _TRACKING.match(name)]
            if len(kept) < len(pairs):
                query = urlencode(kept)
                gone = ", ".join(name for name, _ in pairs if _TRACKING.match(name))
                findings.append(
                    make_finding("link-tracking", source, line, f"{gone} removed from an address at {host}")
                )
        if scheme == "http":
            findings.append(make_finding("link-insecure", source, line, f"http://{host} is not encrypted"))
        path, query, fragment = (
            quote(part, safe=safe)
            for part, safe in ((parts.path, _SAFE_PATH), (query, _SAFE_QUERY), (parts.fragment, _SAFE_QUERY))
        )
        address = urlunsplit((scheme, host, path, query, fragment))
        return address, tuple(findings)

    def _within_site(self, wanted: str, source: str, line: int) -> tuple[str, tuple[Finding, ...]]:
        path, mark, fragment = wanted.partition("#")
        own_id = self.ids.get(source, "")
        if not path.startswith("/"):
            file = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(path)))
            if id_ := self.ids.get(file):
                address = self.address_of(id_)
                return (address + mark + fragment, ()) if address else ("", (self._no_website(wanted, source, line),))
            if file.endswith(".md"):
                near = difflib.get_close_matches(file, self.ids, n=1, cutoff=0.6)
                hint = f"did you mean {near[0]}?" if near else ""
                return "", (make_finding("link-broken", source, line, f"there is no article at {file}", hint),)
        website = self.config.publisher.website
        base = f"{website}/" if path.startswith("/") else self.address_of(own_id)
        if not website or not base:
            return "", (self._no_website(wanted, source, line),)
        # A site's root-absolute path belongs to its host, but a site may itself live below a path.
        address = website + path if path.startswith("/") else urljoin(base, path)
        return self._absolute(
            "https" if address.startswith("https") else "http", address + mark + fragment, source, line
        )

    @warning_rule(
        "link-without-website",
        "A link within the site, but `[publisher] website` is not set; its words stay as text.",
        "`[ryg](/ordbog/ryg)`",
        'Set `website = "https://…"` in publish.toml.',
    )
    def _no_website(self, wanted: str, source: str, line: int) -> Finding:
        return make_finding("link-without-website", source, line, f"{wanted!r} leads to a page of the site")


@note_rule(
    "link-text-is-address",
    "A link shows a bare address that is not where it leads.",
    "`[www.example.org](https://www.example.org/a/b?c=d)`",
    "Say what is found there instead.",
)
def check_links(blocks: tuple[Block, ...], source: str) -> tuple[Finding, ...]:
    """Return what is doubtful about links as readers see them."""
    findings: list[Finding] = []
    for node in walk(blocks):
        if not isinstance(node, Link) or not node.address.startswith("http"):
            continue
        shown = text(node.content).strip()
        is_deep = urlsplit(node.address).path.strip("/") or urlsplit(node.address).query
        if is_deep and _BARE_ADDRESS.match(shown):
            findings.append(
                make_finding(
                    "link-text-is-address", source, node.line, f"{shown!r} is shown, but the link leads deeper"
                )
            )
    return tuple(findings)
