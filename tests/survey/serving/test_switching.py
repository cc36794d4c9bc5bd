"""What is heard of clips that are switched in place and go round, sample by sample, in a real browser."""

import io

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from tests.browsers import NEEDS_CHROMIUM
from tests.survey.browsing import go_on, rows
from tests.survey.example import Server
from tests.survey.serving.mushra import CLIP_S, RATE_HZ, hear, open_mushra, rate_all

pytestmark = NEEDS_CHROMIUM
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


HOLD_UP = """const start = AudioBufferSourceNode.prototype.start;
let held = 0;
AudioBufferSourceNode.prototype.start = function (...when) {
    if ((held += 1) === 2) {
        const until = this.context.currentTime + 0.1;
        while (this.context.currentTime < until);
    }
    return start.apply(this, when);
};"""
"""The page is held up once, between the beginnings of two clips."""


def sounds_of(page: Page, server: Server) -> np.ndarray:
    """What the clips of the page are as far as all last, shape (clips, samples)."""
    slots = [item.get_attribute("data-slot") for item in page.locator(".clips li").all()]
    files = [page.request.get(f"{server.url}clips/{slot}").body() for slot in slots]
    sounds = [soundfile.read(io.BytesIO(content))[0] for content in files]
    common = min(map(len, sounds))
    ends = page.locator("#timeline .to").get_attribute("aria-valuetext")
    assert ends == f"{common / RATE_HZ:.1f} s" and common < CLIP_S * RATE_HZ
    return np.stack([sound[:common] for sound in sounds])


def place_of_handle(page: Page, name: str) -> float:
    """Where it stands, as a share of the length."""
    handle = page.locator(f"#timeline .{name}")
    return float(handle.input_value()) / float(handle.get_attribute("max") or "nan")


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


def gains(heard: np.ndarray, sounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much of each clip is in what was heard, over 2 ms each, but where one is silent.

    Shape (steps, clips), and the sample that each step begins at.
    """
    step = RATE_HZ // 500
    steps = [slice(i, i + step) for i in range(0, len(heard) - step + 1, step)]
    loud = [one for one in steps if np.abs(sounds[:, one]).max(axis=1).min() > 0.05]
    assert len(loud) > 0.95 * len(steps)
    found = np.array([np.linalg.lstsq(sounds[:, one].T, heard[one], rcond=None)[0] for one in loud])
    return found, np.array([one.start for one in loud])


def rising(samples: np.ndarray) -> np.ndarray:
    """How much of a clip is heard so many samples after it was switched to: an exponential of 2 ms."""
    return 1 - np.exp(-np.maximum(samples, 0) / (0.002 * RATE_HZ))


@pytest.mark.parametrize("held_up", [False, True])
def test_switching_keeps_the_place_and_fades_across_in_10_ms(
    browser: Browser, mushra: Server, held_up: bool
) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.add_init_script(TAP)
    if held_up:
        page.add_init_script(HOLD_UP)
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
    mixed, begins = gains(heard, pair[:, (start + np.arange(len(heard))) % pair.shape[1]])
    reference, other = mixed.T
    switched = int(np.argmax(reference > 0.5))
    stopped = switched + int(np.argmax(reference[switched:] < 0.5))
    assert switched > 50 and stopped > switched + 50
    # Before only the one, after only the other, at the same place of the music.
    assert other[: switched - 5].min() > 0.95 and np.abs(reference[: switched - 5]).max() < 0.05
    assert reference[switched + 6 : stopped - 5].min() > 0.95
    assert np.abs(other[switched + 6 :]).max() < 0.05
    # In between, as before, they add up to one, sample by sample: no dip and no bump.
    before = np.arange(begins[switched - 5])
    assert np.abs(pair[1, (start + before) % pair.shape[1]] - heard[before]).max() < 1e-4
    around = np.arange(begins[switched - 5], begins[stopped - 5])
    first, second = pair[:, (start + around) % pair.shape[1]]
    mixtures = [second + rising(around - at) * (first - second) for at in range(around[0], around[0] + 1000)]
    assert np.abs(np.array(mixtures) - heard[around]).max(axis=1).min() < 1e-4
    assert np.abs(heard[begins[stopped] + RATE_HZ // 50 :]).max() < 1e-3
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
    last = sounds.shape[1]
    first = round(place_of_handle(page, "from") * last)
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
    apart = place_of_handle(page, "to") - place_of_handle(page, "from")
    assert apart * last / RATE_HZ == pytest.approx(0.5, abs=0.051)
    rate_all(page)
    go_on(page)
    reference = rows(mushra, session)[0].clips[1]
    assert reference.plays >= 4 and reference.heard_s > 2 * CLIP_S
    context.close()
