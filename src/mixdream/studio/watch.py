"""Watching the files that jobs and commands write, and telling the pages what changed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from mixdream.corpus.store import INDEX_NAME
from mixdream.runs.run import DOCTOR_NAME, INFO_NAME, SAMPLES_FOLDER, SMALL_FOLDER
from mixdream.studio.sets.set_keys import keys_file
from mixdream.studio.sets.sets import describe_sets
from mixdream.studio.sets.sources import changed
from mixdream.studio.studio import Studio
from mixdream.studio.training import describe_training

EVERY_S = 0.4
"""Between two looks at the files of a topic."""

_LOG = logging.getLogger("mixdream.studio")


@dataclass(frozen=True)
class Topic:
    """What the pages are told under a name, and what changes whenever that may have changed.

    ``content`` returns a dict, or None where it tells them itself.
    """

    name: str
    stamp: Callable[[], object]
    content: Callable[[], Any]


def topics_of(studio: Studio) -> list[Topic]:
    """The topics that are read from files."""
    return [
        Topic("jobs", studio.jobs.states, studio.jobs.states),
        Topic("sets", lambda: _stamp_of_sets(studio), lambda: describe_sets(studio)),
        Topic("play", studio.desk.stamp, studio.desk.refresh),
        Topic("recordings", studio.recordings.stamp, studio.recordings.content),
        Topic("training", lambda: _stamp_of_training(studio), lambda: describe_training(studio)),
    ]


@asynccontextmanager
async def watching(studio: Studio) -> AsyncIterator[None]:
    """Watch for as long as this context lasts."""
    tasks = [asyncio.create_task(_watch(studio, topic)) for topic in topics_of(studio)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(studio: Studio, topic: Topic) -> None:
    last: object = None
    failed = ""
    while True:
        try:
            stamp = await run_in_threadpool(topic.stamp)
            if stamp != last:
                content = await run_in_threadpool(topic.content)
                if content is not None:
                    studio.hub.publish(topic.name, content)
                last = stamp
            failed = ""
        except Exception as error:  # mostly a file that is being replaced; a topic must not end for good
            if str(error) != failed:
                failed = str(error)
                _LOG.warning("%s cannot be told: %s", topic.name, failed)
        await asyncio.sleep(EVERY_S)


def _stamp_of_sets(studio: Studio) -> object:
    project = studio.project
    return [
        changed(project.corpus / INDEX_NAME, keys_file(project.folder), studio.sources.file),
        changed(*project.runs.glob(f"*/{INFO_NAME}")),
        studio.sources.stamp(),
        studio.uploads.states(),
    ]


def _stamp_of_training(studio: Studio) -> object:
    runs = sorted(studio.project.runs.glob("*"))
    samples = [sorted((run / SAMPLES_FOLDER).glob("step-*"))[-1:] for run in runs]
    return [
        changed(studio.project.corpus / INDEX_NAME),
        changed(
            *(run / name for run in runs for name in (INFO_NAME, DOCTOR_NAME, "checkpoints", SMALL_FOLDER))
        ),
        changed(*(folder for newest in samples for folder in newest)),
        studio.jobs.is_running("training"),
    ]
