"""Listings around the 1,000 keys that S3 puts into one page."""


def write(env, storage, numbers):
    env.for_all(numbers, lambda number: storage.upload(f"{number:04}", b""))


def page_lengths(storage, count):
    """How many keys are on each page, after checking that they are all there and in order."""
    lengths, found, token = [], [], None
    while True:
        page = storage.list_page(token=token)
        lengths.append(len(page.entries))
        found += [entry.key for entry in page.entries]
        token = page.next
        if token is None:
            break
    assert found == [f"{number:04}" for number in range(count)]
    return lengths


def test_a_page_ends_after_1000_keys_and_the_next_one_goes_on(env):
    storage = env.storage("exports")
    write(env, storage, range(1_000))
    assert page_lengths(storage, 1_000) == [1_000]
    write(env, storage, range(1_000, 2_001))
    assert page_lengths(storage, 2_001) == [1_000, 1_000, 1]
    streamed = [entry.key for entry in storage.list()]
    assert streamed == [f"{number:04}" for number in range(2_001)]
