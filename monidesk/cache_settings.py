"""Where processes remember things: together, in PostgreSQL or Redis, or each for itself for a moment."""

from __future__ import annotations

from typing import Any

OWN_MEMORY: dict[str, Any] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
TABLE: dict[str, Any] = {"BACKEND": "apps.kernel.caches.TableCache"}


def cache_settings(redis_url: str) -> dict[str, dict[str, Any]]:
    """Return Django's CACHES.

    `default` is shared by all processes: limits, and codes that were used. `pages` holds figures of store pages for
    half a minute, which every worker may count for itself; without Redis no page asks the database for them.
    """
    if not redis_url:
        return {"default": TABLE, "pages": OWN_MEMORY}
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    patience = {
        "socket_connect_timeout": 0.5,
        "socket_timeout": 0.5,
        # Once more for a connection that a restart has closed. The library's own pauses would hold up a page for long.
        "retry": Retry(NoBackoff(), 1),
    }
    return {
        "redis": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
            "OPTIONS": patience,
        },
        "table": TABLE,
        "memory": OWN_MEMORY,
        "default": {"BACKEND": "apps.kernel.caches.RedisOr", "OPTIONS": {"substitute": "table"}},
        "pages": {"BACKEND": "apps.kernel.caches.RedisOr", "OPTIONS": {"substitute": "memory"}},
    }
