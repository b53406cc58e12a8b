// Enhances pages that work without it: parts marked data-live are fetched anew every few seconds while they are in view.
"use strict";
(() => {
  const parts = document.querySelectorAll("[data-live]");
  for (const part of parts) {
    const seconds = Number(part.dataset.live) || 5;
    setInterval(async () => {
      if (document.hidden || part.contains(document.activeElement)) return;
      try {
        const answer = await fetch(location.href, { headers: { "Sikte-Part": part.id } });
        if (!answer.ok || answer.redirected) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
        if (fresh) part.innerHTML = fresh.innerHTML;
      } catch { /* the next round tries again; the page itself stays right */ }
    }, seconds * 1000);
  }
  // Two fields can have the same fault: the list above the form then says which one each is about.
  for (const link of document.querySelectorAll('.faults a[href^="#"]')) {
    const label = document.querySelector(`label[for="${CSS.escape(link.hash.slice(1))}"]`);
    if (label) link.prepend(label.firstChild.textContent.trim(), ": ");
  }
})();
