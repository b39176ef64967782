// What a page of the console does by itself: it says whether it is alive, and fetches itself again when
// something happened. Everything shown is made by the service; without this script all works, by reloading.
"use strict";
(() => {
  const OLD_AFTER = 6000; // ms without a word of the service; it speaks every two seconds
  const AT_MOST_EVERY = 1000; // ms between two fetches of a page
  const POLL_EVERY = 5000;
  const AGAIN_AFTER = 2000;
  const root = document.documentElement;
  const shown = document.getElementById("live");
  if (!shown) return;
  const text = document.getElementById("live-text");
  const bar = document.getElementById("stale");
  let heardAt = performance.now();
  let lastTime = "";
  let signedOut = false;
  let fetching = false;
  let wanted = false;
  let lastFetch = 0;
  let next = 0;

  // --- alive, or not ---------------------------------------------------------------------------------

  const said = (template) => template.replace("{at}", lastTime || "?");

  function alive(at) {
    heardAt = performance.now();
    lastTime = at;
    if (signedOut) return;
    const was = root.classList.contains("is-stale");
    root.classList.remove("is-stale");
    root.classList.add("is-live");
    text.textContent = said(shown.dataset.liveText);
    bar.hidden = true;
    if (was) refresh();
  }

  function judge() {
    if (signedOut || performance.now() - heardAt <= OLD_AFTER) return;
    if (root.classList.contains("is-stale")) return;
    root.classList.remove("is-live");
    root.classList.add("is-stale");
    text.textContent = said(shown.dataset.oldText);
    bar.textContent = said(bar.dataset.text);
    bar.hidden = false;
    refresh(); // perhaps it is only the session that is over
  }

  function out() {
    signedOut = true;
    root.classList.remove("is-live");
    root.classList.add("is-stale");
    text.textContent = said(shown.dataset.outText);
    bar.textContent = said(bar.dataset.out);
    bar.hidden = false;
  }

  setInterval(judge, 1000);

  // --- the page, again ---------------------------------------------------------------------------------

  async function refresh() {
    if (!document.querySelector("[data-live]") || signedOut) return;
    if (fetching || document.hidden) {
      wanted = true;
      return;
    }
    const pause = lastFetch + AT_MOST_EVERY - performance.now();
    if (pause > 0) {
      if (!wanted) setTimeout(() => { wanted = false; refresh(); }, pause);
      wanted = true;
      return;
    }
    fetching = true;
    wanted = false;
    lastFetch = performance.now();
    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
      if (answer.redirected && new URL(answer.url).pathname !== location.pathname) out();
      else if (answer.ok) replace(await answer.text());
    } catch {
      // The clock tells when nobody answers any more.
    } finally {
      fetching = false;
      if (wanted) { wanted = false; refresh(); }
    }
  }

  function replace(page) {
    const fresh = new DOMParser().parseFromString(page, "text/html");
    document.title = fresh.title;
    const additions = missing(fresh);
    for (const old of document.querySelectorAll("[data-live][id]")) {
      const made = fresh.getElementById(old.id);
      if (busy(old) || old.contains(selected()) || (made && made.isEqualNode(old))) continue;
      if (!made) { old.hidden = true; continue; }
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      const at = focused ? place(old, focused) : null;
      const open = new Set([...old.querySelectorAll("details[open][id]")].map((each) => each.id));
      for (const each of made.querySelectorAll("details[id]")) if (open.has(each.id)) each.open = true;
      old.replaceWith(document.adoptNode(made));
      if (at) found(made, at)?.focus({ preventScroll: true });
    }
    for (const { made, place } of additions) place(document.adoptNode(made));
    again();
  }

  // What is being made beside the page is asked for until it is there: nothing else tells that it is.
  function again() {
    clearTimeout(next);
    if (document.querySelector("[data-again]")) next = setTimeout(refresh, AGAIN_AFTER);
  }

  again();

  // What was not on the page before comes behind the piece it follows now, or first within their common one.
  function missing(fresh) {
    const here = (element) => element && element.id && document.getElementById(element.id);
    const additions = [];
    for (const made of fresh.querySelectorAll("[data-live][id]")) {
      if (here(made)) continue;
      let before = made.previousElementSibling;
      while (before && !here(before)) before = before.previousElementSibling;
      const [anchor, within] = [before && before.id, made.parentElement];
      if (anchor) additions.push({ made, place: (each) => document.getElementById(anchor).after(each) });
      else if (here(within)) additions.push({ made, place: (each) => here(within).prepend(each) });
    }
    return additions.reverse(); // the last first: each comes right behind its anchor
  }

  // A form somebody is filling in stays as it is.
  function busy(element) {
    const fields = [...element.querySelectorAll("input:not([type=hidden]), textarea, select")];
    return fields.some((each) => each === document.activeElement || (each.value !== each.defaultValue && each.type !== "checkbox"));
  }

  const FOCUSABLE = "a[href], button, summary, input, select, textarea";

  function place(within, element) {
    const same = [...within.querySelectorAll(FOCUSABLE)];
    return { id: element.id, index: same.indexOf(element), href: element.getAttribute("href") };
  }

  function found(within, at) {
    if (at.id && within.querySelector(`#${CSS.escape(at.id)}`)) return within.querySelector(`#${CSS.escape(at.id)}`);
    const every = [...within.querySelectorAll(FOCUSABLE)];
    return every.find((each) => at.href && each.getAttribute("href") === at.href) || every[at.index];
  }

  // Text somebody is selecting, to copy a command, is not taken from under them.
  function selected() {
    const now = getSelection();
    return now && !now.isCollapsed ? now.anchorNode : null;
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { judge(); refresh(); }
  });

  // --- one stream for all pages of this browser --------------------------------------------------------

  const channel = "BroadcastChannel" in window ? new BroadcastChannel("cordon-live") : null;

  function hear(word) {
    alive(word.at);
    if (word.news) refresh();
  }

  function listen(tell) {
    let source = null;
    let before = false; // heard already: then something may have happened while nobody answered
    const connect = () => {
      source = new EventSource("/live");
      source.addEventListener("time", (event) => tell({ at: JSON.parse(event.data).at, news: false }));
      source.addEventListener("news", (event) => tell({ at: JSON.parse(event.data).at, news: true }));
      source.addEventListener("hello", (event) => {
        tell({ at: JSON.parse(event.data).at, news: before });
        before = true;
      });
      source.onerror = () => {
        if (source.readyState !== EventSource.CLOSED) return;
        refresh(); // a page that is sent to sign in knows then
        setTimeout(connect, 3000);
      };
    };
    connect();
  }

  function poll() {
    setInterval(async () => {
      try {
        const answer = await fetch("/live/now", { cache: "no-store" });
        if (answer.redirected) out();
        else if (answer.ok) hear({ at: (await answer.json()).at, news: true });
      } catch {
        // The clock tells.
      }
    }, POLL_EVERY);
  }

  if (!("EventSource" in window)) {
    poll();
  } else if (channel && navigator.locks) {
    channel.onmessage = (event) => hear(event.data);
    // Whoever holds the lock listens for all; it goes to another page when this one is closed.
    navigator.locks.request("cordon-live", () => {
      listen((word) => { channel.postMessage(word); hear(word); });
      return new Promise(() => {});
    });
  } else {
    listen(hear);
  }

  // --- small comforts ------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    if (event.target.closest("[data-print]")) window.print();
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
  // A file is put into the field, where it can still be read and changed before it is sent. One that is no
  // text goes as it is: the service says where it is not.
  document.addEventListener("change", async (event) => {
    const into = document.getElementById(event.target.dataset.into || "");
    const file = into && event.target.files && event.target.files[0];
    if (!file) return;
    try {
      into.value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      event.target.value = "";
    } catch {
      into.value = "";
      into.required = false;
    }
  });
  // From a mistake to its line.
  for (const each of document.querySelectorAll(".mistakes [data-line]")) {
    const field = document.querySelector("textarea.source");
    if (!field || !each.querySelector(".quoted")) continue;
    each.classList.add("reach");
    each.addEventListener("click", () => {
      const lines = field.value.split("\n");
      const line = Number(each.dataset.line) - 1;
      const from = lines.slice(0, line).join("\n").length + (line ? 1 : 0);
      field.focus();
      field.setSelectionRange(from, from + lines[line].length);
      field.scrollTop = (line - 4) * (field.scrollHeight / lines.length);
    });
  }
  for (const each of document.querySelectorAll("[data-needs-script]")) each.hidden = false;
})();
