"""One click to leave, by a real HTTP client a thousand times at once, and in Chromium, judged by axe-core."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import subprocess
import time
from functools import partial
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from tests.sessions.sending import projects

CLICKS = 1000
HERE = Path(__file__).parent
say = partial(print, "clicks:", flush=True)


def prove(folder: Path, shots: Path | None) -> list[str]:
    """Run the service, click, look, and return what is wrong."""
    project = projects.make(folder, 25)
    projects.subscribe(project, [f"laeser{number}@laesere.example" for number in range(CLICKS + 1)])
    port = free_port()
    shutil.copy(HERE / "package.json", folder)
    install = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    command = projects.command("subscribers", "serve", "--port", str(port), "--transport", "file")
    service = subprocess.Popen(command, cwd=project, env=projects.environment())
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{base}/healthz")
        *tokens, last = _tokens(folder)
        axe = (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")
        return [*_click(base, tokens, folder), *_look(base, last, folder, axe, shots)]
    finally:
        service.terminate()
        service.wait(30)


def _click(base: str, tokens: list[str], folder: Path) -> list[str]:
    async def post(client: httpx.AsyncClient, token: str) -> int:
        return int((await client.post(f"{base}/u/{token}", data={"List-Unsubscribe": "One-Click"})).status_code)

    async def all_at_once() -> list[int]:
        limits = httpx.Limits(max_connections=CLICKS)
        async with httpx.AsyncClient(timeout=300, limits=limits) as client:
            scanned = await client.get(f"{base}/u/{tokens[0]}")
            assert scanned.status_code == 200
            assert _left(folder) == 0, "a GET has unsubscribed someone"
            return await asyncio.gather(*(post(client, token) for token in tokens))

    begun = time.monotonic()
    codes = asyncio.run(all_at_once())
    seconds, left = time.monotonic() - begun, _left(folder)
    say(f"{len(codes)} posts at once: {codes.count(200)} answered 200, {left} readers off the list, {seconds:.1f} s")
    return [] if left == codes.count(200) == len(tokens) else [f"{left} of {len(tokens)} are off the list"]


def _look(base: str, token: str, folder: Path, axe: str, shots: Path | None) -> list[str]:
    faults: list[str] = []
    paths = {"form": f"/list/{projects.LIST}", "leave": f"/u/{token}", "confirm": "/confirm/x", "missing": "/x"}
    evidence = {language: _evidence(folder, language) for language in ("da", "en")}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            for language in ("da", "en"):
                context = browser.new_context(
                    color_scheme="dark" if scheme == "dark" else "light", viewport={"width": 390, "height": 760}
                )
                page = context.new_page()
                for name, path in paths.items():
                    page.goto(f"{base}{path}?language={language}")
                    faults += _judge(page.evaluate, axe, f"{name} {language} {scheme}")
                    if name == "form":
                        page.click("button")
                        faults += _judge(page.evaluate, axe, f"faulty form {language} {scheme}")
                    if shots:
                        page.screenshot(path=shots / f"{name}-{language}-{scheme}.png")
                page.goto(evidence[language].as_uri())
                faults += _judge(page.evaluate, axe, f"evidence {language} {scheme}")
                if shots:
                    page.screenshot(path=shots / f"evidence-{language}-{scheme}.png", full_page=True)
                if context.cookies():
                    faults.append("a cookie is set")
                context.close()
        before = _left(folder)
        page = browser.new_page()
        page.goto(f"{base}/u/{token}")
        looked = _left(folder)
        page.click("button")
        clicked, heading = _left(folder), page.inner_text("h1")
        browser.close()
    say(f"Chromium: a look took {looked - before} off the list, the button {clicked - looked}: {heading!r}")
    say(f"axe-core on 24 pages, light and dark, Danish and English: {len(faults)} violations")
    return faults if clicked - looked == 1 and looked == before else [*faults, "the button did not unsubscribe"]


def _evidence(folder: Path, language: str) -> Path:
    """Return the page of what was looked at before sending, in a language."""
    look = ("--list", projects.LIST, "--transport", "file", "--dry-run", "--language", language)
    projects.publish("send", projects.EDITION, *look, cwd=folder / "project")
    page = folder / f"evidence-{language}.html"
    page.write_bytes((folder / "project/outputs/newsletter/blog/ryg.nyt.evidence.html").read_bytes())
    return page


def _judge(evaluate: object, axe: str, name: str) -> list[str]:
    assert callable(evaluate)
    evaluate(axe)
    found = evaluate("async () => (await axe.run(document)).violations.map(v => v.id + ': ' + v.nodes[0].html)")
    return [f"{name}: {violation}" for violation in found]


def _tokens(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "data/sending.sqlite3") as connection:
        return [row[0] for row in connection.execute("SELECT token FROM subscribers")]


def _left(folder: Path) -> int:
    with sqlite3.connect(folder / "data/sending.sqlite3") as connection:
        query = "SELECT count(*) FROM subscribers WHERE unsubscribed_on IS NOT NULL"
        return int(connection.execute(query).fetchone()[0])


def free_port() -> int:
    """Return a port of this machine that no one listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Wait until a service answers."""
    for _ in range(600):
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the service does not answer")
