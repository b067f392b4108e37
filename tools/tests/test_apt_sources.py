"""Which entry of the machine's apt configuration serves Debian's main archive."""

from tools.suite.apt_sources import (
    Source,
    debian_archives,
    parse_deb822,
    parse_one_line,
    read_sources,
)

DEB822 = """\
# A comment
Types: deb deb-src
# Another, inside the stanza
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""


def test_deb822_gives_enabled_binary_sources_only():
    uris = [source.uris for source in parse_deb822(DEB822)]
    assert uris == [
        ("http://mirror.example/debian",),
        ("http://mirror.example/debian-security",),
    ]


def test_deb822_reads_continued_fields_and_key_blocks():
    text = (
        "Types: deb\nURIs: http://a.example/debian\n http://b.example/debian\n"
        "Suites: trixie\nComponents: main\nSigned-By:\n -----BEGIN KEY\n .\n abc\n"
    )
    (source,) = parse_deb822(text)
    assert source.uris == ("http://a.example/debian", "http://b.example/debian")
    assert source.components == ("main",)
    assert "abc" in source.signed_by


def test_one_line_format_reads_options_and_ignores_comments_and_sources():
    text = (
        "# deb http://commented.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/keys/debian-archive.gpg] "
        "http://mirror.example/debian bookworm main # trailing\n"
        "deb-src http://mirror.example/debian bookworm main\n"
    )
    assert parse_one_line(text) == [
        Source(
            ("http://mirror.example/debian",),
            ("bookworm",),
            ("main",),
            "/keys/debian-archive.gpg",
        )
    ]


def test_security_updates_and_backports_suites_are_other_archives():
    sources = [
        Source(("http://mirror.example/sec",), ("bookworm-security",), ("main",)),
        Source(("http://mirror.example/upd",), ("bookworm-updates",), ("main",)),
        Source(("http://mirror.example/bpo",), ("bookworm-backports",), ("main",)),
    ]
    assert debian_archives(sources, "bookworm") == []


def test_vendors_come_after_debian_even_with_debians_suite_and_component():
    vendor = Source(
        ("http://vendor.example/linux/debian",),
        ("bookworm",),
        ("main",),
        "/usr/share/keyrings/vendor.gpg",
    )
    debian = Source(("http://mirror.example/pub/debian/",), ("bookworm",), ("main",))
    assert debian_archives([vendor, debian], "bookworm") == [
        "http://mirror.example/pub/debian/",
        "http://vendor.example/linux/debian",
    ]


def test_vendor_components_are_not_debians():
    vendor = Source(("http://vendor.example/debian",), ("bookworm",), ("stable",))
    assert debian_archives([vendor], "bookworm") == []


def test_alias_suites_and_mirror_lists_count_and_cdroms_do_not():
    sources = [
        Source(("cdrom:[Debian 12]/",), ("bookworm",), ("main",)),
        Source(("mirror+file:///etc/apt/mirrors/debian.list",), ("stable",), ("main",)),
    ]
    assert debian_archives(sources, "bookworm") == [
        "mirror+file:///etc/apt/mirrors/debian.list"
    ]


def test_all_files_of_the_configuration_are_read_and_disabled_ones_are_not(tmp_path):
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian sid main\n")
    (parts / "debian.sources").write_text(DEB822)
    (parts / "old.list.disabled").write_text("deb http://no.example/d sid main\n")
    uris = {uri for source in read_sources(tmp_path) for uri in source.uris}
    assert "http://one.example/debian" in uris
    assert "http://mirror.example/debian" in uris
    assert "http://no.example/d" not in uris


def test_configuration_without_any_file_gives_no_source(tmp_path):
    assert read_sources(tmp_path) == []
