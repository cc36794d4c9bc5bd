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

/** The newest of each topic, for whoever begins to listen later. */
const newest = new Map();
const listeners = new Map();
let source;

/**
 * Be told the newest content of a topic, now if there is any, and whenever it changes.
 * @param {string} topic
 * @param {(content: any) => void} listener
 */
export function on(topic, listener) {
  if (!listeners.has(topic)) {
    listeners.set(topic, []);
    source?.addEventListener(topic, (event) => take(topic, event));
  }
  listeners.get(topic).push(listener);
  if (newest.has(topic)) listener(newest.get(topic));
}

/**
 * Begin to listen; the browser connects again by itself.
 * @param {(isThere: boolean) => void} onConnection
 */
export function listen(onConnection) {
  source = new EventSource("api/events");
  source.addEventListener("open", () => onConnection(true));
  source.addEventListener("error", () => onConnection(false));
  for (const topic of listeners.keys()) {
    source.addEventListener(topic, (event) => take(topic, event));
  }
}

function take(topic, event) {
  const content = JSON.parse(event.data);
  newest.set(topic, content);
  for (const listener of listeners.get(topic)) listener(content);
}
