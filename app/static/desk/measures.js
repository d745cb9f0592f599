"use strict";

// What is done about a comment beside a verdict: reports and sanctions are shown, marks set, sanctions imposed, appeals answered.

const DAY = 24 * HOUR;
const MARKS = { picked: ["Pick", "Picked"], pinned: ["Pin", "Pinned"], locked: ["Lock replies", "Replies locked"] };
const KINDS = { premod: "What they write waits", mute: "They write nothing", suspend: "Suspended", ban: "Banned" };

const reportList = (reports) =>
  make("ol", { class: "decisions" }, ...reports.map((one) =>
    make("li", {}, make("strong", {}, said(one.code)), ` by a ${one.by}, `, moment(make("time"), one.at), one.status === "open" ? null : ` · ${one.status}`,
      one.note ? make("q", {}, one.note) : null, one.notice ? make("small", {}, plainly(one.notice)) : null)));

const sanctionList = (sanctions) =>
  make("ol", { class: "decisions" }, ...sanctions.map((one) =>
    make("li", {}, make("strong", {}, KINDS[one.kind] ?? said(one.kind)), one.until ? ` until ${new Date(one.until).toLocaleDateString()}` : "", ` by ${one.actor.name ?? one.actor.kind} `,
      make("button", { type: "button", class: "link", "data-lift": one.id }, "Lift"), one.statement ? make("q", {}, one.statement) : null,
      one.cleaning ? make("small", {}, `${one.cleaning.changed} of their comments are gone${one.cleaning.done_at ? "" : " so far"}${one.cleaning.refused ? `, ${one.cleaning.refused} are with somebody` : ""}.`) : null)));

const markButtons = (item) =>
  make("p", { class: "acts" }, ...Object.entries(MARKS).map(([name, [off, on]]) =>
    make("button", { type: "button", "data-mark": name, "aria-pressed": String(item[name]) }, item[name] ? on : off)),
  make("button", { type: "button", class: "bad", "data-sanction": "" }, "Sanction…"));

const markChips = (item) => Object.entries(MARKS).filter(([name]) => item[name]).map(([, [, on]]) => make("li", { class: "chip" }, on));

const appealOf = (item) => item.appeal && make("blockquote", { class: "appeal" },
  make("p", { class: "by" }, make("strong", {}, "Appeal"), ` against “${item.appeal.against}”${item.appeal.decided_by ? ` by ${item.appeal.decided_by.name ?? "checks"}` : ""}, `, moment(make("time"), item.appeal.at)), make("p", {}, item.appeal.text));

// A form in a dialog: what it asks is sent by `send`, and the dialog closes once that went well.
const inDialog = (dialog, send) => {
  const form = dialog.querySelector("form"), fault = dialog.querySelector(".fault");
  form.reset();
  fault.textContent = "";
  form.onsubmit = async (event) => {
    event.preventDefault();
    try { await send(form); dialog.close(); } catch (error) { fault.textContent = error.message; }
  };
  dialog.showModal();
};

const sanctionOrder = (form, comment) => {
  const kind = form.kind.value, days = Number(form.days.value);
  const until = kind !== "ban" && days ? new Date(Date.now() + days * DAY).toISOString() : null;
  return {
    comment, kind, until, code: form.code.value || null, statement: form.statement.value.trim() || null,
    ...(form.clean_up.checked && { clean_up: { verdict: "spam" } }),
  };
};
