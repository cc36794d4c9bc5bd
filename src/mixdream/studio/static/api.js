/** What the page asks of the server, and what the server tells it. */

/** A request that was refused; its message is the server's line for people. */
export class Refused extends Error {}

/**
 * Ask for a change.
 * @param {string} path below /api/
 * @param {object} [content]
 * @returns {Promise<any>} what the server answers
 */
export function post(path, content = {}) {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
}

/** Ask for JSON below /api/. */
export function get(path) {
  return request(path, {});
}

/** Ask for anything below /api/; what is answered is JSON. */
export async function request(path, options) {
  let answer;
  try {
    answer = await fetch(`api/${path}`, options);
  } catch {
    throw new Refused("The studio does not answer: is it still running?");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(content.error ?? `The studio answered ${answer.status}.`);
  }
  return content;
}

const TOPICS = ["jobs", "play", "recordings", "sets", "training"];

/** The newest of each topic, for whoever begins to listen later. */
const newest = new Map();
const listeners = new Map(TOPICS.map((topic) => [topic, []]));

/**
 * Be told the newest content of a topic, now if there is any, and whenever it changes.
 * @param {string} topic
 * @param {(content: any) => void} listener
 */
export function on(topic, listener) {
  listeners.get(topic).push(listener);
  if (newest.has(topic)) listener(newest.get(topic));
}

/**
 * Begin to listen; the browser connects again by itself. All pages share one connection (events.js), but where there
 * are no shared workers, as in Chrome on Android.
 * @param {(isThere: boolean) => void} onConnection
 */
export function listen(onConnection) {
  if (globalThis.SharedWorker) {
    const { port } = new SharedWorker(new URL("./events.js", import.meta.url));
    port.onmessage = ({ data: { isThere, topic, data } }) => {
      if (topic) take(topic, data);
      else onConnection(isThere);
    };
    port.postMessage(TOPICS);
    return;
  }
  const source = new EventSource("api/events");
  source.addEventListener("open", () => onConnection(true));
  source.addEventListener("error", () => onConnection(false));
  for (const topic of TOPICS) source.addEventListener(topic, ({ data }) => take(topic, data));
}

function take(topic, data) {
  const content = JSON.parse(data);
  newest.set(topic, content);
  for (const listener of listeners.get(topic)) listener(content);
}
