// Answers on their way: kept in this browser until the server has confirmed them, sent again and again until then.

const LONGEST_TRY_MS = 20000;
const LONGEST_WAIT_MS = 8000;
const REFUSALS = [404, 409, 410, 422];

// Tries until the server has answered, to the last byte. `waiting` is called whenever it has not.
// `read` turns status and text into what is returned; it returns null, or throws, where that is no answer.
async function reached(url, options, waiting, read) {
  for (let wait = 400; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout?.(LONGEST_TRY_MS), ...options });
      const answer = read(response.status, await response.text());
      if (answer !== null) return answer;
    } catch {
      // No connection, or somebody else's words: the same as a server that is busy.
    }
    waiting();
    await pause(wait);
  }
}

// The HTML of a page.
export function got(url, waiting) {
  return reached(url, {}, waiting, (status, text) => (status < 500 && ![408, 429].includes(status) ? text : null));
}

// Sends until this server has said yes, in words that `confirms` knows, or no: { ok, status, said }.
// A proxy, or a network that wants a login first, says other things, whatever their status.
export function posted(url, content, confirms, waiting) {
  const headers = { "Content-Type": "application/json" };
  return reached(url, { method: "POST", headers, body: JSON.stringify(content) }, waiting, (status, text) => {
    const said = JSON.parse(text);
    if (status === 200 && confirms(said)) return { ok: true, status, said };
    if (REFUSALS.includes(status) && typeof said.error === "string") return { ok: false, status, said };
    return null;
  });
}

// 128 random bits; randomUUID is missing where pages are not served over https.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What is unconfirmed survives a closed tab. Some browsers forbid storage; then this window keeps it.
export class Outbox {
  constructor(session, page) {
    this.key = `mixdream ${session} ${page}`;
  }

  get content() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  put(content) {
    try {
      localStorage.setItem(this.key, JSON.stringify(content));
    } catch {
      // See above.
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // See above.
    }
  }
}

// A pause that ends early when the connection is back.
function pause(ms) {
  return new Promise((wake) => {
    setTimeout(wake, ms);
    addEventListener("online", wake, { once: true });
  });
}
