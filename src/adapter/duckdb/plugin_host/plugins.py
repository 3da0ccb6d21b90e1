"""Holds the plugins of the profile that are Python code, beside rdbt, which holds the database.

rdbt tells what to do, one thing after another: `start`, `options`, `configure`, `cursor`, `load`, `store`. What a plugin runs on
its connection goes to rdbt. Runs below the file with the channel.
"""

import importlib
import importlib.util
import re
import types

BUILT_IN = "dbt.adapters.duckdb.plugins"
AS_TEXT = re.compile(r"HUGEINT|INTERVAL|(?<!STAMP WITH )TIME WITH TIME ZONE|ENUM|\bMAP\b|UNION")


class Database:
    """What a plugin is given for a connection: statements run in rdbt, on the connection that is being prepared."""

    def __init__(self, host):
        self._host = host
        self._rows = []
        self.columns = []

    def execute(self, query, parameters=None, **_):
        if parameters:
            self._send("prepare __rdbt_plugin as " + query)
            query = "execute __rdbt_plugin(" + ", ".join(map(literal, parameters)) + ")"
        answer = self._send(query) or {}
        self.columns = answer.get("columns", [])
        self._rows = [tuple(row) for row in answer.get("rows", [])]
        return self

    sql = query = execute

    def _send(self, query):
        return self._host.ask("execute", sql=str(query))

    @property
    def description(self):
        return [(name, None, None, None, None, None, None) for name in self.columns]

    def fetchall(self):
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self):
        return self._rows.pop(0) if self._rows else None

    def df(self):
        import pandas

        return pandas.DataFrame(self.fetchall(), columns=self.columns)

    fetchdf = to_df = df

    def install_extension(self, extension, force_install=False, repository=None, repository_url=None, **_):
        where = " from " + literal(repository_url) if repository_url else f" from {repository}" if repository else ""
        return self.execute(("force " if force_install else "") + f"install {literal(extension)}{where}")

    def load_extension(self, extension):
        return self.execute("load " + literal(extension))

    def create_function(self, name, function, parameters=None, return_type=None, **options):
        self._host.make_function(name, function, parameters, return_type, options)
        return self

    def cursor(self):
        return self

    def begin(self):
        return self.execute("begin")

    def commit(self):
        return self.execute("commit")

    def rollback(self):
        return self.execute("rollback")

    def close(self):
        pass

    def __getattr__(self, name):
        raise AttributeError(
            f"A plugin's connection has no `{name}` in rdbt: the database is in another process. SQL, functions, "
            "extensions, secrets and attached databases work."
        )


def literal(value):
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


class BasePlugin:
    """Stands in for dbt-duckdb's class of this name where that package is not installed."""

    def __init__(self, name, plugin_config, credentials=None):
        self.name = name
        self.creds = credentials
        self.initialize(plugin_config)

    def initialize(self, plugin_config):
        pass

    def update_connection_config(self, creds, config):
        pass

    def configure_connection(self, conn):
        pass

    def configure_cursor(self, cursor):
        pass

    def load(self, source_config):
        raise NotImplementedError(f"load method not implemented for {self.name}")

    def store(self, target_config):
        raise NotImplementedError(f"store method not implemented for {self.name}")

    def default_materialization(self):
        return "table"


class SourceConfig:
    """What a plugin is told of a source."""

    def __init__(self, name, identifier, schema, database, meta, tags):
        self.name, self.identifier, self.schema, self.database = name, identifier, schema, database
        self.meta, self.tags = meta, tags

    def get(self, key, default=None):
        return self.meta.get(key, default)

    def __getitem__(self, key):
        return self.meta[key]

    def __contains__(self, key):
        return key in self.meta

    def table_name(self):
        return ".".join(part for part in (self.database, self.schema, self.identifier) if part)

    def as_dict(self):
        own = {key: getattr(self, key) for key in ("name", "identifier", "schema", "database", "tags")}
        return {**own, **self.meta}


class TargetLocation:
    """Where the rows of a model are that a plugin stores."""

    def __init__(self, path, format):
        self.path, self.format = path, format

    def as_dict(self):
        return {"path": self.path, "format": self.format}


class TargetConfig:
    """What a plugin is told of a model that it stores."""

    def __init__(self, relation, column_list, config, location=None):
        self.relation, self.column_list, self.config, self.location = relation, column_list, config, location

    def as_dict(self):
        columns = [{"column": column.column, "dtype": column.dtype} for column in self.column_list]
        base = {"relation": self.relation.to_dict(), "column_list": columns, "config": self.config}
        return {**base, "location": self.location.as_dict()} if self.location else base


class Relation(types.SimpleNamespace):
    """A model's relation; its text is its name in SQL."""

    def __str__(self):
        return self.rendered

    def render(self):
        return self.rendered

    def to_dict(self):
        return {key: getattr(self, key) for key in ("database", "schema", "identifier")}


def target_to_df(target_config):
    import pandas

    location = target_config.location
    if location.format not in ("csv", "parquet"):
        raise ValueError(f"Rows in the format {location.format} cannot be read into a data frame.")
    return getattr(pandas, "read_" + location.format)(location.path)


def has_dbt_duckdb():
    try:
        return importlib.util.find_spec(BUILT_IN) is not None
    except ModuleNotFoundError:
        return False


def stand_in():
    """Makes the names that plugins import from dbt-duckdb."""

    class DuckDBCredentials(types.SimpleNamespace):
        pass

    contents = {
        "dbt": {},
        "dbt.adapters": {},
        "dbt.adapters.duckdb": {},
        "dbt.adapters.duckdb.credentials": {"DuckDBCredentials": DuckDBCredentials},
        "dbt.adapters.duckdb.utils": {c.__name__: c for c in (SourceConfig, TargetConfig, TargetLocation)},
        BUILT_IN: {"BasePlugin": BasePlugin, "PluginConfig": type("PluginConfig", (), {})},
        BUILT_IN + ".pd_utils": {"target_to_df": target_to_df},
    }
    for name, names in contents.items():
        module = types.ModuleType(name)
        module.__path__ = []
        module.__dict__.update(names)
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)


class CallFailed(Exception):
    """A function of a plugin failed. DuckDB says so in words of its own, with the function's own lines."""

    @classmethod
    def of(cls, error):
        lines = str(error).removeprefix("Invalid Input Error: ").splitlines()
        return cls("\n".join(line for line in lines if not line.startswith(("  <rdbt>(", "  <string>("))))


class Host:
    """The plugins, by the names that sources and models use."""

    def __init__(self, channel, duckdb, brief):
        self.channel = channel
        self.duckdb = duckdb
        # Knows the functions of the plugins as DuckDB does, with the types of their arguments.
        self.functions = duckdb.connect(":memory:")
        self.folder = brief["folder"]
        self.files = 0
        self.credentials = types.SimpleNamespace(**brief["credentials"])
        sys.path.extend(path for path in brief["module_paths"] if path not in sys.path)
        self.installed = has_dbt_duckdb()
        if not self.installed:
            stand_in()
        self.plugins = {}
        self.entries = {entry["name"]: entry for entry in brief["plugins"]}
        for entry in brief["plugins"]:
            if not entry["built_in"]:
                self.plugin(entry["name"])

    def plugin(self, name):
        if name not in self.plugins:
            entry = self.entries[name]
            module = entry["module"]
            if entry["built_in"] and not self.installed:
                raise ImportError(
                    f"The plugin `{name}` is Python code of dbt-duckdb, which is not installed for this Python.",
                    name="dbt-duckdb",
                )
            found = importlib.import_module(f"{BUILT_IN}.{module}" if entry["built_in"] else module)
            if not hasattr(found, "Plugin"):
                raise ImportError(f"Module '{module}' does not have a Plugin class.")
            self.plugins[name] = found.Plugin(
                name=name, plugin_config=entry["config"], credentials=self.credentials
            )
        return self.plugins[name]

    def ask(self, ask, **data):
        """Asks rdbt for something. Its statements may call functions of Python in between."""
        self.channel.tell(ask, **data)
        message = self.channel.read()
        while "do" in message:
            self.serve(message)
            message = self.channel.read()
        if "error" in message:
            raise Refused(message["error"])
        return message.get("ok")

    def serve(self, message):
        what = message.pop("do")
        try:
            self.channel.tell("done", value=getattr(self, what)(**message))
        except Exception as error:
            trace = str(error) if isinstance(error, CallFailed) else trace_of(error)
            self.channel.tell("failed", trace=trace, missing=missing_package(error))

    def make_function(self, name, function, parameters, return_type, options):
        self.functions.create_function(name, function, parameters, return_type, **options)
        query = "select parameter_types, return_type, varargs from duckdb_functions() where function_name = ?"
        types, returns, varargs = self.functions.execute(query, [name]).fetchone()
        if varargs:
            raise ValueError(f"The function `{name}` takes any number of arguments, which rdbt cannot pass to Python.")
        volatile = bool(options.get("side_effects"))
        self.ask("function", name=name, parameters=types, returns=returns, volatile=volatile)

    def call(self, function, arguments, results):
        """Writes a file with the values of a function for a file with arguments."""
        query = "select parameter_types, return_type from duckdb_functions() where function_name = ?"
        types, returns = self.functions.execute(query, [function]).fetchone()
        given = ", ".join(f"cast(c{index} as {kind})" for index, kind in enumerate(types))
        value = f'"{function}"({given})'
        value = f"cast({value} as varchar)" if AS_TEXT.search(returns) else value
        rows = f"read_parquet({literal(arguments)})"
        try:
            self.functions.execute(f"copy (select {value} as result from {rows}) to {literal(results)} (format parquet)")
        except self.duckdb.Error as error:
            raise CallFailed.of(error) from error

    def start(self):
        def changes(plugin):
            return getattr(type(plugin).configure_cursor, "__module__", "") == type(plugin).__module__

        return {"cursors": any(changes(plugin) for plugin in self.plugins.values())}

    def options(self, options):
        for plugin in self.plugins.values():
            plugin.update_connection_config(self.credentials, options)
        return options

    def configure(self):
        for plugin in self.plugins.values():
            plugin.configure_connection(Database(self))

    def cursor(self):
        for plugin in self.plugins.values():
            plugin.configure_cursor(Database(self))

    def load(self, plugin, source):
        loader = self.plugin(plugin)
        utils = importlib.import_module("dbt.adapters.duckdb.utils")
        rows = loader.load(utils.SourceConfig(**source))
        if rows is None:
            raise ValueError(f"The plugin `{plugin}` loaded nothing for the source `{source['name']}`.")
        return {**self.written(rows), "materialization": loader.default_materialization()}

    def written(self, rows):
        """A file with the rows; what Parquet cannot hold exactly is text."""
        self.files += 1
        path = os.path.join(self.folder, f"source_{self.files}.parquet")
        with self.duckdb.connect(":memory:") as connection:
            if isinstance(rows, self.duckdb.DuckDBPyRelation):
                relation = rows
            else:
                connection.register("rows", rows)
                relation = connection.table("rows")
            columns = [[name, str(kind)] for name, kind in zip(relation.columns, relation.types)]
            names = [f"c{index}" for index in range(len(columns))]
            exported = ", ".join(
                f"cast({name} as varchar) as {name}" if AS_TEXT.search(kind) else name
                for name, (_, kind) in zip(names, columns)
            )
            renamed = f"select {exported} from __rdbt_rows as t({', '.join(names)})"
            relation.query("__rdbt_rows", renamed).write_parquet(path)
        return {"path": path, "columns": columns}

    def store(self, plugin, target):
        utils = importlib.import_module("dbt.adapters.duckdb.utils")
        columns = [types.SimpleNamespace(name=name, column=name, dtype=kind) for name, kind in target["columns"]]
        location = utils.TargetLocation(**target["location"])
        self.plugin(plugin).store(
            utils.TargetConfig(Relation(**target["relation"]), columns, target["config"], location)
        )


def host(channel, duckdb, brief):
    # What a plugin prints must not stand between the requests.
    sys.stdout = sys.stderr
    try:
        made = Host(channel, duckdb, brief)
        channel.tell("done", value=made.start())
    except Exception as error:
        channel.tell("failed", trace=trace_of(error), missing=missing_package(error))
        return
    while True:
        made.serve(channel.read())


serve(host)
