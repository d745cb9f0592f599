"use strict";

// What comments are held against: rules, which are tried on what was written before they bite, and word lists.

const KEPT = {
  rules: {
    title: "Rules", path: "/v1/moderation/rules", dialog: "rule", fresh: "New rule…", on: "Bites", off: "Rests",
    about: "Every condition of a rule must be true of a comment. Try one on what was written before you let it bite.",
    calm: ["No rules yet.", "Make one, try it on what was written, and let it bite."],
  },
  words: {
    title: "Word lists", path: "/v1/moderation/word-lists", dialog: "words-of", fresh: "New list…", on: "In use", off: "Not in use",
    about: "Case, accents, look-alike letters and spaced-out letters make no difference. A list holds from the moment it is saved.",
    calm: ["No word lists yet.", "Make one of words and phrases, or of domains."],
  },
};
const MEASURED = { links: "links", length: "characters", capitals: "capitals of 100 letters" };
const SAYS = { words: "says", name: "is called", author: "is by a", signal: "is marked by" };
const LEANS = { hold: "hold", spam: "spam", reject: "reject" };
const PLACES = { text: "in the text and the name", links: "hosts of links", email: "domains of e-mail addresses", attacks: "beside the names of staff" };
const MOST_TRIED = 2000, SAMPLES = 5;

let shelf = null, onIt = new Map();

const openShelf = async (name) => {
  shelf = name;
  const { title, path, about, fresh, calm } = KEPT[name];
  $("kept-title").textContent = title;
  $("kept-about").textContent = about;
  $("fresh-one").textContent = fresh;
  document.title = `${title} · Desk · Dateline`;
  try {
    const found = await all(path);
    if (shelf !== name) return;
    onIt = new Map(found.map((one) => [one.id, one]));
    $("shelf").replaceChildren(...found.map(keptCard));
    $("none").hidden = found.length > 0;
    [$("none").querySelector(".big").textContent, $("none").querySelector(".small").textContent] = calm;
  } catch (error) { fail(error); }
};

const closeShelf = () => { shelf = null; onIt = new Map(); $("shelf").replaceChildren(); };

const keptCard = (one) => {
  const { on, off } = KEPT[shelf], button = (what, text, more = {}) => make("button", { type: "button", "data-keeper": what, ...more }, text);
  return make("li", {}, make("article", { class: "card", "data-id": one.id, "aria-label": one.name },
    make("header", {}, make("strong", { class: "name" }, one.name), make("span", { class: `chip ${one.leaning}` }, LEANS[one.leaning] ?? one.leaning),
      make("span", { class: "state" }, one.enabled ? on : off)),
    shelf === "rules" ? make("ul", { class: "conditions" }, ...one.conditions.map((each) => make("li", {}, plainCondition(each)))) : termsOf(one),
    make("div", { class: "tried", "aria-live": "polite" }),
    make("div", { class: "acts" },
      shelf === "rules" ? button("try", "Try on history") : null,
      button("switch", one.enabled ? "Switch off" : "Switch on", { "aria-pressed": String(one.enabled) }),
      button("edit", "Change…"), button("drop", "Delete", { class: "quiet" }))));
};

const termsOf = (one) => make("p", { class: "terms" }, make("small", {}, `${one.terms.length} ${one.terms.length === 1 ? "term" : "terms"}, ${PLACES[one.applies_to] ?? one.applies_to}`),
  one.terms.slice(0, 12).join(", "), one.terms.length > 12 ? " …" : "");

const plainCondition = ({ field, at_least: low, at_most: high, any_of: some = [] }) => {
  const between = [low === undefined ? null : `at least ${low}`, high === undefined ? null : `at most ${high}`].filter(Boolean).join(" and ");
  if (field in MEASURED) return `has ${between} ${MEASURED[field]}`;
  return `${SAYS[field] ?? field} ${some.join(" or ")}${field === "signal" && between ? `, ${between}` : ""}`;
};

// --- Trying --------------------------------------------------------------------------------------------------------

const tryOut = async (conditions, into) => {
  into.replaceChildren(make("p", { class: "small" }, "It is tried on what was written …"));
  const found = await ask("POST", "/v1/moderation/rules:test", { conditions, most: MOST_TRIED });
  const samples = await Promise.all(found.samples.slice(0, SAMPLES).map((id) => ask("GET", `/v1/moderation/comments/${id}`).catch(() => null)));
  const share = found.examined ? Math.round(1000 * found.matched / found.examined) / 10 : 0;
  into.replaceChildren(
    make("p", {}, "It would have held ", make("strong", {}, `${found.matched} of the last ${found.examined} comments`), ` (${share} %).`),
    make("p", { class: found.approved_by_moderators ? "harm" : "small" },
      `Moderators had approved ${found.approved_by_moderators} of these, and refused ${found.refused_by_moderators}.`),
    ...(samples.some(Boolean) ? [make("ul", { class: "decisions" }, ...samples.filter(Boolean).map(sampleOf))] : []),
  );
};

const sampleOf = (item) => make("li", {}, make("strong", {}, item.author?.name ?? "Deleted"), ` · ${item.status} · `, moment(make("time"), item.created_at),
  make("q", {}, (item.body ?? "").slice(0, 160)));

// --- The forms -----------------------------------------------------------------------------------------------------

const conditionRow = (given = { field: "links" }) => {
  const row = $("condition").content.firstElementChild.cloneNode(true), part = (name) => row.querySelector(`[name=${name}]`);
  part("field").value = given.field;
  part("at_least").value = given.at_least ?? "";
  part("at_most").value = given.at_most ?? "";
  part("any_of").value = given.field === "author" ? "" : (given.any_of ?? []).join(", ");
  for (const box of row.querySelectorAll("[name=author]")) box.checked = given.field === "author" && (given.any_of ?? []).includes(box.value);
  fit(row);
  return row;
};

// A field is asked what it can be asked: numbers within bounds, words, or who wrote it.
const fit = (row) => {
  const field = row.querySelector("[name=field]").value;
  for (const part of row.querySelectorAll("[data-of]")) part.hidden = !part.dataset.of.split(" ").includes(field);
};

const parted = (text) => text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean);

const conditionsIn = (form) => [...form.querySelectorAll(".condition")].map((row) => {
  const part = (name) => row.querySelector(`[name=${name}]`), field = part("field").value, found = { field };
  const number = (name) => { if (part(name).value !== "") found[name] = Number(part(name).value); };
  if (field in MEASURED) { number("at_least"); number("at_most"); return found; }
  found.any_of = field === "author" ? [...row.querySelectorAll("[name=author]:checked")].map((box) => box.value) : parted(part("any_of").value);
  if (field === "signal") number("at_least");
  return found;
});

const orderIn = (form) => ({
  name: form.title.value.trim(), leaning: form.leaning.value, enabled: form.enabled.checked,
  ...(shelf === "rules" ? { conditions: conditionsIn(form) } : { applies_to: form.applies_to.value, terms: form.terms.value.split("\n").map((one) => one.trim()).filter(Boolean) }),
});

const edit = (one = null) => {
  const kept = KEPT[shelf], dialog = $(kept.dialog), form = dialog.querySelector("form");
  inDialog(dialog, async () => {
    await (one === null ? ask("POST", kept.path, orderIn(form)) : ask("PATCH", `${kept.path}/${one.id}`, orderIn(form), { "If-Match": `"${one.version}"` }));
    tell("Saved.");
    await openShelf(shelf);
  });
  dialog.querySelector("h2").textContent = one === null ? kept.fresh.replace("…", "") : one.name;
  if (one !== null) { form.title.value = one.name; form.leaning.value = one.leaning; form.enabled.checked = one.enabled; }
  if (shelf === "rules") {
    $("conditions").replaceChildren(...(one?.conditions ?? [undefined]).map((each) => conditionRow(each)));
    $("rule-tried").replaceChildren();
  } else if (one !== null) { form.applies_to.value = one.applies_to; form.terms.value = one.terms.join("\n"); }
};

const keeper = async (what, button, one) => {
  const { path } = KEPT[shelf], change = (method, body) => ask(method, `${path}/${one.id}`, body, { "If-Match": `"${one.version}"` });
  if (what === "edit") { edit(one); return; }
  if (what === "try") { await tryOut(one.conditions, button.closest(".card").querySelector(".tried")); return; }
  if (what === "switch") { await change("PATCH", { enabled: !one.enabled }); tell(one.enabled ? "Switched off." : "Switched on."); }
  if (what === "drop") {
    if (!button.dataset.sure) {
      button.dataset.sure = "yes";
      button.textContent = "Delete for good?";
      setTimeout(() => { delete button.dataset.sure; button.textContent = "Delete"; }, 5000);
      return;
    }
    await change("DELETE");
    tell("Deleted.");
  }
  await openShelf(shelf);
};

const listenToKeepers = () => {
  $("shelf").addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-keeper]");
    if (!button) return;
    button.disabled = true;
    try { await keeper(button.dataset.keeper, button, onIt.get(button.closest(".card").dataset.id)); }
    catch (error) { fail(error); if (error.status === 412) await openShelf(shelf); }
    button.disabled = false;
  });
  $("fresh-one").addEventListener("click", () => edit());
  $("another").addEventListener("click", () => $("conditions").append(conditionRow()));
  $("conditions").addEventListener("change", ({ target }) => { if (target.name === "field") fit(target.closest(".condition")); });
  $("conditions").addEventListener("click", ({ target }) => { if (target.closest("[data-less]")) target.closest(".condition").remove(); });
  $("try").addEventListener("click", () =>
    tryOut(conditionsIn($("rule").querySelector("form")), $("rule-tried")).catch((error) => $("rule-tried").replaceChildren(make("p", { class: "harm" }, error.message))));
};
