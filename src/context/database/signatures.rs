//! The signatures of dbt's adapter, relation and column methods, as dbt-duckdb has them.

use crate::context::signature::Signature;
use crate::jinja::Value;
use crate::jinja::value::BoundMethod;

/// Methods of `adapter`, by name.
pub(super) const ADAPTER: [Signature; 57] = [
    Signature("SQLAdapter.add_query(self, sql, auto_begin?, bindings?, abridge_sql_log?)"),
    Signature("BaseAdapter.already_exists(self, schema, name)"),
    Signature("BaseAdapter.assert_valid_snapshot_target_given_strategy(self, relation, column_names, strategy)"),
    Signature("DuckDBAdapter.batch_id_for_model(self, model)"),
    Signature("BaseAdapter.build_catalog_relation(self, config)"),
    Signature("BaseAdapter.cache_added(self, relation)"),
    Signature("BaseAdapter.cache_dropped(self, relation)"),
    Signature("BaseAdapter.cache_renamed(self, from_relation, to_relation)"),
    Signature("DuckDBAdapter.catalog_supports_foreign_keys(self, database)"),
    Signature("SQLAdapter.check_schema_exists(self, database, schema)"),
    Signature("BaseDatabaseWrapper.commit(self)"),
    Signature("DuckDBAdapter.convert_datetimes_to_strs(self, table)"),
    Signature("BaseAdapter.convert_type(self, agate_table, col_idx)"),
    Signature("SQLAdapter.create_schema(self, relation)"),
    Signature("DuckDBAdapter.disable_transactions(self)"),
    Signature("BaseDatabaseWrapper.dispatch(self, macro_name, macro_namespace?, packages?)"),
    Signature("SQLAdapter.drop_relation(self, relation)"),
    Signature("SQLAdapter.drop_schema(self, relation)"),
    Signature("DuckDBAdapter.ensure_transaction(self)"),
    Signature("DuckDBAdapter.escape_sql_string(self, value)"),
    Signature("BaseAdapter.execute(self, sql, auto_begin?, fetch?, limit?)"),
    Signature("DuckDBAdapter.existing_key_constraint_types(self, relation)"),
    Signature("BaseAdapter.expand_target_column_types(self, from_relation, to_relation)"),
    Signature("DuckDBAdapter.external_read_location(self, write_location, rendered_options)"),
    Signature("DuckDBAdapter.external_root(self)"),
    Signature("DuckDBAdapter.external_write_options(self, write_location, rendered_options)"),
    Signature("DuckDBAdapter.get_binding_char(self)"),
    Signature("BaseAdapter.get_catalog_integration(self, name)"),
    Signature("DuckDBAdapter.get_column_schema_from_query(self, sql)"),
    Signature("DuckDBAdapter.get_columns_in_relation(self, relation)"),
    Signature("BaseAdapter.get_columns_in_table(self, schema, identifier)"),
    Signature("BaseAdapter.get_hard_deletes_behavior(self, config)"),
    Signature("DuckDBAdapter.get_incremental_strategy_macro(self, model_context, strategy)"),
    Signature("BaseAdapter.get_missing_columns(self, from_relation, to_relation)"),
    Signature("BaseAdapter.get_partitions_metadata(self, table)"),
    Signature("BaseAdapter.get_relation(self, database, schema, identifier)"),
    Signature("DuckDBAdapter.get_seed_file_path(self, model)"),
    Signature("DuckDBAdapter.get_temp_relation_path(self, model, batch_id?)"),
    Signature("DuckDBAdapter.is_ducklake(self, relation)"),
    Signature("DuckDBAdapter.is_motherduck(self)"),
    Signature("DuckDBAdapter.location_exists(self, location)"),
    Signature("DuckDBAdapter.parse_index(self, raw_index)"),
    Signature("SQLAdapter.quote(self, identifier)"),
    Signature("BaseAdapter.quote_as_configured(self, identifier, quote_key)"),
    Signature("BaseAdapter.quote_seed_column(self, column, quote_config)"),
    Signature("SQLAdapter.rename_relation(self, from_relation, to_relation)"),
    Signature("BaseAdapter.render_raw_columns_constraints(self, raw_columns)"),
    Signature("BaseAdapter.render_raw_model_constraints(self, raw_constraints)"),
    Signature("SQLAdapter.run_sql_for_tests(self, sql, fetch, conn)"),
    Signature("BaseAdapter.standardize_grants_dict(self, grants_table)"),
    Signature("DuckDBAdapter.store_relation(self, plugin_name, relation, column_list, path, format, config)"),
    Signature("SQLAdapter.truncate_relation(self, relation)"),
    Signature("BaseDatabaseWrapper.type(self)"),
    Signature("DuckDBAdapter.use_ducklake_table_workarounds(self, relation)"),
    Signature("DuckDBAdapter.valid_incremental_strategies(self)"),
    Signature("BaseAdapter.valid_snapshot_target(self, relation, column_names?)"),
    Signature("DuckDBAdapter.warn_once(self, msg)"),
];

/// Methods of relations and of `api.Relation`.
pub(super) const RELATION: [Signature; 30] = [
    Signature("BaseRelation.add_ephemeral_prefix(name)"),
    Signature("BaseRelation.create(self, database?, schema?, identifier?, type?, *)"),
    Signature("BaseRelation.create_ephemeral_from(self, relation_config, limit?, event_time_filter?)"),
    Signature("DuckDBRelation.create_from(self, quoting, relation_config, *)"),
    Signature("DuckDBRelation.create_from_source(self, quoting, source, *)"),
    Signature("BaseRelation.get(self, key, default?)"),
    Signature("BaseRelation.get_default_include_policy(self)"),
    Signature("BaseRelation.get_default_quote_policy(self)"),
    Signature("BaseRelation.get_function_config(self, model)"),
    Signature("BaseRelation.get_function_macro_name(self, config)"),
    Signature("BaseRelation.include(self, database?, schema?, identifier?)"),
    Signature("BaseRelation.incorporate(self, *)"),
    Signature("BaseRelation.information_schema(self, view_name?)"),
    Signature("BaseRelation.information_schema_only(self)"),
    Signature("Mapping.items(self)"),
    Signature("dbtClassMixin.json_schema(self)"),
    Signature("Mapping.keys(self)"),
    Signature("BaseRelation.matches(self, database?, schema?, identifier?)"),
    Signature("BaseRelation.quote(self, database?, schema?, identifier?)"),
    Signature("BaseRelation.quoted(self, identifier)"),
    Signature("DuckDBRelation.render(self)"),
    Signature("BaseRelation.render_event_time_filtered(self, rendered?)"),
    Signature("BaseRelation.render_limited(self)"),
    Signature("Replaceable.replace(self, *)"),
    Signature("BaseRelation.replace_path(self, *)"),
    Signature("BaseRelation.scd_args(self, primary_key, updated_at)"),
    Signature("dbtClassMixin.validate(self, data)"),
    Signature("Mapping.values(self)"),
    Signature("BaseRelation.without_identifier(self)"),
    Signature("__mashumaro_to_dict__.to_dict(self, omit_none?, context?)"),
];

/// Methods of columns and of `api.Column`.
pub(super) const COLUMN: [Signature; 15] = [
    Signature("Column.can_expand_to(self, other_column)"),
    Signature("Column.create(self, name, label_or_dtype)"),
    Signature("DuckDBColumn.flatten(self)"),
    Signature("Column.from_description(self, name, raw_data_type)"),
    Signature("DuckDBColumn.is_float(self)"),
    Signature("DuckDBColumn.is_integer(self)"),
    Signature("Column.is_number(self)"),
    Signature("Column.is_numeric(self)"),
    Signature("Column.is_string(self)"),
    Signature("DuckDBColumn.is_struct(self)"),
    Signature("Column.literal(self, value)"),
    Signature("Column.numeric_type(self, dtype, precision, scale)"),
    Signature("Column.string_size(self)"),
    Signature("Column.string_type(self, size)"),
    Signature("Column.translate_type(self, dtype)"),
];

/// The method `name` of an object that has these, as a value: templates ask whether it is defined.
pub(super) fn bound(signatures: &[Signature], owner: impl FnOnce() -> Value, name: &str) -> Option<Value> {
    find(signatures, name).map(|_| BoundMethod::of(owner(), name))
}

/// The signature of the method `name`.
pub(super) fn find(signatures: &[Signature], name: &str) -> Option<Signature> {
    signatures.iter().find(|signature| signature.name() == name).copied()
}
