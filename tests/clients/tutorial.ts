// What a front-end developer or an integrator would write, with types made from the description: it must compile under `strict`.
// `tutorial("http://127.0.0.1:8000", key)` runs it; every step throws where the answer is not what it should be.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Problem = components["schemas"]["Problem"];
type Summary = components["schemas"]["ArticleSummary"];

function must<T>(answer: { data?: T; error?: Problem; response: Response }): T {
  if (answer.error !== undefined) {
    const faults = answer.error.errors.map((fault) => `${fault.pointer ?? fault.parameter ?? ""} ${fault.detail}`);
    throw new Error([`${answer.response.status} ${answer.error.title}: ${answer.error.detail}`, ...faults].join("\n"));
  }
  return answer.data as T;
}

const teaser = (article: Summary): string =>
  [article.kicker, article.headline, article.section?.name, article.authors.map((author) => author.name).join(", ")]
    .filter((part): part is string => part !== null && part !== undefined && part !== "")
    .join(" | ");

export async function tutorial(baseUrl: string, key: string): Promise<string[]> {
  const reader = createClient<paths>({ baseUrl });
  const desk = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
  const told: string[] = [];

  // Make an article. Sent twice with one key, it is made once.
  const body = {
    headline: "The ferry runs again",
    standfirst: "It left eleven minutes late.",
    body: [
      { type: "paragraph", html: "The first boat left <em>at noon</em>." },
      { type: "heading", level: 2, text: "What it costs" },
      { type: "list", ordered: false, items: ["On foot: nothing", "With a bicycle: a song"] },
    ],
  } satisfies components["schemas"]["ArticleCreate"];
  const header = { "Idempotency-Key": crypto.randomUUID() };
  const draft = must(await desk.POST("/v1/articles", { params: { header }, body }));
  const again = must(await desk.POST("/v1/articles", { params: { header }, body }));
  if (again.id !== draft.id) throw new Error("It was made twice.");
  told.push(`${draft.status} ${draft.version}`);

  // Readers do not see it yet.
  const hidden = await reader.GET("/v1/articles/{ref}", { params: { path: { ref: draft.id } } });
  if (hidden.response.status !== 404 || hidden.error?.code !== "article-not-found") throw new Error("A draft is visible.");

  // Change it, naming the version that the change was made from; then publish it.
  const edited = must(
    await desk.PATCH("/v1/articles/{ref}", {
      params: { path: { ref: draft.id }, header: { "If-Match": `"${draft.version}"` } },
      body: { kicker: "Crossings" },
    }),
  );
  const stale = await desk.PATCH("/v1/articles/{ref}", {
    params: { path: { ref: draft.id }, header: { "If-Match": `"${draft.version}"` } },
    body: { kicker: "Ferries" },
  });
  if (stale.response.status !== 412) throw new Error("An edit was lost.");
  const published = must(
    await desk.POST("/v1/articles/{ref}/publish", {
      params: { path: { ref: draft.id }, header: { "If-Match": `"${edited.version}"` } },
      body: {},
    }),
  );
  told.push(published.status);

  // Read it as readers do: in the list, and whole.
  const page = must(await reader.GET("/v1/articles", { params: { query: { q: "ferry", limit: 5, "published_at[gte]": "2020-01-01T00:00:00Z" } } }));
  told.push(...page.data.map(teaser));
  const article = must(await reader.GET("/v1/articles/{ref}", { params: { path: { ref: published.slug } } }));
  for (const block of article.body) {
    switch (block.type) {
      case "paragraph":
        told.push(block.html);
        break;
      case "heading":
        told.push(`${"#".repeat(block.level)} ${block.text}`);
        break;
      case "list":
        told.push(...block.items);
        break;
    }
  }

  // A reader replies; the newsroom approves what it held.
  const comment = must(
    await reader.POST("/v1/articles/{ref}/comments", {
      params: { path: { ref: article.id } },
      body: { author: { name: "A reader" }, body: "I was on *that* ferry." },
    }),
  );
  told.push(`${comment.status} ${comment.html ?? ""}`);
  const thread = must(await reader.GET("/v1/articles/{ref}/comments", { params: { path: { ref: article.id }, query: { sort: "oldest" } } }));
  told.push(`${thread.data.length} ${thread.page.has_more}`);
  return told;
}
