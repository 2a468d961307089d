{#
  Running sums of liquidation prints: per key, one row for every instant at which prints became known. A print
  whose instrument became known later comes twice, first without a notional, then as its repricing. `n_seconds`
  counts the seconds in which there was a print.
#}
{% macro accumulate_prints(relation, keys, ends_at) %}
  select
    {{ keys }}, recorded_at,
    cast(sum(sum({{ exact('notional_usd') }})) over as_of as double) as notional_usd,
    cast(sum(sum({{ exact('quantity_coin') }})) over as_of as double) as quantity_coin,
    sum(count(*) filter (where is_repricing is not true)) over as_of as n_prints,
    sum(count(*) filter (where notional_usd is null) - count(*) filter (where is_repricing)) over as_of as n_unpriced_prints,
    sum(count(*) filter (where is_new_second)) over as_of as n_seconds,
    case when n_unpriced_prints = n_prints then max(max(status)) over as_of end as status,
    case when recorded_at < {{ ends_at }} then 'preliminary' else 'final' end as finality,
    max(max(source)) over as_of as source,
    bool_or(bool_or(is_simulated)) over as_of as is_simulated
  from (
    select
      *,
      row_number() over (partition by {{ keys }}, second_at order by recorded_at, is_repricing) = 1 as is_new_second
    from {{ relation }}
  )
  group by {{ keys }}, recorded_at
  window as_of as ({{ as_of(keys) }})
{% endmacro %}

{# Each row with the regime of its venue's feed on its day; an unlisted venue's sums are floors. #}
{% macro with_regime(relation, venue='sums.venue') %}
  select
    sums.*,
    coalesce(regimes.is_lower_bound, true) as is_lower_bound,
    coalesce(regimes.feed_regime, 'unlisted') as feed_regime,
    regimes.bucket_ms
  from {{ relation }} as sums
  left join {{ ref('liquidation_regimes') }} as regimes
    on {{ venue }} = regimes.venue and sums.fact_date >= regimes.valid_from
    and (regimes.valid_to is null or sums.fact_date < regimes.valid_to)
{% endmacro %}
