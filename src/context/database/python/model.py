"""Runs one Python model beside rdbt, which holds the database.

The model's `session` is a connection to a DuckDB of its own. It starts empty; a relation of the project's database comes
into it when a query first names it, as a view over a Parquet file that rdbt has written. Statements that change the
database go to rdbt. Runs below the file with the channel.
"""

import linecache
import re
import types

PART = re.compile(r'"(?:[^"]|"")*"|[^."\s]+')
CREATES = re.compile(r"\s*create\s+(or\s+replace\s+)?(table|view|schema|macro|function|type|sequence|index)\b", re.I)
CHANGES = re.compile(r"\s*(insert|update|delete|merge|drop|alter|truncate|comment)\b", re.I)
OF_CATALOG = re.compile(
    r"\b(information_schema|pg_catalog)\s*\.|\bduckdb_(columns|constraints|databases|indexes|schemas|tables|views)\s*\(",
    re.I,
)
MISSING_TABLE = re.compile(r'Table with name "?([^\n!]+?)"? does not exist')
EXCHANGE = "__rdbt_exchange"
TRIES = 100

# Stands for a method of DuckDB's connection. DuckDB looks for the tables of a query among the variables of the functions
# that called it, so no name in here may be one that a model could use.
WRAPPER = """
def _rdbt_wrapped(_rdbt_self, *_rdbt_args, **_rdbt_kwargs):
    if not _rdbt_session.knows(_rdbt_self):
        return _rdbt_original(_rdbt_self, *_rdbt_args, **_rdbt_kwargs)
    _rdbt_answer = _rdbt_session.before(_rdbt_name, _rdbt_self, _rdbt_args, _rdbt_kwargs)
    _rdbt_tries = 0
    while _rdbt_answer is None:
        try:
            return _rdbt_original(_rdbt_self, *_rdbt_args, **_rdbt_kwargs)
        except _rdbt_error as _rdbt_failure:
            _rdbt_tries += 1
            _rdbt_answer = _rdbt_session.after(
                _rdbt_name, _rdbt_self, _rdbt_args, _rdbt_kwargs, _rdbt_failure, _rdbt_tries
            )
            if _rdbt_answer == "fails":
                raise
    return _rdbt_answer[0]
"""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def parts_of(name):
    """The parts of a name as DuckDB prints it, an alias cut off."""
    name = re.sub(r'\s+AS\s+("(?:[^"]|"")*"|\S+)\s*$', "", name)
    return [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in PART.findall(name)]


class Session:
    """Brings relations into the model's connection before a query needs them."""

    def __init__(self, channel, duckdb, job):
        self.channel = channel
        self.duckdb = duckdb
        self.job = job
        self.loaded = {}
        self.original = {}
        self.connection = duckdb.connect(":memory:")
        self.connections = [self.connection]
        self.helper = self.connection.cursor()
        self.prepare()
        self.patch()

    def prepare(self):
        for name in self.job["databases"]:
            self.attach(name)
        self.helper.execute(self.schema_statement(self.job["database"], self.job["schema"]))
        self.connection.execute("use " + quoted(self.job["database"]) + "." + quoted(self.job["schema"]))
        optional = [f"load '{name}'" for name in self.job["extensions"]]
        optional += [f"set {name} = '" + value.replace("'", "''") + "'" for name, value in self.job["settings"]]
        # Before DuckDB 1.1 every frame was looked through anyway, and there was no such setting.
        optional.append("set python_scan_all_frames = true")
        for statement in optional:
            try:
                self.connection.execute(statement)
            except self.duckdb.Error:
                pass

    def attach(self, name):
        self.helper.execute("attach if not exists ':memory:' as " + quoted(name))

    def schema_statement(self, database, schema):
        return "create schema if not exists " + quoted(database) + "." + quoted(schema)

    def patch(self):
        """The class is patched, so that the model holds a true DuckDBPyConnection."""
        kind = self.duckdb.DuckDBPyConnection
        for name in ("sql", "query", "from_query", "execute", "table", "view", "cursor", "duplicate"):
            if not hasattr(kind, name):
                continue
            self.original[name] = getattr(kind, name)
            scope = {
                "_rdbt_session": self,
                "_rdbt_name": name,
                "_rdbt_original": self.original[name],
                "_rdbt_error": self.duckdb.Error,
            }
            exec(compile(WRAPPER, OWN_FILE, "exec"), scope)
            scope["_rdbt_wrapped"].__doc__ = self.original[name].__doc__
            setattr(kind, name, scope["_rdbt_wrapped"])

    def knows(self, connection):
        return any(connection is known for known in self.connections)

    def before(self, method, connection, args, kwargs):
        """Prepares a call. None: DuckDB may answer it; else the answer, in a list."""
        if method in ("cursor", "duplicate"):
            made = self.original[method](connection)
            self.connections.append(made)
            return [made]
        text = self.text_of(args, kwargs)
        if text is None:
            return None
        if method in ("table", "view"):
            self.bring([text])
            return None
        if CREATES.match(text) and self.changed_by(text):
            return [connection]
        if OF_CATALOG.search(text) and not CHANGES.match(text):
            return self.ask_whole(method, connection, text)
        self.bring(self.names_in(text))
        return None

    def after(self, method, connection, args, kwargs, failure, tries):
        """After a failure. None: try again; `fails`: it is final; else the answer, in a list."""
        text = self.text_of(args, kwargs)
        if text is None or tries >= TRIES:
            return "fails"
        if self.bring(MISSING_TABLE.findall(str(failure))):
            return None
        if CHANGES.match(text):
            return [connection] if self.changed_by(text) else "fails"
        alone = len(args) + len(kwargs) == 1
        return self.ask_whole(method, connection, text) or "fails" if alone else "fails"

    def text_of(self, args, kwargs):
        text = args[0] if args else kwargs.get("query", kwargs.get("table_name"))
        return text if isinstance(text, str) else None

    def names_in(self, sql):
        names = set()
        try:
            for statement in self.helper.extract_statements(sql):
                names |= set(self.helper.get_table_names(statement.query, qualified=True))
        except (self.duckdb.Error, TypeError):
            # A statement that DuckDB does not analyse runs as it is; its error tells what it lacks.
            pass
        return names

    def bring(self, names):
        """Loads what rdbt knows of these names; whether there was anything."""
        unknown = [parts for parts in map(parts_of, names) if parts and tuple(parts) not in self.loaded]
        if not unknown:
            return False
        found = self.request("find", names=unknown)
        for parts, address in zip(unknown, found):
            self.loaded[tuple(parts)] = address
            if address is not None:
                self.load(address)
        return any(address is not None for address in found)

    def load(self, address):
        database, schema, name = address
        full = ".".join(quoted(part) for part in address)
        answer = self.request("load", query="select * from " + full)
        if database == "temp":
            where, kind = quoted(name), "temporary view"
        else:
            self.attach(database)
            self.helper.execute(self.schema_statement(database, schema))
            where, kind = full, "view"
        executor = self.connection if database == "temp" else self.helper
        self.original["execute"](executor, f"create or replace {kind} {where} as {self.reading(answer)}")

    def reading(self, answer):
        columns = ", ".join(
            f"cast(c{index} as {kind}) as {quoted(name)}" for index, (name, kind) in enumerate(answer["columns"])
        )
        return f"select {columns} from read_parquet('" + answer["path"].replace("'", "''") + "')"

    def ask_whole(self, method, connection, text):
        """A query that only the project's database can answer: functions, extensions, secrets, its catalog."""
        if method in ("table", "view"):
            return None
        try:
            answer = self.channel.ask("load", query=text.strip().rstrip(";"))
        except Refused:
            return None
        return [self.original[method](connection, self.reading(answer))]

    def changed_by(self, sql):
        """Lets rdbt run a statement that changes the database; whether it did."""
        try:
            self.channel.ask("execute", sql=sql)
        except Refused:
            return False
        self.forget()
        return True

    def request(self, what, **data):
        try:
            return self.channel.ask(what, **data)
        except Refused as refused:
            raise self.as_duckdb(str(refused)) from None

    def as_duckdb(self, message):
        """The error as DuckDB's Python client would raise it."""
        kind = getattr(self.duckdb, message.split(" Error:")[0].replace(" ", "") + "Exception", None)
        known = isinstance(kind, type) and issubclass(kind, self.duckdb.Error)
        return (kind if known else self.duckdb.Error)(message)

    def forget(self):
        for address in self.loaded.values():
            if address is not None:
                database, _, name = address
                where = quoted(name) if database == "temp" else ".".join(quoted(part) for part in address)
                self.original["execute"](self.connection, f"drop view if exists {where}")
        self.loaded = {}


class Output:
    """The connection that the model's `materialize` writes to: its statements run where the model's table is."""

    def __init__(self, session):
        self.session = session
        self.count = 0

    def register(self, name, rows):
        self.count += 1
        path = os.path.join(self.session.job["folder"], f"result_{self.count}.duckdb")
        kind = self.session.duckdb.DuckDBPyRelation
        # A relation may be made of temporary tables, which its own connection alone can see.
        connection = self.session.connection if isinstance(rows, kind) else self.session.helper
        run = self.session.original["execute"]
        connection.register(name, rows)
        run(connection, "attach '" + path.replace("'", "''") + f"' as {EXCHANGE}")
        run(connection, f"create table {EXCHANGE}.main.result as select * from {quoted(name)}")
        run(connection, f"detach {EXCHANGE}")
        connection.unregister(name)
        self.session.request("register", name=name, path=path)
        return self

    def unregister(self, name):
        self.session.request("unregister", name=name)
        return self

    def execute(self, sql, *args):
        self.session.request("execute", sql=sql)
        return self

    sql = query = execute


def run_model(channel, duckdb, job):
    sys.path.extend(path for path in job["module_paths"] if path not in sys.path)
    session = Session(channel, duckdb, job)
    code, path = job["code"], job["path"]
    linecache.cache[path] = (len(code), None, code.splitlines(keepends=True), path)
    module = types.ModuleType(job["name"])
    module.__file__ = os.path.abspath(path)
    exec(compile(code, path, "exec"), module.__dict__)
    dbt = module.dbtObj(lambda name: session.connection.query(f"select * from {name}"))
    rows = module.model(dbt, session.connection)
    module.materialize(rows, Output(session))


serve(run_model)
