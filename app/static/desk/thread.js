"use strict";

// How comments and what is known of them are drawn. Nothing is put into the page as markup: it is built, element by element.

const ALLOWED = new Set("a blockquote br code del em li ol p pre s strong ul".split(" "));
const HOUR = 3600e3;
const SPANS = [["year", 365 * 24 * HOUR], ["month", 30 * 24 * HOUR], ["day", 24 * HOUR], ["hour", HOUR], ["minute", 60e3]];
const distance = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const make = (tag, attributes = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== false) made.setAttribute(name, value);
  made.append(...inside.filter((one) => one !== null));
  return made;
};

const ago = (instant) => {
  const gone = new Date(instant) - Date.now();
  const [unit, length] = SPANS.find(([, span]) => Math.abs(gone) >= span) ?? ["minute", 60e3];
  return distance.format(Math.round(gone / length), unit);
};

const moment = (element, instant) => {
  element.dateTime = instant;
  element.title = new Date(instant).toLocaleString();
  element.textContent = ago(instant);
  return element;
};

// The server sends safe HTML; only what comments may hold is taken over from it all the same.
const words = (html) => {
  const taken = document.createDocumentFragment();
  const copy = (from, to) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      const name = node.localName;
      const made = ALLOWED.has(name) ? make(name) : document.createDocumentFragment();
      if (name === "a" && /^(https?|mailto):/i.test(node.getAttribute("href") ?? "")) {
        made.href = node.getAttribute("href");
        made.rel = "nofollow ugc noopener noreferrer";
        made.target = "_blank";
        made.title = made.href;
      }
      copy(node, made);
      to.append(made);
    }
  };
  copy(new DOMParser().parseFromString(html ?? "", "text/html").body, taken);
  return taken;
};

const said = (name) => name.replaceAll("_", " ").replaceAll(":", ": ");

const plainly = (value) => {
  if (Array.isArray(value)) return value.map(plainly).join(", ");
  if (value === null || typeof value !== "object") return String(value);
  const part = (one) => (one !== null && typeof one === "object" ? `(${plainly(one)})` : String(one));
  return Object.entries(value).map(([name, one]) => `${said(name)} ${part(one)}`).join(", ");
};

const chip = (signal) =>
  make("li", { class: `chip ${signal.leaning}`, title: plainly(signal.detail) || signal.leaning }, said(signal.check));

const signalList = (signals) =>
  make("dl", { class: "known" }, ...signals.map((signal) =>
    make("div", {}, make("dt", {}, make("span", { class: `chip ${signal.leaning}` }, said(signal.check))),
      make("dd", {}, `${signal.leaning}, ${Math.round(signal.score * 100)} %`, make("small", {}, plainly(signal.detail))))));

const decisionList = (decisions) =>
  make("ol", { class: "decisions" }, ...decisions.map((one) =>
    make("li", {}, make("strong", {}, said(one.action)), " by ", one.actor.name ?? one.actor.kind, ", ", moment(make("time"), one.at),
      one.code ? ` · ${said(one.code)}` : null, one.statement ? make("q", {}, one.statement) : null,
      one.reason ? make("small", {}, one.reason) : null)));

const remark = (comment, current) => {
  const here = comment.id === current.id;
  const name = comment.author?.name ?? "Deleted";
  const own = make("div", { class: here ? "remark here" : "remark", "aria-current": here ? "true" : null },
    make("p", { class: "by" }, make("strong", {}, name), " ", moment(make("time"), comment.created_at),
      here && comment.status !== "approved" ? make("span", { class: "state" }, comment.status) : null),
    make("div", { class: "words" }, comment.html === null ? make("em", {}, "Its words are gone.") : words(comment.html)));
  const below = [...(comment.replies?.data ?? [])];
  if (comment.id === current.parent && !below.some((one) => one.id === current.id)) below.push({ ...current, replies: null });
  const left = comment.reply_count - (comment.replies?.data ?? []).length;
  return make("li", {}, own,
    below.length ? make("ol", {}, ...below.map((one) => remark(one, current))) : null,
    !here && left > 0 && below.length ? make("p", { class: "small" }, `and ${left} more`) : null);
};

const threadOf = (comments, current) => {
  const shown = comments.map((one) => remark(one, current));
  if (current.parent === null && !comments.some((one) => one.id === current.id)) shown.unshift(remark({ ...current, replies: null }, current));
  return make("ol", { class: "thread" }, ...shown);
};
