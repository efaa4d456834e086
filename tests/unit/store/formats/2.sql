-- An index of format 2, as the releases with that format made it.
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
PRAGMA user_version = 2;

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
