"""A Postfix of our own: its own configuration, queue and Maildir, on loopback, for every address of one domain."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

DOMAIN = "laesere.example"
OWNER = 1000
"""Any user but root: Postfix delivers as no one it does not trust."""
_MAIN = """
compatibility_level = 3.6
myhostname = mail.klinik.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{owner}
virtual_gid_maps = static:{owner}
virtual_minimum_uid = {owner}
virtual_mailbox_limit = 0
alias_maps =
local_recipient_maps =
smtp_tls_security_level =
alias_database =
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - 20 virtual
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A mail server that can be started and stopped."""

    folder: Path
    port: int

    @property
    def inbox(self) -> Path:
        return self.folder / "mail/all"

    def start(self) -> None:
        self._postfix("start")
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"Postfix does not answer: {(self.folder / 'postfix.log').read_text()[-2000:]}")

    def stop(self) -> None:
        self._postfix("stop", is_checked=False)

    def settle(self, timeout_s: float) -> None:
        """Wait until its queue is empty."""
        deadline = time.monotonic() + timeout_s
        queues = [self.folder / "queue" / name for name in ("incoming", "active", "deferred", "maildrop")]
        while any(path.is_file() for queue in queues for path in queue.rglob("*")):
            if time.monotonic() > deadline:
                raise RuntimeError("Postfix did not deliver its queue")
            subprocess.run(["postqueue", "-c", str(self.folder / "etc"), "-f"], check=False)
            time.sleep(0.5)

    def recipients(self) -> Counter[str]:
        """Return how many copies of mail lie there for each address: counted from the files, by Delivered-To."""
        parser = BytesHeaderParser()
        found: Counter[str] = Counter()
        for name in ("new", "cur"):
            for path in sorted((self.inbox / name).glob("*")):
                with path.open("rb") as file:
                    found[str(parser.parse(file)["Delivered-To"]).lower()] += 1
        return found

    def messages(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.inbox / "new").glob("*"))]

    def _postfix(self, verb: str, *, is_checked: bool = True) -> None:
        subprocess.run(
            ["postfix", "-c", str(self.folder / "etc"), verb], check=is_checked, capture_output=True, timeout=60
        )


def prepare(folder: Path) -> Postfix:
    """Write the configuration of a Postfix below a folder, and return it, not started yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir(parents=True)
    values = {"folder": folder, "domain": DOMAIN, "owner": OWNER, "port": port}
    (folder / "etc/main.cf").write_text(_MAIN.format(**values))
    (folder / "etc/master.cf").write_text(_MASTER.format(**values))
    for above in (folder, *folder.parents):
        if above.stat().st_uid == 0 and str(above).startswith(("/tmp", str(folder))):  # noqa: S108
            above.chmod(above.stat().st_mode | 0o055)
    subprocess.run(["chown", "postfix", str(folder / "data")], check=True)
    os.chown(folder / "mail", OWNER, OWNER)
    return Postfix(folder, port)
