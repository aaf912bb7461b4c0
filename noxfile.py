"""What a person does with this project, a session each: `nox -s publish`, `nox -s tests`, …"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import nox

nox.options.sessions = ["publish", "tests", "lint", "types", "imports"]
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"

PROJECT = nox.project.load_toml("pyproject.toml")
CONSTRAINTS = "constraints.txt"
"""The versions that CI has seen work, with the digests of their files; `nox -s lock` writes them anew."""


def corpus_folder() -> str:
    """Return the folder of real articles that `PUBLISH_CORPUS` names; empty without one."""
    name = os.environ.get("PUBLISH_CORPUS", "")
    return name if name and Path(name).is_dir() else ""


def install(session: nox.Session, *groups: str, extras: tuple[str, ...] = ()) -> None:
    """Install the project, editable, with extras and groups of pyproject.toml."""
    project = PROJECT["project"]
    optional = [package for extra in extras for package in project["optional-dependencies"][extra]]
    install_locked(session, "build", *groups, packages=[*project["dependencies"], *optional])
    session.install("--quiet", "--no-deps", "--no-build-isolation", "-e", ".")


def install_locked(session: nox.Session, *groups: str, packages: Iterable[str] = ()) -> None:
    """Install packages, groups of pyproject.toml, and all that they need, in the locked versions.

    pip compares digests only where it gets a complete list; the lock says which package needs which.
    """
    grouped = (package for group in groups for package in nox.project.dependency_groups(PROJECT, group))
    wanted = {_name(package) for package in (*packages, *grouped)}
    locked: dict[str, str] = {}
    parents: dict[str, set[str]] = {}
    for entry in re.split(r"(?m)^(?=[\w.-]+(?:\[[\w,.-]+\])?==)", Path(CONSTRAINTS).read_text("utf-8"))[1:]:
        name = _name(entry)
        locked[name] = locked.get(name, "") + entry
        parents.setdefault(name, set()).update(map(_name, re.findall(r"(?m)^ +# +(?:via )?(\w[\w.-]*)$", entry)))
    if missing := wanted - locked.keys():
        session.error(f"{CONSTRAINTS} lacks {', '.join(sorted(missing))}: nox -s lock")
    while more := {name for name in locked.keys() - wanted if parents[name] & wanted}:
        wanted |= more
    requirements = Path(session.virtualenv.location).resolve() / "requirements.txt"
    requirements.write_text("".join(locked[name] for name in sorted(wanted)), "utf-8")
    session.install("--quiet", "--no-deps", "--require-hashes", "-r", str(requirements))


def _name(package: str) -> str:
    """Return the normalised name at the beginning of a requirement."""
    found = re.match(r"[\w.-]+", package)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def ensure_java(session: nox.Session) -> None:
    """Install a Java for EPUBCheck where this machine has none."""
    if not shutil.which("java"):
        install_locked(session, "java")


def ensure_pango(session: nox.Session) -> None:
    """Install Pango and HarfBuzz where they are missing and this user may; else say the one line that does."""
    line = (session.run("python", "-m", "pipeline.doctor", silent=True, log=False) or "").strip()
    if not line:
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        session.run("sh", "-c", line, external=True, silent=True)
    else:
        session.error(f"handouts need Pango and HarfBuzz. Type this line, then try again:\n\n    {line}\n")


@nox.session
def publish(session: nox.Session) -> None:
    """Run the main job: publish all of `sources/` to `outputs/`."""
    install(session)
    ensure_pango(session)
    session.run("publish", "all", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, with the real pandoc, WeasyPrint, EbookLib, EPUBCheck and PDF validator."""
    install(session, "test", extras=("sending",))
    ensure_java(session)
    ensure_pango(session)
    session.run("pytest", *(session.posargs or ("-n", "auto")))


@nox.session
def fast(session: nox.Session) -> None:
    """Run the tests that start no process and lay out no page; a test that does is slow, see `tests/pace.py`."""
    install(session, "test", extras=("sending",))
    session.run("pytest", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session
def mail(session: nox.Session) -> None:
    """Judge newsletters: validators, data of mail clients, a browser, a spam filter, and MJML beside them."""
    needed = ("npm", "node", "java", "perl", "spamassassin", "chromium")
    if missing := [name for name in needed if not shutil.which(name)]:
        session.skip(f"this machine has no {', '.join(missing)}: apt-get install npm default-jre spamassassin chromium")
    install(session, "mail")
    session.run("python", "-m", "tests.sessions.mail", session.create_tmp(), *session.posargs)


@nox.session
def epub(session: nox.Session) -> None:
    """Judge e-books of a corpus, open them in two readers, and compare pandoc's; `-- --write docs/epub.md` keeps it."""
    corpus = corpus_folder()
    if not corpus:
        session.skip("there is no corpus: PUBLISH_CORPUS names a folder with content/ and public/")
    if missing := [name for name in ("npm", "node", "java", "chromium") if not shutil.which(name)]:
        session.skip(f"this machine has no {', '.join(missing)}: apt-get install npm default-jdk-headless chromium")
    install(session, "test", "epub")
    ensure_pango(session)
    folder = Path(session.create_tmp()).resolve()
    shutil.copy("tests/sessions/epub/package.json", folder)
    no_download = {"PUPPETEER_SKIP_DOWNLOAD": "1"}  # Ace takes the chromium of this machine
    session.run("npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), env=no_download, external=True)
    ace = {"ACE": str(folder / "node_modules/.bin/ace-cli")}
    shots = folder / "shots"
    session.run("python", "-m", "tests.sessions.epub", folder, corpus, shots, *session.posargs, env=ace)


@nox.session
def conformance(session: nox.Session) -> None:
    """Judge every handout in every variant, by veraPDF too where Maven and Java are there; `-- --sample 8` for some."""
    install(session, "test")
    ensure_pango(session)
    session.run("python", "-m", "tests.sessions.conformance", session.create_tmp(), *session.posargs)


@nox.session
def drawings(session: nox.Session) -> None:
    """Draw 60 drawings with ours and with resvg; each is alike, or what is left out is named."""
    install(session, "test", "drawings")
    ensure_pango(session)
    session.run("python", "-m", "tests.sessions.drawings")


@nox.session
def printing(session: nox.Session) -> None:
    """Print handouts through a CUPS of our own and its PDF printer: apt-get install cups printer-driver-cups-pdf."""
    install(session, "test")
    ensure_pango(session)
    session.run("python", "-m", "tests.sessions.printing")


@nox.session
def bad(session: nox.Session) -> None:
    """Publish every bad input of `tests/bad/` beside a healthy article; `-- --sample 20` takes every twentieth."""
    install(session, "test")
    ensure_java(session)
    ensure_pango(session)
    session.run("python", "-m", "tests.bad", *session.posargs)


@nox.session
def preview(session: nox.Session) -> None:
    """Judge the proofing desk in Chromium: axe-core, edits, speed, a thousand articles; `-- --sample 8` for some."""
    if missing := [name for name in ("npm", "chromium", "git") if not shutil.which(name)]:
        session.skip(f"this machine has no {', '.join(missing)}: apt-get install npm chromium git")
    install(session, "test", "mail")
    ensure_pango(session)
    folder = Path(session.create_tmp()).resolve()
    shutil.copy("tests/sessions/preview/package.json", folder)
    session.run("npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), external=True)
    corpus = corpus_folder()
    where = [corpus] if corpus else []  # without one: this repository's samples
    session.run("python", "-m", "tests.sessions.preview", folder, *where, *session.posargs)


@nox.session
def desk(session: nox.Session) -> None:
    """Judge the editor's desk: schemas, axe-core, time, `--fix`, rules on a corpus; `-- --write docs/checking.md`."""
    if missing := [name for name in ("npm", "chromium") if not shutil.which(name)]:
        session.skip(f"this machine has no {', '.join(missing)}: apt-get install npm chromium")
    install(session, "test", "desk")
    ensure_pango(session)
    folder = Path(session.create_tmp()).resolve()
    shutil.copy("tests/sessions/preview/package.json", folder)
    session.run("npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), external=True)
    corpus = corpus_folder()
    where = ["--corpus", corpus] if corpus else []
    session.run("python", "-m", "tests.sessions.lint", folder, *where, *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Kill runs at 200 moments and at every change of a file, fill disks, lay links, damage the cache."""
    install(session, "test")
    ensure_pango(session)
    session.run("python", "-m", "tests.sessions.faults", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Give every reader what no one would write, by Hypothesis and by atheris; `-- --seconds 300 --target paths`."""
    install(session, "test", "fuzz", extras=("sending",))
    session.run("python", "-m", "tests.sessions.fuzz", "--finds", session.create_tmp(), *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Search the code for known mistakes (bandit) and the locked packages for known faults; `-- --unanswered-ok`."""
    install(session, "audit")
    session.run("bandit", "--quiet", "-c", "pyproject.toml", "-r", "pipeline")
    session.run("python", "-m", "tests.sessions.audit", CONSTRAINTS, *session.posargs)


@nox.session
def sending(session: nox.Session) -> None:
    """Send to 10,000 readers through every fault, and have signatures, pages and unsubscribing judged by others."""
    needed = ("postfix", "npm", "node", "chromium")
    if missing := [name for name in needed if not shutil.which(name)]:
        session.skip(f"this machine has no {', '.join(missing)}: apt-get install postfix npm chromium")
    if os.geteuid() != 0:
        session.skip("a Postfix of our own is started by root: sudo nox -s sending")
    install(session, "sending", extras=("sending",))
    session.run("python", "-m", "tests.sessions.sending", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this program beside pandoc, Typst and MJML; `-- --part cold --runs 5 --json FILE --chart FILE`."""
    install(session, "test", "bench")
    ensure_pango(session)
    folder = Path(session.create_tmp()).resolve()
    options = []
    if shutil.which("npm"):
        shutil.copy("tests/sessions/bench/package.json", folder)
        session.run("npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), external=True, silent=True)
        options += ["--mjml", str(folder / "node_modules/.bin/mjml")]
    corpus = corpus_folder()
    if corpus:
        options += ["--corpus", corpus]
    session.run("python", "-m", "tests.sessions.bench", folder / "scratch", *options, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and form of the code."""
    install_locked(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")


@nox.session
def fix(session: nox.Session) -> None:
    """Mend style and form of the code, and write the documentation that comes from code."""
    install_locked(session, "lint")
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")
    session.notify("docs")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    install(session, "test", "mail", "types")
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that imports go down the floors only."""
    install(session, "imports")
    session.run("lint-imports")


@nox.session
def goldens(session: nox.Session) -> None:
    """Write the pictures that `tests/writers/test_handout_goldens.py` compares pages with; look at what changed."""
    install(session, "test")
    ensure_pango(session)
    session.run("python", "-m", "tests.writers.goldens")


@nox.session
def docs(session: nox.Session) -> None:
    """Write what comes from code: codes and `docs/findings.md`, and the keys in `docs/articles.md`."""
    install(session, "test", extras=("sending",))  # every module is imported
    session.run("python", "-m", "tests.generated")
    session.run("python", "-m", "pipeline.schema", "docs/articles.md")


@nox.session
def results(session: nox.Session) -> None:
    """Draw the pictures of README and docs anew, from the sample articles."""
    if not shutil.which("chromium"):
        session.skip("this machine has no chromium: apt-get install chromium")
    install(session, "test", "mail")
    ensure_pango(session)
    outputs = session.create_tmp()
    session.run("publish", "all", "--outputs", outputs)
    session.run("python", "-m", "tests.sessions.results", outputs)
    session.run("python", "-m", "tests.sessions.preview.pictures", session.create_tmp())


@nox.session
def words(session: nox.Session) -> None:
    """Compare every word published with its source: PROJECT and OUTPUTS may follow `--`; without: the samples."""
    install(session, "test")
    session.run("python", "-m", "tests.published_words", *(session.posargs or (".",)))


@nox.session
def meaning(session: nox.Session) -> None:
    """Compare what articles say with every published file, in every variant; PROJECT may follow `--`."""
    install(session, "test")
    ensure_pango(session)
    session.run("python", "-m", "tests.sessions.meaning", *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """Count how handouts use their paper, in every variant; PROJECT may follow `--`."""
    install(session, "test")
    ensure_pango(session)
    session.run("python", "-m", "tests.sessions.pages", *session.posargs)


@nox.session
def dialects(session: nox.Session) -> None:
    """Read any FOLDER of Markdown that follows `--`, and count what is refused, printed raw, not found or lost."""
    install(session, "test")
    session.run("python", "-m", "tests.sessions.dialects", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write `constraints.txt` anew, for every system and Python that the project supports."""
    session.install("--quiet", "uv")
    groups = [part for group in PROJECT["dependency-groups"] for part in ("--group", group)]
    session.run(
        "uv", "pip", "compile", "--quiet", "--universal", "--upgrade", "--no-header", "--generate-hashes",
        "pyproject.toml", "--all-extras", *groups, "--output-file", CONSTRAINTS,
    )  # fmt: skip
