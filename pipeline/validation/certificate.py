"""Certificate that EPUBCheck and Ace found nothing in a book; it holds for exactly that content."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.validation.epub import CERTIFIED_BY, CONFORMS_TO, OPF_NS, package_name, parse_xhtml

if TYPE_CHECKING:
    from lxml import etree

CONFORMANCE_STATEMENT = "EPUB Accessibility 1.1 - WCAG 2.2 Level AA"
CLAIM_PROPERTIES = (CONFORMS_TO, CERTIFIED_BY, "a11y:exemption")
"""What a book says of its conformance; what refines one of these belongs to it."""
VALIDATORS = ("EPUBCheck", "Ace by DAISY")
CERTIFICATE_VERSION = 1
FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Which content was judged, and by whom; it exists only where nothing was found."""

    content: str
    """The digest of the book without its claim."""
    judges: tuple[tuple[str, str], ...]
    """Name and version of each."""

    def holds_for(self, book: bytes) -> bool:
        """Tell whether this very content was judged, by all who must."""
        return {name for name, _ in self.judges} >= set(VALIDATORS) and self.content == book_content_digest(book)


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of a project: files that the clinic commits with its articles."""

    folder: Path

    @classmethod
    def of(cls, config: Config) -> Certificates:
        """Return the certificates of a project."""
        return cls(config.folder / FOLDER)

    def load(self, name: str, id_: str) -> Certificate | None:
        """Return the certificate of an edition in a format, where there is one.

        Raises:
            ConfigError: The file is not what was stored.
        """
        path = self._path(name, id_)
        if not path.is_file():
            return None
        try:
            return certificate_from_json(path.read_bytes())
        except ValueError as error:
            raise ConfigError(
                f"not a certificate: {error}",
                source=path.relative_to(self.folder.parent).as_posix(),
                hint="delete it, and certify again",
            ) from error

    def store(self, name: str, id_: str, certificate: Certificate) -> None:
        """Keep a certificate in the place of any earlier one."""
        path = self._path(name, id_)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        with draft.open("wb") as file:
            file.write(certificate_to_json(certificate))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def withdraw(self, name: str, id_: str) -> None:
        """Drop the certificate of an edition, where there is one."""
        self._path(name, id_).unlink(missing_ok=True)

    def _path(self, name: str, id_: str) -> Path:
        return self.folder / name / f"{id_}.json"


def book_content_digest(book: bytes) -> str:
    """Return the digest of all that a book holds, but for what it says of its own conformance.

    Without that exception no book could carry a claim: writing it would change what was judged.
    """
    digest = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        files = {name: container.read(name) for name in container.namelist()}
    opf_name = package_name(files)
    files[opf_name] = _without_claim(parse_xhtml(files[opf_name]))
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()


def claims_conformance(book: bytes) -> bool:
    """Tell whether a book says that it meets the standard."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        files = {name: container.read(name) for name in container.namelist()}
    package = parse_xhtml(files[package_name(files)])
    return any(element.get("property") == CONFORMS_TO for element in package.iter(f"{OPF_NS}meta"))


def certificate_to_json(certificate: Certificate) -> bytes:
    """Return the certificate as it is stored."""
    form = {"version": CERTIFICATE_VERSION, "content": certificate.content, "judges": dict(certificate.judges)}
    return (json.dumps(form, ensure_ascii=False, indent=2) + "\n").encode()


def certificate_from_json(data: bytes) -> Certificate:
    """Read a stored certificate.

    Raises:
        ValueError: It is none, or one of another version.
    """
    form = json.loads(data)
    try:
        if form["version"] != CERTIFICATE_VERSION:
            raise ValueError(f"version {form['version']}, expected {CERTIFICATE_VERSION}")
        judges = tuple((str(name), str(version)) for name, version in form["judges"].items())
        return Certificate(str(form["content"]), judges)
    except (KeyError, TypeError, AttributeError) as error:
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
        # Line ends and indents between elements, which come and go with the claim.
        element.tail = None
        if len(element):
            element.text = None
    canonical: bytes = etree.tostring(package, method="c14n2")
    return canonical
