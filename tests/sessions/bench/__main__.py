"""Measure, print ratios, and keep them: `python -m tests.sessions.bench SCRATCH [--part PART]… [--json FILE]`."""

# ruff: noqa: T201  # a session prints what it finds

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.sessions.bench import corpora
from tests.sessions.bench.chart import draw
from tests.sessions.bench.measuring import Sample, adopt_orphans, measure, middle

PUBLISH = [sys.executable, "-m", "pipeline"]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(slots=True)
class Bench:
    """What is measured with, and what has been measured."""

    scratch: Path
    corpus: Path | None
    runs: int
    mjml: str | None
    sizes: tuple[int, ...]
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    sizes_out: dict[str, int] = field(default_factory=dict)
    """Bytes written."""
    results: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, command: Sequence[str], *, is_counted: bool = True, with_memory: bool = False) -> Sample:
        environment = {"PYTHONPATH": str(corpora.REPOSITORY)}
        sample = measure(command, self.scratch, environment, with_memory=with_memory)
        if is_counted:
            self.samples.setdefault(name, []).append(sample)
            print(f"  {name:28} {sample.wall_s:8.2f} s  cpu {sample.cpu_s:8.2f} s  exit {sample.code}", flush=True)
        return sample

    def wall(self, name: str) -> float:
        return middle([sample.wall_s for sample in self.samples[name]])

    def cpu(self, name: str) -> float:
        return middle([sample.cpu_s for sample in self.samples[name]])

    def ratio(self, mine: str, others: Sequence[str], what: str = "wall_s") -> float:
        """Return how much mine takes of what the others take together, in the same round; the middle of all rounds."""
        rounds = zip(self.samples[mine], zip(*(self.samples[name] for name in others), strict=True), strict=True)
        return middle([getattr(own, what) / sum(getattr(each, what) for each in peers) for own, peers in rounds])

    def note(self, name: str, value: float, unit: str = "") -> None:
        self.results[name] = round(value, 3)
        print(f"{name}: {value:.3g}{unit}", flush=True)


def cold(bench: Bench) -> None:
    """All three formats of picture-heavy articles, from an empty cache, beside the peers one after the other."""
    if bench.corpus is None:
        project = corpora.generate(bench.scratch / "cold", 20)
    else:
        project = corpora.take(bench.corpus, bench.scratch / "cold", "blog")
    staged = corpora.stage(project, bench.scratch / "cold-staged")
    peers = _peers(bench, staged)
    for _ in range(bench.runs):
        shutil.rmtree(project / "outputs", ignore_errors=True)
        bench.run("cold: publish all", [*PUBLISH, "all", "--project", str(project)], with_memory=True)
        for name, command in peers.items():
            bench.run(name, command)
    bench.sizes_out["cold: publish all"] = _bytes(project / "outputs", ("handout", "epub", "newsletter"))
    theirs = sum(_bytes(bench.scratch / "peers" / each, ()) for each in ("typst", "epub", "mjml"))
    bench.note("1 cold: wall to peers", bench.ratio("cold: publish all", list(peers)))
    bench.note("1 cold: CPU to peers", bench.ratio("cold: publish all", list(peers), "cpu_s"))
    bench.note("1 cold: bytes to peers", bench.sizes_out["cold: publish all"] / theirs)
    bench.note("1 cold: peak memory", max(s.peak_mb for s in bench.samples["cold: publish all"]), " MB")


def whole(bench: Bench) -> None:
    """All articles from an empty cache, beside the floor: what the libraries alone take."""
    project = _project(bench, 100)
    for _ in range(min(bench.runs, 3)):
        shutil.rmtree(project / "outputs", ignore_errors=True)
        bench.run("all: publish all", [*PUBLISH, "all", "--project", str(project)], with_memory=True)
        shutil.rmtree(bench.scratch / "floor", ignore_errors=True)
        floor = [sys.executable, "-m", "tests.sessions.bench.floor", str(project), str(bench.scratch / "floor")]
        bench.run("all: floor", floor)
    busy = [sample.cpu_s / (sample.wall_s * CORES) for sample in bench.samples["all: publish all"]]
    bench.note("2 all: CPU to floor", bench.ratio("all: publish all", ["all: floor"], "cpu_s"))
    bench.note("2 all: cores busy", middle(busy))


def idle(bench: Bench) -> None:
    """Nothing changed, beside a Python that does nothing."""
    project = _project(bench, 100)
    command = [*PUBLISH, "all", "--project", str(project)]
    _settle(bench, command)
    for _ in range(max(bench.runs, 5)):
        bench.run("python -c pass", [sys.executable, "-c", "pass"])
        bench.run("idle: publish all", command)
    bench.note("3 idle: wall to python -c pass", bench.ratio("idle: publish all", ["python -c pass"]))
    bench.note("3 idle: CPU to python -c pass", bench.ratio("idle: publish all", ["python -c pass"], "cpu_s"))


def one(bench: Bench) -> None:
    """One article's text changed, in a new process, beside peers that make that article."""
    project = _project(bench, 100)
    for only in ("all", "newsletter"):
        _settle(bench, [*PUBLISH, only, "--project", str(project)])
    articles = corpora.articles_of(project)
    article = sorted(articles, key=lambda path: path.stat().st_size)[len(articles) // 2]
    staged = corpora.stage(project, bench.scratch / "one-staged")[articles.index(article)]
    text = article.read_text("utf-8")
    for number in range(bench.runs):
        for only in ("all", "newsletter"):
            article.write_text(f"{text}\nEn ny linje, nummer {number} af {only}.\n", "utf-8")
            bench.run(f"one: publish {only}", [*PUBLISH, only, "--project", str(project)])
        for peer in ("typst", "epub"):
            bench.run(f"one: {peer}", _peer(bench, peer, [staged]))
    peers = ["one: typst", "one: epub"]
    bench.note("4 one: wall to peers", bench.ratio("one: publish all", peers))
    bench.note("4 one: newsletter, wall to peers", bench.ratio("one: publish newsletter", peers))


def scale(bench: Bench) -> None:
    """Generated articles, newsletters only, of several sizes: seconds and memory an article; and then nothing to do."""
    for count in bench.sizes:
        project = corpora.generate(bench.scratch / f"scale-{count}", count)
        command = [*PUBLISH, "newsletter", "--project", str(project)]
        sample = bench.run(f"scale: {count}", command, with_memory=True)
        bench.note(f"5 scale: CPU ms an article of {count}", 1000 * sample.cpu_s / count)
        bench.note(f"5 scale: parent memory at {count}", sample.parent_mb, " MB")
        _settle(bench, command)
        for _ in range(max(bench.runs, 5)):
            bench.run(f"scale: idle {count}", command)
        bench.note(f"3 idle: wall at {count}", 1000 * bench.wall(f"scale: idle {count}"), " ms")


def cluster(bench: Bench) -> None:
    """A Dask cluster of as many workers as cores beside as many local jobs: what one article more takes of each.

    Of two sizes, so that the start of processes, which each has in its own way, is apart.
    """
    few, many = 10, 50
    projects = {count: corpora.generate(bench.scratch / f"cluster-{count}", count) for count in (few, many)}
    command = [*PUBLISH, "cluster", "--workers", str(CORES)]
    environment = {**os.environ, "CI": "true", "PYTHONPATH": str(corpora.REPOSITORY)}
    with subprocess.Popen(command, cwd=bench.scratch, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        configuration, *_, address = server.stdout.readline().split()
        os.environ["DASK_CONFIG"] = configuration.removeprefix("DASK_CONFIG=")
        places = {"local": ["--jobs", str(CORES)], "dask": ["--cluster", address]}
        try:
            for number in range(bench.runs + 1):
                for place, options in places.items():
                    for count, project in projects.items():
                        shutil.rmtree(project / "outputs", ignore_errors=True)
                        name = f"cluster: {place} {count}"
                        # In the first round the cluster's workers load the renderers, which they then keep.
                        bench.run(name, [*PUBLISH, "all", "--project", str(project), *options], is_counted=number > 0)
        finally:
            server.terminate()  # where this runs in the background, SIGINT is ignored
    rounds = [
        [bench.samples[f"cluster: {place} {count}"][number].wall_s for place in places for count in (many, few)]
        for number in range(bench.runs)
    ]
    bench.note(
        "6 cluster: wall an article to local jobs",
        middle(
            [(dask_many - dask_few) / (local_many - local_few) for local_many, local_few, dask_many, dask_few in rounds]
        ),
    )


PARTS: dict[str, Callable[[Bench], None]] = {
    "cold": cold, "whole": whole, "idle": idle, "one": one, "scale": scale, "cluster": cluster,
}  # fmt: skip


def _project(bench: Bench, count: int) -> Path:
    """Return the project of all articles, the same for every part."""
    folder = bench.scratch / "all"
    if folder.is_dir():
        return folder
    return corpora.take(bench.corpus, folder) if bench.corpus else corpora.generate(folder, count)


def _settle(bench: Bench, command: Sequence[str]) -> None:
    """Publish until nothing is to be done, and the cache holds that answer."""
    for _ in range(2):
        bench.run("", command, is_counted=False)
        subprocess.run([sys.executable, "-c", "import time; time.sleep(2.1)"], check=True)
    bench.run("", command, is_counted=False)


def _peers(bench: Bench, staged: Sequence[Path]) -> dict[str, list[str]]:
    peers = {f"cold: {name}": _peer(bench, name, staged) for name in ("typst", "epub")}
    if bench.mjml:
        sources, out = bench.scratch / "peers/mjml_sources", bench.scratch / "peers/mjml"
        subprocess.run(_peer(bench, "mjml_sources", staged), check=True, cwd=corpora.REPOSITORY)
        out.mkdir(parents=True, exist_ok=True)
        peers["cold: mjml"] = [bench.mjml, *map(str, sorted(sources.glob("*.mjml"))), "-o", f"{out}/"]
    else:
        print("MJML is not installed: left out, which makes the peers faster than they are")
    return peers


def _peer(bench: Bench, name: str, staged: Sequence[Path]) -> list[str]:
    out = bench.scratch / "peers" / name
    out.mkdir(parents=True, exist_ok=True)
    return [sys.executable, "-m", "tests.sessions.bench.peers", name, str(out), *map(str, staged)]


def _bytes(folder: Path, below: Sequence[str]) -> int:
    places = [folder / name for name in below] or [folder]
    suffixes = {".typ"}  # what a peer needs on the way
    files = (path for place in places for path in place.rglob("*") if path.is_file() and path.suffix not in suffixes)
    return sum(path.stat().st_size for path in files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--part", action="append", choices=list(PARTS))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--mjml", help="the program of that name")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--chart", type=Path)
    chosen = parser.parse_args()
    adopt_orphans()
    scratch = chosen.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    bench = Bench(scratch, chosen.corpus and chosen.corpus.resolve(), chosen.runs, chosen.mjml, tuple(chosen.sizes))
    print(f"{CORES} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    for name in chosen.part or PARTS:
        print(f"\n{name}", flush=True)
        PARTS[name](bench)
    samples = {name: [sample.form() for sample in own] for name, own in bench.samples.items()}
    if chosen.json:
        document = {"cores": CORES, "load": os.getloadavg()[0], "results": bench.results, "samples": samples}
        chosen.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if chosen.chart:
        chosen.chart.write_text(draw({name: (bench.wall(name), bench.cpu(name)) for name in bench.samples}), "utf-8")


if __name__ == "__main__":
    main()
