"""Sign-ups at the same time: everyone on the lists that they asked for and no other, and no mailbox flooded."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import permutations
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.mailing import signup
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.signup import MAILS_PER_MAILBOX, confirm_signup, request_signup
from pipeline.mailing.subscribers import forget_address, import_consents, unsubscribe_token
from tests.mailing.conftest import LIST, consent

LISTS = (LIST, "holdet")
PEOPLE = ("anna@klinik.dk", "bo@klinik.dk")
WORDS = ("da-1", "ja")
WEEK_S = 7 * 24 * 3600


def ask(store: MailingDatabase, address: str, list_: str = LIST) -> None:
    request_signup(store, list_, address, "da", WORDS)


def asked(store: MailingDatabase) -> int:
    return int(store.rows("SELECT count(*) FROM asked")[0][0])


# ---- at the same time


def test_400_confirmations_at_once_put_everyone_on_their_own_list(store: MailingDatabase) -> None:
    for number in range(200):
        for list_ in LISTS:
            ask(store, f"{list_}{number}@klinik{number}.dk", list_)
    rows = store.rows("SELECT list, address, token FROM asked")
    rows.sort(key=lambda row: row["token"])  # random

    with ThreadPoolExecutor(40) as pool:
        told = list(pool.map(lambda row: confirm_signup(store, row["token"]), rows))

    on = sorted((row["list"], row["address"]) for row in store.rows("SELECT list, address FROM subscribers"))
    assert told == [True] * 400
    assert on == sorted((row["list"], row["address"]) for row in rows)
    assert asked(store) == 0


def test_two_imports_at_once_do_not_mix(store: MailingDatabase) -> None:
    begin = Barrier(2)

    def bring(list_: str) -> None:
        begin.wait()
        for part in range(10):
            import_consents(store, list_, (consent(f"{list_}{part}-{number}@klinik.dk") for number in range(50)))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bring, LISTS))

    found = store.rows(
        "SELECT list, count(*), count(*) FILTER (WHERE address LIKE list || '%') FROM subscribers GROUP BY 1"
    )
    assert sorted(map(tuple, found)) == [("holdet", 500, 500), ("nyt", 500, 500)]


Step = tuple[str, int, int]
"""What is done, by whom, and with which list."""
State = tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]], frozenset[tuple[int, int]]]
"""Who is on which list, who has left it, and who is still asked."""
KINDS = ("ask", "confirm", "leave", "forget", "import")
STEPS = st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 1))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(STEPS, min_size=1, max_size=2), min_size=2, max_size=3))
def test_what_happens_at_once_ends_as_if_it_had_happened_in_some_order(
    store: MailingDatabase, threads: list[list[Step]]
) -> None:
    """Everyone has asked for both lists, and one is on both; then all sign up, confirm, leave, forget, import."""
    tokens = begin_lists(store)
    gate = Barrier(len(threads))

    def run(steps: list[Step]) -> list[bool]:
        gate.wait()
        return [do(store, tokens, step) for step in steps]

    with ThreadPoolExecutor(len(threads)) as pool:
        answers = list(pool.map(run, threads))

    assert (state_of(store), answers) in set_of_serial_ends(threads)


def begin_lists(store: MailingDatabase) -> dict[tuple[str, int, int], str]:
    """Return the tokens of sign-ups and of subscriptions."""
    with store.transaction() as connection:
        for table in ("asked", "subscribers", "suppressed", "mail_times"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  # our tables
    for list_ in LISTS:
        import_consents(store, list_, [consent(PEOPLE[0])])
        for address in PEOPLE:
            ask(store, address, list_)
    return {
        (kind, PEOPLE.index(row["address"]), LISTS.index(row["list"])): row["token"]
        for kind, table in (("confirm", "asked"), ("leave", "subscribers"))
        for row in store.rows(f"SELECT address, list, token FROM {table}")  # noqa: S608  # our tables
    }


def do(store: MailingDatabase, tokens: dict[tuple[str, int, int], str], step: Step) -> bool:
    kind, person, list_ = step
    today = datetime.now(UTC).date()
    actions: dict[str, Callable[[], object]] = {
        "ask": lambda: ask(store, PEOPLE[person], LISTS[list_]),
        "confirm": lambda: confirm_signup(store, tokens[step]),
        "leave": lambda: unsubscribe_token(store, tokens.get(step, "none"), today),
        "forget": lambda: forget_address(store, PEOPLE[person], today),
        "import": lambda: import_consents(store, LISTS[list_], [consent(PEOPLE[person], today)]),
    }
    return bool(actions[kind]()) if kind in ("confirm", "leave") else bool(actions[kind]() or True)


def state_of(store: MailingDatabase) -> State:
    def pairs(query: str) -> frozenset[tuple[int, int]]:
        return frozenset((PEOPLE.index(row[0]), LISTS.index(row[1])) for row in store.rows(query))

    return (
        pairs("SELECT address, list FROM subscribers WHERE unsubscribed_on IS NULL"),
        pairs("SELECT address, list FROM subscribers WHERE unsubscribed_on IS NOT NULL"),
        pairs("SELECT address, list FROM asked"),
    )


def set_of_serial_ends(threads: list[list[Step]]) -> list[tuple[State, list[list[bool]]]]:
    """Return state and answers after each order of the steps that keeps the order of each thread."""
    turns = [thread for thread, steps in enumerate(threads) for _ in steps]
    return [play(threads, order) for order in set(permutations(turns))]


def play(threads: list[list[Step]], order: tuple[int, ...]) -> tuple[State, list[list[bool]]]:
    everyone = {(person, list_) for person in (0, 1) for list_ in (0, 1)}
    on, left, asked, held = {(0, 0), (0, 1)}, set[tuple[int, int]](), set(everyone), set[tuple[int, int]]()
    known, first = {(0, 0), (0, 1)}, set(everyone)  # tokens that still count: to leave, to confirm
    answers: list[list[bool]] = [[] for _ in threads]
    for thread in order:
        kind, person, list_ = threads[thread][len(answers[thread])]
        both = (person, list_)
        answer = True
        if kind == "ask":
            asked.add(both)
        elif kind == "confirm":
            answer = both in first
            if answer:
                for each in (asked, first, left, held):
                    each.discard(both)
                on.add(both)
        elif kind == "leave":
            answer = both in known
            if answer:
                on.discard(both)
                left.add(both)
        elif kind == "forget":
            gone = {(person, 0), (person, 1)}
            held |= gone & (on | left)
            for each in (on, left, asked, known, first):
                each.difference_update(gone)
        elif both not in left | held:
            on.add(both)
        answers[thread].append(answer)
    return (frozenset(on), frozenset(left), frozenset(asked)), answers


# ---- limits


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose one number is the time."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def due(store: MailingDatabase) -> int:
    """Return how many mails may be sent now."""
    return len(signup.due_confirmations(store, LISTS))


def test_one_mailbox_gets_few_mails_whatever_its_tags(store: MailingDatabase, clock: list[float]) -> None:
    for number in range(1000):
        ask(store, f"Victim+{number}@example.com" if number % 2 else f"vicTIM+{number}@example.com")

    first = due(store)
    clock[0] += 3599
    assert first == due(store) == MAILS_PER_MAILBOX
    assert asked(store) == 2 * MAILS_PER_MAILBOX  # the others have their turn in the next hour


def test_dots_in_an_address_of_gmail_make_no_other_mailbox(store: MailingDatabase) -> None:
    for address in ("victim", "v.ictim", "vi.ctim", "vic.tim+x", "v.i.c.t.i.m", "vict.im"):
        ask(store, f"{address}@gmail.com")
        ask(store, f"{address}@googlemail.com")
        ask(store, f"{address}@example.com")

    assert due(store) == MAILS_PER_MAILBOX + 6  # elsewhere a dot makes another mailbox


def test_one_domain_gets_its_share_and_another_is_not_held_up(
    store: MailingDatabase, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup, "MAILS_PER_DOMAIN", 20)
    for number in range(25):
        ask(store, f"victim{number}@example.com")
    ask(store, "anna@klinik.dk")

    rows = store.rows("SELECT address, due FROM asked WHERE due <= ?", (clock[0],))
    counted = Counter(row["address"].rpartition("@")[2] for row in rows)
    assert counted == {"example.com": 20, "klinik.dk": 1}
    assert asked(store) == 26


def test_all_mails_of_an_hour_have_a_limit_and_so_has_the_database(
    store: MailingDatabase, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup, "MAILS_IN_ALL", 30)
    for number in range(80):
        ask(store, f"victim@example{number}.com")

    now = store.rows("SELECT count(*) FROM asked WHERE due <= ?", (clock[0],))[0][0]
    assert (now, asked(store)) == (30, 60)


def test_the_limits_are_in_the_database_and_hold_no_address(store: MailingDatabase) -> None:
    ask(store, "victim@example.com")

    keys = {row[0] for row in store.rows("SELECT key FROM mail_times")}
    assert {len(key) for key in keys} == {0, 64}


def test_nobody_is_kept_unconfirmed_for_longer_than_a_week(store: MailingDatabase, clock: list[float]) -> None:
    ask(store, "anna@klinik.dk")
    clock[0] += WEEK_S - 60
    signup.delete_expired(store)
    before = asked(store)
    clock[0] += 120
    signup.delete_expired(store)

    assert (before, asked(store)) == (1, 0)
    assert store.rows("SELECT count(*) FROM mail_times")[0][0] == 0


@pytest.mark.parametrize("back_s", [3600, 24 * 3600, 400 * 24 * 3600])
def test_a_clock_that_goes_back_lets_nobody_wait(store: MailingDatabase, clock: list[float], back_s: float) -> None:
    """Neither who has asked before, nor who asks again or for the first time after."""
    for number in range(2 * MAILS_PER_MAILBOX):
        ask(store, f"anna+{number}@klinik.dk")
    (waiting,) = store.rows("SELECT token FROM asked WHERE address = 'anna+0@klinik.dk'")
    clock[0] -= back_s
    signup.delete_expired(store)

    assert due(store) == 2 * MAILS_PER_MAILBOX if back_s > 7200 else MAILS_PER_MAILBOX
    clock[0] += signup.REPEAT_AFTER_S
    ask(store, "anna+0@klinik.dk")
    ask(store, "bo@klinik.dk")

    tokens = {each.address: each.token for each in signup.due_confirmations(store, LISTS)}
    assert "bo@klinik.dk" in tokens
    assert back_s <= 7200 or tokens["anna+0@klinik.dk"] != waiting["token"]


def test_whoever_confirms_is_on_the_list_whatever_the_clock_says(store: MailingDatabase) -> None:
    """They left on a day that, by the clock, has not come yet."""
    import_consents(store, LIST, [consent("anna@klinik.dk")])
    with store.transaction() as connection:
        connection.execute("UPDATE subscribers SET unsubscribed_on = '2999-01-01'")
        connection.execute("INSERT INTO suppressed VALUES (?, ?, '2999-01-01')", (store.person("bo@klinik.dk"), LIST))
    for address in PEOPLE:
        ask(store, address)

    told = [confirm_signup(store, row["token"]) for row in store.rows("SELECT token FROM asked")]

    assert told == [True, True]
    assert store.rows("SELECT count(*) FROM subscribers WHERE unsubscribed_on IS NULL")[0][0] == 2


def test_leaving_by_a_wrong_clock_outlives_the_list_that_was_imported(store: MailingDatabase) -> None:
    readers = [consent(address) for address in PEOPLE]
    import_consents(store, LIST, readers)
    wrong = datetime(1970, 1, 2, tzinfo=UTC).date()
    unsubscribe_token(store, store.rows("SELECT token FROM subscribers WHERE address = ?", PEOPLE[:1])[0][0], wrong)
    forget_address(store, PEOPLE[1], wrong)

    assert import_consents(store, LIST, readers).held == 2
