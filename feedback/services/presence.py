"""Who else has a case open at this moment.

It is told to those who see the case and recorded nowhere: it stands in the Redis-protocol server
for some minutes, and without that server nobody is told and everything else works.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from redis import RedisError

from feedback.services import acts
from feedback.transaction import redis_client

log = structlog.get_logger()

LOADED = timedelta(minutes=5)
"""How long an officer counts as there after a page was opened, where no script says more."""
HEARD = timedelta(seconds=60)
"""How long after a word of the page's script."""


def here(case_id: UUID, now: datetime, lasts: timedelta = LOADED) -> set[int]:
    """Note that the present officer has the case open, for so long; answers the numbers of the
    others. The caller has shown that the officer sees the case, and holds no transaction."""
    key, me = f"here:{case_id}", acts.officer()
    try:
        pipe = redis_client().pipeline()
        pipe.zadd(key, {str(me): (now + lasts).timestamp()})
        pipe.zremrangebyscore(key, "-inf", now.timestamp())
        pipe.expire(key, LOADED)
        pipe.zrange(key, 0, 9)
        found = pipe.execute()[-1]
    except RedisError as error:
        log.warning("presence_unknown", error=type(error).__name__)
        return set()
    return {int(each) for each in found} - {me}


def gone(case_id: UUID) -> None:
    """The present officer is on the case no longer: it was left, or is seen no more."""
    try:
        redis_client().zrem(f"here:{case_id}", str(acts.officer()))
    except RedisError as error:
        log.warning("presence_unknown", error=type(error).__name__)
