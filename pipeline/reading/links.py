"""Resolution of link targets to absolute addresses, without tracking parameters and unsafe schemes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from pipeline.config import Config
from pipeline.errors import did_you_mean
from pipeline.reading.dialects import named
from pipeline.reading.lines import FindingCollector
from pipeline.reading.site import SUFFIXES, PageIndex, Site
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
_PAGE = "page:"
"""Before the target of a link that names a page of the project, by its path or its name: what dialects write."""


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Resolves link targets to addresses that work from paper, a book and a mail."""

    config: Config
    ids: Mapping[str, str]  # The id of each source, by its path from the project folder
    site: Site = field(default_factory=Site)
    known_ids: frozenset[str] = field(init=False)  # Computed once for all articles
    pages: PageIndex = field(init=False)
    paths: Mapping[str, str] = field(init=False)  # The source of each id

    def __post_init__(self) -> None:
        object.__setattr__(self, "known_ids", frozenset(self.ids.values()))
        object.__setattr__(self, "pages", PageIndex.of(self.ids))
        object.__setattr__(self, "paths", {id_: path for path, id_ in self.ids.items()})

    @property
    def is_pattern_set(self) -> bool:
        return bool(self.config.sources.address)

    def is_confirmed(self, id_: str) -> bool:
        """Tell whether a rule says where the site shows an article: the project's pattern, or that of its dialect."""
        return not self.site.has_addresses or self.is_pattern_set or bool(self._own_path(id_))

    def _own_path(self, id_: str, slug: str = "") -> str:
        """Return the path of an article by the rule of the site's dialect, with a slash before it, or nothing."""
        source = self.paths.get(id_, "")
        kind, _, own = self.site.own_paths.get(source, "").partition(":")
        if kind == "path":
            return "" if re.search(r"[{}]|(?:^|/):[a-z_]+", own) or own in ("false", "") else f"/{own.lstrip('/')}"
        slug = slug or own
        if slug.startswith("/") and not named(self.site.dialect).has_slugs_below:
            return slug
        path = self.site.page_path(source, slug)
        return "" if path is None else f"/{path}"

    def address_of(self, id_: str, slug: str = "") -> str:
        """Return the web address of an article by the project's pattern or its dialect, or nothing."""
        website, pattern = self.config.publisher.website, self.config.sources.address or "{website}/{id}"
        if self.site.has_addresses and not self.is_pattern_set:
            path = self._own_path(id_, slug)
            return f"{website}{quote(path, safe=_SAFE_PATH)}" if website and path else ""
        if slug:
            parts = () if slug.startswith("/") else id_.split("/")[:-1]
            id_ = "/".join((*parts, slug.strip("/")))
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
        if wanted.startswith(_PAGE):
            return self._page(wanted.removeprefix(_PAGE), line, findings)
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

    def source_of(self, target: str, source: str) -> str:
        """Return the source that a link within the project leads to; empty where there is none.

        Args:
            target: As an article writes it: a path, or behind `page:` a name too.
            source: The source that it stands in.
        """
        is_name = target.startswith(_PAGE)
        path = unquote(target.removeprefix(_PAGE).partition("#")[0].partition("?")[0])
        if not path:
            return ""
        content = named(self.site.dialect).content
        tops = [posixpath.join(self.site.folder, each) for each in ("", *content)] + [self.site.base]
        folders = tops if path.startswith("/") else [posixpath.dirname(source), *(tops if is_name else ())]
        files = (posixpath.normpath(posixpath.join(folder, path.lstrip("/"))) for folder in folders)
        found = next((page for file in files if (page := self.pages.at(file))), "")
        return found or (self.pages.named(path) if is_name else "")

    def title_of(self, target: str, source: str) -> str:
        """Return the title of the article that a link without words leads to."""
        found = self.source_of(target, source)
        named_by = posixpath.basename(unquote(target).partition("#")[0]) if target.startswith(_PAGE) else ""
        return self.site.titles.get(found, "") or named_by.removeprefix(_PAGE)

    def _page(self, wanted: str, line: int, findings: FindingCollector) -> str:
        """Return the address of a page that is named by its path or its name alone."""
        found = self.source_of(_PAGE + wanted, findings.source)
        if not found:
            name = unquote(wanted)
            return _broken(line, f"there is no page {name!r}, or several", findings, did_you_mean(name, self.ids))
        address = self.address_of(self.ids[found])
        mark = f"#{quote(unquote(wanted.partition('#')[2]), safe=_SAFE_QUERY)}" if "#" in wanted else ""
        return address + mark if address else self._no_website(unquote(wanted), line, findings)

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
            is_source = file.lower().endswith(SUFFIXES)
            if (is_source or not self.site.is_plain) and (found := self.source_of(path, source)):
                return self._page(f"/{found}{mark}{fragment}", line, findings)
            if file.lower().endswith(".md"):
                return _broken(line, f"there is no article at {file}", findings, did_you_mean(file, self.ids))
        elif path.lower().endswith(SUFFIXES) and (found := self.source_of(path, source)):
            return self._page(f"/{found}{mark}{fragment}", line, findings)
        if not website or not base:
            return self._no_website(wanted, line, findings)
        # A site's root-absolute path belongs to its host, but a site may itself live below a path.
        address = website + path if path.startswith("/") else urljoin(base, path)
        scheme = "https" if address.startswith("https") else "http"
        return self._absolute(scheme, address + mark + fragment, line, findings)

    @warning_rule(
        "link-without-website",
        "A link within the site, but `[publisher] website` is not set, or no rule says where the page is shown; "
        "its words stay as text.",
        "`[ryg](/ordbog/ryg)`",
        'Set `website = "https://…"` in publish.toml.',
    )
    def _no_website(self, wanted: str, line: int, findings: FindingCollector) -> str:
        findings.add("link-without-website", line, f"{wanted!r} leads to a page of the site")
        return ""


def _broken(line: int, message: str, findings: FindingCollector, hint: str = "") -> str:
    findings.add("link-broken", line, message, hint)
    return ""
