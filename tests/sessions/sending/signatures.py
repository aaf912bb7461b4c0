"""Signatures judged by software no one here wrote: mailauth of npm, with records of ours in the place of the DNS."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path

from tests.sessions.sending import projects

HERE = Path(__file__).parent
HEADERS = ("from", "list-unsubscribe", "list-unsubscribe-post")
say = partial(print, "signatures:", flush=True)


def prove(folder: Path) -> list[str]:
    """Write signed messages as files, have mailauth judge them, and return what is wrong."""
    key = folder / "dkim.pem"
    run = partial(subprocess.run, check=True, capture_output=True, timeout=300)
    run(["openssl", "genrsa", "-traditional", "-out", str(key), "2048"])
    key.chmod(0o600)
    public = folder / "public.der"
    run(["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER", "-out", str(public)])
    signing = f'dkim_key = "{key}"\ndkim_selector = "nyt"\nbounces = "retur@klinik.example"\nfeedback_id = true'
    project = projects.make(folder, 25, signing)
    projects.subscribe(project, ["anna@laesere.example", "bo@laesere.example"])
    projects.publish("send", projects.EDITION, "--list", projects.LIST, "--transport", "file", "--confirm", cwd=project)
    messages = sorted((folder / "data/trials").rglob("*.eml"))
    for name in ("package.json", "mailauth.mjs"):
        shutil.copy(HERE / name, folder)
    run(["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder)])
    faults = [] if len(messages) == 2 else [f"{len(messages)} messages, expected 2"]
    for path in messages:
        done = run(["node", str(folder / "mailauth.mjs"), str(path), str(public)])
        found = json.loads(done.stdout)
        missing = [name for name in HEADERS if name not in found["signed"]]
        say(f"DKIM {found['dkim']}, SPF {found['spf']}, DMARC {found['dmarc']}; signed: {', '.join(found['signed'])}")
        say(f"with another List-Unsubscribe-Post: DKIM {found['changed']}")
        faults += [f"{name} is {found[name]}" for name in ("dkim", "spf", "dmarc") if found[name] != "pass"]
        faults += [f"{name} is not signed" for name in missing]
        faults += ["a changed header still passes"] if found["changed"] == "pass" else []
    return faults
