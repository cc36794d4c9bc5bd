/** Tabs: one panel shown, arrows move between them. */

/** @param {Element} list of role tablist; returns show(id) */
export function tabs(list) {
  const all = [...list.querySelectorAll('[role="tab"]')];
  const show = (id) => {
    for (const tab of all) {
      const isShown = tab.id === id;
      tab.setAttribute("aria-selected", isShown);
      tab.tabIndex = isShown ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isShown;
    }
  };
  list.addEventListener(
    "click",
    ({ target }) => target.closest('[role="tab"]') && show(target.closest('[role="tab"]').id),
  );
  list.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const from = all.indexOf(event.target);
    if (!by || from < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const to = all[(from + by + all.length) % all.length];
    show(to.id);
    to.focus();
  });
  return show;
}
