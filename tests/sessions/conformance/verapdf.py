"""veraPDF, the reference validator: fetched by Maven, one JVM for all files of a profile."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from pipeline.validation.pdf_metadata import Standard

_POM = Path(__file__).with_name("pom.xml")
_MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
PROFILES: Mapping[Standard, tuple[str, str]] = {"ua-1": ("ua1", "2a"), "ua-2": ("ua2", "4")}
"""Of each standard, veraPDF's names of its two parts."""


def fetch(scratch: Path) -> Path | str:
    """Return the folder with veraPDF's jars, or why it cannot be had here."""
    missing = [name for name in ("java", "mvn") if not shutil.which(name)]
    if missing:
        return f"{' and '.join(missing)} not found"
    folder = scratch / "verapdf"
    if any(folder.glob("greenfield-apps-*.jar")):
        return folder
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return f"Maven could not fetch it: {' '.join((done.stdout + done.stderr).split())[:200]}"
    return folder


def judge(jars: Path, files: Sequence[Path], profile: str) -> Mapping[Path, tuple[str, ...]]:
    """Return the rules of a profile that each file breaks, as `7.1-10 (3 times)`.

    Raises:
        RuntimeError: veraPDF did not judge a file.
    """
    done = subprocess.run(
        ["java", "-cp", f"{jars}{os.sep}*", _MAIN, "-f", profile, "--format", "xml", *map(str, files)],
        capture_output=True, check=False,
    )  # fmt: skip
    verdicts: dict[Path, tuple[str, ...]] = {}
    for job in etree.fromstring(done.stdout, etree.XMLParser(huge_tree=True)).iter("job"):
        report = job.find("validationReport")
        if report is None:
            raise RuntimeError(
                f"veraPDF did not judge {job.findtext('item/name')}: {job.findtext('taskException/exceptionMessage')}"
            )
        verdicts[Path(job.findtext("item/name") or "")] = tuple(
            f"{rule.get('clause')}-{rule.get('testNumber')} ({rule.get('failedChecks')} times)"
            for rule in report.iter("rule")
            if rule.get("status") == "failed"
        )
    if unjudged := [path.name for path in files if path not in verdicts]:
        raise RuntimeError(f"veraPDF did not judge {', '.join(unjudged[:3])}: {done.stderr.decode()[-500:]}")
    return verdicts
