"use strict";

const $ = (id) => document.getElementById(id);
const KEY = "dateline-desk-key", THEME = "dateline-desk-theme";
const DONE = { approved: "Approved", rejected: "Rejected", spam: "Spam", pending: "Held" };
const CALM = {
  pending: ["Nothing waits.", "What comes in will show here by itself."],
  reported: ["Nobody has complained.", "What readers report will show here."],
  appeals: ["No appeals wait.", "Who was refused may object once. That will show here."],
  spam: ["No spam.", "What checks or moderators take for advertising is kept here."],
  approved: ["Nothing is approved yet.", ""],
  rejected: ["Nothing is rejected.", ""],
};
const AT_ONCE = 100, PAGE = 25, LOOK_SECONDS = 30, LEASE_SECONDS = 300;

let key = null, may = false, runs = false, shape = {}, items = new Map(), cursor = null, chosen = new Set(), current = null;
let undone = [], reading = 0, held = null, seen = 0, telling = null, settling = null;

class Refusal extends Error {
  constructor(status, problem) {
    const faults = (problem.errors ?? []).map((one) => one.detail).filter(Boolean);
    super(faults.length ? [...new Set(faults)].join(" ") : problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code;
  }
}

// --- The API -------------------------------------------------------------------------------------------------------

const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const ask = async (method, path, body, more = {}) => {
  const headers = { Authorization: `Bearer ${key}`, ...more, ...(body && { "Content-Type": "application/json" }) };
  if (method === "POST") headers["Idempotency-Key"] = random();
  const send = () => fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  // An answer that was lost is asked for again: the key makes sure that nothing is done twice.
  const answer = await send().catch(() => new Promise((go) => setTimeout(go, 800)).then(send));
  const said = answer.status === 204 ? null : await answer.json();
  if (answer.ok) return said;
  if (answer.status === 401 && key) leave("The key is no longer valid.");
  throw new Refusal(answer.status, said);
};

// A list whole, page by page.
const all = async (path) => {
  const found = [];
  for (let on = ""; on !== null;) {
    const { data, page } = await ask("GET", `${path}?limit=100${on}`);
    found.push(...data);
    on = page.next_cursor && `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
  return found;
};

const published = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Refusal(answer.status, await answer.json());
  return answer.json();
};

// --- Coming and going ----------------------------------------------------------------------------------------------

const enter = async (secret) => {
  key = secret;
  const me = await ask("GET", "/v1/me");
  const scopes = new Set(me.scopes);
  if (!scopes.has("comments:moderate") && !scopes.has("comments:read")) throw new Refusal(403, { detail: "This key may not look at comments that wait." });
  may = scopes.has("comments:moderate");
  runs = scopes.has("comments:admin");
  sessionStorage.setItem(KEY, secret);
  $("who").textContent = may ? me.key.name : `${me.key.name} (looks only)`;
  document.body.classList.toggle("looks", !may);
  for (const one of document.querySelectorAll("[data-keep]")) one.hidden = !runs;
  for (const id of ["desk", "leave"]) $(id).hidden = false;
  $("door").hidden = true;
  sections();
  await turn();
};

const leave = (why = "") => {
  key = null;
  sessionStorage.removeItem(KEY);
  items = new Map(); chosen = new Set(); current = null; undone = []; reading += 1;
  closeShelf();
  $("cards").replaceChildren(); $("about").replaceChildren(); $("who").textContent = ""; $("secret").value = "";
  for (const id of ["desk", "leave", "bar"]) $(id).hidden = true;
  tell("");
  $("door").hidden = false;
  $("refused").textContent = why;
  $("secret").focus();
};

const sections = async () => {
  const found = await all("/v1/sections").catch(() => []);
  const select = $("filters").section;
  select.replaceChildren(select.options[0], ...found.map((one) => make("option", { value: one.path }, one.path.slice(1).replaceAll("/", " › "))));
  select.value = shape.section ?? "";
};

// --- The queue -----------------------------------------------------------------------------------------------------

const queues = () => [...document.querySelectorAll("[data-queue]")];

const asked = () => {
  const wanted = new URLSearchParams({ limit: PAGE, sort: shape.sort ?? "oldest" });
  if (shape.queue === "reported") wanted.set("reported", "true"); else wanted.set("status", shape.queue);
  for (const name of ["section", "author", "author_of", "article", "signal", "lease"]) if (shape[name]) wanted.set(name, shape[name]);
  return wanted;
};

const turn = async () => {
  shape = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const kept = runs && shape.keep in KEPT ? shape.keep : null;
  if (kept === null && !queues().some((one) => one.dataset.queue === shape.queue)) shape.queue = "pending";
  for (const one of document.querySelectorAll("[data-queue], [data-keep]")) {
    if (kept === null ? one.dataset.queue === shape.queue : one.dataset.keep === kept) {
      one.setAttribute("aria-current", "page");
      one.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else one.removeAttribute("aria-current");
  }
  document.body.classList.toggle("keeping", kept !== null);
  $("kept").hidden = kept === null;
  closeShelf();
  if (kept !== null) { if (key) await Promise.all([openShelf(kept), count().catch(() => {})]); return; }
  $("filters").hidden = shape.queue === "appeals";
  for (const name of ["section", "sort", "lease"]) $("filters")[name].value = shape[name] ?? (name === "sort" ? "oldest" : "");
  $("narrowed").replaceChildren(...["author", "author_of", "article", "signal"].filter((name) => shape[name]).map((name) =>
    make("button", { type: "button", class: "chip", "data-widen": name, "aria-label": `No longer only this ${name.replace("_of", "")}` },
      name === "article" ? "this article" : name === "author_of" ? "one writer" : `${name === "author" ? "by" : "signal"} ${shape[name]}`, " ×")));
  if (key) await fill();
};

const go = (changes) => {
  const next = Object.entries({ ...shape, ...changes }).filter(([, value]) => value);
  location.hash = new URLSearchParams(next).toString();
};

const fill = async () => {
  const mine = ++reading;
  $("list").setAttribute("aria-busy", "true");
  try {
    const [page] = await Promise.all([read(), count()]);
    if (mine !== reading) return;
    items = new Map(); chosen = new Set(); current = null; cursor = null;
    $("cards").replaceChildren();
    $("fresh").hidden = true;
    take(page);
    look(null);
    if (items.size && matchMedia("(hover: hover)").matches) focusOn(0);
  } catch (error) { fail(error); } finally { $("list").setAttribute("aria-busy", "false"); }
  settle();
};

const read = async (from = null) => {
  const on = from === null ? "" : `&cursor=${encodeURIComponent(from)}`;
  if (shape.queue !== "appeals") return ask("GET", `/v1/moderation/comments?${asked()}${on}`);
  const { data, page } = await ask("GET", `/v1/moderation/appeals?limit=${PAGE}${on}`);
  const appealed = await Promise.all(data.map(async (appeal) => ({ ...await ask("GET", `/v1/moderation/comments/${appeal.comment}`), appeal })));
  return { data: appealed, page };
};

const take = (page) => {
  for (const item of page.data) if (!items.has(item.id)) { items.set(item.id, item); $("cards").append(card(item)); }
  cursor = page.page.next_cursor;
  $("more").hidden = cursor === null;
};

const more = async () => {
  if (cursor === null) return;
  const from = cursor, mine = reading;
  cursor = null;
  try {
    const page = await read(from);
    if (mine === reading) take(page);
  } catch (error) { if (mine === reading) { cursor = from; fail(error); } }
  settle();
};

const count = async () => {
  const { data } = await ask("GET", `/v1/moderation/queues${shape.section ? `?section=${encodeURIComponent(shape.section)}` : ""}`);
  for (const link of queues()) {
    const found = data.find((one) => one.queue === link.dataset.queue), said = link.querySelector(".count");
    said.hidden = !found?.count;
    said.textContent = found ? `${found.count}${found.capped ? "+" : ""}` : "";
    if (link.dataset.queue === shape.queue) seen = found?.count ?? 0;
  }
  const waiting = data.find((one) => one.queue === "pending")?.count ?? 0;
  if (shelf === null) document.title = `${waiting ? `(${waiting}) ` : ""}Desk · Dateline`;
};

const lookAgain = async () => {
  if (!key || document.hidden) return;
  const before = seen;
  try { await count(); } catch { return; }
  if (shelf === null && seen > before) { if (items.size) $("fresh").hidden = false; else fill(); }
};

// --- Cards ---------------------------------------------------------------------------------------------------------

const card = (item) => {
  const made = $("card").content.firstElementChild.cloneNode(true), own = made.firstElementChild;
  own.dataset.id = item.id;
  draw(own, item);
  return made;
};

const draw = (own, item) => {
  const part = (name) => own.querySelector(name), name = item.author?.name ?? "Deleted";
  own.setAttribute("aria-label", `${name}: ${(item.body ?? "").slice(0, 80)}`);
  part(".choose .unseen").textContent = `Choose the comment by ${name}`;
  part(".name").textContent = name;
  part(".badge").textContent = item.author?.badge ?? (item.author?.kind === "guest" ? "" : item.author?.kind ?? "");
  part(".badge").hidden = !part(".badge").textContent;
  part(".state").textContent = item.status;
  part(".state").hidden = item.status === shape.queue;
  part("[data-do=approved]").textContent = item.reports?.open && item.status === "approved" ? "Let it stand" : "Approve";
  moment(part("time"), item.created_at);
  part(".article").textContent = item.on.headline;
  part(".article").href = `#${new URLSearchParams({ ...shape, article: item.on.id })}`;
  part(".words").replaceChildren(words(item.html));
  part(".signals").replaceChildren(...markChips(item), ...item.signals.map(chip), ...reports(item));
  part(".appealed").replaceChildren(...[appealOf(item)].filter(Boolean));
  note(own, item.appeal?.for_another ? "You decided this first, so somebody else answers the appeal." : item.lease && !item.lease.mine ? `${item.lease.by.name ?? "Somebody"} is looking at this.` : "");
  for (const button of own.querySelectorAll(".acts [data-do]")) button.hidden = unfit(button.dataset.do, item);
  part(".choose").hidden = !may || Boolean(item.appeal);
};

// A report is settled by letting the comment stand, too; an appeal is answered, and nothing else.
const unfit = (what, item) => {
  if (what === "thread") return false;
  if (!may || (what === "answer") !== Boolean(item.appeal) || item.appeal?.for_another) return true;
  return what === item.status && !(what === "approved" && item.reports?.open);
};

const reports = (item) => Object.entries(item.reports?.codes ?? {}).map(([code, times]) => make("li", { class: "chip reject" }, `reported: ${said(code)} × ${times}`));

const note = (own, text) => { const line = own.querySelector(".note"); line.textContent = text; line.hidden = !text; };

const cards = () => [...$("cards").querySelectorAll(".card")];
const cardOf = (id) => cards().find((one) => one.dataset.id === id);
const placeOf = (id) => cards().findIndex((one) => one.dataset.id === id);

const focusOn = (place) => {
  const all = cards(), own = all[Math.max(0, Math.min(place, all.length - 1))];
  own?.focus({ preventScroll: true });
  own?.scrollIntoView({ block: "nearest" });
  if (place >= all.length - 5) more();
};

const settle = () => {
  for (const own of cards()) {
    const on = chosen.has(own.dataset.id);
    own.querySelector(".choose input").checked = on;
    own.classList.toggle("chosen", on);
  }
  $("bar").hidden = !chosen.size;
  $("chosen").textContent = `${chosen.size} chosen`;
  $("all").hidden = !may || !items.size || shape.queue === "appeals";
  $("empty").hidden = items.size > 0 || cursor !== null;
  const [big, small] = ["section", "author", "author_of", "article", "signal", "lease"].some((name) => shape[name]) ? ["Nothing matches.", "Take a filter away to see more."] : CALM[shape.queue];
  $("empty").querySelector(".big").textContent = big;
  $("empty").querySelector(".small").textContent = small;
};

const choose = (id) => { if (!may || items.get(id).appeal) return; if (!chosen.delete(id)) chosen.add(id); settle(); };

// --- About one comment ---------------------------------------------------------------------------------------------

const wide = matchMedia("(min-width: 1000px)");

const look = async (id) => {
  current = id;
  clearTimeout(settling);
  if (id === null || !items.has(id)) { $("about").replaceChildren(make("p", { class: "small" }, "What is known of a comment shows here.")); return; }
  if (!wide.matches && !document.body.classList.contains("reading")) return;
  settling = setTimeout(() => items.has(id) && about(items.get(id)), wide.matches ? 150 : 0);
};

const about = async (item) => {
  hold(item);
  const top = item.status === "approved" ? item.id : item.parent;
  const path = `/v1/articles/${item.on.id}/comments?replies=3&limit=${top ? 5 : 3}${top ? `&around=${top}` : ""}`;
  const [thread, decided, sanctioned, reported] = await Promise.all([
    published(path).then(({ data }) => threadOf(data, item), (error) => make("p", { class: "small" }, error.status === 404 ? "Readers do not see this part of the discussion." : error.message)),
    ...[`comments/${item.id}/decisions`, `sanctions?author_of=${item.id}`, may && item.reports?.open ? `comments/${item.id}/reports` : null].map((one) =>
      (one === null ? [] : ask("GET", `/v1/moderation/${one}`).then(({ data }) => data, () => []))),
  ]);
  if (current !== item.id) return;
  $("about").replaceChildren(
    make("h2", {}, item.on.headline),
    make("p", { class: "small" }, item.on.path, " · ", make("button", { type: "button", class: "link", "data-author": item.id }, `Everything by ${item.author?.name ?? "them"}`)),
    ...(may && !item.appeal ? [markButtons(item)] : []),
    ...(reported.length ? [make("h3", {}, "What people have against it"), reportList(reported)] : []),
    ...(sanctioned.length ? [make("h3", {}, "In force against whoever wrote it"), sanctionList(sanctioned)] : []),
    ...(item.signals.length ? [make("h3", {}, "Why it is here"), signalList(item.signals)] : []),
    make("h3", {}, "Thread"), thread,
    ...(decided.length ? [make("h3", {}, "What was decided"), decisionList(decided)] : []),
  );
};

const hold = async (item) => {
  if (!may || held === item.id) return;
  const before = held;
  held = item.id;
  if (before && items.has(before)) ask("DELETE", `/v1/moderation/comments/${before}/lease`).catch(() => {});
  try { await ask("PUT", `/v1/moderation/comments/${item.id}/lease`, { seconds: LEASE_SECONDS }); }
  catch (error) { if (error.code === "comment-leased") { held = null; const own = cardOf(item.id); if (own) note(own, error.message); } }
};

const open = (id) => { document.body.classList.add("reading"); look(id); if (!wide.matches) $("detail").focus(); };
const shut = () => { document.body.classList.remove("reading"); if (current) cardOf(current)?.focus(); };

// --- Decisions -----------------------------------------------------------------------------------------------------

const decide = async (ids, verdict, grounds = {}) => {
  if (!may || !ids.length) return;
  const place = placeOf(ids.includes(current) ? current : ids[0]), by = ids.length === 1 ? items.get(ids[0]).author?.name : null;
  const touched = ids.map(cardOf).filter(Boolean);
  for (const own of touched) own.setAttribute("aria-busy", "true");
  try {
    let done = 0, failed = 0, taken = 0;
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const comments = ids.slice(start, start + AT_ONCE).map((id) => ({ id, version: items.get(id).version }));
      const batch = await ask("POST", "/v1/moderation/batches", { verdict, comments, ...grounds });
      done += ids.length === 1 ? 1 - batch.refused : batch.changed;
      failed += batch.refused;
      if (batch.id) taken = undone.push(batch.id);
      await Promise.all(batch.results.map((one) => (one.outcome === "refused" ? refused(one) : gone(one.comment))));
    }
    const one = ids.length === 1;
    tell(one && failed ? "Nothing was changed." : `${DONE[verdict]}: ${one ? `the comment by ${by ?? "a reader"}` : `${done} comments${failed ? `, ${failed} not` : ""}`}.`, taken > 0);
  } catch (error) { fail(error); }
  for (const own of touched) own.removeAttribute("aria-busy");
  shut();
  settle();
  if (items.size) focusOn(place); else { look(null); if (cursor !== null) await more(); }
  count().catch(() => {});
};

const gone = (id) => { cardOf(id)?.parentElement.remove(); items.delete(id); chosen.delete(id); if (held === id) held = null; };

const refused = async ({ comment, problem }) => {
  chosen.delete(comment);
  const fresh = await ask("GET", `/v1/moderation/comments/${comment}`).catch(() => null);
  if (fresh === null) { gone(comment); return; }
  items.set(comment, fresh);
  const own = cardOf(comment);
  draw(own, fresh);
  note(own, fresh.status === shape.queue ? problem.detail : `Somebody else was quicker: it is ${fresh.status}.`);
};

const undo = async () => {
  const batch = undone.pop();
  if (!batch) { tell("There is nothing to take back."); return; }
  try {
    const back = await ask("POST", `/v1/moderation/batches/${batch}/undo`, {});
    for (let rest = back; rest.more;) {
      rest = await ask("POST", `/v1/moderation/batches/${batch}/undo`, {});
      back.changed += rest.changed;
      back.refused = rest.refused;
    }
    await fill();
    const first = back.results.map((one) => placeOf(one.comment)).find((place) => place >= 0);
    if (first !== undefined) focusOn(first);
    tell(back.refused ? `Taken back for ${back.changed}, not for ${back.refused}: something happened to them since.` : "Taken back.");
  } catch (error) { fail(error); }
};

const reject = (ids) => {
  if (!may || !ids.length) return;
  const form = $("why").querySelector("form");
  form.reset();
  $("statement").placeholder = "The sentence that belongs to the reason";
  $("why-title").textContent = ids.length === 1 ? "Why is it rejected?" : `Why are these ${ids.length} rejected?`;
  form.onsubmit = (event) => {
    event.preventDefault();
    $("why").close();
    decide(ids, "rejected", { code: form.code.value, statement: $("statement").value.trim() || null, reason: $("reason").value.trim() || null });
  };
  $("why").showModal();
};

const mark = async (item, name) => {
  const { version, ...now } = await ask("PATCH", `/v1/moderation/comments/${item.id}`, { [name]: !item[name] }, { "If-Match": `"${item.version}"` });
  Object.assign(item, { version }, Object.fromEntries(Object.keys(MARKS).map((one) => [one, now[one]])));
  draw(cardOf(item.id), item);
  about(item);
};

const sanction = (item) => inDialog($("measure"), async (form) => {
  const imposed = await ask("POST", "/v1/moderation/sanctions", sanctionOrder(form, item.id));
  if (imposed.clean_up?.id) { undone.push(imposed.clean_up.id); await fill(); }
  const rest = imposed.cleaning && !imposed.cleaning.done_at ? ", the others follow" : "";
  tell(`${KINDS[imposed.kind]}${imposed.clean_up ? `: ${imposed.clean_up.changed} comments are spam now${rest}` : ""}.`, Boolean(imposed.clean_up?.id));
  if (items.has(item.id)) about(item);
});

const answer = (item) => inDialog($("answer"), async (form) => {
  const { value: outcome } = form.outcome, place = placeOf(item.id);
  await ask("POST", `/v1/moderation/appeals/${item.id}/decide`, { outcome, statement: form.statement.value.trim() || null, reason: form.reason.value.trim() || null });
  gone(item.id);
  tell(outcome === "overturned" ? "The comment shows again." : "The decision stands.");
  settle();
  if (items.size) focusOn(place); else look(null);
  count().catch(() => {});
});

const act = (what, ids) => {
  if (what === "answer" || (shape.queue === "appeals" && DONE[what])) { if (ids.length && !unfit("answer", items.get(ids[0]))) answer(items.get(ids[0])); return; }
  if (what === "none") { chosen.clear(); settle(); }
  else if (what === "thread") open(ids[0]);
  else if (what === "rejected") reject(ids);
  else decide(ids.filter((id) => !unfit(what, items.get(id))), what);
};

// --- Telling -------------------------------------------------------------------------------------------------------

const tell = (text, canUndo = false) => {
  clearTimeout(telling);
  $("toast").firstElementChild.textContent = text;
  $("undo").hidden = !canUndo;
  $("toast").classList.toggle("shown", Boolean(text));
  telling = setTimeout(() => $("toast").classList.remove("shown"), canUndo ? 10000 : 6000);
};

const fail = (error) => { if (key) tell(error instanceof Refusal ? error.message : "Dateline cannot be reached. Nothing was lost; try again."); };

// --- What people do ------------------------------------------------------------------------------------------------

const SHORTCUTS = {
  j: () => focusOn(placeOf(current) + 1),
  k: () => focusOn(placeOf(current) - 1),
  a: (ids) => act("approved", ids), r: (ids) => act("rejected", ids), s: (ids) => act("spam", ids), h: (ids) => act("pending", ids),
  x: () => current && choose(current), t: () => current && open(current), z: undo, g: () => fill(), "?": () => $("help").showModal(),
  "[": () => step(-1), "]": () => step(1),
};

const step = (by) => {
  const all = queues().map((one) => one.dataset.queue);
  go({ queue: all[(all.indexOf(shape.queue) + by + all.length) % all.length], keep: "" });
};

addEventListener("keydown", (event) => {
  if (!key || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (document.body.classList.contains("reading")) shut(); else act("none");
    return;
  }
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  const does = SHORTCUTS[event.key];
  if (!does || (shelf !== null && !"[]?".includes(event.key))) return;
  event.preventDefault();
  does(chosen.size ? [...chosen] : current ? [current] : []);
});

$("cards").addEventListener("focusin", (event) => {
  const id = event.target.closest(".card")?.dataset.id;
  for (const own of cards()) own.classList.toggle("current", own.dataset.id === id);
  if (id && id !== current) look(id);
});
$("cards").addEventListener("click", (event) => {
  const own = event.target.closest(".card"), button = event.target.closest("button");
  if (!own) return;
  const id = own.dataset.id;
  if (event.target.matches(".choose input")) choose(id);
  else if (button) act(button.dataset.do, [id]);
});
$("bar").addEventListener("click", (event) => { const button = event.target.closest("button"); if (button) act(button.dataset.do, [...chosen]); });
$("about").addEventListener("click", (event) => { if (event.target.closest("[data-author]")) { shut(); go({ author: "", author_of: event.target.dataset.author }); } });
$("about").addEventListener("click", async ({ target }) => {
  const item = items.get(current), { mark: name, lift } = target.dataset;
  try {
    if (name) await mark(item, name);
    else if (lift) { await ask("DELETE", `/v1/moderation/sanctions/${lift}`); tell("Lifted."); about(item); }
    else if (target.matches("[data-sanction]")) sanction(item);
  } catch (error) { fail(error); }
});
$("narrowed").addEventListener("click", (event) => { const button = event.target.closest("[data-widen]"); if (button) go({ [button.dataset.widen]: "" }); });
$("filters").addEventListener("change", () => go({ section: $("filters").section.value, sort: $("filters").sort.value, lease: $("filters").lease.value }));
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("all").addEventListener("click", () => { chosen = chosen.size === items.size ? new Set() : new Set(items.keys()); settle(); });
$("fresh").addEventListener("click", fill);
$("more").addEventListener("click", more);
$("undo").addEventListener("click", undo);
$("shut").addEventListener("click", shut);
$("keys").addEventListener("click", () => $("help").showModal());
$("leave").addEventListener("click", () => leave());
for (const button of document.querySelectorAll("[data-shut]")) button.addEventListener("click", () => button.closest("dialog").close());
$("why").addEventListener("change", (event) => { if (event.target.name === "code") $("statement").placeholder = event.target.dataset.told; });
$("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("refused").textContent = "";
  try { await enter($("secret").value.trim()); }
  catch (error) { leave(error instanceof Refusal ? error.message : "Dateline cannot be reached."); }
});
addEventListener("hashchange", turn);
addEventListener("pagehide", () => {
  if (key && held) fetch(`/v1/moderation/comments/${held}/lease`, { method: "DELETE", headers: { Authorization: `Bearer ${key}` }, keepalive: true });
});
listenToKeepers();
setInterval(lookAgain, LOOK_SECONDS * 1000);
document.addEventListener("visibilitychange", lookAgain);

const dress = (theme) => { document.documentElement.dataset.theme = theme; };
$("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  dress(dark ? "light" : "dark");
  localStorage.setItem(THEME, dark ? "light" : "dark");
});
if (localStorage.getItem(THEME)) dress(localStorage.getItem(THEME));

const kept = sessionStorage.getItem(KEY);
if (kept) enter(kept).catch((error) => leave(error instanceof Refusal ? error.message : "Dateline cannot be reached."));
else leave();
