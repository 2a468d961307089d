-- What the facts say to each claim: the first of its checks for which they have values.
{{ config(materialized='view') }}
with asked as (
  select
    checks.*, claims.claim_unit,
    case when compares = 'sign' then case when claimed_low > 0 then 0 end else claimed_low end as low,
    case when compares = 'sign' then case when claimed_high < 0 then 0 end else claimed_high end as high,
    measures.fact, measures.confidence_series, coalesce(measures.measured_unit, claim_unit) as measured_unit
  from {{ ref('claim_checks') }} as checks
  inner join {{ ref('claims') }} as claims using (claim_id)
  inner join {{ ref('claim_measures') }} as measures using (measure)
),
found as (
  select
    asked.claim_id, asked.preference, said.valued_at, said.value, said.band_base, said.is_lower_bound, said.is_simulated,
    said.source, said.value_before, said.value_after,
    abs({{ outside('said.value', 'low', 'high') }}) as distance
  from asked
  inner join {{ ref('int_claims__list_observations') }} as said
    on asked.measure = said.measure and asked.asset = said.asset and asked.entity = said.entity
    and coalesce(asked.part, '') = coalesce(said.part, '') and coalesce(asked.source, said.source) = said.source
    and said.valued_at between asked.first_at and asked.last_at
),
gathered as (
  select
    claim_id, preference, count(*) as n, sum(value) as total, min(value) as least, max(value) as greatest,
    arg_min(value, distance) as nearest,
    arg_min(valued_at, case takes when 'min' then value when 'max' then -value when 'nearest' then distance end) as taken_at,
    max(valued_at) as last_at,
    arg_min(band_base, case takes when 'min' then value when 'max' then -value else distance end) as band_base, bool_or(is_lower_bound) as is_lower_bound,
    bool_or(found.is_simulated) as is_simulated, max(found.source) as source,
    any_value(value_before) as value_before, any_value(value_after) as value_after
  from found
  inner join asked using (claim_id, preference)
  group by claim_id, preference
),
measured as (
  select
    asked.claim_id, asked.preference, asked.fact, asked.measured_unit, asked.confidence_series, asked.compares,
    asked.record, asked.measure, asked.asset, asked.entity, asked.part, low, high,
    case
      when computed_value is not null then 'by arithmetic'
      when takes = 'only' then 'the value of its day or window'
      when takes = 'sum' then 'the sum of ' || n || ' values'
      when n = 1 then 'the only value there is'
      when takes = 'min' then 'the least of ' || n || ' values'
      when takes = 'max' then 'the greatest of ' || n || ' values'
      else 'the nearest of ' || n || ' values, from ' || {{ amount('least', 'measured_unit') }} || ' to ' || {{ amount('greatest', 'measured_unit') }}
    end as measured_how,
    case
      when computed_value is not null then computed_value
      when takes = 'only' and n = 1 or takes = 'nearest' then nearest
      when takes = 'sum' and n = n_expected then total
      when takes = 'min' then least
      when takes = 'max' then greatest
    end as measured_value,
    case when takes = 'sum' then total else band_base end as band_base,
    coalesce(taken_at, gathered.last_at) as measured_at,
    coalesce(gathered.is_lower_bound, false) as is_lower_bound,
    coalesce(gathered.is_simulated, false) as is_simulated,
    gathered.source as measured_source,
    case when takes = 'only' then value_before end as value_before,
    case when takes = 'only' then value_after end as value_after
  from asked
  left join gathered using (claim_id, preference)
),
compared as (
  select
    *,
    coalesce(record = 'lowest', false) and exists (
      from {{ ref('int_claims__list_observations') }} as said
      where said.measure = measured.measure and said.asset = measured.asset and said.entity = measured.entity
        and said.valued_at < measured.measured_at and said.value < measured.measured_value
    ) as is_no_record
  from measured
  where measured_value is not null
  qualify row_number() over (partition by claim_id order by preference) = 1
)
select
  compared.* replace (
    measured_how || case when record = 'lowest' and not is_no_record then ', the lowest so far' else '' end as measured_how
  ),
  {{ outside('measured_value', 'low', 'high') }} as difference,
  greatest(band_absolute, band_relative * abs(band_base)) as band
from compared
left join {{ ref('confidence_bands') }} as bands on compared.confidence_series = bands.series
