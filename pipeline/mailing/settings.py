"""Validation of the table `[sending]` of `publish.toml`, and lookups in it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from pipeline.config import FILE_NAME, Config, Publisher, SendingSettings, place_errors
from pipeline.errors import ConfigError
from pipeline.mailing.addresses import MAX_LOCAL_PART, AddressError, find_personal_data, read_address
from pipeline.mailing.message_template import TOKEN_LENGTH

LIST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def validated_settings(config: Config) -> SendingSettings:
    """Return `[sending]` after validation.

    Raises:
        ConfigError: A package is missing, or values are invalid: all of them at once, each with its line.
    """
    packages = ("dkim", "dns", "email_validator", "platformdirs", "starlette", "uvicorn")
    if missing := [name for name in packages if find_spec(name) is None]:
        raise ConfigError(
            f"sending needs more packages: {', '.join(missing)}", hint='pip install "clinic-publish[sending]"'
        )
    source = config.file.read_text("utf-8-sig") if config.file.is_file() else ""
    if errors := place_errors(source, "sending", _settings_errors(config.sending)):
        raise ConfigError("\n".join(errors))
    return config.sending


def list_title(settings: SendingSettings, name: str) -> str:
    """Return the title of a list.

    Raises:
        ConfigError: `publish.toml` names no such list.
    """
    if name not in settings.lists:
        known = ", ".join(settings.lists) or "none yet"
        raise ConfigError(
            f"there is no list {name!r}; [sending] lists of {FILE_NAME} names: {known}",
            hint='add it with the title that subscribers see: lists = {nyt = "Nyt fra klinikken"}',
        )
    return settings.lists[name]


def sender_domain(publisher: Publisher) -> str:
    """Return the domain of the publisher's address, in ASCII.

    Raises:
        ConfigError: `[publisher] email` is not a valid address.
    """
    try:
        return read_address(publisher.email).rpartition("@")[2]
    except AddressError as error:
        raise ConfigError(
            f"[publisher] email is {publisher.email!r}: {error}",
            source=FILE_NAME,
            hint="newsletters are sent from this address",
        ) from error


def is_local_host(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _settings_errors(sending: SendingSettings) -> Iterator[tuple[str, str]]:
    for name, title in sending.lists.items():
        if not LIST_NAME.fullmatch(name):
            yield "lists", f"holds {name!r}, expected letters a to z, digits and hyphens, such as nyt"
        elif kind := find_personal_data(name) or find_personal_data(title):
            yield "lists", f"holds {name!r}, which looks like {kind}: a list must not reveal health data"
        if not title.strip() or not title.isprintable():
            yield "lists", f"gives {name!r} the title {title!r}, expected one line of text"
    if not sending.data.isprintable():
        yield "data", f"is {sending.data!r}, expected a folder"
    yield from _server_errors(sending)
    yield from _address_errors(sending)


def _server_errors(sending: SendingSettings) -> Iterator[tuple[str, str]]:
    if sending.security == "none" and sending.host and not is_local_host(sending.host):
        yield "security", f'is "none" and host is {sending.host!r}, expected "starttls" or "tls" beyond this machine'
    for key, number, minimum in (
        ("port", sending.port, 1), ("timeout_s", sending.timeout_s, 1), ("connections", sending.connections, 1),
        ("rate", sending.rate, 0), ("first_wait_s", sending.first_wait_s, 0), ("attempts", sending.attempts, 1),
    ):  # fmt: skip
        if number < minimum:
            yield key, f"is {number}, expected at least {minimum}"


def _address_errors(sending: SendingSettings) -> Iterator[tuple[str, str]]:
    service = urlsplit(sending.service)
    plain = service.scheme == "http" and is_local_host(service.hostname or "")
    if sending.service and not (service.hostname and (service.scheme == "https" or plain) and not service.query):
        yield "service", f"is {sending.service!r}, expected an address such as https://nyt.klinik.example"
    for key, address in (("mailto", sending.mailto), ("bounces", sending.bounces)):
        try:
            if address:
                read_address(address)
        except AddressError as error:
            yield key, f"is {address!r}: {error}"
    local = sending.bounces.rpartition("@")[0]
    if sending.verp and len(local) + 1 + TOKEN_LENGTH > MAX_LOCAL_PART:
        yield "bounces", f"has {len(local)} characters before the @; verp adds {TOKEN_LENGTH + 1}, and mail takes 64"
    if bool(sending.dkim_key) != bool(sending.dkim_selector):
        yield "dkim_key", "and dkim_selector go together: expected both or neither"
