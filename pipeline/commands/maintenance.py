"""`publish clean` and `publish cluster`: empty the cache, and start a local Dask cluster."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.shared_options import find_project, outputs_option, project_option

_LOCK_WAIT_S = 5.0


@click.command()
@project_option
@outputs_option("Folder of the cache.")
def clean(project: Path | None, outputs: Path | None) -> int:
    """Empty the cache of read sources, resized pictures, spelling and rendered files; published files stay."""
    from pipeline.engine.cache import Cache
    from pipeline.engine.output_dir import OutputDir

    folder = outputs or find_project(project) / "outputs"
    opened, freed = OutputDir(folder.resolve()), 0
    if opened.state.is_dir():
        with opened.lock(_LOCK_WAIT_S):
            freed = Cache(opened.cache_path, is_owner=True).clear()
    click.echo(f"emptied the cache of {folder}: {freed / 1_000_000:.1f} MB")
    return 0


@click.command()
@click.option("--workers", type=click.IntRange(1), help="Processes. [one per core]")
@click.option("--memory", "memory_mb", type=click.IntRange(200), default=1000, show_default=True, help="MB for each.")
def cluster(workers: int | None, memory_mb: int) -> int:
    """Start a Dask cluster on this machine for trials, and print its address; Ctrl-C ends it."""
    import signal

    from pipeline.engine.cluster import start
    from pipeline.engine.executor import default_jobs

    with start(workers or default_jobs(), memory_mb) as started:
        click.echo(f"publish all --cluster {started.scheduler_address}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0
