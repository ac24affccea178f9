// Keeps what is marked data-live up to date. The page works without: a reload shows the same.
"use strict";

const PERIOD_MS = 3000;

function live(root) {
  return [...root.querySelectorAll("[data-live]")];
}

function update(shown, fresh) {
  if (shown.isEqualNode(fresh) || shown.contains(document.activeElement)) return; // never take a focused button away
  shown.className = fresh.className;
  shown.replaceChildren(...fresh.childNodes); // the element itself stays, so that screen readers notice the change
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const names = (root) => live(root).map((element) => element.id).join();
  if (names(page) !== names(document)) return location.reload(); // a printer came or went
  for (const shown of live(document)) update(shown, page.getElementById(shown.id));
}

async function loop() {
  try {
    await refresh();
  } catch {
    // the computer is away: what is shown stays until it answers again
  }
  setTimeout(loop, PERIOD_MS);
}

setTimeout(loop, PERIOD_MS);
document.addEventListener("visibilitychange", () => refresh().catch(() => {}));
