// Checks of the engine; each gives numbers only, which test_engine.py asserts on.

import { Recorder } from "/static/play/record.js";
import { RATE, heard, hitLoop, hits, noise, render } from "./offline.js";

/** Repeats of noise against the same noise tiled: the largest difference. */
export async function seam(repeats) {
  const barSamples = 40001;
  const loop = { id: "noise", bars: 1, seed: 7 };
  const steps = [[0, (engine) => engine.launch([[5, loop]])]];
  const { engine, left } = await render({ seconds: ((repeats + 1) * barSamples) / RATE, barSamples, steps });
  const one = noise(loop, barSamples);
  const at = engine.clock.segment.origin;
  let worst = 0;
  for (let i = at + Math.ceil(0.001 * RATE); i < left.length; i += 1) {
    worst = Math.max(worst, Math.abs(left[i] - one[(i - at) % barSamples]));
  }
  const before = left.slice(0, at).every((value) => value === 0);
  return { worst, before, repeats: Math.floor((left.length - at) / barSamples), loudest: Math.max(...one) };
}

/** Pads launched at odd moments on each quantum; samples counted from the first bar. */
export async function launches() {
  const barSamples = 66151; // no multiple of four
  const seconds = [0.3, 3.217, 4.9, 6.00007, 8.3];
  const found = [];
  for (const quantum of ["bar", "half", "beat"]) {
    const pressed = []; // a context waits between blocks of 128 samples
    const steps = seconds.map((second, i) => [
      second,
      (engine) => {
        pressed.push(engine.now);
        return engine.launch([[i % 4, hitLoop(i)]], quantum);
      },
    ]);
    steps.unshift([0, (engine) => engine.launch([["shelf", hitLoop(10)]])]);
    const { left } = await render({ seconds: 11, barSamples, make: hits, steps });
    const all = heard(left);
    const origin = all[10][0];
    pressed.forEach((at, i) =>
      found.push({ quantum, barSamples, pressed: at - origin, heard: all[i][0] - origin }),
    );
  }
  return found;
}

/** Two pads, one launched bars after the other, for minutes: how far from the grid any repeat is, in samples. */
export async function drift(minutes) {
  const barSamples = 83441;
  const steps = [
    [0, (engine) => engine.launch([[0, hitLoop(0)]])],
    [20.123, (engine) => engine.launch([[1, hitLoop(1, 2)]])],
  ];
  const { left, engine } = await render({ seconds: 60 * minutes, barSamples, make: hits, steps });
  const all = heard(left);
  const { origin } = engine.clock.segment;
  const off = (bit, every) =>
    Math.max(
      ...all[bit].map((at) => Math.abs(at - all[bit][0]) % every),
      (all[bit][0] - origin) % barSamples,
    );
  return {
    off: [off(0, barSamples), off(1, 2 * barSamples), off(2, 2 * barSamples)],
    counts: [0, 1, 2].map((bit) => all[bit].length),
  };
}

/** A column and its neighbour, then a scene, then a column's stop: the bars in which each loop is heard. */
export async function columns() {
  const barSamples = 22050;
  const press = (bar, act) => [Math.max(0, bar - 0.5) / 2 + (bar ? 0.01 : 0), act];
  const steps = [
    press(0, (engine) =>
      engine.launch([
        [0, hitLoop(0)],
        [1, hitLoop(1)],
      ]),
    ),
    press(2, (engine) => engine.launch([[4, hitLoop(4)]])),
    press(4, (engine) =>
      engine.launch([
        [8, hitLoop(8)],
        [9, hitLoop(9)],
      ]),
    ),
    press(5, (engine) => engine.launch([[9, hitLoop(9)]])),
    press(6, (engine) => engine.stop([0, 4, 8, 12])),
    press(7, (engine) => Promise.all([engine.launch([[2, hitLoop(2)]]), engine.stop([2])])),
  ];
  const { left, engine } = await render({ seconds: 5, barSamples, make: hits, steps });
  const { origin } = engine.clock.segment;
  const all = heard(left);
  return Object.fromEntries(
    Object.entries(all).map(([bit, at]) => [bit, at.map((one) => (one - origin) / barSamples)]),
  );
}

/** What follows whom within a column: the bar of silence or overlap between two steady levels, in samples. */
export async function handover() {
  const barSamples = 20000;
  const make = (loop, samples) => new Float32Array(samples).fill(loop.level);
  const steps = [
    [0, (engine) => engine.launch([[0, { id: "a", bars: 1, level: 0.25 }]])],
    [0.2, (engine) => engine.launch([[4, { id: "b", bars: 1, level: 0.5 }]])],
  ];
  const { left, engine } = await render({ seconds: 1.5, barSamples, make, steps });
  const at = engine.clock.segment.origin + barSamples;
  return {
    before: left[at - 1],
    first: left[at],
    after: left[at + 221],
    lowest: Math.min(...left.slice(at, at + 300)),
    highest: Math.max(...left.slice(at, at + 300)),
  };
}

/** Two changes of tempo, the first of which has to wait for its loop; beginnings of the two bars of a loop. */
export async function tempo() {
  let arrived;
  const steps = [
    [
      0,
      (engine) =>
        engine.launch([
          [0, hitLoop(0, 1)],
          [1, hitLoop(2)],
        ]),
    ],
    [
      1.0,
      (engine, library) => {
        library.gate = new Promise((resolve) => {
          arrived = resolve;
        });
        engine.setTempo({ barSamples: 30000, pitch: "keep" });
      },
    ],
    [1.9, () => arrived()],
    // A launch and the stop of another while the change is on its way.
    [1.95, (engine) => engine.launch([[2, hitLoop(3)]], "beat")],
    [
      4.2,
      (engine) =>
        Promise.all([
          engine.setTempo({ barSamples: 33333, pitch: "keep" }),
          engine.setTempo({ barSamples: 50001, pitch: "follow" }),
        ]),
    ],
    [4.3, (engine) => engine.launch([[5, hitLoop(5)]])],
  ];
  const { left, engine } = await render({ seconds: 9, barSamples: 40000, make: hits, steps });
  const origin = heard(left)[0][0];
  return {
    bars: heard(left),
    origin,
    sounds: [...engine.voices.values()].map((voice) => voice.sounds.length),
    position: engine.clock.position(9 * RATE),
  };
}

/** Another loop on a pad that plays: it goes on at the same place of its bars. */
export async function replaced() {
  const steps = [
    [0, (engine) => engine.launch([[0, hitLoop(0, 1)]])],
    [0.6, (engine) => engine.replace(0, hitLoop(2, 3))],
    [2.6, (engine) => Promise.all([engine.replace(0, hitLoop(4)), engine.stopAll()])],
    [3, (engine) => engine.launch([[0, hitLoop(5)]])],
  ];
  const { left } = await render({ seconds: 4, barSamples: 22050, make: hits, steps });
  const all = heard(left);
  const origin = all[0][0];
  return Object.fromEntries(
    Object.entries(all).map(([bit, at]) => [bit, at.map((one) => (one - origin) / 22050)]),
  );
}

/** Loud and quiet noise, wide in stereo, through the limiter. */
export async function limited() {
  const barSamples = 44100;
  const make = (loop, samples) =>
    noise(loop, samples).map((value, i) => value * (i < 11025 ? 1 : i < 22050 ? 12 : 0.5));
  const steps = [[0, (engine) => engine.launch([[0, { id: "n", bars: 1, seed: 3 }]])]];
  const { engine, left, out } = await render({
    seconds: 3.2,
    barSamples,
    make,
    steps,
    limited: true,
    channels: 2,
  });
  const right = out.getChannelData(1);
  const at = engine.clock.segment.origin;
  const input = make({ bars: 1, seed: 3 }, barSamples);
  const delay = Math.round(0.005 * RATE);
  let highest = 0;
  let quiet = 0;
  let sides = 0;
  let step = 0;
  let last = 1;
  for (let i = 0; i < left.length; i += 1) {
    highest = Math.max(highest, Math.abs(left[i]));
    sides = Math.max(sides, Math.abs(left[i] - right[i]));
  }
  for (let i = 100; i < 3 * barSamples - delay; i += 1) {
    const x = input[i % barSamples];
    const y = left[at + i + delay];
    // Until the first loud one comes into sight.
    if (i < 11025 - delay) quiet = Math.max(quiet, Math.abs(y - x));
    if (Math.abs(x) > 0.01) {
      step = Math.max(step, Math.abs(y / x - last));
      last = y / x;
    }
  }
  return { highest, quiet, sides, step, loudest: Math.max(...input) };
}

/** Gains of tones through the cuts, volume, mute and solo, in dB; null for silence. */
export async function settings(each) {
  const make = (loop, samples) =>
    Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * loop.hz * i) / RATE));
  const gains = [];
  for (const { hz, set, others = {} } of each) {
    const steps = [
      [0, (engine) => engine.launch([[0, { id: `${hz}`, bars: 1, hz }]])],
      [
        0.25,
        (engine) => {
          for (const [pad, one] of [[0, set], ...Object.entries(others)]) engine.set(Number(pad), one);
        },
      ],
    ];
    const { left } = await render({ seconds: 1.5, barSamples: 44100, make, steps });
    const power = left.slice(-22050).reduce((sum, value) => sum + value * value, 0) / 22050;
    gains.push(power < 1e-12 ? null : 10 * Math.log10(power / 0.125));
  }
  return gains;
}

/** A loop whose sound does not come: nothing is played, what played plays on, and the error is told. */
export async function unloaded() {
  let told = "";
  const steps = [
    [0, (engine) => engine.launch([[0, hitLoop(0)]])],
    [
      0.6,
      async (engine, library) => {
        library.gate = Promise.reject(new Error("gone"));
        await engine.launch([[4, hitLoop(4)]]).catch((error) => {
          told = error.message;
        });
      },
    ],
  ];
  const { left, engine } = await render({ seconds: 3.05, barSamples: 22050, make: hits, steps });
  return { told, bars: heard(left)[0].length, other: 4 in heard(left), loops: [...engine.loops.keys()] };
}

/** A performance that is written down: what a recorder gives, and what was heard while it was on, as base64. */
export async function performance() {
  const make = (loop, samples) =>
    Float32Array.from({ length: loop.bars * samples }, (_, i) => 0.3 * Math.sin(loop.seed + 1e-6 * i * i));
  const [one, two, three, four] = [1, 2, 1, 1].map((bars, seed) => ({ id: `${seed}`, bars, seed }));
  let recorder = null;
  let content = null;
  let begin = 0;
  const steps = [
    [
      0,
      (engine) =>
        engine.launch([
          [0, one],
          [1, two],
        ]),
    ],
    [0.3, (engine) => engine.set(1, { volume: 0.7, high_cut_hz: 3000 })],
    [
      0.7,
      (engine) => {
        recorder = new Recorder(engine);
        begin = recorder.origin;
      },
    ],
    [1.3, (engine) => engine.launch([[4, three]])],
    [1.8, (engine) => engine.set(4, { low_cut_hz: 300, volume: 0.5 })],
    [2.2, (engine) => engine.setTempo({ barSamples: 42000, pitch: "follow" })],
    [3.4, (engine) => engine.set(1, { mute: true })],
    [3.6, (engine) => engine.replace("xy", four)],
    [4.0, (engine) => engine.set(0, { solo: true })],
    [4.2, (engine) => engine.replace("xy", one)],
    [4.6, (engine) => engine.set(0, { solo: false })],
    [
      4.9,
      (engine) =>
        engine.launch(
          [
            [1, four],
            [2, one],
          ],
          "beat",
        ),
    ],
    [5.0, (engine) => engine.set(1, { mute: false, high_cut_hz: 20000 })],
    [5.3, (engine) => engine.stop([1], "half")],
    [6, (engine) => engine.stopAll()],
    [
      6.5,
      () => {
        content = recorder.end();
      },
    ],
  ];
  const { left } = await render({
    seconds: 10,
    barSamples: 36000,
    make,
    steps: steps.map(([second, act]) => [1.4 * second, act]),
  });
  const bytes = new Uint8Array(left.slice(begin, begin + content.samples).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { content, heard: btoa(text) };
}

/** Two pads of a column, pressed while they load: the first comes sooner. */
export async function pressedLast() {
  const press = async (engine, library) => {
    const first = engine.launch([[0, hitLoop(0)]]);
    let open = null;
    library.gate = new Promise((resolve) => {
      open = resolve;
    });
    const second = engine.launch([[4, hitLoop(4)]]);
    await first;
    open();
    await second;
  };
  const { left } = await render({ seconds: 2, barSamples: 22050, make: hits, steps: [[0, press]] });
  return Object.keys(heard(left));
}

/** A pad that waits for its bar when everything is stopped: what a recorder writes of it, and who is heard. */
export async function cancelled() {
  let recorder = null;
  let content = null;
  const steps = [
    [0, (engine) => engine.launch([[0, hitLoop(0)]])],
    [
      1.2,
      (engine) => {
        recorder = new Recorder(engine);
      },
    ],
    [2.2, (engine) => engine.launch([[1, hitLoop(1)]])],
    [2.5, (engine) => engine.stopAll()],
    [
      4,
      () => {
        content = recorder.end();
      },
    ],
  ];
  const { left } = await render({ seconds: 5, barSamples: 44100, make: hits, steps });
  return { content, heard: Object.keys(heard(left)) };
}

/** A tempo that could not be loaded can be asked for again. */
export async function again() {
  const tempo = { barSamples: 40000, pitch: "keep" };
  const steps = [
    [0, (engine) => engine.launch([[0, hitLoop(0)]])],
    [
      0.6,
      async (engine, library) => {
        library.gate = Promise.reject(new Error("gone"));
        await engine.setTempo(tempo).catch(() => null);
        library.gate = Promise.resolve();
        await engine.setTempo({ ...tempo });
      },
    ],
  ];
  const { engine } = await render({ seconds: 2, barSamples: 22050, make: hits, steps });
  return engine.tempo.barSamples;
}
