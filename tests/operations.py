"""The operations of the API as `app.openapi()` tells them: what tests of every address loop over."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from app.core.settings import Settings
from app.main import create_app
from tests.newsroom import Newsroom, Wire


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    template: str
    about: Wire
    document: Wire

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def body(self) -> Wire | None:
        """The schema of the body it takes, its `$ref` followed; None where it takes none."""
        content = self.about.get("requestBody", {}).get("content", {})
        if not content:
            return None
        schema: Wire = next(iter(content.values()))["schema"]
        options = [schema, *schema.get("anyOf", [])]
        return next(self._follow(option) for option in options if "$ref" in option)

    def _follow(self, schema: Wire) -> Wire:
        found: Wire = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found

    @property
    def is_stream(self) -> bool:
        """Whether its answer is many documents, one behind the other."""
        return bool({"text/event-stream", "application/x-ndjson"} & self.about["responses"].get("200", {}).get("content", {}).keys())

    @property
    def needs_a_member(self) -> bool:
        """Whether it takes the token of a member, and no key."""
        return bool(self.about["security"]) and all(set(way) == {"member"} for way in self.about["security"])

    def parameters(self, where: str) -> list[Wire]:
        """Its parameters in the query, the path or the headers."""
        return [parameter for parameter in self.about.get("parameters", []) if parameter["in"] == where]

    def url(self, world: dict[str, str]) -> str:
        """Its address in a small world: `world` says by template or by name what stands in for a place."""
        path = self.template
        for parameter in self.parameters("path"):
            name = parameter["name"]
            value = world.get(f"{self.template.partition('{')[0]}{name}") or world[name]
            path = path.replace(f"{{{name}}}", value)
        wanted = [parameter for parameter in self.parameters("query") if parameter.get("required")]
        query = "&".join(f"{parameter['name']}={world[parameter['name']]}" for parameter in wanted)
        return path + (f"?{query}" if query else "")

    def likely_body(self) -> Any:
        """The first example of its description, else the least body; None where it takes none."""
        content = self.about.get("requestBody", {}).get("content", {})
        if not content:
            return None
        about = next(iter(content.values()))
        examples = about.get("examples", {})
        return next(iter(examples.values()))["value"] if examples else about.get("example", self.small_body())

    def small_body(self) -> Wire:
        """The least body that it takes, made of the schema's own examples."""
        schema = self.body or {}
        return {name: self._example(schema["properties"][name]) for name in schema.get("required", [])}

    def _example(self, schema: Wire) -> Any:
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            schema = self._follow(schema)
            return {name: self._example(schema["properties"][name]) for name in schema.get("required", [])}
        return {"array": [], "object": {}, "integer": 1, "boolean": False}.get(schema.get("type", ""), "Words")


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation there is; an empty description would make a test of all of them say nothing."""
    document = create_app(Settings(_env_file=None)).openapi()
    found = [
        Operation(method.upper(), template, about, document)
        for template, methods in document["paths"].items()
        for method, about in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
    assert len(found) > 40
    return tuple(found)


def reading() -> list[Operation]:
    """Every operation that reads one document. Streams and exports are many, and have tests of their own in tests/changes."""
    return [operation for operation in operations() if operation.method == "GET" and not operation.is_stream]


def writing() -> list[Operation]:
    """Every operation that takes a body, or could."""
    found = [operation for operation in operations() if operation.method in {"POST", "PUT", "PATCH"}]
    assert len(found) > 15
    return found


async def small_world(newsroom: Newsroom) -> dict[str, str]:
    """One of everything, by the name of its place in an address."""
    section = await newsroom.section("World")
    author, tag = await newsroom.author(), await newsroom.tag()
    body = [{"type": "heading", "level": 2, "text": "Talks in Belarus"}, {"type": "paragraph", "html": "They began."}]
    article = await newsroom.article(body=body, section=section["id"], authors=[author["id"]], tags=[tag["id"]])
    article = await newsroom.publish(await newsroom.edit(article, notes="For later."), at="2999-01-01T00:00:00Z")
    (scheduled,) = (await newsroom.desk.get(f"/v1/articles/{article['id']}/schedule")).json()["data"]
    letter = {"author": {"name": "A reader"}, "body": "Words."}
    comment = (await newsroom.desk.post(f"/v1/articles/{article['id']}/comments", letter)).json()
    judged = {"verdict": "approved", "comments": [{"id": comment["id"]}]}
    await newsroom.desk.post(f"/v1/moderation/comments/{comment['id']}/hold", If_Match="*")
    batch = (await newsroom.desk.post("/v1/moderation/batches", judged)).json()
    stranger = {"name": "Another", "email": "another@example.org"}
    written = (await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", {"author": stranger, "body": "More."})).json()
    sanction = (await newsroom.desk.post("/v1/moderation/sanctions", {"comment": written["id"], "kind": "premod", "on": ["email"]})).json()
    ruled = {"name": "Links", "conditions": [{"field": "links", "at_least": 3}]}
    rule = (await newsroom.desk.post("/v1/moderation/rules", ruled)).json()
    key = (await newsroom.desk.post("/v1/keys", {"name": "another", "scopes": ["articles:read"]})).json()
    hook = (await newsroom.desk.post("/v1/webhooks", {"name": "front end", "url": "https://front.example.org/in"})).json()
    erasure = (await newsroom.desk.post("/v1/people/erasures", {"email": "nobody@reader.example.org"})).json()
    words = (await newsroom.desk.post("/v1/moderation/word-lists", {"name": "Casinos", "terms": ["casino*"]})).json()
    note = (await newsroom.desk.post(f"/v1/articles/{article['id']}/notes", {"text": "For the newsroom."})).json()
    delivery = (await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/test")).json()
    link = (await newsroom.desk.post(f"/v1/articles/{article['id']}/preview-links")).json()
    order = {"name": "Front page", "items": [article["id"]], "backfill": {}}
    front = (await newsroom.desk.post("/v1/lists", order)).json()
    await newsroom.draft(source_ref={"source": "wire", "external_id": "77"})
    await newsroom.desk.post(f"/v1/lists/{front['id']}/publish", If_Match="*")
    return {
        "erasure_id": erasure["id"], "link_id": link["id"], "token": link["url"].partition("=")[2],
        "/v1/lists/ref": front["id"],
        "/v1/comment-policies/sections/ref": section["id"], "/v1/comment-policies/articles/ref": article["id"],
        "/v1/articles/ref": article["id"], "/v1/sections/ref": section["id"], "/v1/authors/ref": author["id"],
        "/v1/tags/ref": tag["id"], "part": "talks-in-belarus", "block": "b1", "path": "world", "comment_id": comment["id"],
        "key_id": key["id"], "source": "wire", "external_id": "77", "article": article["id"],
        "publication_id": scheduled["id"], "webhook_id": hook["id"], "delivery_id": delivery["id"],
        "note_id": note["id"], "word_list_id": words["id"], "batch_id": batch["id"], "sanction_id": sanction["id"], "rule_id": rule["id"],
        "number": "1", "a": "1", "b": "1",
    }  # fmt: skip
