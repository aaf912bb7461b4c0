"""`publish check --online` against a real server on this machine."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner

from pipeline.checking import asking
from pipeline.checking.asking import ask, is_public
from pipeline.checking.online import Asker, Place, check_online
from pipeline.commands.checking import check
from pipeline.findings import Finding
from tests.conftest import run_publish
from tests.makers import write

HOST = "127.0.0.1"
STATUSES = {"/gone": 410, "/missing": 404, "/turned-away": 403, "/busy": 429, "/out-of-order": 503}


@dataclass
class Server:
    """A web server, and what it was asked."""

    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path."""
    times: list[float] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.command, self.path))
            made.times.append(time.monotonic())
            if self.path == "/drip":
                self._drip()
                return
            if self.path == "/get-only" and self.command == "HEAD":
                self.send_response(405)
            elif self.path in STATUSES:
                self.send_response(STATUSES[self.path])
            elif self.path.startswith(("/moved", "/found", "/loop", "/inward")):
                self.send_response(302 if self.path == "/found" else 301)
                target = {"/loop": "/loop", "/inward": "http://localhost:1024/"}.get(self.path, "/well")
                self.send_header("Location", target)
            else:
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815  # the name that http.server looks for

        def _drip(self) -> None:
            try:
                for _ in range(100):
                    self.wfile.write(b"H")
                    time.sleep(0.05)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer((HOST, 0), Handler)
    made.address = f"http://{HOST}:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    yield made
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.mark.parametrize(
    ("path", "standing"),
    [
        ("/well", "alive"),
        ("/get-only", "alive"),
        ("/æbler og pærer?søg=ja", "alive"),
        ("/found", "alive"),
        ("/moved", "moved"),
        ("/gone", "dead"),
        ("/missing", "dead"),
        ("/turned-away", "unsure"),
        ("/busy", "unsure"),
        ("/out-of-order", "unsure"),
        ("/loop", "unsure"),
        ("/inward", "private"),
    ],
)
def test_an_address_stands_as_its_server_says(server: Server, path: str, standing: str) -> None:
    assert ask(server.address + path, (HOST,)).standing == standing


def test_what_has_moved_names_where_to(server: Server) -> None:
    assert ask(f"{server.address}/moved", (HOST,)).detail == f"{server.address}/well"


def test_a_private_address_is_never_asked(server: Server) -> None:
    port = server.address.rpartition(":")[2]
    for host in (HOST, "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1"):
        assert ask(f"http://{host}:{port}/well").standing in ("private", "unsure"), host

    assert not server.asked


PRIVATE = (
    "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:1", "::ffff:192.168.1.1",
    "2002:7f00:1::", "224.0.0.1", "fe80::1%eth0",
)  # fmt: skip


@pytest.mark.parametrize("number", PRIVATE)
def test_numbers_of_private_networks_are_known(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize("number", ["185.15.59.224", "2a02:ec80:300:ed1a::1", "::ffff:185.15.59.224"])
def test_numbers_of_the_public_network_are_known(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize("address", ["ftp://klinik.example/a", "http://klinik.example:25/", "http:///a"])
def test_what_is_no_page_of_the_web_is_not_asked(address: str) -> None:
    assert ask(address).standing == "private"


def test_a_server_that_is_not_there_is_unsure() -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]

    assert ask(f"http://{HOST}:{port}/", (HOST,)).standing == "unsure"


def test_an_answer_that_comes_a_byte_at_a_time_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "DEADLINE_S", 0.3)
    started = time.monotonic()

    assert ask(f"{server.address}/drip", (HOST,)).standing == "unsure"
    assert time.monotonic() - started < 3


def test_a_certificate_that_does_not_hold_is_unsure() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("klinik.example").configure_cert(context)
    listening = socket.create_server((HOST, 0))

    def serve() -> None:
        taken, _ = listening.accept()
        try:
            context.wrap_socket(taken, server_side=True).close()
        except OSError:
            taken.close()

    thread = threading.Thread(target=serve)
    thread.start()
    answer = ask(f"https://{HOST}:{listening.getsockname()[1]}/", (HOST,))
    thread.join()
    listening.close()

    assert answer.standing == "unsure"
    assert "certificate" in answer.detail


def found(server: Server, memory: Path, *paths: str, days: int = 7, accept: tuple[str, ...] = ()) -> list[Finding]:
    places = [Place("a.md", 3, server.address + path, accept) for path in paths]
    asker = Asker(memory, days, (HOST,), pause_s=0.2)
    return list(check_online(places, asker, lambda *_: None))


def test_findings_stand_at_their_lines_and_heed_what_is_meant(server: Server, tmp_path: Path) -> None:
    paths = ("/well", "/gone", "/moved", "/busy")

    codes = [(f.code, f.severity, f.line) for f in found(server, tmp_path / "m.json", *paths)]
    meant = found(server, tmp_path / "n.json", "/gone", accept=("address-dead",))

    assert codes == [("address-dead", "warning", 3), ("address-moved", "note", 3), ("address-unsure", "note", 3)]
    assert not meant


def test_what_is_known_is_not_asked_again_until_it_is_old(server: Server, tmp_path: Path) -> None:
    memory = tmp_path / "m.json"
    found(server, memory, "/well", "/well#her")
    found(server, memory, "/well")
    once = len(server.asked)
    document = json.loads(memory.read_text("utf-8"))
    for entry in document["answers"].values():
        entry["asked"] -= 8 * 86_400
    write(memory, json.dumps(document))
    found(server, memory, "/well")

    assert (once, len(server.asked)) == (1, 2)


@pytest.mark.parametrize("damaged", ["", "[]", '{"version": 9}', '{"version": 1, "answers": {"a": 1}}'])
def test_a_damaged_memory_is_made_anew(server: Server, tmp_path: Path, damaged: str) -> None:
    write(tmp_path / "m.json", damaged)

    assert found(server, tmp_path / "m.json", "/gone")
    assert json.loads((tmp_path / "m.json").read_text("utf-8"))["answers"]


def test_one_host_is_asked_one_page_at_a_time_with_pauses(server: Server, tmp_path: Path) -> None:
    found(server, tmp_path / "m.json", "/a", "/b", "/c")

    assert [path for _, path in server.asked] == ["/a", "/b", "/c"]
    assert min(later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)) >= 0.2


def test_a_host_that_wants_no_more_questions_is_left_alone(server: Server, tmp_path: Path) -> None:
    codes = [f.code for f in found(server, tmp_path / "m.json", "/busy", "/a", "/b")]

    assert codes == ["address-unsure"] * 3
    assert server.asked == [("HEAD", "/busy")]


def test_the_command_asks_only_where_it_is_told_to(
    server: Server, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, port = "intranet.klinik.example", int(server.address.rpartition(":")[2])
    toml = (project / "publish.toml").read_text()
    write(project / "publish.toml", f'{toml}[check]\nprivate_hosts = ["{name}"]\n')
    write(project / "sources/blog/ben.md", f"---\ntitle: Ben\n---\n\nSe [siden](http://{name}:{port}/gone).\n")
    look_up = socket.getaddrinfo

    def resolved(host: str, *rest: Any, **more: Any) -> Any:
        return look_up(HOST if host == name else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)  # as the clinic's own name server would
    command = ["--project", str(project), "--jobs", "1"]

    plain = CliRunner().invoke(check, command)
    published = run_publish(project, "newsletter", "--jobs", "1")
    before = list(server.asked)
    online = CliRunner().invoke(check, [*command, "--online"])

    assert not before
    assert "address-dead" not in plain.output + published.out
    told = f"sources/blog/ben.md:5: warning address-dead: http://{name}:{port}/gone leads nowhere: its server says 410"
    assert told in online.output
    assert (project / "outputs/.publish/addresses.json").is_file()
