"""MUSHRA in a real browser: switching in place, loops, and whole sessions."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from mixdream.survey.storage.rows import Answer
from tests.audio import media
from tests.browsers import NEEDS_CHROMIUM, PHONE
from tests.survey.browsing import begin, forward, go_on, position, rows
from tests.survey.example import Server, example_design
from tests.survey.serving.test_browser import HURRY, SMALLEST
from tests.survey.serving.test_multi import SLIDER

pytestmark = NEEDS_CHROMIUM
CONDITIONS = ("sincerereal", "machinemade", "ruinedanchor")
CLIP_S = 0.9
PAGES = 2
RATE_HZ = 48_000
TAP = f"""const Real = window.AudioContext;
window.blocks = [];
const code = `registerProcessor("tap", class extends AudioWorkletProcessor {{
    process([input]) {{
        this.port.postMessage([currentFrame, input[0] ? [...input[0]] : []]);
        return true;
    }}
}})`;
window.AudioContext = class extends Real {{
    constructor() {{
        super({{ sampleRate: {RATE_HZ} }});
        this.all = new GainNode(this);
        this.all.connect(super.destination);
        const url = URL.createObjectURL(new Blob([code], {{ type: "text/javascript" }}));
        this.audioWorklet.addModule(url).then(() => {{
            const tap = new AudioWorkletNode(this, "tap");
            tap.port.onmessage = ({{ data }}) => blocks.push(data);
            this.all.connect(tap);
        }});
    }}
    get destination() {{ return this.all ?? super.destination; }}
}};"""
"""Keeps every sample that the page plays, with its place in time."""


@pytest.fixture(scope="module")
def mushra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two pages of MUSHRA, served as a user serves them."""
    with Server(written(tmp_path_factory.mktemp("mushra") / "test")) as server:
        yield server


def written(folder: Path) -> Path:
    for c, condition in enumerate(CONDITIONS[:2]):
        (folder / condition).mkdir(parents=True)
        for i in range(PAGES):
            # The generated ones are a little shorter: what all have is heard.
            audio = media.noise(CLIP_S - 0.1 * c, RATE_HZ, 10 * c + i)
            soundfile.write(folder / condition / f"item{i}.wav", audio[0], RATE_HZ)
    block = {
        "kind": "multi",
        "name": "close",
        "reference": CONDITIONS[0],
        "conditions": CONDITIONS,
        "pages": PAGES,
        "question": SLIDER,
    }
    conditions: dict[str, Any] = {name: {"folder": name} for name in CONDITIONS[:2]}
    conditions[CONDITIONS[2]] = {"folder": CONDITIONS[0], "lowpass_hz": 3500}
    design = example_design(conditions=conditions, blocks=[block], demographics=[])
    (folder / "survey.yaml").write_text(design.model_dump_json(exclude_none=True), "utf-8")
    return folder


def open_mushra(page: Page, server: Server) -> str:
    """Come to the first page of ratings; the public id of the session."""
    session = begin(page, server)
    forward(page, server, 1)
    page.locator(".play:enabled").last.wait_for(timeout=15_000)
    return session


def hear(item: Locator) -> None:
    """Play a clip for as long as it lasts, and let it go on."""
    if item.get_attribute("class") != "playing":
        item.locator(".play").click()
    item.locator(".heard").wait_for(timeout=15_000)


def rate_all(page: Page) -> None:
    for item in page.locator(".clips li").all():
        hear(item)
        if item.locator("fieldset").count():
            item.locator("input").click(position={"x": 40, "y": 20})


def check_rows(answers: list[Answer]) -> None:
    """Every page has a row for each condition, of clips that were heard."""
    assert len(answers) == len({(row.position, row.question) for row in answers}) == 3 * PAGES
    for place in range(1, PAGES + 1):
        on_page = [row for row in answers if row.position == place]
        assert {row.clips[0].condition for row in on_page} == set(CONDITIONS)
        assert len({row.clips[0].item for row in on_page}) == 1
    for row in answers:
        assert [clip.condition for clip in row.clips[1:]] == [CONDITIONS[0]]
        for clip in row.clips:
            assert clip.reached_end and clip.plays >= 1 and clip.heard_s >= 0.95 * clip.seconds


def test_a_whole_session_by_mouse(context: BrowserContext, mushra: Server) -> None:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    seen: list[bytes] = []
    page.on("response", lambda response: seen.append(f"{response.url}".encode() + response.body()))
    session = open_mushra(page, mushra)
    for number in range(PAGES):
        assert position(page) == number + 1
        page.locator(".play:enabled").last.wait_for(timeout=15_000)
        items = page.locator(".clips li")
        assert items.locator(".label").all_inner_texts() == ["Reference", "A", "B", "C"]
        # A slider is open once its own clip was played, while others may not have been.
        expect(page.locator("fieldset input:enabled")).to_have_count(0)
        items.nth(1).locator(".play").click()
        expect(items.nth(1)).to_have_class("playing")
        expect(page.locator("fieldset input:enabled")).to_have_count(1)
        items.nth(1).locator("input").click(position={"x": 10, "y": 20})
        expect(items.nth(1).locator("output")).to_contain_text("bad")
        rate_all(page)
        expect(page.locator(".playing")).to_have_count(1)
        assert rows(mushra, session) == [] or number == 1
        go_on(page)
        assert len(rows(mushra, session)) == 3 * (number + 1)
    check_rows(rows(mushra, session))
    assert errors == []
    for content in seen:
        assert not [word for word in CONDITIONS if word.encode() in content.lower()]


def test_a_session_by_keyboard(context: BrowserContext, mushra: Server) -> None:
    page = context.new_page()
    session = open_mushra(page, mushra)
    for number in range(PAGES):
        page.locator(".play:enabled").last.wait_for(timeout=15_000)
        items = page.locator(".clips li")
        page.keyboard.press("Space")
        expect(items.nth(0)).to_have_class("playing")
        items.nth(0).locator(".heard").wait_for(timeout=15_000)
        for place, letter in enumerate("abc", 1):
            page.keyboard.press(letter)
            expect(items.nth(place)).to_have_class("playing")
            expect(items.nth(place).locator("input")).to_be_focused()
            page.keyboard.press("ArrowRight")
            expect(items.nth(place).locator("output")).to_contain_text("51")
            items.nth(place).locator(".heard").wait_for(timeout=15_000)
        page.keyboard.press("r")
        expect(items.nth(0).locator("button")).to_be_focused()
        expect(items.nth(0)).to_have_class("playing")
        page.keyboard.press("Space")
        expect(page.locator(".playing")).to_have_count(0)
        # The handles of the loop are sliders, too.
        for handle, step in (("from", "ArrowRight"), ("to", "ArrowLeft")):
            before = page.locator(f"#timeline .{handle}").get_attribute("aria-valuetext")
            page.locator(f"#timeline .{handle}").focus()
            for _ in range(2):
                page.keyboard.press(step)
            assert page.locator(f"#timeline .{handle}").get_attribute("aria-valuetext") != before
        page.keyboard.press("Enter")
        page.locator(f"main:not([data-page='{number + 1}'])").wait_for(timeout=10_000)
    answers = rows(mushra, session)
    check_rows(answers)
    assert {row.value for row in answers} == {"51"}


def test_a_session_on_a_phone(browser: Browser, mushra: Server) -> None:
    context = browser.new_context(**PHONE, color_scheme="dark")
    page = context.new_page()
    session = open_mushra(page, mushra)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(SMALLEST) >= 44
    for handle in page.locator("#timeline input").all():
        box = handle.bounding_box()
        assert box is not None and box["height"] >= 44
    # From right to left the scale turns round, and time does not.
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for places in (".parts span", "#timeline input"):
        boxes = [page.locator(places).nth(i).bounding_box() for i in (0, 1)]
        assert boxes[0] is not None and boxes[1] is not None
        assert (boxes[0]["x"] < boxes[1]["x"]) == (places == "#timeline input")
    page.evaluate("document.documentElement.removeAttribute('dir')")
    # The reference stays in reach of the last clip.
    page.locator(".clips li").last.scroll_into_view_if_needed()
    expect(page.locator(".clips .play").first).to_be_in_viewport()
    page.locator(".clips .play").first.tap()
    expect(page.locator(".clips li").first).to_have_class("playing")
    rate_all(page)
    go_on(page)
    assert len(rows(mushra, session)) == 3
    context.close()


def sounds_of(page: Page, server: Server) -> np.ndarray:
    """What the clips of the page are as far as all last, shape (clips, samples)."""
    slots = [item.get_attribute("data-slot") for item in page.locator(".clips li").all()]
    files = [page.request.get(f"{server.url}clips/{slot}").body() for slot in slots]
    sounds = [soundfile.read(io.BytesIO(content))[0] for content in files]
    common = min(map(len, sounds))
    ends = page.locator("#timeline .to").get_attribute("max")
    assert ends is not None and common == pytest.approx(float(ends) * RATE_HZ) and common < CLIP_S * RATE_HZ
    return np.stack([sound[:common] for sound in sounds])


def play_on(page: Page, seconds: float) -> None:
    """Wait until so much was played since the last `keep_from_now`."""
    page.wait_for_function(f"blocks.length >= {seconds * RATE_HZ / 128}")


def keep_from_now(page: Page) -> None:
    """Forget what was played, and what is on its way."""
    page.evaluate("blocks.length = 0")
    play_on(page, 0.1)
    page.evaluate("blocks.length = 0")


def played(page: Page) -> np.ndarray:
    """Every sample that was played until now."""
    blocks = sorted(page.evaluate("blocks"), key=lambda block: block[0])
    frames = [frame for frame, _ in blocks]
    assert np.diff(frames).tolist() == [128] * (len(frames) - 1)
    return np.concatenate([samples or [0.0] * 128 for _, samples in blocks])


def place_of(part: np.ndarray, sound: np.ndarray, first: int, last: int) -> int:
    """Where a part of what was played is in a clip that goes round between two samples."""
    region = sound[first:last]
    padded = np.concatenate([part, np.zeros(len(region) - len(part))])
    match = np.fft.irfft(np.fft.rfft(region) * np.fft.rfft(padded).conj(), len(region))
    return first + int(np.argmax(match))


def repeated(sound: np.ndarray, first: int = 0, last: int | None = None) -> np.ndarray:
    """A part of a clip as it is repeated: both ends faded over 5 ms by a raised cosine."""
    part, fade = sound[first:last].copy(), np.sin(np.pi / 2 * np.arange(240) / 240) ** 2
    part[:240] *= fade
    part[-240:] *= fade[::-1]
    return part


def gains(heard: np.ndarray, sounds: np.ndarray) -> np.ndarray:
    """How much of each clip is in what was heard, over 2 ms each, but where one is silent: (steps, clips)."""
    step = RATE_HZ // 500
    steps = [slice(i, i + step) for i in range(0, len(heard) - step + 1, step)]
    loud = [one for one in steps if np.abs(sounds[:, one]).max(axis=1).min() > 0.05]
    assert len(loud) > 0.95 * len(steps)
    return np.array([np.linalg.lstsq(sounds[:, one].T, heard[one], rcond=None)[0] for one in loud])


def test_switching_keeps_the_place_and_fades_across_in_10_ms(browser: Browser, mushra: Server) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.add_init_script(TAP)
    open_mushra(page, mushra)
    sounds = sounds_of(page, mushra)
    items = page.locator(".clips li")
    # Two clips that are no versions of each other can be told apart in a mixture.
    (apart,) = [i for i in (1, 2, 3) if abs(np.corrcoef(sounds[0], sounds[i])[0, 1]) < 0.3]
    items.nth(apart).locator(".play").click()
    expect(items.nth(apart)).to_have_class("playing")
    keep_from_now(page)
    play_on(page, 0.3)
    items.nth(0).locator(".play").click()
    expect(items.nth(0)).to_have_class("playing")
    play_on(page, 0.6)
    items.nth(0).locator(".play").click()
    expect(items.nth(0)).to_have_class("")
    play_on(page, 0.9)
    heard = played(page)
    start = place_of(heard[:4800], sounds[apart], 0, sounds.shape[1])
    pair = np.stack([repeated(sounds[0]), repeated(sounds[apart])])
    mixed = gains(heard, pair[:, (start + np.arange(len(heard))) % pair.shape[1]])
    reference, other = mixed.T
    switched = int(np.argmax(reference > 0.5))
    stopped = switched + int(np.argmax(reference[switched:] < 0.5))
    assert switched > 50 and stopped > switched + 50
    # Before only the one, after only the other, at the same place of the music.
    assert other[: switched - 5].min() > 0.95 and np.abs(reference[: switched - 5]).max() < 0.05
    assert reference[switched + 6 : stopped - 5].min() > 0.95
    assert np.abs(other[switched + 6 :]).max() < 0.05
    # In between they add up to one: no dip and no bump.
    assert (reference + other)[: stopped - 5] == pytest.approx(1, abs=0.05)
    assert np.abs(heard[(stopped + 10) * RATE_HZ // 500 :]).max() < 1e-3
    context.close()


def test_a_part_is_repeated_without_a_click(browser: Browser, mushra: Server) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.add_init_script(TAP)
    session = open_mushra(page, mushra)
    sounds = sounds_of(page, mushra)
    items = page.locator(".clips li")
    hear(items.nth(0))
    # Drag the left end: the bar is as long as the clip, the handle stands before it.
    bar = page.locator("#timeline .bar").bounding_box()
    assert bar is not None
    page.mouse.move(bar["x"] - 10, bar["y"] + 10)
    page.mouse.down()
    page.mouse.move(bar["x"] - 10 + 0.4 * bar["width"], bar["y"] + 10, steps=5)
    page.mouse.up()
    begins = page.locator("#timeline .from").input_value()
    first, last = round(float(begins) * RATE_HZ), sounds.shape[1]
    assert 0.3 * last < first < 0.5 * last
    page.evaluate("new Promise((done) => setTimeout(done, 200))")  # after the handle's own pause
    keep_from_now(page)
    play_on(page, 1.5)
    heard = played(page)
    start = place_of(heard[:4800], sounds[0], first, last)
    expected = repeated(sounds[0], first, last)
    round_ = (start - first + np.arange(len(heard))) % len(expected)
    assert round_.argmin() > 0 and len(heard) > 2 * len(expected)
    # Sample by sample, over both ends of the part.
    assert heard == pytest.approx(expected[round_], abs=2e-3)
    # The two ends stay half a second apart, and a pass is a play: the server is not told of more than that.
    page.locator("#timeline .to").focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    ends = [float(handle.input_value()) for handle in page.locator("#timeline input").all()]
    assert ends[1] - ends[0] == pytest.approx(0.5, abs=0.051)
    rate_all(page)
    go_on(page)
    reference = rows(mushra, session)[0].clips[1]
    assert reference.plays >= 4 and reference.heard_s > 2 * CLIP_S
    context.close()


def test_a_server_that_dies_costs_no_rating(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    context.add_init_script(HURRY)
    with Server(written(tmp_path / "test")) as server:
        page = context.new_page()
        session = open_mushra(page, server)
        rate_all(page)
        server.kill()
        page.click("#next")
        expect(page.locator("#state")).to_contain_text("trying again")
        expect(page.locator("fieldset input:enabled")).to_have_count(0)
        assert rows(server, session) == []
        # The window is closed meanwhile: what it kept is sent when it is opened again.
        page.close()
        starting = threading.Thread(target=server.start)
        starting.start()
        starting.join()
        page = context.new_page()
        page.goto(server.url)
        expect(page.locator("main")).to_have_attribute("data-page", "2", timeout=20_000)
        assert len(rows(server, session)) == 3
        forward(page, server, 1)
        check_rows(rows(server, session))
    context.close()
