"""The service in a server: uvicorn, without a log of who came."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.sending.service import Service
from pipeline.sending.settings import sender_domain
from pipeline.sending.signing import signer_of
from pipeline.sending.store import Store
from pipeline.sending.transport import Files, Transport, transport_of

KEEP_ALIVE_S = 150
"""Longer than a proxy keeps a line that is idle (Caddy: 120 s). Were ours the shorter, a POST could meet a line that is
being closed, and no proxy sends a POST again: someone's leaving would be lost."""


def serve(config: Config, store: Store, host: str, port: int, *, is_trial: bool) -> None:
    """Serve until stopped.

    Raises:
        ConfigError: `publish.toml` lacks what the service needs.
    """
    import uvicorn

    sending = config.sending
    if not (sending.service and sending.lists):
        raise ConfigError("[sending] service and lists are needed", hint="the https address of the service, and a list")
    sender_domain(config.publisher)
    signer_of(config)

    def connect() -> Transport:
        return Files(store.folder.trials / "signup") if is_trial else transport_of(sending)

    connect()
    # The address of a request holds a token: it must not be written to a log. A proxy on this machine says who asks.
    uvicorn.run(
        Service(config, store, connect).app(), host=host, port=port, access_log=False, server_header=False,
        proxy_headers=True, forwarded_allow_ips="127.0.0.1", log_level="warning", timeout_keep_alive=KEEP_ALIVE_S,
    )  # fmt: skip
