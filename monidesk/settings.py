"""Settings for every environment; what differs between machines comes from environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from apps.platform.backoffice.look import UNFOLD  # noqa: F401  (read by the theme)
from monidesk import api_settings, content_policy, limits, log, task_queue
from monidesk.cache_settings import cache_settings
from monidesk.embedded.location import APP_ROLE, database_url, owner_url
from monidesk.sign_in_settings import company_targets, sign_in_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("MONIDESK_VAR") or BASE_DIR / "var")


def env_flag(name: str, default: bool) -> bool:
    """Read a yes/no environment variable."""
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    """Read a comma-separated environment variable."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


DEBUG = env_flag("DEBUG", False)
PRODUCTION = env_flag("MONIDESK_PRODUCTION", False)
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if PRODUCTION:
        raise RuntimeError("SECRET_KEY must be set when MONIDESK_PRODUCTION is on.")
    SECRET_KEY = "insecure-local-key-for-demo-and-tests-only-0123456789abcdef"  # noqa: S105
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
PORT = os.environ.get("PORT") or "8000"
PUBLIC_BASE_URL = os.environ.get("PUBLIC_BASE_URL") or f"http://127.0.0.1:{PORT}"

LOCAL_APPS = [
    "apps.kernel",
    "apps.platform.flags",
    "apps.platform.vault",
    "apps.platform.notifications",
    "apps.platform.accounts",
    "apps.platform.businesses",
    "apps.platform.access",
    "apps.platform.approvals",
    "apps.platform.jobs",
    "apps.platform.alerts",
    "apps.platform.backoffice",
    "apps.platform.api",
    "apps.platform.fields",
    "apps.platform.media",
    "apps.platform.records",
    "apps.platform.privacy",
    "apps.goods.catalog",
    "apps.goods.inventory",
    "apps.goods.warehouse",
    "apps.goods.purchasing",
    "apps.goods.labels",
    "apps.goods.imports",
    "apps.goods.garments",
    "apps.people.customers",
    "apps.selling.pricing",
    "apps.selling.promotions",
    "apps.selling.payments",
    "apps.selling.sandboxpay",
    "apps.selling.credit",
    "apps.selling.payouts",
    "apps.selling.orders",
    "apps.selling.returns",
    "apps.selling.shipping",
    "apps.selling.checkout",
    "apps.selling.quotes",
    "apps.selling.storefront",
    "apps.selling.history",
    "apps.money.invoicing",
    "apps.money.receivables",
    "apps.money.ledger",
]

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "axes",
    "guardian",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_htmx",
    "pgtrigger",
    "treebeard",
    "django_countries",
    "corsheaders",
    "csp",
    "storages",
    *LOCAL_APPS,
    "monidesk",
]

MIDDLEWARE = [
    "apps.kernel.middleware.RequestIdMiddleware",
    "monidesk.probes.ProbeMiddleware",
    "apps.kernel.middleware.CallerAddressMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "monidesk.content_policy.PathPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.platform.accounts.two_step.LastSeenMiddleware",
    "apps.platform.businesses.middleware.ActiveBusinessMiddleware",
    "apps.platform.accounts.own_time.OwnTimeMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "monidesk.urls"
WSGI_APPLICATION = "monidesk.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["apps.kernel.quick_tags.extends"],
            "libraries": {"i18n": "apps.kernel.quick_tags.i18n", "static": "apps.kernel.quick_tags.static"},
        },
    }
]

# `apps.kernel.quick_tags` stands under the names of Django's libraries on purpose; its test finds any other namesake.
SILENCED_SYSTEM_CHECKS = ["templates.W003"]

# Two roles: the application works with rows, the owner makes and changes tables (`migrate`, `prepare`).
# Without an address the embedded database is meant; `make demo` or `make db` starts it.
_app_url = os.environ.get("DATABASE_URL") or database_url(VAR_DIR)
_owner_url = os.environ.get("DATABASE_OWNER_URL") or (
    owner_url(VAR_DIR) if not os.environ.get("DATABASE_URL") else _app_url
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": dict(
        dj_database_url.parse(
            _app_url, engine="apps.kernel.postgres", conn_max_age=600, conn_health_checks=True
        )
    )
}
_owner = dj_database_url.parse(_owner_url)
DATABASES["default"]["OWNER"] = {name: _owner.get(name) for name in ("USER", "PASSWORD", "HOST", "PORT")}
DATABASES["default"].setdefault("OPTIONS", {})
# Given one address only, the application can still leave the owner's rights at the door (SET ROLE). Tests do it
# always: one that takes a constraint out for a moment needs the owner on the same connection.
_role = os.environ.get("DATABASE_ROLE", "")
if "PYTEST_VERSION" in os.environ and not _role:
    _role = APP_ROLE if _owner.get("USER") == DATABASES["default"]["USER"] else DATABASES["default"]["USER"]
    DATABASES["default"].update(DATABASES["default"]["OWNER"])
if _role:
    DATABASES["default"]["OPTIONS"]["assume_role"] = _role
# A lock that is not had within five seconds is reported as "busy", never waited for without end.
DATABASES["default"]["OPTIONS"]["options"] = (
    "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
)
# The few statements of apps.kernel.prepared are planned once a connection. A connection pooler between here and the
# server that knows no prepared statements (PgBouncer before 1.21 in transaction mode) needs DATABASE_PREPARE=0.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5 if env_flag("DATABASE_PREPARE", True) else None

AUTH_USER_MODEL = "accounts.User"
TENANT_MODEL = "businesses.Business"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    # Accepted as other systems wrote them, and written anew with argon2 at the next sign-in.
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
LOGOUT_REDIRECT_URL = "/"
_sign_in = sign_in_settings(production=PRODUCTION)
globals().update(_sign_in)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
# How days and moments are written in English; other languages keep their own.
FORMAT_MODULE_PATH = "monidesk.formats"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", VAR_DIR / "static"))
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", VAR_DIR / "media"))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if os.environ.get("S3_BUCKET"):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["S3_BUCKET"],
            "endpoint_url": os.environ.get("S3_ENDPOINT_URL") or None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
# Files of businesses are private: nothing serves this folder but signed addresses that end.
FILES_ROOT = Path(os.environ.get("FILES_ROOT", VAR_DIR / "files"))
STORAGES["files"] = (
    STORAGES["default"]
    if os.environ.get("S3_BUCKET")
    else {"BACKEND": "apps.platform.media.stores.PrivateFolder"}
)
MEDIA_ALLOWANCE_BYTES = int(os.environ.get("MEDIA_ALLOWANCE_BYTES", 10 * 1024**3))
MEDIA_CLAMD = os.environ.get("MEDIA_CLAMD", "")
MEDIA_OCR = os.environ.get("MEDIA_OCR") or "tesseract"
MEDIA_OCR_LANGUAGES = os.environ.get("MEDIA_OCR_LANGUAGES") or "eng"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = cache_settings(REDIS_URL)

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "MoniDesk <shop@localhost>")
# Where the companies that carry messages are; empty: Amazon's own library knows, by region.
MESSAGE_PROVIDER_URLS: dict[str, str] = {
    "sendgrid": os.environ.get("SENDGRID_URL", "https://api.sendgrid.com"),
    "twilio": os.environ.get("TWILIO_URL", "https://api.twilio.com"),
    "whatsapp_cloud": os.environ.get("WHATSAPP_URL", "https://graph.facebook.com"),
    "ses": os.environ.get("SES_URL", ""),
    "sns": os.environ.get("SNS_URL", ""),
}
# By whom browsers are told. Empty outside production: a key made in the file; in production: no alerts in browsers.
VAPID_PRIVATE_KEY = os.environ.get("VAPID_PRIVATE_KEY", "")
VAPID_KEY_FILE = Path(os.environ.get("VAPID_KEY_FILE") or VAR_DIR / "vapid.key")
# Push services of the browsers; a leading dot stands for any name under it.
PUSH_HOSTS = env_list("PUSH_HOSTS") or [
    "fcm.googleapis.com",
    ".push.services.mozilla.com",
    ".notify.windows.com",
    ".push.apple.com",
]
# Whether a business may name a mail server inside the installation's own network.
MESSAGES_TO_PRIVATE_ADDRESSES = env_flag("MESSAGES_TO_PRIVATE_ADDRESSES", False)

# A store page finds its business by address in the process's memory; tests make the same address again.
BUSINESS_CACHE_SECONDS = 0 if "PYTEST_VERSION" in os.environ else 5

# Secrets of businesses are encrypted with these keys (`version:base64`, the first one encrypts). One's own machine
# makes a key in the file when the variable is empty; production refuses to.
VAULT_KEYS = os.environ.get("VAULT_KEYS", "")
VAULT_KEY_FILE = Path(os.environ.get("VAULT_KEY_FILE") or VAR_DIR / "vault.keys")

SANDBOX_PAY_URL = os.environ.get("SANDBOX_PAY_URL", PUBLIC_BASE_URL)
# Empty: derived from SECRET_KEY, which both ends of one installation share.
SANDBOX_PAY_KEY = os.environ.get("SANDBOX_PAY_KEY", "")

# Tasks. The queue lives in the same PostgreSQL until CELERY_BROKER_URL names Redis or RabbitMQ.
# In a test run tasks go nowhere unless the test names a broker.
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or (
    "memory://" if "PYTEST_VERSION" in os.environ else task_queue.BROKER_URL
)
# Whether a commit that told something wakes a worker at once; without it the scheduled runs deliver.
OUTBOX_WAKE = env_flag("OUTBOX_WAKE", True)
CELERY_TASK_SOFT_TIME_LIMIT = 20 * 60
CELERY_TASK_TIME_LIMIT = 21 * 60
# A task waits behind at most one other and must not be given out again while it is still being done.
CELERY_VISIBILITY_TIMEOUT = int(os.environ.get("CELERY_VISIBILITY_TIMEOUT", 2 * CELERY_TASK_TIME_LIMIT + 60))
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
if CELERY_BROKER_URL.startswith("redis"):
    # By default what a dead worker held is looked for every 100 seconds only.
    CELERY_BROKER_TRANSPORT_OPTIONS["unacked_restore_throttle"] = 1
if CELERY_BROKER_URL.startswith("pgmq"):
    CELERY_BROKER_TRANSPORT_OPTIONS = task_queue.transport_options(
        DATABASES["default"], visibility_timeout=CELERY_VISIBILITY_TIMEOUT
    )
    # Remote control would make a queue, and so two tables, for every worker that ever ran.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# Pictures and films take long: a worker of their own may serve this queue, so that mail and webhooks never wait.
CELERY_TASK_ROUTES = {"media.*": {"queue": "media"}}
CELERY_TASK_ALWAYS_EAGER = env_flag("CELERY_EAGER", False)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = int(os.environ.get("CELERY_CONCURRENCY", "2"))
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "monidesk.schedule:CodeScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
# Each run is noted when it was sent, not every three minutes: a beat that is killed does not send it again.
CELERY_BEAT_SYNC_EVERY = 1

# Safety. On one's own machine pages come over plain HTTP, in production only over TLS.
CONTENT_SECURITY_POLICY = content_policy.strict_policy(
    media_sources=env_list("CSP_MEDIA_SOURCES"),
    form_targets=[*env_list("CSP_FORM_TARGETS"), *company_targets(_sign_in["SOCIALACCOUNT_PROVIDERS"])],
)
# How often one network may do what costs most in a store; "off", or for example "checkout=30/min,cart=120/min".
STORE_RATES = limits.store_rates()
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION and env_flag("SECURE_SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
BEHIND_PROXY = env_flag("BEHIND_PROXY", False)
# How many entries of X-Forwarded-For were written by our own proxies.
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES") or BEHIND_PROXY)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PRODUCTION:
    # Names that change with the content may be kept by browsers for ever; made while the image is built.
    STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}

REST_FRAMEWORK = api_settings.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR_SETTINGS
# Pages of other addresses that may read the API in a browser; none unless named. Never with the session's cookie.
CORS_ALLOWED_ORIGINS = env_list("API_CORS_ORIGINS")
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = api_settings.CORS_ALLOW_HEADERS
CORS_EXPOSE_HEADERS = api_settings.CORS_EXPOSE_HEADERS
API_SIGNING_KEYS = api_settings.signing_keys(SECRET_KEY)
API_ACCESS_LIFETIME = api_settings.ACCESS_LIFETIME
API_REFRESH_LIFETIME = api_settings.REFRESH_LIFETIME
API_MAX_BODY_BYTES = api_settings.API_MAX_BODY_BYTES
API_THROTTLES = api_settings.API_THROTTLES

# Who may read /metrics and the details of /health/ready from elsewhere; see docs/operations.md.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

LOGGING = log.logging_settings(as_json=log.wants_json(), level=os.environ.get("LOG_LEVEL", "INFO"))
