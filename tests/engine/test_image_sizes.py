"""Pictures in sizes: one that is damaged is left out, one that could not be read this time costs the run, not more."""

from __future__ import annotations

import io
import resource
import sys
from pathlib import Path

import pytest
from PIL import Image

from pipeline.engine.executor import Executor
from pipeline.engine.worker_pool import Task
from tests.makers import picture_file
from tests.run.here import run

ROOM = 12_000_000
"""Bytes that a worker has beside what it holds already: too few to decode the picture."""


def large_picture(kind: str) -> bytes:
    data = io.BytesIO()
    Image.effect_noise((3000, 2000), 60).convert("RGB").save(data, kind, progressive=True)
    return data.getvalue()


def shrink_with_little_memory(data: bytes) -> str:
    """Shrink a picture where there is room for its file and little more, and return what it came to."""
    from pipeline.errors import SourceError
    from pipeline.pictures.image_files import TargetSize, resize_image

    lines = Path("/proc/self/status").read_text().splitlines()
    held = next(int(line.split()[1]) for line in lines if line.startswith("VmData"))
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (held * 1024 + ROOM, hard))
    try:
        resize_image(data, [TargetSize(1600)])
    except SourceError as error:
        return error.message
    return "shrunk"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to so much memory")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_too_little_memory_is_no_damage_of_the_picture(kind: str) -> None:
    """Decoders of JPEG and WebP call the file broken then; it must not be published without its picture."""
    with Executor(1, memory_mb=900) as workers:
        ((_, came),) = workers.render([Task(shrink_with_little_memory, (large_picture(kind),), 60)])

    assert "it took more memory than 900 MB" in str(came)


def test_a_picture_that_cannot_be_read_now_fails_its_article_and_the_next_run_has_it(
    copy_of_published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = copy_of_published / "sources/images/ryg.png"
    mail = copy_of_published / "outputs/newsletter/blog/ryg.html"
    run(copy_of_published, is_forced=True)
    good = mail.read_bytes()
    picture.write_bytes(picture_file(700, 500))

    def swapped(*_: object) -> bytes:
        return picture_file(600, 500)

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.engine.image_sizes.read_inside", swapped)
        _, during = run(copy_of_published)
    kept = mail.read_bytes()
    _, after = run(copy_of_published)

    (fault,) = (finding for finding in during.findings if finding.code == "write-failed")
    assert (fault.source, fault.line) == ("sources/blog/ryg.md", 4)
    assert "the picture sources/images/ryg.png: changed while this run went on" in fault.message
    assert kept == good
    assert [entry.status for entry in after.entries if entry.format == "newsletter"] == ["written"]
    assert not [finding for finding in after.findings if finding.severity == "error"]


def test_too_little_memory_for_a_picture_is_not_remembered(
    copy_of_published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crew makes an error of it, which names the picture; nothing of it is in the record."""
    (copy_of_published / "sources/images/ryg.png").write_bytes(picture_file(700, 500))

    def starve(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.engine.image_sizes.resize_image", starve)
        with pytest.raises(MemoryError, match=r"the picture sources/images/ryg\.png"):
            run(copy_of_published)
    _, after = run(copy_of_published)

    assert [entry.status for entry in after.entries if entry.format == "newsletter"] == ["written"]
