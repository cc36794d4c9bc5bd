/**
 * One request at a time: what is pushed while one is under way waits, and only the newest of it is sent.
 * @param {(content: any) => Promise<void>} send
 * @returns {(content: any) => Promise<void>} done when nothing waits any more
 */
export function newestOnly(send) {
  let waiting = null;
  let running = null;
  const run = async () => {
    while (waiting) {
      const [content] = waiting;
      waiting = null;
      await send(content);
    }
  };
  return (content) => {
    waiting = [content];
    running ??= run().finally(() => {
      running = null;
      waiting = null;
    });
    return running;
  };
}
