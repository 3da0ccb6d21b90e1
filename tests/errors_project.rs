//! Projects that cannot be read: one message that says what, where and how to mend it, dbt's exit code, and nothing
//! changed on disk.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// What `run` says of a project that it cannot read.
fn refused(sandbox: &Sandbox) -> String {
    let before = sandbox.files();
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert_eq!(sandbox.files(), before, "{outcome}");
    outcome.console()
}

/// A project with one good model, and one more file.
fn with(path: &str, content: &str) -> Sandbox {
    Sandbox::new().project().file("models/one.sql", "select 1 as id\n").file(path, content)
}

#[test]
fn no_project() {
    let sandbox =
        Sandbox::new().file("profiles.yml", "p: {target: dev, outputs: {dev: {type: duckdb, path: a.duckdb}}}");
    assert_snapshot!(refused(&sandbox), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      No dbt_project.yml found at expected path HERE/dbt_project.yml
      Verify that each entry within packages.yml (and their transitive dependencies) contains a file named dbt_project.yml
      Run the command inside a project, name one with --project-dir, or make one with `init`.
    ");
}

#[test]
fn profiles_that_are_missing_or_wrong() {
    assert_snapshot!(refused(&with("dbt_project.yml", "name: a\nprofile: q\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Could not find profile named 'q'
      HERE/profiles.yml defines: p.
    ");
    assert_snapshot!(refused(&with("profiles.yml", "p:\n  target: dev\n outputs: x\n")), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      
      dbt encountered an error while trying to read your profiles.yml file.
      
      Runtime Error
        Syntax error near line 3
        ------------------------------
        1  | p:
        2  |   target: dev
        3  |  outputs: x
        4  | 
        
        Raw Error:
        ------------------------------
        while parsing a block mapping
          in "<unicode string>", line 1, column 1
        did not find expected key
          in "<unicode string>", line 3, column 2
    "#);
    let no_variable = "p: {target: dev, outputs: {dev: {type: duckdb, path: \"{{ env_var('NOPE_X') }}\"}}}";
    assert_snapshot!(refused(&with("profiles.yml", no_variable)), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Env var required but not provided: 'NOPE_X'
      The value stands in line 1.
    Error encountered in HERE/profiles.yml
    ");
    let other_engine = "p: {target: dev, outputs: {dev: {type: duckdbb, path: a.duckdb}}}";
    assert_snapshot!(refused(&with("profiles.yml", other_engine)), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Credentials in profile "p", target "dev" invalid: Runtime Error
        Could not find adapter type duckdbb!
      rdbt runs projects on DuckDB: set `type: duckdb`.
      The value stands in line 1.
    Error encountered in HERE/profiles.yml
    "#);
}

#[test]
fn project_files_that_are_wrong() {
    assert_snapshot!(refused(&with("dbt_project.yml", "name: a\nprofile: p\nmodels:\n  a: [1\n")), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Syntax error near line 5
      ------------------------------
      2  | profile: p
      3  | models:
      4  |   a: [1
      
      Raw Error:
      ------------------------------
      while parsing a flow sequence
        in "<unicode string>", line 4, column 6
      did not find expected ',' or ']'
        in "<unicode string>", line 5, column 1
    Error encountered in HERE/dbt_project.yml
    "#);
    assert_snapshot!(refused(&with("dbt_project.yml", "name: a\nprofile: p\nmodel-pathes: [x]\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      at path []: Additional properties are not allowed ('model-pathes' was unexpected)
      Did you mean `model-paths` instead of `model-pathes`?
    Error encountered in HERE/dbt_project.yml
    ");
    assert_snapshot!(refused(&with("dbt_project.yml", "name: a-b\nprofile: p\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      at path ['name']: 'a-b' does not match '^[^\\d\\W]\\w*$'
      The value stands in line 1.
    Error encountered in HERE/dbt_project.yml
    ");
    assert_snapshot!(refused(&with("dbt_project.yml", "name: a\nprofile: p\nrequire-dbt-version: '>=9.0.0'\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      This version of dbt is not supported with the 'a' package.
        Installed version of dbt: =1.12.6
        Required version of dbt for 'a': ['>=9.0.0']
      Check for a different version of the 'a' package, or run dbt again with --no-version-check
      
    Error encountered in HERE/dbt_project.yml
    ");
}

#[test]
fn values_of_profiles_are_found_again() {
    let output = |keys: &str| with("profiles.yml", &format!("p:\n  target: dev\n  outputs:\n    dev: {{{keys}}}\n"));
    assert_snapshot!(refused(&output("type: duckdb, path: a.duckdb, threads: x")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      at path ['threads']: 'x' is not of type 'integer'
      The value stands in line 4.
    Error encountered in HERE/profiles.yml
    ");
    assert_snapshot!(refused(&output("path: a.duckdb")), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      required field "type" not found in profile p and target dev
      Set `type: duckdb`.
      The value stands in line 4.
    Error encountered in HERE/profiles.yml
    "#);
    assert_snapshot!(refused(&output("type: duckdb, path: \"{{ pth }}{{ nope( }}\"")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Compilation Error
        Could not render {{ pth }}{{ nope( }}: unexpected '}', expected ')'
          line 1
            {{ pth }}{{ nope( }}
        The value stands in line 4.
    Error encountered in HERE/profiles.yml
    ");
    let misspelt = with("profiles.yml", "p:\n  target: devv\n  outputs:\n    dev: {type: duckdb, path: a.duckdb}\n");
    assert_snapshot!(refused(&misspelt), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      The profile 'p' does not have a target named 'devv'. The valid target names for this profile are:
       - dev
      Did you mean 'dev'?
    Error encountered in HERE/profiles.yml
    ");
}

#[test]
fn no_threads() {
    let keys = "p: {target: dev, outputs: {dev: {type: duckdb, path: a.duckdb, threads: 0}}}";
    let sandbox = with("profiles.yml", keys);
    assert_eq!(sandbox.run(&["parse"]).code, 0);
    assert_snapshot!(sandbox.run(&["run"]).console(), @r"
    exit code 2
    Concurrency: 0 threads (target='dev')
    [ERROR]: Encountered an error:
    Runtime Error
      max_workers must be greater than 0
      Set `threads` in the profile, or --threads, to at least 1.
    ");
    assert!(!sandbox.here().join("a.duckdb").exists());
}

#[test]
fn project_files_of_another_format() {
    let version = with("dbt_project.yml", "name: a\nprofile: p\nconfig-version: 3\n");
    assert_snapshot!(refused(&version), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Got an unexpected project version=3, expected 2
      Write `config-version: 2`, or leave the key out.
      The value stands in line 3.
    Error encountered in HERE/dbt_project.yml
    ");
    assert_eq!(version.run(&["clean"]).code, 0);
    assert_snapshot!(refused(&with("dbt_project.yml", "name: a\nprofile: p\npackages: [x]\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      at path ['packages'][0]: 'x' is not valid under any of the given schemas
      The value stands in line 3.
    Error encountered in HERE/dbt_project.yml
    ");
    let unknown = "name: a\nprofile: p\nmodels:\n  a:\n    +schema: \"{{ nope() }}\"\n";
    assert_snapshot!(refused(&with("dbt_project.yml", unknown)), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Could not render {{ nope() }}: 'nope' is undefined
      The value stands in line 5.
    Error encountered in HERE/dbt_project.yml
    ");
}

#[test]
fn packages_that_are_not_installed() {
    let sandbox = with("packages.yml", "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.1.1\n");
    assert_snapshot!(refused(&sandbox), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      dbt expects 1 package(s) based on packages specified in packages.yml, but found only 0 package(s) installed in dbt_packages. Run "dbt deps" to install package dependencies.
    "#);
}

#[test]
fn properties_that_are_wrong() {
    let indented = "version: 2\nmodels:\n  - name: one\n    columns:\n     - name: id\n      tests: [unique]\n";
    assert_snapshot!(refused(&with("models/schema.yml", indented)), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Error reading a: schema.yml - Runtime Error
        Syntax error near line 6
        ------------------------------
        3  |   - name: one
        4  |     columns:
        5  |      - name: id
        6  |       tests: [unique]
        
        Raw Error:
        ------------------------------
        while parsing a block collection
          in "<unicode string>", line 5, column 6
        did not find expected '-' indicator
          in "<unicode string>", line 6, column 7
    "#);
    assert_snapshot!(refused(&with("models/schema.yml", "models: one\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      The schema file at models/schema.yml is invalid because the value of 'models' is not a list
      See models/schema.yml, line 1.
    ");
    assert_snapshot!(refused(&with("models/schema.yml", "models:\n  - description: x\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      The schema file at models/schema.yml is invalid because a list element for 'models' does not have a name attribute.
      See models/schema.yml, line 2.
    ");
    assert_snapshot!(refused(&with("models/schema.yml", "models:\n  - name: one\n  - name: one\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      dbt found two schema.yml entries for the same resource named one. Resources and their associated columns may only be described a single time. To fix this, remove one of the resource entries for one in this file:
       - models/schema.yml
    ");
    assert_snapshot!(refused(&with("models/schema.yml", "models:\n  - name: one\n    access: nope\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Node model.a.one has an invalid value (nope) for the access field
      See models/schema.yml.
    ");
}

#[test]
fn properties_with_wrong_values() {
    let freshness =
        "sources:\n  - name: raw\n    freshness: {warn_after: {count: 1, period: week}}\n    tables: [{name: x}]\n";
    assert_snapshot!(refused(&with("models/schema.yml", freshness)), @r"
        exit code 2
        [ERROR]: Encountered an error:
        Parsing Error
          Invalid sources config given in models/schema.yml @ sources: {'name': 'raw', 'freshness': {'warn_after': {'count': 1, 'period': 'week'}}, 'tables': [{'name': 'x'}]} - at path ['freshness']: {'warn_after': {'count': 1, 'period': 'week'}} is not valid under any of the given schemas
          See the entry in models/schema.yml that begins on line 2.
        ");
    assert_snapshot!(refused(&with("models/schema.yml", "metrics: [{name: m}]\n")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Invalid metrics config given in models/schema.yml @ metrics: {'name': 'm'} - at path []: 'type' is a required property
      See the entry in models/schema.yml that begins on line 1.
    ");
    let versions = "models: [{name: one, versions: [{v: 1}, {v: 1}]}]\n";
    assert_snapshot!(refused(&with("models/schema.yml", versions)), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Found duplicate version: '1' in versions list of model 'one'
      See models/schema.yml.
    ");
}

#[test]
fn templates_that_nest_too_deeply() {
    // Jinja2 stops in all of these, most of them at a few hundred.
    let deep = [
        format!("{{{{ {}1{} }}}}", "(".repeat(400), ")".repeat(400)),
        format!("{{{{ {}1 }}}}", "not ".repeat(4000)),
        format!("{{{{ {}1 }}}}", "1 + ".repeat(4000)),
        format!("{{{{ 1{} }}}}", " | int".repeat(4000)),
        format!("{}1{}", "{% if true %}".repeat(1000), "{% endif %}".repeat(1000)),
    ];
    for model in deep {
        let console = refused(&with("models/two.sql", &format!("select {model} as x")));
        let start = "Compilation Error in model two (models/two.sql)\n  maximum recursion depth exceeded\n    line 1\n";
        assert!(console.contains(start), "{}", console.chars().take(300).collect::<String>());
    }
}

#[test]
fn files_that_are_not_utf8() {
    let sandbox = Sandbox::new().project();
    std::fs::create_dir(sandbox.here().join("seeds")).unwrap();
    std::fs::write(sandbox.here().join("seeds/s.csv"), b"a,b\n1,caf\xe9\n").unwrap();
    assert_snapshot!(refused(&sandbox), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      The file `HERE/seeds/s.csv` is not UTF-8: byte 9 does not belong to a character.
      Save the file in UTF-8.
    ");
}

#[test]
fn selections_that_mean_nothing() {
    let sandbox = with("selectors.yml", "selectors:\n  - name: daily\n    definition: one\n");
    assert_snapshot!(sandbox.run(&["run", "--select", "nope:one"]).console(), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      'nope' is not a valid method name
      The methods are: fqn, tag, group, access, source, path, file, package, config, test_name, test_type, resource_type, state, exposure, metric, result, source_status, version, semantic_model, saved_query, unit_test, selector.
    ");
    assert_snapshot!(sandbox.run(&["run", "--selector", "daly"]).console(), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Could not find selector named daly, expected one of ['daily']
      Did you mean `daily`?
    ");
    assert_snapshot!(sandbox.run(&["run", "--select", "@one+"]).console(), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Invalid node spec @one+ - "@" prefix and "+" suffix are incompatible
    "#);
    assert_snapshot!(sandbox.run(&["run", "--select", "state:modified"]).console(), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Got a state selector method, but no comparison manifest
      `state:` needs `--state` with a folder that holds the `manifest.json` of an earlier run.
    ");
    assert!(!sandbox.here().join("a.duckdb").exists());
}

#[test]
fn variables_that_do_not_parse() {
    let sandbox = with("models/two.sql", "select 2 as id");
    for vars in ["{a: ", "a: b: c", "[1]", "x"] {
        let outcome = sandbox.run(&["run", "--vars", vars]);
        assert_eq!(outcome.code, 2, "{outcome}");
        let expected = format!("Invalid value for '--vars': String '{vars}' is not valid YAML");
        assert!(outcome.stderr.contains(&expected), "{outcome}");
    }
    let outcome = sandbox.run(&["run-operation", "m", "--args", "{a: "]);
    assert!(outcome.stderr.contains("Invalid value for '--args': String '{a: ' is not valid YAML"), "{outcome}");
    assert_eq!(outcome.code, 2, "{outcome}");
}

#[test]
fn deprecations_are_summed_up_after_an_error_too() {
    let sandbox = with("dbt_project.yml", "name: a\nprofile: p\nsource-paths: [models]\n")
        .file("models/two.sql", "select * from {{ ref('nothing') }}\n");
    assert_snapshot!(refused(&sandbox), @r"
    exit code 2
    [WARNING]: Deprecated functionality
    The `source-paths` config has been renamed to `model-paths`. Please update your
    `dbt_project.yml` configuration to reflect this change.
    [ERROR]: Encountered an error:
    Compilation Error
      Model 'model.a.two' (models/two.sql) depends on a node named 'nothing' which was not found
    [WARNING][DeprecationsSummary]: Deprecated functionality
    Summary of encountered deprecations:
    - ConfigSourcePathDeprecation: 1 occurrence
    To see all deprecation instances instead of just the first occurrence of each,
    run command again with the `--show-all-deprecations` flag. You may also need to
    run with `--no-partial-parse` as some deprecations are only encountered during
    parsing.
    ");
}

#[test]
fn warnings_that_are_errors() {
    let strict = |path: &str, content: &str| {
        let outcome = with(path, content).run(&["parse", "--warn-error"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        outcome.console()
    };
    assert_snapshot!(strict("models/s.yml", "models: [{name: nope}]"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      [WARNING]: Did not find matching node for patch with name 'nope' in the 'models' section of file 'models/s.yml'
    ");
    assert_snapshot!(strict("macros/m.sql", "{% foo %}"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      [WARNING][UnexpectedJinjaBlockDeprecation]: Deprecated functionality
      Found unexpected 'foo' block tag. in file `macros/m.sql`
    ");
    let test = "models: [{name: one, columns: [{name: id, data_tests: [{accepted_values: {values: [1]}}]}]}]";
    assert_snapshot!(strict("models/s.yml", test), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Invalid generic test configuration given in models/s.yml: 
      [WARNING][MissingArgumentsPropertyInGenericTestDeprecation]: Deprecated
      functionality
      Found top-level arguments to test `accepted_values` defined on 'one' in package
      'a' (models/s.yml). Arguments to generic tests should be nested under the
      `arguments` property.
      	@: UnparsedModelUpdate(original_file_path='mode...ne)
      The test is on `one`.
    ");
}

#[test]
fn deprecations_of_options_and_modules() {
    let table = "{name: t, identifier: one, config: {loaded_at_field: now(), freshness: {warn_after: {count: 1, period: day}}}}";
    let sandbox = with("models/sources.yml", &format!("sources: [{{name: s, schema: main, tables: [{table}]}}]\n"))
        .file("models/one.sql", "select {{ modules.itertools.chain([1], [2]) | list | length }} as n\n")
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\non-run-start: [select 1]\non-run-end: [select 1]\n\
             flags: {source_freshness_run_project_hooks: false}\n",
        );
    let said = |words: &[&str]| {
        let console = sandbox.run(words).console();
        console.lines().filter(|line| !line.starts_with("Performance info")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(said(&["parse"]), @r"
    exit code 0
    [WARNING][ModulesItertoolsUsageDeprecation]: Deprecated functionality
    Usage of itertools modules is deprecated. Please use the built-in functions
    instead.
    [WARNING][DeprecationsSummary]: Deprecated functionality
    Summary of encountered deprecations:
    - ModulesItertoolsUsageDeprecation: 1 occurrence
    To see all deprecation instances instead of just the first occurrence of each,
    run command again with the `--show-all-deprecations` flag. You may also need to
    run with `--no-partial-parse` as some deprecations are only encountered during
    parsing.
    ");
    let words = ["--warn-error-options", "{include: [NoNodesSelected], exclude: []}", "run", "--no-partial-parse"];
    assert_snapshot!(said(&words), @r"
    exit code 0
    [WARNING][WEOIncludeExcludeDeprecation]: Deprecated functionality
    `error` instead of `include`. Please use `warn` instead of `exclude`.
    [WARNING][ModulesItertoolsUsageDeprecation]: Deprecated functionality
    Usage of itertools modules is deprecated. Please use the built-in functions
    instead.
    Concurrency: 1 threads (target='dev')
    1 of 1 START hook: a.on-run-start.0 ............................................ [RUN]
    1 of 1 OK hook: a.on-run-start.0 ............................................... [OK in N.NNs]
    1 of 1 START sql view model main.one ........................................... [RUN]
    1 of 1 OK created sql view model main.one ...................................... [OK in N.NNs]
    1 of 1 START hook: a.on-run-end.0 .............................................. [RUN]
    1 of 1 OK hook: a.on-run-end.0 ................................................. [OK in N.NNs]
    Finished running 2 project hooks, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=3
    [WARNING][DeprecationsSummary]: Deprecated functionality
    Summary of encountered deprecations:
    - WEOIncludeExcludeDeprecation: 1 occurrence
    - ModulesItertoolsUsageDeprecation: 2 occurrences
    To see all deprecation instances instead of just the first occurrence of each,
    run command again with the `--show-all-deprecations` flag. You may also need to
    run with `--no-partial-parse` as some deprecations are only encountered during
    parsing.
    ");
    let words = ["--show-all-deprecations", "--no-partial-parse", "source", "freshness", "-o", "out.json"];
    assert_snapshot!(said(&words), @r"
    exit code 0
    [WARNING][ModulesItertoolsUsageDeprecation]: Deprecated functionality
    Usage of itertools modules is deprecated. Please use the built-in functions
    instead.
    [WARNING][CustomOutputPathInSourceFreshnessDeprecation]: Deprecated
    functionality
    Custom output path usage `--output out.json` usage detected in `dbt source
    freshness` command.
    Concurrency: 1 threads (target='dev')
    [WARNING]: In a future version of dbt, the `source freshness` command will start
    running `on-run-start` and `on-run-end` hooks by default. For more information:
    https://docs.getdbt.com/reference/global-configs/legacy-behaviors
    1 of 1 START freshness of s.t .................................................. [RUN]
    1 of 1 PASS freshness of s.t ................................................... [PASS in N.NNs]
    [WARNING]: In a future version of dbt, the `source freshness` command will start
    running `on-run-start` and `on-run-end` hooks by default. For more information:
    https://docs.getdbt.com/reference/global-configs/legacy-behaviors
    Finished running 1 source in TIME (N.NNs).
    Done.
    [WARNING][DeprecationsSummary]: Deprecated functionality
    Summary of encountered deprecations:
    - ModulesItertoolsUsageDeprecation: 1 occurrence
    - CustomOutputPathInSourceFreshnessDeprecation: 1 occurrence
    - SourceFreshnessProjectHooksNotRun: 2 occurrences
    ");
}

#[test]
fn warn_error_options_are_checked() {
    let refused = |options: &str| {
        let outcome = with("models/one.sql", "select 1 as id").run(&["ls", "--warn-error-options", options]);
        assert_eq!(outcome.code, 2, "{outcome}");
        outcome.stderr
    };
    assert!(refused("{error: [Nosuch]}").contains("Nosuch is not a valid dbt error name."));
    assert!(refused("{error: some}").contains("error must be one of ('all', '*') or a list of strings"));
    assert!(refused("{warn: [NoNodesSelected]}").contains("`warn` can only be specified if `error` is one of"));
    let both = "Only `include` or `error` can be specified in `warn_error_options`, not both";
    assert!(refused("{error: [NoNodesSelected], include: all}").contains(both));
}

#[test]
fn flags_that_dbt_does_not_take_from_a_project() {
    let args = |flags: &str| {
        let sandbox = with("models/one.sql", "select 1 as id")
            .file("dbt_project.yml", &format!("name: a\nprofile: p\nflags: {flags}\n"));
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        let args = &sandbox.json("target/run_results.json")["args"];
        format!("{} {} {} {}", args["printer_width"], args["quiet"], args["indirect_selection"], args["use_colors"])
    };
    assert_eq!(args("{printer_width: 90, quiet: true, indirect_selection: empty}"), "90 false \"empty\" false");
    assert_eq!(args("{printer_width: wide, indirect_selection: empty}"), "80 false \"eager\" false");
    assert_eq!(args("{validate_macro_args: yes please, indirect_selection: empty}"), "80 false \"eager\" false");
    assert_eq!(args("{write_json: null, printer_width: 70}"), "70 false \"eager\" false");
}

#[test]
fn catalogs_are_not_for_duckdb() {
    let one = "catalogs: [{name: lake, write_integrations: [{name: x, catalog_type: rest}]}]";
    assert_snapshot!(refused(&with("catalogs.yml", one)), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Catalog type is not supported.
      Received: rest
      Expected one of: 
      DuckDB's databases are attached in the profile: use `attach`, and take catalogs.yml away.
    ");
    let two = one.replace("}]}]", "}, {name: y, catalog_type: rest}]}]");
    assert_snapshot!(refused(&with("catalogs.yml", &two)), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Catalog 'lake' must specify an 'active_write_integration' when multiple 'write_integrations' are provided.
    ");
    assert_snapshot!(refused(&with("catalogs.yml", "")), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Error reading a: catalogs.yml - Runtime Error
        The file at HERE/catalogs.yml is empty
    ");
    assert_eq!(with("catalogs.yml", "catalogs: []").run(&["ls", "--quiet"]).stdout, "a.one\n");
}
