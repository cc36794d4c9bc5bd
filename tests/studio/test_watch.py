"""Files that change are told to all pages that are open, whoever changed them."""

import asyncio
import json

import pytest

from mixdream.errors import InputError
from mixdream.studio import watch
from mixdream.studio.jobs.jobs import Job, job_file
from mixdream.studio.studio import Studio
from mixdream.studio.watch import Topic, topics_of, watching
from tests.studio.made import fill


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.01)


def test_what_another_process_writes_is_told(studio: Studio) -> None:
    async def watched() -> list[dict[str, object]]:
        told: list[dict[str, object]] = []
        async with watching(studio), asyncio.timeout(60):
            async for event in studio.hub.events():
                if not event.startswith("event: jobs"):
                    continue
                told.append(json.loads(event.partition("data: ")[2]))
                if len(told) == 1:
                    Job.begin({"minutes": 3}).write(job_file(studio.own_folder / "jobs", "mix"))
                else:
                    break
        return told

    (studio.own_folder / "jobs").mkdir(parents=True)
    before, after = asyncio.run(watched())
    assert before == {}
    assert isinstance(after["mix"], dict)
    assert (after["mix"]["state"], after["mix"]["minutes"]) == ("lost", 3.0)


def test_stamps_change_with_what_is_told_and_only_then(studio: Studio) -> None:
    """Looking into the corpus several times a second would be too much."""
    project = fill(studio.project)
    stamps = {topic.name: topic.stamp for topic in topics_of(studio)}
    sets, training = stamps["sets"](), stamps["training"]()
    assert (sets, training) == (stamps["sets"](), stamps["training"]())
    (project.sets / "new.wav").write_bytes(b"")
    assert stamps["sets"]() != sets and stamps["training"]() == training
    sets = stamps["sets"]()
    studio.uploads.add("other.wav", 0, 9, b"12")
    assert stamps["sets"]() != sets
    (project.runs / "dream").mkdir(parents=True)
    (project.runs / "dream" / "doctor.json").write_text("{}")
    assert stamps["training"]() != training


def test_a_file_that_cannot_be_read_for_a_moment_is_read_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks = 0

    def content() -> dict[str, int]:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise InputError("half of it is there")
        return {"looks": looks}

    monkeypatch.setattr(watch, "topics_of", lambda _studio: [Topic("odd", lambda: "same", content)])

    async def watched() -> str:
        async with watching(studio), asyncio.timeout(60):
            async for event in studio.hub.events():
                if event.startswith("event: odd"):
                    return event
        return ""

    assert json.loads(asyncio.run(watched()).partition("data: ")[2]) == {"looks": 3}
    assert [record.message for record in caplog.records] == ["odd cannot be told: half of it is there"]


def test_a_damaged_corpus_is_told_to_the_owner(studio: Studio) -> None:
    project = fill(studio.project)
    (project.corpus / "corpus.json").write_text("{")
    content = {topic.name: topic.content for topic in topics_of(studio)}
    (said,) = [item for item in content["sets"]()["not_taken"] if item["source"] == str(project.corpus)]
    assert "is damaged" in said["reason"] and "delete it and build again" in said["reason"]
    assert content["training"]()["run"] is None
