"""What tests stand on: real databases, migrated once and copied for each test, and people who talk to the service."""

import functools
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.engine import URL

from app.access import actions as access
from app.core import migrations
from app.core.settings import Settings
from app.events.models import SYSTEM
from app.main import create_app
from tests import postgres
from tests.newsroom import Client, Newsroom, OpenNewsroom, Statements

DIALECTS = ("sqlite", "postgresql")
LONG = (
    "test_schemathesis.py",
    "test_purge_contract.py",
    "test_outages.py",
    "test_faults.py",
    "test_deploys.py",
    "test_visibility_property.py",
)
"""Files that take long with few tests. They begin first, so that at the end no worker waits for them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory, where there is room: on a disk each of SQLite's commits waits for it."""
    if config.option.basetemp is None and not hasattr(config, "workerinput") and postgres.memory_has_room():
        folder = config.option.basetemp = tempfile.mkdtemp(prefix="dateline-tests-", dir=postgres.MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the garbage collector need not look through it for each few tests again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """One server a worker; it fails loudly where none can be had."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def worker_name() -> str:
    """What this worker's databases are called: several workers may share a server."""
    return f"dateline_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}_{os.getpid()}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL, worker_name: str) -> Iterator[str]:
    """A migrated database, to be copied for each test."""
    name = f"{worker_name}_template"
    url = postgres.create_database(postgres_server, name)
    migrations.migrate(url.render_as_string(hide_password=False))
    postgres.freeze_template(postgres_server, name)
    yield name
    postgres.drop_database(postgres_server, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrations.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Every test that touches the database runs on both."""
    return str(request.param)


@pytest.fixture
def copy_database(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path, worker_name: str
) -> Callable[[], AbstractContextManager[str]]:
    """Makes migrated, empty databases, one a call."""
    numbers = itertools.count()

    @contextmanager
    def copied() -> Iterator[str]:
        name = f"{worker_name}_test_{next(numbers)}"
        if dialect == "sqlite":
            path = tmp_path / f"{name}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            yield f"sqlite:///{path}"
            return
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        with postgres.database(server, name, template=template) as url:
            yield url.render_as_string(hide_password=False)

    return copied


@pytest.fixture
def database_url(copy_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    with copy_database() as url:
        yield url


@functools.cache
def _settings() -> Settings:
    return Settings(
        _env_file=None, access_log=False, log_level="error", worker="alone", rate_limit_storage="off",
        cors_origins=["https://paper.example.org"], comment_rate_account="", comment_rate_address="", comment_rate_network="",
    )  # fmt: skip


def settings_for(database_url: str) -> Settings:
    """What the service runs with in tests: without limits, which they would meet."""
    return _settings().model_copy(update={"database_url": database_url})


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@asynccontextmanager
async def serving(settings: Settings, *, name: str = "tests") -> AsyncIterator[Newsroom]:
    """The running service, with a key that may do everything."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        database = app.state.database
        async with database.writing() as session:
            _, secret = await access.create_key(session, name=name, scopes=["*"], by=SYSTEM)
        transport = ASGITransport(app=app, raise_app_exceptions=True)
        async with AsyncClient(transport=transport, base_url="http://newsroom.test") as http:
            yield Newsroom(app, database, http, secret)


@pytest.fixture
async def newsroom(settings: Settings) -> AsyncIterator[Newsroom]:
    """The running service, with a key that may do everything."""
    async with serving(settings) as room:
        yield room


@pytest.fixture
def open_newsroom(copy_database: Callable[[], AbstractContextManager[str]]) -> OpenNewsroom:
    """Opens empty newsrooms, one a call: each example of a property has a world of its own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Newsroom]:
        with copy_database() as url:
            async with serving(settings_for(url)) as room:
                yield room

    return opened


@pytest.fixture
def reader(newsroom: Newsroom) -> Client:
    """Somebody without a key."""
    return newsroom.client(None)


@pytest.fixture
def editor(newsroom: Newsroom) -> Client:
    """Somebody whose key may do everything."""
    return newsroom.client(newsroom.secret)


@pytest.fixture
def statements(newsroom: Newsroom) -> Iterator[Statements]:
    """Counts the SQL statements of whatever runs inside `with statements.counted(n):`."""
    counter = Statements(newsroom.database, newsroom.app.state.answers)
    yield counter
    counter.stop()
