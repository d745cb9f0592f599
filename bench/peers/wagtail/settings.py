"""The least that Wagtail's API needs, with debugging off."""

import os
from pathlib import Path

DEBUG = False
SECRET_KEY = "bench"  # noqa: S105 - it protects nothing
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WAGTAIL_SITE_NAME = "Bench"
WAGTAILADMIN_BASE_URL = "http://127.0.0.1"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": Path(os.environ["WAGTAIL_DATABASE"]), "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
    },
}  # fmt: skip
MIGRATION_MODULES = {"newsroom": "newsroom_migrations"}  # fill.py makes them anew, and throws them away.
INSTALLED_APPS = [
    "newsroom",
    "wagtail.api.v2",
    "wagtail.contrib.redirects",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "rest_framework",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
STATIC_URL = "/static/"
