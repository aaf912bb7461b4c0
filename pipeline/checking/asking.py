"""Asking a web address whether a page is there, without being led into a private network.

Sources are written by many hands, so an address is a stranger's: the name is looked up here, only public numbers are
connected to, and each step of a redirect is looked at again. No page is read, only the answer's head.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Timer
from typing import Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from pipeline import __version__

Standing = Literal["alive", "moved", "dead", "private", "unsure"]
GONE = (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE)
_FOR_GOOD = (http.HTTPStatus.MOVED_PERMANENTLY, http.HTTPStatus.PERMANENT_REDIRECT)
_REDIRECTS = (*_FOR_GOOD, http.HTTPStatus.FOUND, http.HTTPStatus.SEE_OTHER, http.HTTPStatus.TEMPORARY_REDIRECT)
_STEPS = 6
TIMEOUT_S = 10.0
"""For each word of an answer."""
DEADLINE_S = 30.0
"""For a whole answer: one that comes a byte at a time ends here."""
_HEADERS = {
    "User-Agent": f"clinic-publish/{__version__} (checks whether links still lead somewhere)",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Connection": "close",
}
UNKNOWN_NAME, NO_NAMES = "no server has that name", "names of servers cannot be looked up"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Answer:
    """How it stands with an address."""

    standing: Standing
    detail: str = ""
    """What was said, or where it has moved to."""
    status: int = 0
    """Of HTTP; 0 where no server answered."""


class PrivateAddressError(Exception):
    """A name that leads into a private network, or to a port that no web page is served at."""


def ask(address: str, private_hosts: tuple[str, ...] = ()) -> Answer:
    """Return how it stands with an `http:` or `https:` address. Never raises for what others answer.

    Dead is what its own server calls missing, and a name that does not exist. What programs are turned away from
    (401, 403, 429), what is out of order today (5xx), and what does not answer at all is unsure.

    Args:
        private_hosts: Names that may lie in a private network.
    """
    try:
        return _follow(address, private_hosts)
    except PrivateAddressError as error:
        return Answer("private", str(error))
    except socket.gaierror as error:
        is_unknown = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        return Answer("dead", UNKNOWN_NAME) if is_unknown else Answer("unsure", NO_NAMES)
    except ssl.SSLCertVerificationError as error:
        return Answer("unsure", f"its certificate does not hold: {error.verify_message}")
    except TimeoutError:
        return Answer("unsure", "no answer in time")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer("unsure", str(error) or type(error).__name__)


def _follow(address: str, private_hosts: tuple[str, ...]) -> Answer:
    """Ask an address, and where it redirects to."""
    here, has_moved = address, True
    for _ in range(_STEPS):
        status, target = _status(here, private_hosts)
        if status not in _REDIRECTS or not target:
            return _answer(status, address, here, has_moved=has_moved)
        # One step that is not for good makes the whole way not for good.
        has_moved = has_moved and status in _FOR_GOOD
        here = urljoin(here, target)
    return Answer("unsure", "redirects without end")


def _answer(status: int, address: str, here: str, *, has_moved: bool) -> Answer:
    if status in GONE:
        return Answer("dead", f"its server says {status}", status)
    if status >= http.HTTPStatus.BAD_REQUEST:
        return Answer("unsure", f"its server says {status}", status)
    return Answer("moved", here, status) if here != address and has_moved else Answer("alive", status=status)


def _status(address: str, private_hosts: tuple[str, ...]) -> tuple[int, str]:
    """Return the status of an address, and where it redirects to: by HEAD, and by GET where HEAD is refused."""
    status, target = _request("HEAD", address, private_hosts)
    if status >= http.HTTPStatus.BAD_REQUEST and status != http.HTTPStatus.TOO_MANY_REQUESTS:
        status, target = _request("GET", address, private_hosts)
    return status, target


def _request(method: str, address: str, private_hosts: tuple[str, ...]) -> tuple[int, str]:
    parts = urlsplit(address)
    connected = _connect(parts, private_hosts)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    connection.sock = connected
    end = Timer(DEADLINE_S, _hang_up, (connected,))
    end.daemon = True
    end.start()
    try:
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
        )
        connection.request(method, path, headers=_HEADERS | {"Host": _host_header(parts)})
        response = connection.getresponse()
        return response.status, response.getheader("Location") or ""
    finally:
        end.cancel()
        connection.close()


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):  # where it has ended by itself
        connected.shutdown(socket.SHUT_RDWR)


def _connect(parts: SplitResult, private_hosts: tuple[str, ...]) -> socket.socket:
    """Return a connection to a number that was looked at: a name that is looked up twice can change in between."""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PrivateAddressError(f"{parts.scheme or 'no scheme'} is no address of the web")
    host = parts.hostname.encode("idna").decode()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    is_allowed = parts.hostname in private_hosts
    if port < 1024 and port not in (80, 443) and not is_allowed:
        raise PrivateAddressError(f"port {port} is none of the web")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    numbers = [str(entry[4][0]) for entry in found]
    numbers = numbers if is_allowed else [number for number in numbers if is_public(number)]
    if not numbers:
        raise PrivateAddressError(f"{parts.hostname} lies in a private network")
    connected = _first(lambda number: socket.create_connection((number, port), TIMEOUT_S), numbers)
    return _tls().wrap_socket(connected, server_hostname=host) if parts.scheme == "https" else connected


def _first(connect: Callable[[str], socket.socket], numbers: list[str]) -> socket.socket:
    for number in numbers[:-1]:
        try:
            return connect(number)
        except OSError:
            continue  # the next may answer: many hosts name an IPv6 number that this machine cannot reach
    return connect(numbers[-1])


def is_public(number: str) -> bool:
    """Tell whether an IP number belongs to the public network, an IPv4 number that hides in an IPv6 one too."""
    ip = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        if inner := ip.ipv4_mapped or ip.sixtofour or translated:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _host_header(parts: SplitResult) -> str:
    host = (parts.hostname or "").encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
