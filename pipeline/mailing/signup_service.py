"""The web service for signing up and unsubscribing, an ASGI app: `publish subscribers serve`.

No page reveals who is on a list, none sets a cookie, and a GET changes nothing, since mail scanners follow links.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import logging
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import SOURCE
from pipeline.config import Config
from pipeline.errors import PublishError, SendError
from pipeline.mailing import signup
from pipeline.mailing.addresses import AddressError, holds_cpr, read_address
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.dkim_signing import DkimSigner, load_signer
from pipeline.mailing.subscribers import READER_LANGUAGES, unsubscribe_token
from pipeline.mailing.transport import Transport
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import Words, load_words

MAX_FORM_BYTES = 4096
RESPONSE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Page addresses hold a token, which must not reach other sites or caches."""
NO_VALUES: Mapping[str, str] = MappingProxyType({})
MAX_VISITORS = 10_000
MAX_OPEN_FORMS = 10
"""Forms that one visitor sends at the same time."""
MAIL_INTERVAL_S = 30.0


@dataclass(slots=True)
class RateLimiter:
    """In-memory rate limiter per visitor; visitors are hashed with a salt of this process."""

    times: int
    within_s: float
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)
    _seen: dict[bytes, deque[float]] = field(default_factory=dict, repr=False)

    def is_exceeded(self, visitor: str) -> bool:
        turns = self._seen.get(self._key(visitor))
        return turns is not None and len(turns) == self.times and turns[0] > time.monotonic() - self.within_s

    def count(self, visitor: str) -> bool:
        """Count a request, and return True; or return False where the limit is used up."""
        if self.is_exceeded(visitor):
            return False
        key = self._key(visitor)
        if key not in self._seen and len(self._seen) >= MAX_VISITORS:
            self._seen.pop(next(iter(self._seen)))  # the one that came first
        self._seen.setdefault(key, deque(maxlen=self.times)).append(time.monotonic())
        return True

    def _key(self, visitor: str) -> bytes:
        return hashlib.blake2b(visitor.encode(), key=self._salt, digest_size=16).digest()


@dataclass(slots=True)
class SignupService:
    config: Config
    store: MailingDatabase
    connect: Callable[[], Transport]
    signups: RateLimiter = field(default_factory=lambda: RateLimiter(10, 3600))
    """Sign-ups by one visitor, which may be a family or a reception."""
    misses: RateLimiter = field(default_factory=lambda: RateLimiter(60, 60))
    """Unknown tokens by one visitor; valid unsubscribe requests are always carried out."""
    _writing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    """One sign-up or confirmation is saved at a time, so that whoever leaves waits for one at most."""
    _open_forms: Counter[str] = field(default_factory=Counter)
    """Number of forms that each visitor is sending."""
    _wake: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        routes = [
            Route("/", self.front),
            Route("/healthz", self.health),
            Route("/list/{name}", self.form, methods=["GET"]),
            Route("/list/{name}", self.sign_up, methods=["POST"]),
            Route("/confirm/{token}", partial(self._page, kind="confirm"), methods=["GET"]),
            Route("/confirm/{token}", self.confirm, methods=["POST"]),
            Route("/u/{token}", partial(self._page, kind="leave"), methods=["GET"]),
            Route("/u/{token}", self.leave, methods=["POST"]),
        ]
        faults: Mapping[Any, Any] = {
            404: self.missing, 405: self.missing, PublishError: self.broken,
            ClientDisconnect: self.broken,  # a form that was not sent to its end
        }  # fmt: skip
        app = Starlette(routes=routes, exception_handlers=faults, lifespan=self._run)
        app.router.redirect_slashes = False  # redirects use the Host header, which a client can forge
        return app

    # ---- pages

    async def front(self, request: Request) -> Response:
        lists = self.config.sending.lists
        return RedirectResponse(f"list/{next(iter(lists))}") if len(lists) == 1 else self._page(request, "lists")

    async def health(self, _request: Request) -> Response:
        await to_thread.run_sync(self.store.rows, "SELECT 1")
        return PlainTextResponse("ok\n", headers=RESPONSE_HEADERS)

    async def form(self, request: Request) -> Response:
        self._list(request)
        return self._form(request)

    async def sign_up(self, request: Request) -> Response:
        name, visitor = self._list(request), _client_key(request)
        if self._open_forms[visitor] >= MAX_OPEN_FORMS or self.signups.is_exceeded(visitor):
            return self._page(request, "many", status=429, more={"Retry-After": "3600", "Connection": "close"})
        self._open_forms[visitor] += 1
        try:
            fields = await _form_fields(request)
        finally:
            self._open_forms -= Counter([visitor])
        if fields is None:
            return self._page(request, "large", status=413)
        written = fields.get("address", "").strip()
        faults: dict[str, str] = {}
        try:
            address = read_address(written)
        except AddressError:
            faults["address"] = "signup_address_wrong" if written else "signup_address_missing"
        if not faults and holds_cpr(address):
            faults["address"] = "signup_address_wrong"
        if not fields.get("consent"):
            faults["consent"] = "signup_consent_missing"
        if faults:
            return self._form(request, written, faults, status=422)
        if not self.signups.count(visitor):
            return self._page(request, "many", status=429, more={"Retry-After": "3600"})
        if not fields.get("website"):  # a hidden field: only programs fill it in
            words = self._words(request)
            wording = signup.consent_wording(words, self.config.sending.lists[name], self.config.publisher)
            values = (self.store, name, address, words.language, wording)
            await to_thread.run_sync(signup.request_signup, *values, limiter=self._writing)
            self._wake.set()
        return self._page(request, "asked")

    async def confirm(self, request: Request) -> Response:
        token = request.path_params["token"]
        was_asked = await to_thread.run_sync(signup.confirm_signup, self.store, token, limiter=self._writing)
        if not was_asked and not self.misses.count(_client_key(request)):
            return self._page(request, "many", status=429, more={"Retry-After": "60"})
        return self._page(request, "confirmed" if was_asked else "expired")

    async def leave(self, request: Request) -> Response:
        """Unsubscribe a reader: by the button on the page, or by one click in the mail program (RFC 8058)."""
        today = datetime.now(UTC).date()
        was_known = await to_thread.run_sync(unsubscribe_token, self.store, request.path_params["token"], today)
        visitor = _client_key(request)
        # After too many wrong tokens, a right one gets the same answer, although it was carried out.
        if self.misses.is_exceeded(visitor) if was_known else not self.misses.count(visitor):
            return self._page(request, "many", status=429, more={"Retry-After": "60"})
        return self._page(request, "left")  # the same for an unknown token

    async def missing(self, request: Request, _error: Exception) -> Response:
        return self._page(request, "missing", status=404)

    async def broken(self, request: Request, _error: Exception) -> Response:
        return self._page(request, "broken", status=503, more={"Retry-After": "30"})

    def _list(self, request: Request) -> str:
        name: str = request.path_params["name"]
        if name not in self.config.sending.lists:
            raise HTTPException(404)
        return name

    def _form(
        self, request: Request, written: str = "", faults: Mapping[str, str] = NO_VALUES, status: int = 200
    ) -> Response:
        title = self.config.sending.lists[request.path_params["name"]]
        agreed, _ = signup.consent_wording(self._words(request), title, self.config.publisher)
        return self._page(request, "form", status=status, title=title, agreed=agreed, written=written, faults=faults)

    def _page(
        self, request: Request, kind: str, *, status: int = 200, more: Mapping[str, str] = NO_VALUES, **values: object
    ) -> Response:
        words = self._words(request)
        other = next(language for language in READER_LANGUAGES if language != words.language)
        styles = find_styles(self.config.folder)
        page = styles.render(
            f"sending/{'form' if kind == 'form' else 'page'}.html.j2",
            kind=kind, words=words, other=other, publisher=self.config.publisher, lists=self.config.sending.lists,
            style=styles.style_sheet("sending/page.css"), source=SOURCE, **values,
        )  # fmt: skip
        return HTMLResponse(page, status, headers={**RESPONSE_HEADERS, "Content-Language": words.language, **more})

    def _words(self, request: Request) -> Words:
        asked = request.query_params.get("language", "")
        wanted = request.headers.get("accept-language", "").lower()
        own = next((tag for tag in READER_LANGUAGES if tag == self.config.publisher.language), READER_LANGUAGES[0])
        other = next(language for language in READER_LANGUAGES if language != own)
        prefers_other = wanted.startswith(other) or (other in wanted and own not in wanted)
        language = asked if asked in READER_LANGUAGES else other if prefers_other else own
        return load_words(find_styles(self.config.folder), language)

    # ---- confirmation mails

    @contextlib.asynccontextmanager
    async def _run(self, _app: Starlette) -> AsyncIterator[None]:
        thread = threading.Thread(target=self._send_confirmations, name="confirmation mails", daemon=True)
        thread.start()
        yield
        self._stop.set()
        self._wake.set()
        await to_thread.run_sync(thread.join)

    def _send_confirmations(self) -> None:
        """Send due confirmation mails after each sign-up, and every half minute for those that failed."""
        signer = load_signer(self.config)
        logged = ""
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self._deliver(signer)
                logged = ""
            except Exception as error:  # noqa: BLE001  # no error may end this thread
                # the words of an unforeseen error might hold an address
                told = str(error) if isinstance(error, (PublishError, OSError)) else type(error).__name__
                if told != logged:  # once, not every half minute
                    logged = told
                    logging.getLogger(__name__).warning("confirmation mails are delayed, and are tried again: %s", told)
            self._wake.wait(MAIL_INTERVAL_S)

    def _deliver(self, signer: DkimSigner | None) -> None:
        signup.delete_expired(self.store)
        confirmations = signup.due_confirmations(self.store, tuple(self.config.sending.lists))
        if not confirmations:
            return
        transport = self.connect()
        try:
            transport.open()
            for each in confirmations:
                sender = self.config.sending.bounces or self.config.publisher.email
                words = load_words(find_styles(self.config.folder), each.language)
                mail = signup.confirmation_mail(each, self.config, words, signer)
                outcome = transport.deliver(sender, each.address, mail, partial(signup.is_wanted, self.store, each))
                if outcome.verdict == "refused" and outcome.stage == "sender":
                    raise SendError(
                        f"{self.config.sending.host} accepts no mail from [sending] bounces, or [publisher] email: "
                        f"{outcome.status}"
                    )
                # other refusals may be about us, and not about the address
                is_settled = outcome.verdict in ("accepted", "lost") or outcome.is_unreachable
                signup.record_attempt(self.store, each, is_settled=is_settled)
                if outcome.is_broken:
                    transport.open()
        finally:
            transport.close()


async def _form_fields(request: Request) -> dict[str, str] | None:
    """Return the fields of a form; None where the body is larger than any of our forms."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return None
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _client_key(request: Request) -> str:
    return visitor_of(request.client.host) if request.client else ""


def visitor_of(host: str) -> str:
    """Return the address that identifies a visitor; of IPv6, the /64 network that one connection gets (RFC 6177)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
