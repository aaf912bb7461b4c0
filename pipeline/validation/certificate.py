"""Certificate: EPUBCheck and Ace found no violation in a book; valid for exactly that content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.files import check_inside, write_inside
from pipeline.validation.epub import CERTIFIED_BY, CONFORMS_TO, OPF_NS, read_container, read_publication

if TYPE_CHECKING:
    from lxml import etree

CONFORMANCE_STATEMENT = "EPUB Accessibility 1.1 - WCAG 2.2 Level AA"
CLAIM_PROPERTIES = (CONFORMS_TO, CERTIFIED_BY, "a11y:exemption")
"""Properties of a conformance claim; metadata that refine one of them belong to the claim."""
VALIDATORS = ("EPUBCheck", "Ace by DAISY")
CERTIFICATE_VERSION = 1
FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Record that validators found nothing in a book."""

    content: str
    """Digest of the book without its claim."""
    validators: tuple[tuple[str, str], ...]
    """Name and version of each validator."""

    def holds_for(self, book: bytes) -> bool:
        """Tell whether exactly this content was validated by all required validators."""
        return {name for name, _ in self.validators} >= set(VALIDATORS) and self.content == book_content_digest(book)


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of a project: files that a clinic commits with its articles."""

    folder: Path

    @classmethod
    def of(cls, config: Config) -> Certificates:
        return cls(config.folder / FOLDER)

    def load(self, name: str, id_: str) -> Certificate | None:
        """Return the certificate of an edition in a format, if there is one.

        Raises:
            ConfigError: The file is not a valid certificate, or outside the project.
        """
        path = self._path(name, id_)
        if not path.is_file():
            return None
        check_inside(self.folder.parent, path)
        try:
            return certificate_from_json(path.read_bytes())
        except ValueError as error:
            raise ConfigError(
                f"not a certificate: {error}",
                source=path.relative_to(self.folder.parent).as_posix(),
                hint="delete it, and certify again",
            ) from error

    def store(self, name: str, id_: str, certificate: Certificate) -> None:
        path = self._path(name, id_)
        write_inside(self.folder.parent, path, certificate_to_json(certificate))

    def withdraw(self, name: str, id_: str) -> None:
        path = self._path(name, id_)
        check_inside(self.folder.parent, path)
        path.unlink(missing_ok=True)

    def _path(self, name: str, id_: str) -> Path:
        return self.folder / name / f"{id_}.json"


def book_content_digest(book: bytes) -> str:
    """Return the digest of a book without its conformance claim.

    If the claim were included, adding it would invalidate the certificate.
    """
    digest = hashlib.sha256()
    publication = read_publication(read_container(book))
    files = {**publication.files, publication.opf_name: _without_claim(publication.package)}
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()


def claims_conformance(book: bytes) -> bool:
    package = read_publication(read_container(book)).package
    return any(element.get("property") == CONFORMS_TO for element in package.iter(f"{OPF_NS}meta"))


def certificate_to_json(certificate: Certificate) -> bytes:
    form = {"version": CERTIFICATE_VERSION, "content": certificate.content, "judges": dict(certificate.validators)}
    return (json.dumps(form, ensure_ascii=False, indent=2) + "\n").encode()


def certificate_from_json(data: bytes) -> Certificate:
    """Read a stored certificate.

    Raises:
        ValueError: It is not a certificate, or has another version.
    """
    try:
        form = json.loads(data)
        if form["version"] != CERTIFICATE_VERSION:
            raise ValueError(f"version {form['version']}, expected {CERTIFICATE_VERSION}")
        validators = tuple((str(name), str(version)) for name, version in form["judges"].items())
        return Certificate(str(form["content"]), validators)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no certificate: {error!r}") from error


def _without_claim(package: etree._Element) -> bytes:
    from lxml import etree

    claimed = {element for element in package.iter(f"{OPF_NS}meta") if element.get("property") in CLAIM_PROPERTIES}
    ids = {f"#{element.get('id')}" for element in claimed if element.get("id")}
    refining = {element for element in package.iter(f"{OPF_NS}meta") if element.get("refines") in ids}
    for element in claimed | refining:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    for element in package.iter("*"):
        # White space between elements, which the claim changes.
        element.tail = None
        if len(element):
            element.text = None
    return bytes(etree.tostring(package, method="c14n2"))
