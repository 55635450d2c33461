"""All settings, from the environment (see docs/settings.md). Nothing else in the project reads it."""

import os
import secrets
from pathlib import Path
from typing import Any

from whitenoise.compress import Compressor

from config.database import database
from config.engine import spark_master
from config.environment import SettingError, boolean, choice, integer, pairs, text
from config.storage import bucket_settings

BASE_DIR = Path(__file__).resolve().parent.parent

# Where everything that is not code lives: database, ledger, uploads, broker, key.
INSIDERS_HOME = Path(
    text("INSIDERS_HOME", str(BASE_DIR / "var"), "folder for the database, the ledger and uploaded files")
).resolve()
PRODUCTION = boolean("INSIDERS_PRODUCTION", False, "1 on a server: secure cookies, no generated secrets")
DEBUG = boolean("INSIDERS_DEBUG", False, "1 shows tracebacks in the browser; never on a server")
if PRODUCTION and DEBUG:
    raise SettingError("INSIDERS_DEBUG and INSIDERS_PRODUCTION can't both be 1.")


def _secret_key() -> str:
    key = text("SECRET_KEY", "", "signs sessions and links; required in production, generated on a laptop")
    if key:
        return key
    if PRODUCTION:
        raise SettingError("SECRET_KEY is not set: in production it has to be given, at least 50 random signs.")
    file = INSIDERS_HOME / "secret_key"
    if not file.exists():
        INSIDERS_HOME.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text()
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(50))
    return file.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "host names that the site answers to").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin
    for origin in text("CSRF_TRUSTED_ORIGINS", "", "https:// origins behind a proxy, by comma").split(",")
    if origin
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core",
    "crm",
    "segmentation",
    "anomalies",
    "loyalty",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "core.middleware.AddressMiddleware",
    "core.middleware.TroubleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.page_context",
                "config.context.product_context",
            ],
        },
    },
]

DATABASES: dict[str, Any] = {
    "default": database(
        text("DATABASE_URL", "", "postgresql://user:password@host/name; left out: SQLite under INSIDERS_HOME"),
        INSIDERS_HOME,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Nothing is kept in a cache that a flush could take away; sign-in sessions and lock-outs are rows.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["core.authentication.LockoutBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "core:sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "core:sign-in"
SESSION_COOKIE_AGE = 60 * 60 * integer("SESSION_HOURS", 12, "hours until a signed-in person signs in again", minimum=1)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = boolean("SECURE_SSL_REDIRECT", PRODUCTION, "0 where a proxy already turns http into https")
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
IS_PROXY_TRUSTED = boolean(
    "SECURE_PROXY_SSL_HEADER",
    PRODUCTION,
    "1 where a proxy always sets X-Forwarded-Proto itself; 0 where clients reach the server directly",
)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PROXY_TRUSTED else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# Whether all other sites under the same domain are https is not for one product to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"

EMAIL_HOST = text("EMAIL_HOST", "", "SMTP server; left out: mails are written to INSIDERS_HOME/mail")
EMAIL_PORT = integer("EMAIL_PORT", 25, "SMTP port", minimum=1)
EMAIL_HOST_USER = text("EMAIL_HOST_USER", "", "SMTP user")
EMAIL_HOST_PASSWORD = text("EMAIL_HOST_PASSWORD", "", "SMTP password")
EMAIL_USE_TLS = boolean("EMAIL_USE_TLS", False, "1 for STARTTLS")
EMAIL_TIMEOUT = 10
PUBLIC_URL = text("PUBLIC_URL", "http://127.0.0.1:8000", "address of this installation, for links in mails and files")
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "insiders@localhost", "sender of the product's mails")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = INSIDERS_HOME / "mail"

LANGUAGE_CODE = "en-gb"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
# The shop's time zone: decides which day a purchase belongs to.
TIME_ZONE = text("INSIDERS_TIME_ZONE", "UTC", "the shop's time zone, such as Europe/London")
REPORTING_CURRENCY = text("INSIDERS_CURRENCY", "GBP", "the one currency of all figures, as ISO 4217 code")

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(text("STATIC_ROOT", str(INSIDERS_HOME / "static"), "where collectstatic puts the assets"))
# Without collectstatic (a laptop, the tests) whitenoise serves the source folders themselves.
WHITENOISE_USE_FINDERS = not PRODUCTION
# Pages name the hashed files only, and nobody fetches a source map: neither is worth compressing.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

STORAGE_ROOT = Path(
    text("STORAGE_ROOT", str(INSIDERS_HOME / "storage"), "folder of uploaded files, ledger and snapshots")
)
# None: stored files are in STORAGE_ROOT itself. With a bucket it holds copies and what runs need while they work.
STORAGE_BUCKET = bucket_settings(
    text("STORAGE_URL", "", "s3://bucket/prefix for stored files; left out: the folder STORAGE_ROOT"),
    endpoint=text("STORAGE_S3_ENDPOINT", "", "https:// address of an S3-compatible service; left out: Amazon's"),
    region=text("STORAGE_S3_REGION", "us-east-1", "region of the bucket"),
    key=text("STORAGE_S3_KEY", "", "access key; left out: the role of the machine, as Amazon's tools find it"),
    secret=text("STORAGE_S3_SECRET", "", "secret of the access key"),
)
STORAGE_CACHE_MB = integer(
    "STORAGE_CACHE_MB", 10000, "with STORAGE_URL: local copies under STORAGE_ROOT may take so many megabytes"
)
UPLOAD_MAX_MB = integer("UPLOAD_MAX_MB", 5000, "largest file that the browser may upload, in megabytes", minimum=1)
# --- Sources: what is taken without a person ---------------------------------------------------------------
WATCH_FOLDER = text("INSIDERS_WATCH_FOLDER", "", "folder whose new files are imported by themselves")
WATCH_ROOTS = text("INSIDERS_WATCH_ROOTS", "", "folders below which sources may watch others, by comma")
SOURCE_BUCKETS = text("INSIDERS_SOURCE_BUCKETS", "", "s3://bucket/prefix places that sources may read, by comma")
SOURCE_S3_ENDPOINT = text("SOURCE_S3_ENDPOINT", "", "https:// address of their service; left out: Amazon's")
SOURCE_S3_REGION = text("SOURCE_S3_REGION", "us-east-1", "their region")
SOURCE_S3_KEY = text("SOURCE_S3_KEY", "", "their access key, best one that may only read; left out: STORAGE_S3_KEY")
SOURCE_S3_SECRET = text("SOURCE_S3_SECRET", "", "secret of their access key")
PULL_TOKENS = pairs("INSIDERS_PULL_TOKENS", "bearer tokens of web sources as name=token, by comma")
WEBHOOK_ALLOW_PRIVATE = boolean(
    "INSIDERS_WEBHOOK_ALLOW_PRIVATE",
    False,
    "1 lets webhooks reach private addresses and http://; for tests and closed networks",
)
PULL_ALLOW_PRIVATE = boolean(
    "INSIDERS_PULL_ALLOW_PRIVATE", False, "1 lets web sources reach private addresses; for tests, never on a server"
)
FILE_UPLOAD_TEMP_DIR = text("FILE_UPLOAD_TEMP_DIR", "", "where uploads wait while they arrive") or None
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
MAP_ROWS = integer(
    "INSIDERS_MAP_ROWS", 4000, "customers in the maps drawn after new results, 20000 at most; 0 draws none"
)
ANALYTICS_ENGINE = choice(
    "ANALYTICS_ENGINE", "duckdb", {"duckdb", "spark"}, "engine of the aggregations over the ledger: duckdb or spark"
)
SPARK_MASTER = spark_master(
    ANALYTICS_ENGINE,
    text("SPARK_MASTER", "", "with ANALYTICS_ENGINE=spark: the cluster, such as spark://host:7077"),
)

# --- Background work -------------------------------------------------------------------------------------
REDIS_URL = text("REDIS_URL", "", "broker; left out: the one that `make run` starts")
RUN_LEASE_SECONDS = integer(
    "RUN_LEASE_SECONDS", 30, "how long a run belongs to a worker that stopped answering", minimum=2
)
RUN_MAX_ATTEMPTS = 3
SWEEP_SECONDS = integer("SWEEP_SECONDS", 15, "how often lost work is looked for", minimum=1)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.permissions.ApiPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "core.parsers.JsonParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problem_details.problem_details",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Insiders",
    "DESCRIPTION": "Customers, segments, the Insiders programme and anomalies.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    # Choice fields that share a name get names of their own in the schema.
    "ENUM_NAME_OVERRIDES": {
        "AnomalyKind": "anomalies.models.Anomaly.Kind",
        "MembershipEventKind": "loyalty.models.DecisionKind",
        "ReviewKind": "loyalty.models.Review.Kind",
        "ReviewState": "loyalty.models.Review.State",
        "RunState": "core.models.Run.State",
        "ExperimentKind": "loyalty.models.Experiment.Kind",
        "ExperimentState": "loyalty.models.Experiment.State",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": text("LOG_LEVEL", "WARNING", "DEBUG, INFO, WARNING or ERROR")},
}
