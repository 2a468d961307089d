"""The one place for requests: limits, time-outs, tries, redirects, sizes and secrets.

Belongs here: performing one `Request` until its body is good, or saying why it is not. Does not belong here:
which requests there are (`venues/`), in what order (`engine.py`), or the connections (`wire.py`).
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from orchestration.redaction import hide, is_clean, redact_all, redact_bytes, scrub
from orchestration.sources.http import bodies, throttles
from orchestration.sources.http.addresses import method_of, mirrored, place, same_host, url_of
from orchestration.sources.http.contract import Limit, Reply, Request, Secret, no_refusal
from orchestration.sources.http.errors import Banned, FetchError, Permanent, Transient, Unanswered, Unknown, Unreachable
from orchestration.sources.http.limits import Limits, Pace, Stopped
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.wire import SECRET, Carried, Wire, faults, within

_log = logging.getLogger(__name__)

MOST_REDIRECTS = 3
# After so many requests in a row, or as many as run side by side, of which no try was answered, a host is given up.
LEAST_UNANSWERED = 3
Refuse = Callable[[Reply], None]


@dataclass(frozen=True)
class _Answer:
    """What came for one exchange."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """Performs requests; one for a run, used by all its threads.

    `secrets` are values by the name of their variable. `clock` tells when a body was received.
    """

    def __init__(
        self,
        settings: HttpSettings,
        limits: Mapping[str, Limit],
        secrets: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        hide(secrets)
        self.settings = settings
        self._secrets, self._clock = secrets, clock
        self._pace = Pace(settings.pace)
        self._limits = Limits(limits, settings.limits, self._pace, settings.ban_most_seconds)
        self._hosts: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(settings.per_host))
        self._hosts_lock = threading.Lock()
        self._unreachable: dict[str, str] = {}
        self._unanswered: Counter[str] = Counter()
        self._wire = Wire(settings)
        self._client = _client(settings, self._wire)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; nothing can be asked for afterwards."""
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """End every wait for limits, pauses and further tries, and for answers, now and from now on."""
        self._pace.stop()
        self._wire.abort()

    def has(self, variable: str) -> bool:
        """Whether this secret is there."""
        return bool(self._secrets.get(variable))

    def lanes(self, request: Request) -> int:
        """How many series whose first request is this one are worth running side by side."""
        return 1 if self._limits.limit(request.limit).spread else self.settings.per_host

    def get(self, request: Request, refuse: Refuse = no_refusal) -> Reply:
        """Ask until there is a good body; raises `Transient` when the tries are used up, `Permanent` at once.

        `refuse` sees every body, and those of 4xx answers before their status is judged. A host to which no
        connection came about, whatever the tries, is not tried again, nor is one that left several requests in
        a row without an answer: every other series would wait as long.
        """
        host = httpx.URL(request.url).host
        if host in self._unreachable:
            raise Unreachable(f"{place(request)}: not asked: {self._unreachable[host]}")
        settings = self.settings
        tries = Retrying(
            stop=stop_after_attempt(max(1, settings.attempts)),
            wait=self._wait,
            retry=retry_if_exception(self._is_worth_another_try),
            sleep=self._pace.sleep,
            before_sleep=self._note,
            reraise=True,
        )
        try:
            return tries(self._try, request, refuse)
        except FetchError as error:
            self._give_up(host, error)
            scrub(error)
            raise

    def _give_up(self, host: str, error: FetchError) -> None:
        """Note a host of which no answer is to be expected in this run."""
        tries = f"in {self.settings.attempts} tries"
        if isinstance(error, Unreachable):
            self._unreachable.setdefault(host, f"no connection to {host} {tries}")
        elif isinstance(error, Unanswered):
            with self._hosts_lock:
                self._unanswered[host] += 1
                count = self._unanswered[host]
            if count >= max(LEAST_UNANSWERED, self.settings.per_host):
                self._unreachable.setdefault(host, f"{host} left {count} requests without an answer, each {tries}")

    def _wait(self, state: RetryCallState) -> float:
        """Backing off with jitter, and never less than the host asked for."""
        settings = self.settings
        backoff = wait_exponential_jitter(
            settings.backoff_seconds, settings.backoff_most_seconds, jitter=settings.backoff_seconds
        )
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, Transient) else None
        return max(backoff(state), asked or 0.0)

    def _is_worth_another_try(self, error: BaseException) -> bool:
        """Asking again before a long pause is over prolongs it, so a longer one than is waited for ends the tries."""
        if not isinstance(error, Transient) or isinstance(error, Stopped):
            return False
        return (error.retry_after or 0.0) <= self.settings.ban_most_seconds

    def _note(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        _log.info("try %d failed: %s; the next in %.1f s", state.attempt_number, error, wait)

    def _try(self, request: Request, refuse: Refuse) -> Reply:
        try:
            return self._once(request, refuse)
        except Transient as error:
            if error.retry_after:
                self._limits.pause(request.limit, error.retry_after, whole_venue=isinstance(error, Banned))
            raise

    def _once(self, request: Request, refuse: Refuse) -> Reply:
        answer = self._follow(request)
        with self._hosts_lock:
            self._unanswered.pop(httpx.URL(request.url).host, None)
        where = place(request)
        # An error is quoted, cut to length; what is good is kept as it came, or not at all.
        content = redact_bytes(answer.content) if answer.status >= 400 else answer.content
        reply = Reply(request, answer.status, redact_all(answer.headers), content, self._clock())
        if answer.status == 404 and request.missing_ok:
            return reply
        try:
            if answer.status >= 400:
                self._refuse_status(reply, refuse, where)
            bodies.check(answer.content, request.body, answer.headers, where, self.settings.max_body_bytes)
            if not is_clean(answer.content):
                raise Permanent(f"{where}: the body repeats a secret, and is not kept")
            _refused(reply, refuse, where)
        except Unknown:
            if not request.missing_ok:
                raise
            return Reply(request, 404, reply.headers, answer.content, reply.received_at)
        limit, usable = self._limits.limit(request.limit), self._limits.usable(request.limit)
        if pause := throttles.pause_asked(answer.headers, limit, usable, self._clock()):
            self._limits.pause(request.limit, pause)
        return reply

    def _refuse_status(self, reply: Reply, refuse: Refuse, where: str) -> None:
        """A venue's own words decide before the status, unless the status asks to wait."""
        error = throttles.refusal(reply.status, reply.headers, reply.content, where, self._clock())
        if not isinstance(error, Banned) and reply.status not in (408, 429) and reply.status < 500:
            _judged_by_its_words(reply, refuse)
        raise error

    def _follow(self, request: Request) -> _Answer:
        """Redirects are followed on the same host only, each within the limit."""
        url = httpx.URL(mirrored(url_of(request), self.settings.mirrors))
        for _ in range(MOST_REDIRECTS + 1):
            answer, target = self._exchange(request, url)
            if target is None and 300 <= answer.status < 400:
                raise Permanent(f"{place(request)}: HTTP {answer.status} without a new address")
            if target is None:
                return answer
            if request.json_body is not None:
                raise Permanent(f"{place(request)}: HTTP {answer.status}: a POST is not redirected")
            same_host(url, target, place(request))
            url = target
        raise Permanent(f"{place(request)}: more than {MOST_REDIRECTS} redirects")

    def _exchange(self, request: Request, url: httpx.URL) -> tuple[_Answer, httpx.URL | None]:
        """One request on the wire: its answer, and where it redirects to, if it does.

        Its limit is held until the answer begins: by then the host has counted it.
        """
        sent, where = self._built(request, url), place(request)
        with faults(where), ExitStack() as stack:
            with self._limits.slot(request.limit, request.weight):
                stack.enter_context(self._host(request))
                stack.enter_context(within(self.settings.total_seconds))
                response = self._client.send(sent, stream=True)
                stack.callback(response.close)
            target = response.next_request.url if response.next_request else None
            content = b"" if target else bodies.read(response, request.body, self.settings.max_body_bytes, where)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return _Answer(response.status_code, headers, content), target

    def _host(self, request: Request) -> threading.Semaphore:
        """Room at the host; mirrors of several hosts may be one machine."""
        with self._hosts_lock:
            return self._hosts[httpx.URL(request.url).host]

    def _built(self, request: Request, url: httpx.URL) -> httpx.Request:
        extensions = {} if request.secret is None else {SECRET: self._carried(request.secret, url)}
        return self._client.build_request(
            method_of(request), url, json=request.json_body, headers=dict(request.headers), extensions=extensions
        )

    def _carried(self, secret: Secret, url: httpx.URL) -> Carried | None:
        value = self._secrets.get(secret.variable)
        if not value:
            raise Permanent(f"{secret.variable} is not set, without which {url.host} does not answer")
        if secret.where == "query" and secret.name in url.params:
            return None
        return Carried(secret.name, secret.prefix + value, secret.where == "query")


def _client(settings: HttpSettings, wire: Wire) -> httpx.Client:
    """The environment's proxies and CA bundle are read by the wire."""
    timeout = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds, pool=settings.total_seconds)
    headers = {"User-Agent": settings.user_agent, "Accept-Encoding": bodies.CODING}
    return httpx.Client(transport=wire, trust_env=False, timeout=timeout, headers=headers)


def _refused(reply: Reply, refuse: Refuse, where: str) -> None:
    try:
        refuse(reply)
    except FetchError:
        raise
    except Exception as error:
        raise Permanent(f"{where}: the answer is not in the venue's form ({type(error).__name__}: {error})") from None


def _judged_by_its_words(reply: Reply, refuse: Refuse) -> None:
    """An error's body may be anything: what is not in the venue's form is judged by its status."""
    try:
        refuse(reply)
    except FetchError:
        raise
    except Exception as error:
        _log.debug("the body of HTTP %d is not in the venue's form (%s)", reply.status, type(error).__name__)
