"""A training in a real browser: how it went, what it sounded like, how it goes on."""

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from mixdream import project as project_module
from mixdream.corpus.store import Corpus
from mixdream.errors import Interrupted
from mixdream.project import Project
from mixdream.studio.jobs.jobs import Job, job_file
from mixdream.studio.studio import Studio
from mixdream.training import doctor, figures
from mixdream.training.recorder import Examined
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.conftest import tiny_recipe, write_set
from tests.studio.conftest import serving

pytestmark = NEEDS_CHROMIUM

CHECK_UPS = 2
SLOW_MS = 60_000  # until the server has told the page, on a machine that is busy
REFUSED = "the disk is full: free some space, then start it again"
GROWN = """async () => {
    const { LoopPlayer } = await import("/static/training/loop_player.js");
    const player = new LoopPlayer(() => {});
    const starts = [];
    player.fetch = async () => new AudioBuffer({ length: 22050, sampleRate: 44100 });
    const start = player.start.bind(player);
    player.start = (buffer, how) => {
        starts.push({ when: how.when, seconds: buffer.duration });
        return start(buffer, how);
    };
    await player.grow(["a", "b"]);
    player.stop();
    return starts;
}"""
POINTS = """() => [...document.querySelectorAll("#training .plot")].map((plot) =>
    [...plot.querySelectorAll("polyline")].map((line) => line.points.length))"""
TOO_SMALL = """() => [...document.querySelectorAll("#training :is(button, label span, [role=slider])")]
    .map((shown) => [shown.getBoundingClientRect(), shown.outerHTML])
    .filter(([box]) => box.width > 0 && Math.min(box.height, box.width) < 44)"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A training at tiny width that was stopped after some check-ups."""
    made = Project(tmp_path_factory.mktemp("studio") / "project")
    made.sets.mkdir(parents=True)
    write_set(made.sets / "A.wav", 60)
    recipe = tiny_recipe("gan", "inversion=random-phase")
    show = Project._show_check_up
    shown: list[int] = []

    def show_some(self: Project, examined: Examined, corpus: Corpus) -> None:
        show(self, examined, corpus)
        shown.append(examined.check_up.step)
        if len(shown) == CHECK_UPS:
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project_module, "load_recipe", lambda name: recipe)
        patch.setattr(Project, "_show_check_up", show_some)
        patch.setattr(project_module, "write_project_page", lambda *_: None)  # which is not this one
        for name in ("FIRST_S", "EVERY_S", "EVERY_SHARE", "APART"):
            patch.setattr(doctor, name, 0.0)
        for name in ("save_losses", "save_mosaic", "save_real_and_fake", "save_single"):
            patch.setattr(figures, name, lambda *_: None)  # drawing takes longer than all else
        with pytest.raises(Interrupted):
            made.train(made.build().corpus, 10)
    return made


@pytest.fixture(scope="module")
def studio(project: Project) -> Studio:
    return Studio(project)


@pytest.fixture(scope="module")
def link(studio: Studio) -> Iterator[str]:
    with serving(studio) as server:
        yield server.link


@pytest.fixture
def page(context: BrowserContext, link: str) -> Iterator[Page]:
    """The view of training; nothing may go wrong in its scripts, but for what the server refuses."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(link)
    opened.goto(f"{opened.url}#training")
    expect(opened.get_by_role("heading", name="What it sounds like now")).to_be_visible(timeout=SLOW_MS)
    yield opened
    assert [error for error in errors if REFUSED not in error] == []


def loop(page: Page, seed: int, column: int) -> Locator:
    """The button of a loop; check-ups count from 0."""
    return page.locator(".grown tbody tr").nth(seed).locator("td button").nth(column)


def history(project: Project) -> list[dict]:
    (found,) = project.folder.glob("runs/*/doctor.json")
    return json.loads(found.read_text("utf-8"))["history"]


def test_how_it_went_is_drawn_and_told_by_keys(page: Page, project: Project) -> None:
    went = history(project)
    assert len(went) == CHECK_UPS
    distance = page.get_by_role("slider", name="Distance at check-ups")
    expect(page.locator("[data-part=distance] svg polyline")).to_have_count(2)
    expect(page.locator("[data-part=verdict]")).to_have_text("Keep going")
    distance.press("Home")
    assert distance.get_attribute("aria-valuenow") == "0"
    told = str(distance.get_attribute("aria-valuetext"))
    assert f"sound {went[0]['kd_sound']:.0f} · net {went[0]['kd_net']:.0f}" in told
    distance.press("ArrowRight")
    assert distance.get_attribute("aria-valuenow") == "1"
    # All of the view is about the check-up that one chose.
    coverage = page.get_by_role("slider", name="Coverage at check-ups")
    assert coverage.get_attribute("aria-valuenow") == "1"
    expect(coverage).to_have_attribute("aria-valuetext", f"after {told_clock(went[1])}: {percent(went[1])}")
    expect(page.locator("[data-part=what]")).to_contain_text(f"step {went[1]['step']}")
    expect(page.locator("thead .chosen")).to_have_count(1)
    assert page.evaluate(POINTS) == [[CHECK_UPS, CHECK_UPS], [CHECK_UPS], [0]]  # too little music for copies
    distance.press("End")


def test_a_loop_is_played_again_and_again_and_one_alone(page: Page) -> None:
    expect(page.locator(".grown tbody tr")).to_have_count(4)
    expect(page.locator(".grown td button:visible")).to_have_count(4 * CHECK_UPS)
    with page.expect_response("**/api/samples/**") as heard:
        loop(page, 2, 0).click()
    assert heard.value.status == 200
    expect(loop(page, 2, 0)).to_have_accessible_name(re.compile("Stop seed 2 after"))
    loop(page, 1, 1).press("Enter")
    expect(loop(page, 1, 1)).to_have_class(re.compile("playing"))
    expect(page.locator(".grown .playing")).to_have_count(1)
    loop(page, 1, 1).press("Enter")
    expect(page.locator(".grown .playing")).to_have_count(0)


def test_a_seed_grows_without_a_gap(page: Page) -> None:
    page.get_by_role("button", name="Hear seed 3 grow").click()
    expect(loop(page, 3, 0)).to_have_class(re.compile("playing"))
    expect(page.locator(".grow-button.playing")).to_have_count(1)
    page.get_by_role("button", name="Stop seed 3 grow").click()
    expect(page.locator(".grown .playing")).to_have_count(0)
    # The second begins at the sample where the first ends.
    (first, second) = page.evaluate(GROWN)
    assert second["when"] == pytest.approx(first["when"] + first["seconds"], abs=1e-9)
    assert first["seconds"] == pytest.approx(0.5)


def test_the_pads_are_told_to_play_with_a_check_up(page: Page, project: Project) -> None:
    first = history(project)[0]
    # As they do at first, where no check-up is the best, with the newest.
    expect(page.get_by_text("The pads play with this.")).to_be_visible()
    page.get_by_role("button", name="Check-up after").first.click()
    with page.expect_request("**/api/play") as told:
        page.get_by_role("button", name="Play with this").click()
    assert told.value.post_data_json == {"model": f"dream/step-{first['step']:09d}"}
    expect(page.get_by_text("The pads play with this.")).to_be_visible()
    expect(page.get_by_role("button", name="Play with this")).to_be_hidden()
    page.get_by_role("button", name="Check-up after").last.click()
    expect(page.get_by_role("button", name="Play with this")).to_be_visible()


def test_what_ended_unexpectedly_goes_on_to_the_minutes_that_were_wanted(
    page: Page, project: Project, studio: Studio
) -> None:
    folder = job_file(studio.own_folder / "jobs", "training")
    folder.parent.mkdir(parents=True, exist_ok=True)
    Job("running", "2026-01-01T00:00:00+00:00", 60.0, "Training", 0.1).write(folder)
    try:
        expect(page.locator("#training [data-part=state]")).to_contain_text(
            "Training ended unexpectedly", timeout=SLOW_MS
        )
        expect(page.get_by_label("Other number of minutes")).to_have_value("60")
        page.locator("#training label", has_text="30").click()
        asked: list[Any] = []

        def refuse(route: Route) -> None:
            asked.append(route.request.post_data_json)
            route.fulfill(status=400, json={"error": REFUSED})

        page.route("**/api/jobs/training", refuse)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).to_have_text(REFUSED)
        assert asked[0]["minutes"] == pytest.approx(30 + history(project)[-1]["seconds"] / 60, abs=0.5)
    finally:
        folder.unlink()
    expect(page.locator("#training [data-part=state]")).to_be_empty(timeout=SLOW_MS)


def test_how_a_training_ended_is_told(page: Page, project: Project, studio: Studio) -> None:
    said = page.locator("#training [data-part=state]")
    file = job_file(studio.own_folder / "jobs", "training")
    Job("failed", "2026-01-01T00:00:00+00:00", 60.0, "Training", 0.1, error="<b>no</b> memory").write(file)
    (info,) = project.folder.glob("runs/*/run.json")
    before = info.read_text("utf-8")
    try:
        expect(said).to_have_text("Training has failed: <b>no</b> memory", timeout=SLOW_MS)
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        Job("done", "2026-01-01T00:00:00+00:00", 60.0, "Writing the page", 1.0).write(file)
        expect(said).to_have_text("Training has come to the end of its time.", timeout=SLOW_MS)
        page.get_by_role("button", name="Go on").focus()
        info.write_text(json.dumps(json.loads(before) | {"status": "stopped by the doctor"}), "utf-8")
        expect(said).to_contain_text("The doctor has ended this training", timeout=SLOW_MS)
        expect(page.get_by_role("button", name="Go on")).to_be_hidden()
        expect(page.locator("#training [data-part=controls]")).to_be_focused()
    finally:
        info.write_text(before, "utf-8")
        file.unlink()
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=SLOW_MS)


def test_a_phone_shows_all_of_it(context: BrowserContext, link: str) -> None:
    assert context.browser is not None
    with context.browser.new_context(**PHONE) as phone:
        page = phone.new_page()
        page.goto(link)
        page.goto(f"{page.url}#training")
        expect(loop(page, 0, CHECK_UPS - 1)).to_be_visible(timeout=SLOW_MS)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
        assert page.evaluate(TOO_SMALL) == []


def told_clock(check_up: dict) -> str:
    seconds = round(check_up["seconds"])
    return f"{seconds // 60}:{seconds % 60:02d}"


def percent(check_up: dict) -> str:
    return f"{100 * check_up['coverage']:.0f} %"
