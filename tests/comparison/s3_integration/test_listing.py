"""Listings: what lies below a prefix, in the order of the keys' bytes, page by page."""

from storage import ListPage


def write(env, storage, keys):
    env.for_all(keys, lambda key: storage.upload(key, key.encode()))


def listed(storage, prefix):
    return [entry.key for entry in storage.list(prefix)]


def names(page):
    """Keys, and behind them the common prefixes."""
    return [entry.key for entry in page.entries] + page.common_prefixes


def test_an_empty_place_lists_nothing(env):
    for storage in env.each_storage():
        assert listed(storage, "") == []
        write(env, storage, ["a/1"])
        assert listed(storage, "b/") == []
        assert storage.list_page("b/") == ListPage()


def test_a_single_object_is_listed_with_its_size(env):
    for storage in env.each_storage():
        write(env, storage, ["only"])
        page = storage.list_page()
        assert names(page) == ["only"]
        assert page.entries[0].size == 4
        assert page.next is None


def test_a_prefix_is_a_beginning_and_not_a_folder(env):
    for storage in env.each_storage():
        write(env, storage, ["a/1", "a/2/3", "ab", "b/a/1"])
        assert listed(storage, "a") == ["a/1", "a/2/3", "ab"]
        assert listed(storage, "a/") == ["a/1", "a/2/3"]
        assert listed(storage, "a/2") == ["a/2/3"]
        assert listed(storage, "a/1") == ["a/1"]
        assert listed(storage, "A") == []


def test_an_odd_prefix_is_taken_literally(env):
    for storage in env.each_storage():
        keys = ["50% off+more/\U0001f980 a", "50%25 off/b", "é?&#/c"]
        write(env, storage, keys)
        assert listed(storage, "50% off+more/\U0001f980 ") == [keys[0]]
        assert listed(storage, "50%25") == [keys[1]]
        assert listed(storage, "é?&#/") == [keys[2]]


def test_keys_come_in_the_order_of_their_bytes(env):
    for storage in env.each_storage():
        ordered = ["B", "a", "a!", "a-b", "a/b", "a0", "ab", "z", "é", "語", "\U0001f980"]
        write(env, storage, reversed(ordered))
        assert listed(storage, "") == ordered


def test_by_folder_deeper_keys_are_rolled_up(env):
    for storage in env.each_storage():
        write(env, storage, ["top", "a/1", "a/2", "a/b/3", "c d/4", "top/5"])
        for prefix, expected in {
            "": ["top", "a/", "c d/", "top/"],
            "a/": ["a/1", "a/2", "a/b/"],
            "a": ["a/"],
            "a/b/3": ["a/b/3"],
        }.items():
            assert names(storage.list_page(prefix, by_folder=True)) == expected


def test_small_pages_hold_everything_once(env):
    for storage in env.each_storage():
        write(env, storage, ["1", "2", "a/1", "a/2", "b/1"])
        assert pages(storage) == ["1 2", "a/1 a/2", "b/1"]
        # A folder counts as one, however much is in it.
        assert pages(storage, by_folder=True) == ["1 2", "a/ b/"]


def pages(storage, **options):
    found, token = [], None
    while True:
        page = storage.list_page(page_size=2, token=token, **options)
        found.append(" ".join(names(page)))
        token = page.next
        if token is None:
            return found
