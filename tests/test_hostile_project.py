"""A cloned project is data: none of its files is run, by whatever name it lies there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pipeline.rendering.styles import packaged_styles
from tests.conftest import healthy, run_publish
from tests.makers import PUBLISH_TOML, write

HERE = Path(__file__).parent.parent
LAUNCHER = """
from pipeline.__main__ import main

if __name__ == "__main__":
    main()
"""
"""The script `publish` as an installer writes it: Python puts the script's folder first, not the working folder."""
CLUSTER = """
from pipeline.engine.cluster import Cluster, started
from pathlib import Path

if __name__ == "__main__":
    with started(1, 1000) as (address, folder):
        import dask

        dask.config.refresh(paths=[folder])
        with Cluster(address, "store", Path.cwd(), (1, 1000)) as cluster:
            print(cluster.jobs, "worker")
"""
PROGRAMS = (
    "ace-cli", "cc", "chromium", "firefox", "fc-list", "gcc", "git", "java", "ld", "ldconfig", "lp", "lpstat", "node",
    "objdump", "pandoc", "python", "python3", "sh", "spamassassin", "xdg-open",
)  # fmt: skip
"""What this program, its libraries or scripts of theirs start."""
PATIENCE_S = 90


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a project that holds all code that Python, a shell or git might take from a folder; it leaves a mark."""
    folder = healthy(tmp_path / "project")
    mark = tmp_path / "mark"
    code = f"open({str(mark)!r}, 'a').write(__file__ + chr(10))\n"
    modules = {*sys.stdlib_module_names, *packages_distributions(), "sitecustomize", "usercustomize", "hostile_writer"}
    for place in (folder, folder / "sources", folder / "styles"):
        place.mkdir(exist_ok=True)
        for name in modules - {"pipeline"}:
            (place / f"{name}.py").write_text(code)
        write(place / "hostile.pth", f"import os; {code}")
        write(place / "hostile-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: hostile\nVersion: 1\n")
        write(place / "hostile-1.dist-info/entry_points.txt", "[publish.writers]\nhostile = hostile_writer\n")
    for name in PROGRAMS:
        write(folder / name, f"#!/bin/sh\necho {name} >> {mark}\n").chmod(0o755)
    for name in (".puppeteerrc.cjs", ".npmrc", "pyvenv.cfg", "conftest.py", ".env", "lua.lua", "init.lua"):
        write(folder / name, f"require('fs').appendFileSync('{mark}', '{name}')\n")
    # The folder is a bare repository too, whose configuration names programs.
    write(folder / "HEAD", "ref: refs/heads/main\n")
    (folder / "objects").mkdir()
    (folder / "refs/heads").mkdir(parents=True)
    write(
        folder / "config",
        f"[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {folder}/git\n\tpager = {folder}/sh\n",
    )
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Return an environment of a careless person, in which a call of git leaves a mark too."""
    git = write(folder.parent / "bin/git", f"#!/bin/sh\necho git >> {folder.parent / 'mark'}\n")
    git.chmod(0o755)
    path = os.pathsep.join((".", "", str(git.parent), os.environ["PATH"]))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return {**kept, "PATH": path, "PYTHONPATH": str(HERE), "CI": "true"}


def start(folder: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(write(folder.parent / "bin/publish", script)), *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def assert_nothing_ran(folder: Path) -> None:
    mark = folder.parent / "mark"
    assert not mark.exists(), mark.read_text()


def test_publishing_takes_no_code_from_the_project(hostile: Path) -> None:
    with start(hostile, LAUNCHER, "all", "--jobs", "2") as process:
        told, _ = process.communicate(timeout=PATIENCE_S)

    assert_nothing_ran(hostile)
    assert process.returncode == 0, told
    for name in ("handout/blog/ryg.pdf", "epub/blog/ryg.epub", "newsletter/blog/ryg.html"):
        assert (hostile / "outputs" / name).stat().st_size > 1000


@pytest.mark.parametrize("command", [("check",), ("print", "--list"), ("doctor",), ("--help",)])
def test_no_other_command_takes_code_from_it(hostile: Path, command: tuple[str, ...]) -> None:
    with start(hostile, LAUNCHER, *command) as process:
        told, _ = process.communicate(timeout=PATIENCE_S)

    assert_nothing_ran(hostile)
    assert process.returncode in (0, 2 if command[0] == "print" else 0), told
    assert "Traceback" not in told
    assert "hostile" not in told.replace(str(hostile), "")


def test_the_preview_takes_no_code_from_it(hostile: Path) -> None:
    with start(hostile, LAUNCHER, "preview", "--port", "0", "--jobs", "1") as process:
        end = time.monotonic() + PATIENCE_S
        while not (hostile / "outputs/handout/blog/ryg.pdf").exists() and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=PATIENCE_S)

    assert_nothing_ran(hostile)
    assert (hostile / "outputs/handout/blog/ryg.pdf").stat().st_size > 1000
    assert (process.returncode, told.count("\n")) == (0, 1), told


def test_workers_of_a_cluster_take_no_code_from_it(hostile: Path) -> None:
    with start(hostile, CLUSTER) as process:
        told, _ = process.communicate(timeout=PATIENCE_S)

    assert_nothing_ran(hostile)
    # Dask warns of a port that another cluster of this machine has.
    assert (process.returncode, told.splitlines()[-1:]) == (0, ["1 worker"]), told


POPEN = "{{% set _ = cycler.__init__.__globals__.os.popen('id > {mark}').read() %}}"


@pytest.mark.parametrize(
    ("style", "format_"),
    [("newsletter/footer.html.j2", "newsletter"), ("handout/handout.css", "handout"), ("epub/nav.xhtml.j2", "epub")],
)
def test_a_template_that_runs_a_command_costs_its_format(
    project: Path, tmp_path: Path, style: str, format_: str
) -> None:
    original = (packaged_styles() / style).read_text("utf-8")
    write(project / "styles" / style, f"\n{POPEN.format(mark=tmp_path / 'mark')}\n{original}")

    done = run_publish(project, "all", "--jobs", "1")

    assert not (tmp_path / "mark").exists()
    assert done.code == 1
    assert {each["format"]: each["status"] for each in done.report["editions"]} == {
        name: "failed" if name == format_ else "written" for name in ("epub", "handout", "newsletter")
    }
    assert not list((project / "outputs").glob(f"{format_}/**/*.*"))
    (finding,) = done.findings("style-broken")
    assert (finding["source"], finding["line"]) == (f"styles/{style}", 2)


def test_a_template_that_never_ends_or_fills_the_memory_costs_its_format(project: Path) -> None:
    write(project / "publish.toml", f"{PUBLISH_TOML}\n[limits]\nseconds = 3\nmemory_mb = 400\n")
    loop = "{% for a in range(99999) %}" * 3 + "{% endfor %}" * 3
    write(project / "styles/newsletter/footer.html.j2", loop)
    write(project / "styles/epub/nav.xhtml.j2", "{{ 'a' * 10 ** 11 }}")

    done = run_publish(project, "newsletter", "--jobs", "1")
    other = run_publish(project, "epub", "--jobs", "1")

    assert (done.code, other.code) == (1, 1)
    assert "seconds of a processor" in done.out or "did not end within" in done.out  # on a busy machine
    assert "memory" in other.out
    assert not list((project / "outputs").glob("*/blog/*"))
