// Beside the loudspeaker: writes down where peaks are, by the engine's clock.

const peaks = [];

if (globalThis.registerProcessor) {
  registerProcessor(
    "tap",
    class extends AudioWorkletProcessor {
      process([[left]]) {
        left?.forEach((value, i) => {
          if (Math.abs(value) > 0.01) this.port.postMessage([currentFrame + i, value]);
        });
        return true;
      }
    },
  );
}

/** Begins to listen to what an engine gives to its limiter. */
export async function listen(engine) {
  await engine.context.audioWorklet.addModule(import.meta.url);
  const node = new AudioWorkletNode(engine.context, "tap");
  node.port.onmessage = ({ data }) => peaks.push(data);
  engine.master.connect(node);
}

/** What was heard so far: [[samples from the first bar, height]...]. */
export function heard(engine) {
  return peaks.map(([at, height]) => [at - engine.clock.segment.origin, height]);
}
