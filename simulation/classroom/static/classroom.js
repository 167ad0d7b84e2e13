// The classroom in the browser: hears that something changed and fetches its part again, keeps drafts, counts the clock.
// The box somebody types in is never redrawn: a form stays until its step is over.
"use strict";
(() => {
  const body = document.body, byId = (id) => document.getElementById(id);
  const own = body.dataset.part, stream = body.dataset.events;
  let source = null, dirty = false, timer = null, fetching = false, again = false, failures = 0;

  // ---- notices
  const say = (id, text) => { const at = byId(id); if (at && at.textContent !== text) at.textContent = text; };
  const connection = (up) => {
    const at = byId("connection");
    if (at) { at.hidden = up; at.textContent = up ? "" : "No connection. What you write stays here and is sent when it is back."; }
  };

  // ---- the clock
  let endsAt = null;
  const wind = () => {
    const at = byId("clock");
    endsAt = at && at.dataset.left && at.dataset.running ? performance.now() + 1000 * Number(at.dataset.left) : null;
    tick();
  };
  const tick = () => {
    const at = byId("clock");
    if (at && endsAt !== null) {
      const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
      say("clock", left ? Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0") : "time is up");
      at.classList.toggle("late", left <= 30);
    }
    const due = byId("due");
    if (due && due.dataset.at) say("due", String(Math.max(0, Math.ceil((Number(due.dataset.at) - performance.now()) / 1000))));
  };
  setInterval(tick, 500);

  // ---- parts of the page
  const opened = () => new Set([...document.querySelectorAll("details[id][open]")].map((d) => d.id));
  const swap = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html"), open = opened();
    for (const now of fresh.querySelectorAll("[data-swap]")) {
      const old = byId(now.id);
      if (!old || old.outerHTML === now.outerHTML) continue;
      if (old.dataset.hold && old.dataset.key === now.dataset.key) continue;
      const moved = old.dataset.key !== now.dataset.key;
      old.replaceWith(document.adoptNode(now));
      if (moved && now.id === "main") { dirty = false; window.scrollTo(0, 0); restore(); }
    }
    for (const id of open) { const at = byId(id); if (at) at.open = true; }
    for (const due of document.querySelectorAll("#due[data-in]")) due.dataset.at = performance.now() + 1000 * Number(due.dataset.in);
    wind();
  };
  const refresh = async () => {
    if (!own) return;
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      await flush();
      const reply = await fetch(own, { headers: { "X-Part": "1" } });
      const text = await reply.text();
      connection(true);
      failures = 0;
      if (reply.status < 500) swap(text);
    } catch { connection(false); failures += 1; setTimeout(refresh, Math.min(8000, 1000 * 2 ** failures)); }
    fetching = false;
    if (again) { again = false; refresh(); }
  };
  const listen = () => {
    if (!stream || source) return;
    source = new EventSource(stream);
    // a class does not fetch at one moment: each page waits a little of its own
    source.onmessage = () => setTimeout(refresh, Math.random() * Number(body.dataset.spread || 0));
    source.onerror = () => { if (source && source.readyState === EventSource.CLOSED) { hush(); connection(false); setTimeout(listen, 2000); } };
  };
  const hush = () => { if (source) source.close(); source = null; };
  addEventListener("pagehide", hush);
  addEventListener("pageshow", listen);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { listen(); refresh(); } });
  addEventListener("online", refresh);

  // ---- drafts
  const paper = () => document.querySelector("form[data-paper]");
  const store = (form) => "draft " + form.dataset.paper;
  const encoded = (form) => new URLSearchParams(new FormData(form));
  const flush = async () => {
    const form = paper();
    if (!form || !dirty) return;
    const data = encoded(form);
    dirty = false;
    try {
      const reply = await fetch(form.dataset.save, { method: "POST", body: data, headers: { "X-Part": "1" } });
      if (reply.ok) { say("saved", "saved"); sessionStorage.removeItem(store(form)); connection(true); }
      else {
        dirty = reply.status >= 500;
        say("saved", (await reply.text()).replace(/<[^>]*>/g, "").trim().slice(0, 200));
      }
    } catch { dirty = true; say("saved", "not saved yet"); connection(false); }
  };
  const restore = () => {
    const form = paper(), kept = form && sessionStorage.getItem(store(form));
    if (!kept) return;
    for (const [name, value] of new URLSearchParams(kept)) {
      if (name === "token" || name === "kind") continue;
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type === "radio") field.checked = field.value === value; else field.value = value;
      }
    }
    dirty = true;
    flush();
  };
  const touched = () => {
    const form = paper();
    if (!form) return;
    dirty = true;
    say("saved", "writing …");
    try { sessionStorage.setItem(store(form), String(encoded(form))); } catch { /* no room: the server keeps the draft */ }
  };
  document.addEventListener("input", (event) => { if (paper()?.contains(event.target)) touched(); });
  document.addEventListener("focusout", (event) => { if (paper()?.contains(event.target)) flush(); });
  setInterval(flush, 3000);

  // ---- sending
  const post = async (form, tries) => {
    const button = form.querySelector("button[type=submit], button:not([type])");
    if (button) button.disabled = true;
    try {
      const reply = await fetch(form.action, { method: "POST", body: encoded(form), headers: { "X-Part": "1" } });
      const text = await reply.text();
      if (form.dataset.paper && reply.ok) { dirty = false; sessionStorage.removeItem(store(form)); }
      if (reply.status === 422 && form.dataset.paper) { delete byId("main").dataset.hold; }
      if (reply.status < 500) { swap(text); connection(true); if (reply.status === 422) byId("errors")?.focus(); }
      else say("saved", "not sent: the server could not keep it; your text is still here");
    } catch {
      connection(false);
      say("saved", "not sent yet: no connection; trying again");
      if (tries < 60) setTimeout(() => { if (document.contains(form)) post(form, tries + 1); }, Math.min(5000, 500 * (tries + 1)));
    }
    if (button) button.disabled = false;
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.quick || (event.submitter && event.submitter.hasAttribute("formaction"))) return;
    event.preventDefault();
    post(form, 0).then(() => { if (form.dataset.clear) form.reset(); });
  });

  // ---- cards and uploads
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-use]");
    if (!button) return;
    const form = paper(), field = (name) => form.querySelector(`[name="${CSS.escape(name)}"]`);
    if (button.dataset.use === "clear") { field(button.dataset.sources).value = ""; cited(form); touched(); return; }
    if (button.dataset.use === "reason") {
      field("reason." + button.dataset.to).value = button.dataset.text;
      field("sources." + button.dataset.to).value = button.dataset.sources;
    } else {
      for (const k of [1, 2, 3]) {
        if (field(`argument.${k}.claim`) && !field(`argument.${k}.claim`).value) {
          field(`argument.${k}.claim`).value = button.dataset.claim;
          field(`argument.${k}.text`).value = button.dataset.text;
          field(`argument.${k}.provision`).value = button.dataset.to;
          field(`argument.${k}.side`).value = button.dataset.side;
          field(`argument.${k}.sources`).value = button.dataset.sources;
          field(`argument.${k}.claim`).scrollIntoView({ block: "center" });
          break;
        }
      }
    }
    cited(form);
    touched();
  });
  const cited = (form) => {
    for (const mark of form.querySelectorAll("[data-cites]")) {
      const value = form.querySelector(`[name="${CSS.escape(mark.dataset.cites)}"]`).value;
      const card = value && form.querySelector(`button[data-titles][data-sources="${CSS.escape(value)}"]`);
      mark.textContent = value ? "rests on " + (card ? card.dataset.titles : value) : "your own claim, marked as uncited";
      const clear = form.querySelector(`button[data-use="clear"][data-sources="${CSS.escape(mark.dataset.cites)}"]`);
      if (clear) clear.hidden = !value;
    }
  };
  document.addEventListener("change", (event) => {
    const at = event.target;
    if (at.type !== "file" || !at.dataset.into || !at.files.length) return;
    if (at.files[0].size > 1000000) { say("upload", "The file is larger than 1 MB."); return; }
    at.files[0].text().then((text) => { byId(at.dataset.into).value = text; say("upload", "Read: check it below, then go on."); });
  });

  for (const due of document.querySelectorAll("#due[data-in]")) due.dataset.at = performance.now() + 1000 * Number(due.dataset.in);
  restore();
  wind();
  listen();
})();
