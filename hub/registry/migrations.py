"""The registry's tables, in numbered steps; what has been released is never edited, only followed.

Instants are text as `instants.written` makes them. Names, telephones and identity numbers live in `person` alone, and
in `form`, what guards wrote down of those who are on no list.
"""

from sqlite_utils import Database, Migrations

from hub.registry import seals

MIGRATIONS = Migrations("registry")

_FIRST = (
    # Facts about the registry itself: compound, created_at, generation (unix seconds at creation, later at a restore),
    # number (the ceiling of those reserved for documents), policy.
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    # id: pseudonym, the only thing about a household or a person that ever leaves the office in the clear.
    """CREATE TABLE household (
        id TEXT PRIMARY KEY, building TEXT NOT NULL, unit TEXT NOT NULL DEFAULT '', room TEXT NOT NULL DEFAULT '',
        tenure TEXT NOT NULL DEFAULT '') STRICT""",
    # masked_name, initials, phone_tail: derived once at import, as guards may see and search them.
    # left_at: moved away; the row stays, since passages speak of it.
    """CREATE TABLE person (
        id TEXT PRIMARY KEY, household TEXT NOT NULL REFERENCES household(id),
        name TEXT NOT NULL, sex TEXT NOT NULL DEFAULT '', birth TEXT NOT NULL DEFAULT '',
        identity_number TEXT NOT NULL DEFAULT '', telephone TEXT NOT NULL DEFAULT '', relation TEXT NOT NULL DEFAULT '',
        standing TEXT NOT NULL DEFAULT 'normal', health TEXT NOT NULL DEFAULT 'unknown',
        returnee INTEGER NOT NULL DEFAULT 0, needs_help INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',
        masked_name TEXT NOT NULL, initials TEXT NOT NULL DEFAULT '', phone_tail TEXT NOT NULL DEFAULT '',
        left_at TEXT) STRICT""",
    "CREATE INDEX person_household ON person(household)",
    "CREATE INDEX person_identity ON person(identity_number) WHERE identity_number <> ''",
    """CREATE TABLE pass (
        serial TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), kind TEXT NOT NULL, key_id TEXT NOT NULL,
        issued_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT) STRICT""",
    "CREATE INDEX pass_person ON pass(person)",
    "CREATE INDEX pass_revoked ON pass(serial) WHERE revoked_at IS NOT NULL",
    # status: the last StationStatus as JSON, '' before the first. status_at: the hub's clock when it came.
    """CREATE TABLE station (
        id TEXT PRIMARY KEY, gate TEXT NOT NULL, lane TEXT NOT NULL, direction TEXT NOT NULL, added_at TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT '', status_at TEXT) STRICT""",
    "CREATE TABLE clerk (name TEXT PRIMARY KEY, password_hash TEXT NOT NULL, created_at TEXT NOT NULL) STRICT",
    # Every identity ever received, with the body's bytes as they came: what a receipt vouches for.
    """CREATE TABLE record (
        station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL,
        received_at TEXT NOT NULL, quarantined INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (station, journal, sequence)) STRICT, WITHOUT ROWID""",
    # through: 1 to this is in `record` without a hole. It may lag behind; it spares a starting hub the count of years.
    """CREATE TABLE journal (
        station TEXT NOT NULL, journal TEXT NOT NULL, through INTEGER NOT NULL, heard_at TEXT NOT NULL,
        PRIMARY KEY (station, journal)) STRICT, WITHOUT ROWID""",
    # arrival: the feed's cursor, in the order of commits. reasons: a JSON list. person: no foreign key, since a
    # passage may name somebody this registry (restored, or another compound's) has never known.
    # final_outcome, ground: the newest amendment's; the columns before them never change.
    """CREATE TABLE passage (
        arrival INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL,
        at TEXT NOT NULL, clock TEXT NOT NULL, gate TEXT NOT NULL, lane TEXT NOT NULL, direction TEXT NOT NULL,
        outcome TEXT NOT NULL, reasons TEXT NOT NULL, person TEXT, pass_serial TEXT, celsius REAL,
        policy TEXT, roster TEXT, guard TEXT, final_outcome TEXT, ground TEXT,
        UNIQUE (station, journal, sequence)) STRICT""",
    "CREATE INDEX passage_at ON passage(at)",
    "CREATE INDEX passage_person ON passage(person) WHERE person IS NOT NULL",
    """CREATE TABLE amendment (
        arrival INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL,
        at TEXT NOT NULL, passage_journal TEXT NOT NULL, passage_sequence INTEGER NOT NULL, outcome TEXT NOT NULL,
        ground TEXT NOT NULL, guard TEXT,
        UNIQUE (station, journal, sequence)) STRICT""",
    "CREATE INDEX amendment_passage ON amendment(station, passage_journal, passage_sequence)",
    # journal '' and sequence 0 where not even the envelope could be read.
    """CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL,
        hash TEXT NOT NULL, payload BLOB NOT NULL, why TEXT NOT NULL, received_at TEXT NOT NULL,
        UNIQUE (hash, station, journal, sequence)) STRICT""",
    # What was last published, as it lies on the broker. bucket: -1 where the kind has none.
    """CREATE TABLE document (
        kind TEXT NOT NULL, bucket INTEGER NOT NULL DEFAULT -1, generation INTEGER NOT NULL, number INTEGER NOT NULL,
        payload BLOB NOT NULL, published_at TEXT NOT NULL, PRIMARY KEY (kind, bucket)) STRICT""",
)


_PHONES = (
    # phone_key: the phone's own P-256 key (33 bytes, compressed, in hex) where the pass lives on one; '' on paper.
    "ALTER TABLE pass ADD COLUMN phone_key TEXT NOT NULL DEFAULT ''",
    # A card that lets one phone fetch a pass, once. token_hash: SHA-256 in hex, so that nobody who reads the registry
    # can use it. serial: of the pass that came of it; NULL until then.
    """CREATE TABLE invitation (
        token_hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), made_at TEXT NOT NULL,
        expires_at TEXT NOT NULL, serial TEXT REFERENCES pass(serial)) STRICT""",
)


@MIGRATIONS(name="0001_first_tables")
def first_tables(database: Database) -> None:
    for statement in _FIRST:
        database.execute(statement)


_PASS_KEYS = (
    # public: in hex. trusted_until: what the key signed until retired_at is believed so long; NULL while it signs.
    """CREATE TABLE pass_key (
        key_id TEXT PRIMARY KEY, public TEXT NOT NULL, not_before TEXT NOT NULL, retired_at TEXT,
        trusted_until TEXT) STRICT""",
    "CREATE INDEX pass_key_of ON pass(key_id)",
)


@MIGRATIONS(name="0002_phones")
def phones(database: Database) -> None:
    for statement in _PHONES:
        database.execute(statement)


@MIGRATIONS(name="0003_pass_keys")
def pass_keys(database: Database) -> None:
    for statement in _PASS_KEYS:
        database.execute(statement)


_GATE_DAYS = (
    # caller: residents, and whom else the office knows: visitors and guards, with a household row of their own.
    # until: a visitor's entry leaves the roster then; NULL for everybody else.
    "ALTER TABLE household ADD COLUMN caller TEXT NOT NULL DEFAULT 'resident'",
    "ALTER TABLE person ADD COLUMN caller TEXT NOT NULL DEFAULT 'resident'",
    "ALTER TABLE person ADD COLUMN until TEXT",
    # who: person, or whom the guard found; what the feed goes by. settled_by: the guard of the newest amendment.
    # trip, also_measured, retest: JSON lists; NULL where nobody asked or measured.
    *(
        f"ALTER TABLE passage ADD COLUMN {column}"
        for column in (
            "code_format TEXT", "sensor TEXT", "site TEXT", "caller TEXT NOT NULL DEFAULT 'resident'",
            "named INTEGER NOT NULL DEFAULT 0", "purpose TEXT", "destination TEXT", "permit TEXT", "party INTEGER",
            "trip TEXT", "also_measured TEXT", "who TEXT", "settled_by TEXT", "retest TEXT",
        )
    ),
    "UPDATE passage SET who = person",
    "DROP INDEX passage_person",
    "CREATE INDEX passage_who ON passage(who) WHERE who IS NOT NULL",
    # The few among the many; hub.feed names the condition too, or SQLite would not use it.
    "CREATE INDEX passage_caller ON passage(caller) WHERE caller <> 'resident'",
    "ALTER TABLE amendment ADD COLUMN person TEXT",
    "ALTER TABLE amendment ADD COLUMN readings TEXT",
    # What befell a gate. arrival: counted by itself.
    """CREATE TABLE happening (
        arrival INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL,
        at TEXT NOT NULL, clock TEXT NOT NULL, gate TEXT NOT NULL, lane TEXT NOT NULL, what TEXT NOT NULL, guard TEXT,
        serial TEXT, UNIQUE (station, journal, sequence)) STRICT""",
    "CREATE INDEX happening_newest ON happening(station, what)",
    # A temporary pass that a gate made. settled_by: the clerk who confirmed or revoked it.
    """CREATE TABLE made_pass (
        arrival INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL,
        at TEXT NOT NULL, gate TEXT NOT NULL, serial TEXT NOT NULL, number INTEGER NOT NULL, expires_at TEXT NOT NULL,
        caller TEXT NOT NULL, person TEXT, guard TEXT, confirmed_at TEXT, revoked_at TEXT, settled_by TEXT,
        UNIQUE (station, journal, sequence)) STRICT""",
    "CREATE INDEX made_pass_serial ON made_pass(serial)",
    # What came sealed with a record. kind, body: opened, the body as JSON; '' and NULL where it could not be, and then
    # `sealed` is kept as it came and `why` says what is wrong.
    """CREATE TABLE form (
        station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT,
        sealed BLOB, why TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (station, journal, sequence)) STRICT, WITHOUT ROWID""",
    # A resident who came back from elsewhere; opened by a returnee's form, closed by a clerk.
    # station, journal, sequence: the passage. place: of the policy's list; said: what was said instead.
    """CREATE TABLE returnee_case (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, sequence INTEGER NOT NULL,
        opened_at TEXT NOT NULL, person TEXT, place TEXT, said TEXT NOT NULL DEFAULT '', came_back_on TEXT,
        closed_at TEXT, closed_by TEXT, UNIQUE (station, journal, sequence)) STRICT""",
    # salt, pin_hash: as gate.staff makes them. badge: the serial of the guard's pass.
    """CREATE TABLE guard (
        id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), name TEXT NOT NULL, salt BLOB NOT NULL,
        pin_hash BLOB NOT NULL, badge TEXT, added_at TEXT NOT NULL, removed_at TEXT) STRICT""",
    """CREATE TABLE permit (
        id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), kind TEXT NOT NULL, begins TEXT NOT NULL,
        ends TEXT NOT NULL, return_by TEXT, granted_at TEXT NOT NULL, revoked_at TEXT) STRICT""",
    "CREATE INDEX permit_person ON permit(person)",
    """CREATE TABLE notice (
        id TEXT PRIMARY KEY, text_zh TEXT NOT NULL, text_en TEXT NOT NULL, volume INTEGER NOT NULL,
        begins TEXT NOT NULL, ends TEXT NOT NULL, every_minutes INTEGER NOT NULL) STRICT""",
)  # fmt: skip


@MIGRATIONS(name="0004_gate_days")
def gate_days(database: Database) -> None:
    for statement in _GATE_DAYS:
        database.execute(statement)


_GATE_KEYS = (
    # public: Ed25519, in hex. allowance: what it may sign, as JSON (hub.registry.gate_keys); NULL for nothing.
    """CREATE TABLE gate_key (
        station TEXT PRIMARY KEY REFERENCES station(id), public TEXT NOT NULL, made_at TEXT NOT NULL,
        allowance TEXT) STRICT""",
)


@MIGRATIONS(name="0005_gate_keys")
def gate_keys(database: Database) -> None:
    for statement in _GATE_KEYS:
        database.execute(statement)


_BLANKS = (
    # A card that was printed for nobody: its pass is in `pass`, of a person who is on no roster. Which gate made it
    # count for whom, and how long, says `made_pass` by the same serial.
    "CREATE TABLE blank (serial TEXT PRIMARY KEY REFERENCES pass(serial)) STRICT",
    # Nothing ever wrote it.
    "ALTER TABLE happening DROP COLUMN serial",
)


@MIGRATIONS(name="0006_blanks")
def blanks(database: Database) -> None:
    for statement in _BLANKS:
        database.execute(statement)


_INBOX = (
    # Records that are kept, and receipted, and not yet entered into the tables behind this one: runs of their journal.
    # live: 1 where they go before what had waited at a gate.
    """CREATE TABLE unfolded (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, journal TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, live INTEGER NOT NULL) STRICT""",
    "CREATE INDEX unfolded_end ON unfolded(station, journal, last)",
    # 1: it had waited at its gate, or here; a screen that shows what happens may pass it over.
    "ALTER TABLE passage ADD COLUMN late INTEGER NOT NULL DEFAULT 0",
)


@MIGRATIONS(name="0007_inbox")
def inbox(database: Database) -> None:
    for statement in _INBOX:
        database.execute(statement)


_REDATED = (
    # at: the time that counts. told_at: what the gate said, where that is another. dated: whence `at` then is
    # (hub.redating.Dated).
    *(
        f"ALTER TABLE {table} ADD COLUMN {column} TEXT"
        for table in ("passage", "amendment", "happening")
        for column in ("told_at", "dated")
    ),
    # Of two_gates: which passage of the same journal it speaks of.
    "ALTER TABLE happening ADD COLUMN passage INTEGER",
    # One run of a station's machine. synced_at, synced_seconds: an instant by a time server and by its own count.
    # confirmed: the hub's clock agrees. latest: it began no later.
    """CREATE TABLE boot (
        station TEXT NOT NULL, boot TEXT NOT NULL, synced_at TEXT, synced_seconds REAL NOT NULL,
        confirmed INTEGER NOT NULL, latest TEXT, PRIMARY KEY (station, boot)) STRICT, WITHOUT ROWID""",
    # What of it stands in one journal: sequences. unsure_first, unsure_last: what may get another time stands between.
    # todo: from where on they are to be looked at again.
    """CREATE TABLE boot_run (
        station TEXT NOT NULL, journal TEXT NOT NULL, boot TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, last_seconds REAL NOT NULL, unsure_first INTEGER, unsure_last INTEGER, todo INTEGER,
        PRIMARY KEY (station, journal, boot)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX boot_run_of ON boot_run(station, boot)",
    "CREATE INDEX boot_run_todo ON boot_run(todo) WHERE todo IS NOT NULL",
    # Passages that got another time after they had arrived, in that order, for screens that show them already.
    "CREATE TABLE redated (id INTEGER PRIMARY KEY, arrival INTEGER NOT NULL) STRICT",
)


@MIGRATIONS(name="0008_redated")
def redated(database: Database) -> None:
    for statement in _REDATED:
        database.execute(statement)


_CHECKSUMS = (
    # Of the record's place, its body's hash and when it came (seals.record_checksum).
    "ALTER TABLE record ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
    "UPDATE record SET checksum = record_checksum(station, journal, sequence, hash, received_at)",
    *seals.TABLES,
    *(each for table in seals.FIRST_SEALED for each in (*seals.first_twins(table), *seals.triggers(table))),
    *map(seals.redating_trigger, seals.REDATED),
)


@MIGRATIONS(name="0010_checksums")
def checksums(database: Database) -> None:
    seals.seal(database.conn)
    for statement in _CHECKSUMS:
        database.execute(statement)


@MIGRATIONS(name="0011_witnessed")
def witnessed(database: Database) -> None:
    seals.seal(database.conn)
    for statement in seals.WITNESSED:
        database.execute(statement)


_RECOVERY = (
    # When this registry took the place of a damaged one ('salvaged'), or a backup that of another ('restored').
    # file: beside the registry, the report that names each row, or the registry before. mended: rows that were; other:
    # those that are lost or have to be looked over or done again; NULL where nobody can count them. read_by: the clerk.
    """CREATE TABLE recovery (
        id INTEGER PRIMARY KEY, what TEXT NOT NULL, at TEXT NOT NULL, file TEXT NOT NULL, backed_up_at TEXT,
        mended INTEGER, other INTEGER, read_at TEXT, read_by TEXT) STRICT""",
    *seals.first_twins("recovery"),
    *seals.triggers("recovery"),
)


@MIGRATIONS(name="0012_recovery")
def recovery(database: Database) -> None:
    seals.seal(database.conn)
    for statement in _RECOVERY:
        database.execute(statement)


_PARTS = (
    # Of 65,536 arrivals each, so that records that are folded in, whosever they are, touch the few pages of the newest
    # part and not one of all pages each. hub.feed asks part by part.
    "DROP INDEX passage_who",
    "CREATE INDEX passage_who_in_parts ON passage(arrival >> 16, who) WHERE who IS NOT NULL",
)


@MIGRATIONS(name="0013_who_in_parts")
def who_in_parts(database: Database) -> None:
    for statement in _PARTS:
        database.execute(statement)


_PUT_BY = (
    # Somebody has looked into a message in quarantine, and it is no alarm any more; the message stays.
    """CREATE TABLE put_by (
        id INTEGER PRIMARY KEY REFERENCES quarantine(id) ON DELETE CASCADE, at TEXT NOT NULL, clerk TEXT NOT NULL)
        STRICT""",
    *seals.first_twins("put_by"),
    *seals.triggers("put_by"),
)


@MIGRATIONS(name="0014_put_by")
def put_by(database: Database) -> None:
    seals.seal(database.conn)
    for statement in _PUT_BY:
        database.execute(statement)


_DISPUTED = (
    # 1: two time servers contradict each other within it, and the hub's clock has confirmed neither: no anchor.
    "ALTER TABLE boot ADD COLUMN disputed INTEGER NOT NULL DEFAULT 0",
)


@MIGRATIONS(name="0015_disputed")
def disputed(database: Database) -> None:
    for statement in _DISPUTED:
        database.execute(statement)
