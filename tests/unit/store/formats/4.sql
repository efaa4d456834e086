-- An index of format 4, as the releases with that format made it.
CREATE TABLE actions(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    run TEXT NOT NULL,
    dev TEXT NOT NULL,
    debug TEXT NOT NULL,
    wall_seconds REAL NOT NULL,
    cpu_seconds REAL NOT NULL,
    peak_memory_bytes INTEGER NOT NULL,
    inputs TEXT NOT NULL,
    origin TEXT NOT NULL);
CREATE INDEX actions_by_package ON actions(package, sequence);
CREATE TABLE images(
    name TEXT NOT NULL,
    recipe_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created TEXT NOT NULL,
    externals TEXT NOT NULL,
    PRIMARY KEY(name, digest)) WITHOUT ROWID;
CREATE TABLE bundles(
    path TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE uses(
    key TEXT NOT NULL PRIMARY KEY,
    used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE kept(
    root TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY(root, key)) WITHOUT ROWID;
CREATE TABLE runs(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    started INTEGER NOT NULL,
    request TEXT NOT NULL,
    built INTEGER NOT NULL,
    reused INTEGER NOT NULL,
    pulled INTEGER NOT NULL,
    sources_cached INTEGER NOT NULL,
    sources_fetched INTEGER NOT NULL,
    fetched_bytes INTEGER NOT NULL,
    pulled_bytes INTEGER NOT NULL,
    compiler_hits INTEGER NOT NULL,
    compiler_misses INTEGER NOT NULL,
    wall_seconds REAL NOT NULL,
    saved_seconds REAL NOT NULL);
PRAGMA user_version = 3;
ALTER TABLE runs ADD COLUMN saved_layer_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN saved_source_bytes INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 4;

INSERT INTO actions VALUES(3,
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'munge', '0.5.16', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',
    'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
    12.5, 24.25, 5000000000, 'build-system: 1
package: munge
version: 0.5.16
image: 1111111111111111111111111111111111111111111111111111111111111111
phase install: make install
    image: 2222222222222222222222222222222222222222222222222222222222222222
', 'apt');
INSERT INTO actions VALUES(4,
    'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    'zlib', '1.3', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',
    'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',
    'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
    1, 2, 3, 'build-system: 1
package: zlib
version: 1.3
image: 2222222222222222222222222222222222222222222222222222222222222222
prefix: /opt/slurm/software
', 'url');
INSERT INTO actions VALUES(7,
    'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',
    'zlib', '1.2', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',
    'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',
    'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
    1, 2, 3, 'from elsewhere', '');
INSERT INTO images VALUES('bookworm',
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    '1111111111111111111111111111111111111111111111111111111111111111',
    123, '2025-01-02T03:04:05Z', '{"gcc":"12.2.0","make":""}');
INSERT INTO images VALUES('old',
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    '2222222222222222222222222222222222222222222222222222222222222222',
    45, '2025-01-01T03:04:05Z', '{}');
INSERT INTO bundles VALUES('/builds/a.tar.gz',
    '9999999999999999999999999999999999999999999999999999999999999999',
    '8888888888888888888888888888888888888888888888888888888888888888',
    42, 1700000000123456789);
INSERT INTO uses VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    1700000000);
INSERT INTO uses VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    1600000000);
INSERT INTO kept VALUES('/builds/a.tar.gz',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO kept VALUES('pin:p',
    'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
INSERT INTO runs VALUES(1, 1700000000, 'slurm@24.11', 3, 24, 5, 2, 1, 50, 70, 10, 20, 12.5, 99.5, 800, 600);
