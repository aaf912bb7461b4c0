"""What a page of another site, open in the same browser, can make the desk do or tell: nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.sessions.preview.desks import Desk, say
from tests.sessions.preview.views import launch, visit

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

STRANGER = "stranger.example"
_TRIES = """
async ([desk, id]) => {
  const form = new URLSearchParams({ article: id, title: "Kapret", how: "pack" });
  const post = more => fetch(desk + "/compose", { method: "POST", ...more });
  const json = { headers: { "content-type": "application/json" }, body: "{}" };
  const outcome = async attempt => { try { return String(await attempt()); } catch (error) { return "refused"; } };
  const loaded = (tag, address) => new Promise(done => {
    const made = document.createElement(tag);
    made.onload = () => done("loaded"); made.onerror = () => done("refused");
    made.src = address;
    document.body.append(made);
    setTimeout(() => done("refused"), 3000);
  });
  const framed = address => new Promise(done => {
    const frame = document.createElement("iframe");
    // What a frame of another origin holds cannot be read, but how many frames are in it can: a proof has two.
    frame.onload = () => done(frame.contentWindow.length ? "loaded" : "refused");
    frame.src = address;
    document.body.append(frame);
    setTimeout(() => done("refused"), 3000);
  });
  const heard = address => new Promise(done => {
    const events = new EventSource(address);
    events.onmessage = () => { events.close(); done("loaded"); };
    events.onerror = () => { events.close(); done("refused"); };
    setTimeout(() => { events.close(); done("refused"); }, 3000);
  });
  return {
    "reads the shelf": await outcome(async () => (await fetch(desk + "/")).status),
    "reads a published file": await outcome(async () => (await fetch(desk + "/outputs/report.json")).status),
    "hears events": await heard(desk + "/events?shown="),
    "shows a page as its picture": await loaded("img", desk + "/page/" + id + "/standard/1.png"),
    "runs the desk's script": await loaded("script", desk + "/assets/desk.js"),
    "frames a proof": await framed(desk + "/proof/" + id),
    "sends JSON": await outcome(async () => (await post(json)).status),
    "reads the answer to a form": await outcome(async () => (await post({ body: form })).status),
  };
}
"""


def attack(playwright: Playwright, desk: Desk, id_: str) -> Iterator[str]:
    """Yield what another site achieved."""
    port = desk.address.rpartition(":")[2]
    browser = visit(launch(playwright, "--host-resolver-rules=MAP *.example 127.0.0.1"), desk)
    before = {path: path.read_bytes() for path in desk.folder.rglob("*.md")}
    page = browser.new_page()
    answers: list[tuple[str, int]] = []
    page.on("response", lambda answer: answers.append((f"{answer.request.method} {answer.url}", answer.status)))
    with _another_site() as its_port:
        page.goto(f"http://{STRANGER}:{its_port}/")
        outcomes: dict[str, Any] = page.evaluate(_TRIES, [desk.address, id_])
        yield from (f"another site {what}" for what, outcome in outcomes.items() if outcome != "refused")
        for path, name in (("/print", "id"), ("/compose", "article")):
            page.goto(f"http://{STRANGER}:{its_port}/")
            page.evaluate(
                "([address, name]) => { const form = document.createElement('form'); form.method = 'post';"
                " form.action = address; const field = document.createElement('input'); field.name = name;"
                " field.value = 'x'; form.append(field); document.body.append(form); form.submit(); }",
                [desk.address + path, name],
            )
            page.wait_for_url(f"{desk.address}{path}")
    for told, status in answers:
        if told.startswith("POST") and status != 403:
            yield f"{told} was answered with {status}"
    # A name of the stranger's that leads to this machine: the browser takes the desk for the stranger's own server.
    for path in ("/", f"/proof/{id_}", "/events?shown=", "/outputs/report.json", "/assets/desk.js"):
        answer = page.goto(f"http://rebound.example:{port}{path}")
        if answer is None or answer.status != 403:
            yield f"{path} under another name was answered with {answer and answer.status}"
    if before != {path: path.read_bytes() for path in desk.folder.rglob("*.md")}:
        yield "another site changed a source"
    browser.close()
    posts = sum(told.startswith("POST") for told, _ in answers)
    say(f"another site in the same browser tried {len(outcomes)} ways to read, {posts} forms and another name")


@contextmanager
def _another_site() -> Iterator[int]:
    """Serve an empty page, and yield its port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>Another site</title><body>")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
