// Comfort only: every page works without this.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; samesite=lax; max-age=${value ? 31536000 : 0}`;
  };

  const reveal = () => all("[hidden]:is(.theme, .keys, [data-copy], [data-print])").forEach((element) => (element.hidden = false));
  root.classList.add("scripted");
  reveal();
  document.addEventListener("htmx:after:swap", reveal);

  const keys = document.querySelector("input[name=keys]");
  if (keys) keys.checked = !/(^|; )keys=off/.test(document.cookie);

  document.addEventListener("change", ({ target }) => {
    if (target.name === "keys") remember("keys", target.checked ? "" : "off");
    if (target.name !== "theme") return;
    remember("theme", target.value);
    if (target.value) root.dataset.theme = target.value;
    else delete root.dataset.theme;
  });

  document.addEventListener("click", async ({ target }) => {
    if (target.matches("[data-print]")) window.print();
    if (!target.matches("[data-copy]")) return;
    await navigator.clipboard.writeText(target.previousElementSibling.textContent);
    target.textContent = "Copied";
  });

  // Leaves empty fields out of the address.
  document.addEventListener("htmx:config:request", ({ detail }) => {
    const body = detail.ctx?.request?.body;
    if (body instanceof FormData) [...body].forEach(([name, value]) => value === "" && body.delete(name));
  });

  const step = (by) => {
    const rows = all(".rows tbody th a");
    const now = rows.indexOf(document.activeElement);
    const next = rows[Math.min(Math.max(now + by, 0), rows.length - 1)];
    next?.focus();
    next?.closest("tr").scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (!keys?.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea")) return;
    const action = { "/": () => document.querySelector(".search input")?.focus(), j: () => step(1), k: () => step(-1) }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
