"""The checks. Each looks at one submission and what is known of it, and says something or nothing. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from disposable_email_domains import blocklist

from app.policies.kind import Policy
from app.screening import forms, texts
from app.screening.bayes import HOLDS_FROM, Model, digests_of
from app.screening.book import NONE, Book
from app.screening.bounds import Bounds, Rate
from app.screening.kind import Leaning, Signal, Submission
from app.screening.marks import Marks, Past
from app.screening.terms import Term, above

_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')
_BARE = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_BEFORE_HOST = re.compile(r"(?:https?:)?[/\\]*", re.IGNORECASE)
_ALIKE = 0.75
_COPIES_OF_OTHERS = 3
_SHOWN = 10


@dataclass(frozen=True)
class Case:
    """A submission with all that checks look at."""

    submission: Submission
    policy: Policy
    bounds: Bounds
    marks: Marks
    past: Past
    book: Book = NONE
    model: Model = field(default_factory=Model)

    @cached_property
    def links(self) -> list[str]:
        """Where it leads, each address once."""
        return addresses_in(self.submission.html, self.submission.text)

    @property
    def approved(self) -> int:
        """How many comments of its author were approved, as far as that matters."""
        return self.past.counts.get("approved", 0)

    @property
    def is_new(self) -> bool:
        """Whether nothing of its author was ever approved, as far as is known."""
        return self.approved == 0


@dataclass(frozen=True, slots=True)
class Check:
    """One check, in the version that its signals name: another version may say something else of the same comment."""

    name: str
    version: int
    run: Callable[[Case], "Finding | None"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found."""

    leaning: Leaning
    score: float
    detail: dict[str, Any]


def addresses_in(html: str, text: str) -> list[str]:
    """The addresses that a comment links to, or names, each once."""
    written = [*_HREF.findall(html), *_BARE.findall(text)]
    return list(dict.fromkeys(address.replace("&amp;", "&").rstrip(".,;:!?/") for address in written))


def links(case: Case) -> Finding | None:
    """How many addresses it names; more than the policy allows wait for a moderator."""
    found = len(case.links)
    if not found:
        return None
    hosts = sorted({host_of(address) for address in case.links})[:_SHOWN]
    most = case.policy.max_links
    return Finding("hold" if found > most else "pass", min(1.0, found / (2 * most + 1)), {"links": found, "hosts": hosts})


def host_of(address: str) -> str:
    """The host that an address leads to, as browsers read it (https://url.spec.whatwg.org); empty where none can be made out.

    They take any slashes before it, or none, and undo percent-encoding in it.
    """
    try:
        host = urlsplit("//" + _BEFORE_HOST.sub("", address, count=1).replace("\\", "/")).hostname or ""
    except ValueError:
        return ""
    return texts.domain(unquote(host)).rstrip(".")


def new_author(case: Case) -> Finding | None:
    """Whether these are the first comments of its author, which a policy may want to be seen beforehand."""
    if case.approved >= case.policy.hold_first:
        return None
    return Finding("hold", 0.5, {"approved": case.approved, "needed": case.policy.hold_first})


def _bounded(bounds: Bounds) -> tuple[tuple[str, Rate | None], ...]:
    return ("account", bounds.account), ("address", bounds.address), ("network", bounds.network), ("thread", bounds.thread)


def rates(case: Case) -> Finding | None:
    """Whether as many were posted by the account, from the address or its network, or in the thread, as may be in the time."""
    bounds = case.bounds
    found = {
        name: rate for name, rate in _bounded(bounds)
        if rate is not None and case.past.counts.get(name, 0) >= rate.most
    }  # fmt: skip
    if not found:
        return None
    told = {name: {"most": rate.most, "seconds": int(rate.within.total_seconds())} for name, rate in found.items()}
    return Finding("hold", 0.6, {"over": told})


def copies(case: Case) -> Finding | None:
    """Whether its words were posted before: by the same author once, or by anybody several times."""
    person, found = case.marks.person, case.past.copies
    own = 0 if person is None else sum(each == person for each in found)
    if not found:
        return None
    held = own > 0 or len(found) >= _COPIES_OF_OTHERS
    return Finding("hold" if held else "pass", min(1.0, 0.25 * len(found) + 0.25 * own), {"copies": len(found), "own": own})


def near_copies(case: Case) -> Finding | None:
    """Whether much the same was posted before."""
    if case.marks.sketch is None or case.past.copies:
        return None
    likeness = texts.most_alike(case.marks.sketch, case.past.alike)
    return Finding("hold", likeness, {"likeness": round(likeness, 2)}) if likeness >= _ALIKE else None


def words(case: Case) -> Finding | None:
    """Words and phrases of the newsroom's lists, in the text, in the author's name or in an address."""
    return _listed(case.book.words.find(case.submission.text, case.submission.name, *map(unquote, case.links)))


def hosts(case: Case) -> Finding | None:
    """Links that lead where the newsroom's lists say."""
    return _listed(case.book.hosts.find([host_of(address) for address in (*case.links, case.submission.url or "")]))


def email(case: Case) -> Finding | None:
    """An e-mail address of a domain on the newsroom's lists, or of one that gives them to anybody for minutes."""
    domain = case.submission.email_domain
    if domain is None:
        return None
    if found := _listed(case.book.emails.find([domain])):
        return found
    known = next((name for name in above(domain) if name in blocklist), None)
    return None if known is None else Finding("hold", 0.6, {"disposable": known})


def attack(case: Case) -> Finding | None:
    """Words that are an attack where they stand beside the name of one of the newsroom's authors, if the policy holds those."""
    if not case.policy.hold_attacks:
        return None
    found = case.book.attacks.find(case.submission.text)
    named = sorted({term.list_name for term in case.book.staff.find(case.submission.text)}) if found else []
    if not named:
        return None
    terms = [{"term": term.text, "list": term.list_name} for term in found[:_SHOWN]]
    return Finding(found[0].leaning, 0.8, {"staff": named[:_SHOWN], "terms": terms})


def _listed(terms: Sequence[Term]) -> Finding | None:
    if not terms:
        return None
    told = [{"term": term.text, "list": term.list_name} for term in terms[:_SHOWN]]
    return Finding(terms[0].leaning, min(1.0, 0.6 + 0.1 * len(terms)), {"terms": told})


def form(case: Case) -> Finding | None:
    """A field that people do not see and machines fill in; a form that was filled in too quickly, or never opened."""
    sent = case.submission.form
    if sent.get("website"):
        return Finding("spam", 1.0, {"filled": "website"})
    if not case.bounds.form_asked and not sent.get("token"):
        return None
    fault = forms.check_token(case.bounds.key, sent.get("token"), case.submission.at)
    return None if fault is None else Finding("hold", 0.7, {"token": fault})


def bayes(case: Case) -> Finding | None:
    """How much it is like what moderators refused before. It never does more than hold."""
    if not case.model.is_taught:
        return None
    hosts = [host_of(address) for address in case.links]
    probability, telling = case.model.judge(digests_of(case.submission.body, hosts, case.bounds.key))
    if probability < 0.5:  # noqa: PLR2004 - more likely approved than refused
        return None
    leaning: Leaning = "hold" if probability >= HOLDS_FROM else "pass"
    return Finding(leaning, probability, {"probability": round(probability, 3), "words": telling[:_SHOWN]})


CHECKS: Sequence[Check] = (
    Check("form", 1, form),
    Check("bayes", 1, bayes),
    Check("words", 2, words),
    Check("attack", 2, attack),
    Check("hosts", 1, hosts),
    Check("email", 1, email),
    Check("links", 1, links),
    Check("new_author", 1, new_author),
    Check("rates", 1, rates),
    Check("copies", 1, copies),
    Check("near_copies", 1, near_copies),
)


SENT_ONCE = frozenset({"form", "email"})
"""Those that look at what comes with a comment when it is posted, and with no edit: what they said stays said."""


def run(check: Check, case: Case) -> Signal | None:
    """What a check says. One that fails lets nobody through whom nobody knows: it holds the comments of new authors."""
    try:
        finding = check.run(case)
    except Exception as error:  # noqa: BLE001 - whatever breaks in a check must neither refuse a comment nor let all of them pass
        leaning: Leaning = "hold" if case.is_new else "pass"
        return Signal(check.name, check.version, leaning, 0.0, {"failed": type(error).__name__})
    return None if finding is None else Signal(check.name, check.version, finding.leaning, finding.score, finding.detail)
