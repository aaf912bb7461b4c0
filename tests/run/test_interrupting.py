"""Ctrl-C, as a terminal sends it: to every process of the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ARTICLE
from tests.makers import write


def test_ctrl_c_stops_and_the_report_says_what_was_not_done(project: Path) -> None:
    for number in range(8):
        write(project / f"sources/blog/ryg-{number}.md", ARTICLE.replace("ryggen", f"ryggen {number}"))
    command = [sys.executable, "-m", "pipeline.cli", "all", "--jobs", "1"]
    environment = {**os.environ, "CI": "true", "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as run:
        while not list((project / "outputs").glob("*/blog/*.*")) and run.poll() is None:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGINT)
        log = run.communicate(timeout=60)[0].decode()

    report = json.loads((project / "outputs/report.json").read_text("utf-8"))
    assert run.returncode == 130, log
    assert "Traceback" not in log
    assert "were not done" in log
    assert report["summary"]["undone"] > 0
    assert report["summary"]["written"] > 0
    assert not (project / "outputs/.publish/staging").exists()
    for entry in report["editions"]:
        assert [(project / "outputs" / saved["path"]).stat().st_size for saved in entry["artifacts"]] == [
            saved["bytes"] for saved in entry["artifacts"]
        ]
