/** What somebody drops onto the page, or chooses: files with the folders that they lie in. */

/** @typedef {{ path: string, file: File }} Found a file and its path, folders apart by "/" */

/**
 * All files of a drop, those in dropped folders, too, to any depth; hidden ones are passed over.
 * @param {DataTransfer} transfer
 * @returns {Promise<Found[]>}
 */
export async function filesOf(transfer) {
  // Entries are gone once the event is over: they are taken before the first await.
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.());
  const plain = [...transfer.files];
  if (entries.some((entry) => entry)) return (await Promise.all(entries.filter((entry) => entry).map(within))).flat();
  return chosen(plain);
}

/**
 * Files of an `<input type=file>`; where it chose a folder, with its paths.
 * @param {Iterable<File>} files
 * @returns {Found[]}
 */
export function chosen(files) {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })).filter(({ path }) => !hidden(path));
}

async function within(entry) {
  if (hidden(entry.name)) return [];
  if (entry.isFile) {
    const file = await new Promise((found, failed) => entry.file(found, failed));
    return [{ path: entry.fullPath.replace(/^\/+/, ""), file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A folder is read a hundred entries at a time, until there are none.
    const some = await new Promise((read, failed) => reader.readEntries(read, failed));
    if (some.length === 0) return found;
    for (const inner of some) found.push(...(await within(inner)));
  }
}

function hidden(path) {
  return path.split("/").some((name) => name.startsWith("."));
}
