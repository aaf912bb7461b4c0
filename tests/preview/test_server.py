"""The real server, asked as browsers and as other sites would ask it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.conftest import ARTICLE, Ran, run_publish
from tests.makers import write
from tests.printing.conftest import Cups, cups

PATIENCE_S = 90
__all__ = ["cups"]  # a fixture


@dataclass
class Desk:
    """A server that runs on a project."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    token: str
    """Of the address that was printed."""
    cookie: str = ""

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, str, http.client.HTTPMessage]:
        sent = {name.replace("_", "-"): value for name, value in {"Cookie": self.cookie, **headers}.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace"), answer.headers

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        status, text, _ = self.ask("GET", path, **headers)
        return status, text

    def post(self, path: str, values: dict[str, object], **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        body = urlencode(values, doseq=True)
        origin = {"Origin": f"http://127.0.0.1:{self.port}", "Content_Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, **{**origin, **headers})

    def until(self, path: str, is_so: Callable[[str], bool]) -> str:
        """Ask until the answer is so."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            text = self.get(path)[1]
            if is_so(text):
                return text
            time.sleep(0.2)
        raise AssertionError(f"{path} did not become so: {text}")


def wait_until_idle(desk: Desk) -> None:
    """Wait until everything is published, as the desk tells its pages."""
    with closing(http.client.HTTPConnection("127.0.0.1", desk.port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/events", headers={"Cookie": desk.cookie})
        answer = connection.getresponse()
        while b'"waiting": 0' not in answer.readline():
            pass


@contextmanager
def running(folder: Path, *more: str) -> Iterator[Desk]:
    command = [sys.executable, "-m", "pipeline.cli", "preview", "--port", "0", "--project", str(folder), "--jobs", "1"]
    command += more
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
        assert address, line + process.stdout.read()
        # Read as it comes: a server that says much would wait for ever for someone to take it.
        said: list[str] = []
        listener = threading.Thread(target=said.extend, args=(process.stdout,))
        listener.start()
        try:
            desk = Desk(folder, int(address[1]), process, address[2])
            desk.cookie = desk.ask("GET", f"/?token={desk.token}")[2]["set-cookie"].partition(";")[0]
            yield desk
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            finally:
                listener.join()
            assert "Traceback" not in "".join(said), "".join(said)


@pytest.fixture(scope="module")
def desk(published: Ran, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a desk on a published project, for tests that only look."""
    folder = tmp_path_factory.mktemp("desk") / "project"
    shutil.copytree(published.folder, folder)
    with running(folder) as server:
        yield server


def test_the_shelf_shows_every_article_and_leads_to_its_proof(desk: Desk) -> None:
    status, text = desk.get("/")

    assert status == 200
    assert 'href="/proof/blog/ryg"' in text
    assert "Ondt i ryggen" in text


def test_the_shelf_is_narrowed_and_sorted_without_a_script(desk: Desk) -> None:
    """What does not fit is there, hidden, so that a script can show it again."""
    seen, hidden = '<li class="item" data-id="blog/ryg"', '<li class="item" hidden data-id="blog/ryg"'

    assert seen in desk.get("/?q=RYGGEN&format=handout&sort=title")[1]
    assert hidden in desk.get(f"/?q={quote('knæ')}")[1]
    assert hidden in desk.get(f"/?tag={quote('søvn')}")[1]


def test_the_proof_shows_paper_book_and_mail(desk: Desk) -> None:
    _, text = desk.get("/proof/blog/ryg")

    sources = re.findall(r'<(?:img|iframe)[^>]* src="([^"]+)"', text)
    assert [source.split("/")[1] for source in sources] == ["page", "book", "mail"]
    for source in sources:
        status, _, headers = desk.ask("GET", source.replace("&amp;", "&"))
        assert status == 200
        assert "script" not in headers["content-security-policy"] or source.startswith("/page")


@pytest.mark.parametrize(
    "look", ["part=text", "part=source", "width=640", "mail=dark", "pictures=off", "device=tablet", "book=dark",
             "variant=large-print", "chapter=EPUB/cover.xhtml", "part=%00&device=..&chapter=../x"]
)  # fmt: skip
def test_every_look_of_a_proof_is_answered(desk: Desk, look: str) -> None:
    assert desk.get(f"/proof/blog/ryg?{look}")[0] == 200


def test_a_variant_that_the_project_does_not_publish_is_printed_aside(desk: Desk) -> None:
    is_there = re.compile(r'<img[^>]* src="(/page/blog/ryg/a5/1\.png[^"]*)"')

    address = "/proof/blog/ryg?variant=a5"
    _, before = desk.get(address)
    status, _, headers = desk.post("/variant", {"id": "blog/ryg", "variant": "a5"})
    _, at_once = desk.get(address)
    picture = is_there.search(desk.until(address, lambda text: bool(is_there.search(text))))

    assert 'action="/variant"' in before
    assert "Bliver trykt nu." not in before  # asking for a page starts nothing
    assert (status, headers["location"]) == (303, address)
    assert "Bliver trykt nu." in at_once  # the page does not keep anyone waiting
    assert 'action="/variant"' not in at_once
    assert picture
    assert desk.get(picture[1])[0] == 200
    assert not list((desk.folder / "outputs/handout").rglob("*.a5.pdf"))


def test_pages_load_nothing_from_outside_and_may_not_be_framed(desk: Desk) -> None:
    _, text, headers = desk.ask("GET", "/proof/blog/ryg")

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"  # else Chromium sends a form with `Origin: null`
    assert not re.findall(r"(?:src|href|action)=\"(?:https?:)?//", text)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost", ""])
def test_a_foreign_host_is_turned_away(desk: Desk, host: str) -> None:
    """A name of another site may lead to 127.0.0.1."""
    assert desk.get("/", Host=host)[0] == 403


def test_this_machine_may_call_itself_localhost(desk: Desk) -> None:
    assert desk.get("/", Host=f"localhost:{desk.port}")[0] == 200


def test_a_form_from_another_site_is_turned_away(desk: Desk) -> None:
    values: dict[str, object] = {"title": "Nyt om ryggen", "article": ["blog/ryg"]}

    assert desk.post("/compose", values)[0] == 200
    assert desk.post("/compose", values, Origin="http://evil.example")[0] == 403
    assert desk.post("/compose", values, Origin="null")[0] == 403
    assert desk.ask("POST", "/compose", urlencode(values, doseq=True))[0] == 403
    assert desk.post("/compose", values, Sec_Fetch_Site="cross-site")[0] == 403
    assert desk.post("/compose", values, Cookie="")[0] == 403


EVERY_PATH = (
    "/", "/proof/blog/ryg", "/compose", "/print", "/events", "/assets/desk.css", "/page/blog/ryg/standard/1.png",
    "/book/light/blog/ryg/~/EPUB/nav.xhtml", "/mail/light/on/blog/ryg.html", "/outputs/newsletter/blog/ryg.html",
    "/nothing",
)  # fmt: skip


@pytest.mark.parametrize("path", EVERY_PATH)
def test_another_user_of_this_machine_gets_one_sentence(desk: Desk, path: str) -> None:
    name = desk.cookie.partition("=")[0]
    for headers in ({"Cookie": ""}, {"Cookie": f"{name}=guessed"}, {"Cookie": "", "Sec-Fetch-Site": "same-origin"}):
        for method in ("GET", "HEAD"):
            status, text, _ = desk.ask(method, f"{path}?token=guessed", **headers)
            assert status == 403
            assert text in ("", "open the preview by the address that `publish preview` printed: it holds a token")


@pytest.mark.parametrize("path", [*EVERY_PATH, "/?token={token}"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_opens_no_page(desk: Desk, path: str, site: str) -> None:
    """Not even by a link: a picture, a frame or a prefetch of another site asks the same way."""
    assert desk.get(path.format(token=desk.token), Sec_Fetch_Site=site)[0] == 403


def test_the_printed_address_opens_the_desk_in_this_browser(desk: Desk) -> None:
    status, _, headers = desk.ask("GET", f"/?token={desk.token}", Cookie="", Sec_Fetch_Site="none")

    assert (status, headers["location"]) == (303, "/")
    name, _, rest = headers["set-cookie"].partition("=")
    assert name.endswith(f"-{desk.port}")  # the cookies of a host go to all its ports
    assert {"HttpOnly", "SameSite=strict"} <= set(rest.split("; "))
    for site in ("none", "same-origin"):
        assert desk.get("/", Sec_Fetch_Site=site)[0] == 200


def test_a_form_without_an_end_is_turned_away_before_it_is_read(desk: Desk) -> None:
    origin = f"http://127.0.0.1:{desk.port}"
    with closing(http.client.HTTPConnection("127.0.0.1", desk.port, timeout=PATIENCE_S)) as connection:
        connection.request(
            "POST",
            "/compose",
            iter([b"title=" + b"a" * 65_536]),
            {"Origin": origin, "Cookie": desk.cookie},
            encode_chunked=True,
        )
        chunked = connection.getresponse().status

    assert chunked == 403
    assert desk.ask("POST", "/compose", "a" * 1_000_001, Origin=origin)[0] == 403
    assert desk.ask("POST", "/compose", Origin=origin, Content_Length="-1")[0] in (400, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/outputs/../publish.toml", "/outputs/%2e%2e/publish.toml", "/outputs/..%2fpublish.toml",
        "/outputs//etc/passwd", "/outputs/.publish/record", "/outputs/handout/../../publish.toml",
        "/mail/light/on/../../publish.toml", "/mail/light/on/%2e%2e/%2e%2e/publish.toml",
        "/book/light/blog/ryg/~/../../publish.toml", "/book/light/../../publish/~/x", "/assets/..%2f..%2fpublish.toml",
        "/assets/../words/da.toml", "/page/../../publish/standard/1.png", "/page/blog/ryg/..%2f..%2fx/1.png",
        "/proof/../../etc/passwd", "/compose/blog/ryg", "/compose/%2e%2e%2fx", "/compare/blog/ryg", "/edit",
        "/page/blog/ryg/standard/0.png", "/page/blog/ryg/standard/99.png", "/nothing", "/outputs/%00",
    ],
)  # fmt: skip
def test_an_address_that_leads_anywhere_else_leads_nowhere(desk: Desk, path: str) -> None:
    status, text = desk.get(path)

    assert status == 404
    assert "klinik.example/afmeld" not in text
    assert "root:" not in text


def test_looking_at_pages_starts_no_program_and_changes_nothing(
    cups: Cups, copy_of_published: Path, tmp_path: Path
) -> None:
    """Printers are listed at the start, and when a form asks; a variant is printed when a form asks."""
    cups()
    log = tmp_path / "asked"
    lpstat = tmp_path / "bin/lpstat"
    lpstat.write_text(lpstat.read_text().replace("#!/bin/sh", f"#!/bin/sh\necho $1 >> {log}"))

    def files(folder: Path) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.name.startswith("cache.db")}

    with running(copy_of_published) as server:
        server.until("/print", lambda text: '<option value="Kontor"' in text)
        server.until("/print", lambda _: len(log.read_text().split()) == 3)
        wait_until_idle(server)
        before = files(copy_of_published)
        for path in (*EVERY_PATH, "/proof/blog/ryg?variant=a5", "/compose/x", "/events?shown=blog/ryg"):
            for method in ("HEAD",) if path.startswith("/events") else ("GET", "HEAD"):
                server.ask(method, path)
        time.sleep(1)
        after, asked = files(copy_of_published), log.read_text().split()
        status, _, headers = server.post("/print", {"how": "look", "id": ["blog/ryg"]})

        assert (after, len(asked)) == (before, 3)
        assert (status, headers["location"]) == (303, "/print?id=blog%2Fryg")
        assert len(log.read_text().split()) == 6


def test_a_port_in_use_is_said_in_words(desk: Desk) -> None:
    done = run_publish(desk.folder, "preview", "--port", str(desk.port))

    assert done.code == 2
    assert f"port {desk.port} cannot be used" in done.err
    assert "--port" in done.err


def test_the_desk_listens_on_this_machine_alone(desk: Desk) -> None:
    """A server that listens on every address answers at 127.0.0.2 too."""
    with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
        socket.create_connection(("127.0.0.2", desk.port), timeout=2)


def test_the_address_on_the_command_line_of_a_browser_works_once(
    copy_of_published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other users of the machine read command lines, for as long as the browser runs."""
    opened = tmp_path / "opened"
    browser = write(tmp_path / "browser", f'#!/bin/sh\necho "$1" > {opened}.new; mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))

    with running(copy_of_published, "--open") as server:
        while not opened.exists():
            time.sleep(0.05)
        path = opened.read_text().strip().removeprefix(f"http://127.0.0.1:{server.port}")
        first, second = (server.ask("GET", path, Cookie="") for _ in range(2))

        assert server.token not in path
        assert (first[0], second[0]) == (303, 403)
        assert first[2]["set-cookie"].startswith(f"{server.cookie};")


# ---- what happens while someone looks


@pytest.fixture
def live(copy_of_published: Path) -> Iterator[Desk]:
    """Return a desk on a project that the test may change."""
    with running(copy_of_published) as server:
        yield server


def test_life_at_the_desk(live: Desk) -> None:
    """One server for all of it: a start costs seconds."""
    source, proof = live.folder / "sources/blog/ryg.md", "/proof/blog/ryg"
    before = live.get(proof)[1]
    pages = re.search(r"/page/[^\"]+", before)
    assert pages

    # an edit is published: paper and mail
    write(source, ARTICLE.replace("Bevægelse hjælper", "Megen bevægelse hjælper"))
    live.until(proof, lambda text: pages[0] not in text)
    live.until(f"{proof}?part=text", lambda text: "Megen bevægelse hjælper" in text)

    # broken front matter is shown with its line, the last proof stays
    good = live.get(proof)[1]
    write(source, ARTICLE.replace("published: 2026-03-02", "published: [2026"))
    broken = live.until(proof, lambda text: 'class="alarm error"' in text)
    assert "sources/blog/ryg.md:" in broken
    assert re.findall(r"/page/[^\"]+", broken) == re.findall(r"/page/[^\"]+", good)

    # repaired: gone
    write(source, ARTICLE)
    live.until(proof, lambda text: 'class="alarm error"' not in text)

    # an edition is seen, saved, and published
    wish: dict[str, object] = {"edition": "", "title": "Nyt om ryggen", "lead": "", "article": ["blog/ryg", "../x"]}
    _, shown, _ = live.post("/compose", wish)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', shown)
    assert seen
    assert not (live.folder / "sources/editions").exists()
    status, _, headers = live.post("/compose", {**wish, "seen": seen[1]})
    assert (status, headers["location"]) == (303, "/proof/editions/nyt-om-ryggen")
    assert live.get("/proof/editions/nyt-om-ryggen")[0] == 200  # at once: a browser asks once and then listens
    live.until("/proof/editions/nyt-om-ryggen", lambda text: "/page/editions/nyt-om-ryggen/standard/1.png" in text)

    # the print pack
    status, pdf, headers = live.post("/print", {"id": ["blog/ryg"], "copies": 2, "variant": "standard", "how": "pack"})
    assert status == 200
    assert headers["content-type"] == "application/pdf"
    assert pdf.startswith("%PDF")

    # a file that is removed while shown: said, and its proof stays
    source.unlink()
    gone = live.until(proof, lambda text: "sources/blog/ryg.md</code>" in text)
    assert "/page/blog/ryg/standard/1.png" in gone
    write(source, ARTICLE)
    live.until(proof, lambda text: "sources/blog/ryg.md</code>" not in text)

    # a broken configuration: said, and the last good one stays
    toml = live.folder / "publish.toml"
    good_toml = toml.read_text("utf-8")
    write(toml, good_toml + "\n[handuot]\n")
    live.until("/", lambda text: "handuot" in text)
    write(toml, good_toml)
    live.until("/", lambda text: "handuot" not in text)

    # a broken template: said, and the last proof stays
    write(live.folder / "styles/handout/handout.html.j2", "{{ titel }}")
    broken = live.until(proof, lambda text: "styles/handout/handout.html.j2" in text)
    assert "/page/blog/ryg/standard/1.png" in broken
    (live.folder / "styles/handout/handout.html.j2").unlink()
    live.until(proof, lambda text: "styles/handout/handout.html.j2" not in text)

    # fifty saves in a second: the last one is what is shown
    for number in range(50):
        write(source, ARTICLE.replace("Ondt i ryggen", f"Ondt i ryggen {number}"))
        time.sleep(0.02)
    live.until(proof, lambda text: '<h1 lang="da">Ondt i ryggen 49</h1>' in text)
    live.until(f"{proof}?part=text", lambda text: "Ondt i ryggen 49" in text)
    assert json.loads((live.folder / "outputs/report.json").read_text("utf-8"))["version"] == 1


def test_the_desk_ends_at_once_while_a_page_is_open(copy_of_published: Path) -> None:
    with running(copy_of_published) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        connection.request("GET", "/events?shown=blog/ryg", headers={"Cookie": server.cookie})
        answer = connection.getresponse()
        assert answer.readline().startswith(b"retry")

        server.process.send_signal(signal.SIGINT)

        assert b'"kind": "end"' not in answer.read()  # until the server closes it
        assert server.process.wait(30) == 0
    connection.close()
