// All clips of a page, loaded and decoded before any can be played: how long one takes would tell what it is.

const STALLED_MS = 20000; // without a byte
const LONGEST_WAIT_MS = 8000;

// Tries until all are here. progress(share) and waiting() are called on the way; `signal` ends it.
// Throws where this browser cannot decode one.
export async function loaded(urls, progress, waiting, signal) {
  const shares = urls.map(() => 0);
  const bytes = await Promise.all(
    urls.map((url, i) =>
      fetched(url, waiting, signal, (share) => {
        shares[i] = share;
        progress(shares.reduce((sum, one) => sum + one, 0) / shares.length);
      }),
    ),
  );
  const decoder = new OfflineAudioContext(1, 1, 48000);
  return Promise.all(bytes.map((one) => decoder.decodeAudioData(one)));
}

async function fetched(url, waiting, signal, progress) {
  for (let wait = 400; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    if (signal.aborted) throw new Error("the page is gone");
    try {
      return await once(url, signal, progress);
    } catch (error) {
      if (signal.aborted) throw error;
      waiting();
      progress(0);
      await new Promise((wake) => setTimeout(wake, wait));
    }
  }
}

async function once(url, signal, progress) {
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, STALLED_MS);
  try {
    const response = await fetch(url, { signal: attempt.signal });
    if (!response.ok) throw new Error(String(response.status));
    const length = Number(response.headers.get("Content-Length"));
    const reader = response.body.getReader();
    const parts = [];
    let received = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(stop, STALLED_MS);
      parts.push(next.value);
      received += next.value.length;
      if (length) progress(Math.min(1, received / length));
    }
    return await new Blob(parts).arrayBuffer();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
