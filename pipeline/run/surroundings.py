"""Findings on what surrounds the articles: a manifest that is not ours, a project that everyone may change."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from pipeline.engine.output_dir import STATE
from pipeline.findings import Finding, make_finding
from pipeline.registry import note_rule, warning_rule
from pipeline.run.manifest import NAME
from pipeline.run.run_context import RunContext
from pipeline.trusted_paths import PROJECT_FILE


@note_rule(
    "manifest-foreign",
    "The record of earlier runs is not of this user and machine, or damaged: it is not used, and all is compared anew.",
    "`outputs/` from a clone, or from the cache of a CI service",
    "Nothing. Files that no article makes any more stay: without `outputs/` but `.publish/cache.db` they are gone.",
)
@warning_rule(
    "project-open",
    "Every user of this machine may change the project, and so what is published.",
    "A project in a folder of mode 777",
    "`chmod o-w` the folder that the message names.",
)
def check_surroundings(run: RunContext) -> Iterator[Finding]:
    """Yield a finding where the manifest is not ours, and where every user may change the project."""
    if run.before.is_foreign:
        yield make_finding("manifest-foreign", f"{STATE}/{NAME}", 0, "not of this user and machine: it is not used")
    project = run.config.folder.resolve()
    for folder in (project, *project.parents) if os.name != "nt" else ():
        mode = folder.stat().st_mode
        # The sticky bit of a folder above, such as /tmp, keeps others from replacing what lies there.
        if mode & stat.S_IWOTH and (folder == project or not mode & stat.S_ISVTX):
            yield make_finding("project-open", PROJECT_FILE, 0, f"every user of this machine may change {folder}")
            return
