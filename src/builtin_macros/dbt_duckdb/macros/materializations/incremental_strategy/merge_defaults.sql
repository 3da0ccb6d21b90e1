{# The WHEN clauses that the short merge settings stand for, in the form that `merge_clauses` has. #}

{% macro merge_clause_defaults(
    merge_update_condition,
    merge_insert_condition,
    merge_update_columns=[],
    merge_exclude_columns=[],
    merge_update_set_expressions={}
) %}
    {% set update = {'action': 'update', 'condition': merge_update_condition} %}
    {% do return({
        'when_matched_update_by_name': dict(update, mode='by_name'),
        'when_not_matched_insert_by_name': {
            'action': 'insert', 'condition': merge_insert_condition, 'mode': 'by_name'
        },
        'when_matched_update_explicit': dict(update, mode='explicit', update={
            'include': merge_update_columns,
            'exclude': merge_exclude_columns,
            'set_expressions': merge_update_set_expressions
        })
    }) %}
{% endmacro %}
