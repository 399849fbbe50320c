"""What is remembered of requests with an idempotency key: a bounded number of them, each client's apart."""

from mock_server.gateway.once_per_key import MOST_REMEMBERED, KeyedRequests, digest_of


def test_a_bounded_number_is_remembered() -> None:
    keyed = KeyedRequests()
    first = keyed.entry(b"0", 1)
    for number in range(1, MOST_REMEMBERED):
        keyed.entry(b"%d" % number, 1)
    assert keyed.entry(b"0", 2) is first
    keyed.entry(b"one more", 1)
    assert len(keyed.known) == MOST_REMEMBERED
    assert keyed.entry(b"0", 2) is not first


def test_clients_may_choose_the_same_key() -> None:
    tokens = ("Bearer sk-one", "Bearer sk-other")
    assert len({digest_of({"authorization": token}, "key") for token in tokens}) == 2
