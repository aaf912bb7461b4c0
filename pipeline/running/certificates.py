"""Certificates of finished editions, stored in the project: the clinic commits them with its articles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.running.saving import replace_whole
from pipeline.validation.certificate import Certificate, certificate_from_json, certificate_to_json

FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Certificates:
    """The folder of a project's certificates."""

    folder: Path

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
                f"not a certificate: {error}", source=self._shown(path), hint="delete it, and certify again"
            ) from error

    def store(self, name: str, id_: str, certificate: Certificate) -> None:
        """Keep a certificate in the place of any earlier one."""
        path = self._path(name, id_)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, certificate_to_json(certificate))

    def withdraw(self, name: str, id_: str) -> None:
        """Drop the certificate of an edition, where there is one."""
        self._path(name, id_).unlink(missing_ok=True)

    def _path(self, name: str, id_: str) -> Path:
        return self.folder / name / f"{id_}.json"

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.folder.parent).as_posix()
