/**
 * Shared by all pages of a studio: one connection for events, however many pages are open. A browser has about six
 * to a host, and each page would hold one of them for good.
 */

const pages = new Set();
const newest = new Map(); // what a page that opens now has missed
let isThere = null;
let source = null;

addEventListener("connect", ({ ports: [page] }) => {
  pages.add(page);
  page.onmessage = ({ data: topics }) => begin(page, topics);
});

function begin(page, topics) {
  if (!source || source.readyState === EventSource.CLOSED) connect(topics);
  if (isThere !== null) page.postMessage({ isThere });
  for (const [topic, data] of newest) page.postMessage({ topic, data });
}

function connect(topics) {
  source = new EventSource("/api/events");
  source.addEventListener("open", () => tell({ isThere: (isThere = true) }));
  source.addEventListener("error", () => tell({ isThere: (isThere = false) }));
  for (const topic of topics) {
    source.addEventListener(topic, ({ data }) => {
      newest.set(topic, data);
      tell({ topic, data });
    });
  }
}

function tell(message) {
  for (const page of pages) page.postMessage(message);
}
