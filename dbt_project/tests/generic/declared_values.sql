{#
  Values that break what the schemas declare of their column: a row per rule, column and value, with how often.
  `rules` has the names of pandera's checks: `not_null` and `finite` (columns), `one_of` (codes by column; null is
  another rule's matter), `range` (low and high by column; a bound that is none is open), `pattern` (by column, from
  start to end).
#}
{% test declared_values(model, rules) %}
  {% set broken = [] %}
  {% for column in rules.get('not_null', []) %}
    {% do broken.append(('not_null', column, column ~ ' is null')) %}
  {% endfor %}
  {% for column in rules.get('finite', []) %}
    {% do broken.append(('finite', column, 'not isfinite(' ~ column ~ ')')) %}
  {% endfor %}
  {% for column, codes in rules.get('one_of', {}).items() %}
    {% do broken.append(('one_of', column, column ~ " not in ('" ~ codes | join("', '") ~ "')")) %}
  {% endfor %}
  {% for column, (low, high) in rules.get('range', {}).items() %}
    {% if low is not none %}{% do broken.append(('range', column, column ~ ' < ' ~ low)) %}{% endif %}
    {% if high is not none %}{% do broken.append(('range', column, column ~ ' > ' ~ high)) %}{% endif %}
  {% endfor %}
  {% for column, pattern in rules.get('pattern', {}).items() %}
    {% set quoted = pattern | replace("'", "''") %}
    {% do broken.append(('pattern', column, 'not regexp_full_match(' ~ column ~ ", '" ~ quoted ~ "')")) %}
  {% endfor %}
  {% for rule, column, condition in broken %}
  select '{{ rule }}' as rule, '{{ column }}' as column_name, cast({{ column }} as varchar) as value, count(*) as n_rows
  from {{ model }} where {{ condition }} group by all
  {{ 'union all' if not loop.last }}
  {% endfor %}
{% endtest %}
