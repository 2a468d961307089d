-- Each claimed figure with the verdict of the facts. A floor below a claim does not refute it; words are not decided.
{{ config(materialized='table') }}
with said as (
  select
    claims.*, coalesce(duplicate_of, claim_id) as original_id, duplicate_of is null as is_counted
  from {{ ref('claims') }} as claims
),
first_checks as (
  select claim_id, missing, likely_reason, reason_text
  from {{ ref('claim_checks') }}
  qualify row_number() over (partition by claim_id order by preference) = 1
),
compared as (
  select
    said.*, measured.* exclude (claim_id), checks.missing as is_needed,
    checks.likely_reason as reason_given, checks.reason_text as text_given,
    said.claim_unit = 'sign' or compares = 'sign' as is_sign_only,
    case when is_sign_only then 0 else greatest(said.tolerance, coalesce(band, 0)) end as claim_tolerance
  from said
  left join first_checks as checks on said.original_id = checks.claim_id
  left join {{ ref('int_claims__measure') }} as measured on said.original_id = measured.claim_id
),
fitted as (
  select
    *,
    abs(difference) <= claim_tolerance and not (is_sign_only and measured_value = 0) and not coalesce(is_no_record, false)
      as is_reproduced,
    abs({{ outside('value_before', 'low', 'high') }}) <= claim_tolerance as before_fits,
    abs({{ outside('value_after', 'low', 'high') }}) <= claim_tolerance as after_fits,
    abs({{ outside('-measured_value', 'low', 'high') }}) <= claim_tolerance as negative_fits,
    list_bool_or([
      abs({{ outside('measured_value * factor', 'low', 'high') }}) <= claim_tolerance for factor in [1e-6, 1e-3, 1e-2, 1e2, 1e3, 1e6]
    ]) and claim_operator in ('eq', 'between') as is_scaled
  from compared
),
judged as (
  select
    *,
    case
      when measured_value is null or claim_operator = 'text' then 'not_computable'
      when is_reproduced then 'reproduced'
      when is_lower_bound and difference < 0 then 'not_computable'
      else 'refuted'
    end as verdict
  from fitted
),
reasoned as (
  select
    * exclude (likely_reason),
    case
      when verdict <> 'refuted' then null
      when after_fits or before_fits then 'window'
      when negative_fits and measured_value <> 0 then 'sign'
      when is_scaled then 'unit'
      else coalesce(reason_given, 'unknown')
    end as likely_reason
  from (select *, null as likely_reason from judged)
)
select
  claim_id, article, claim_series, claim_subject, claim_metric, claim_operator, claimed_low, claimed_high, claimed_text,
  claim_unit, claim_starts_at, claim_ends_at, source_named, duplicate_of, is_counted, verdict,
  case when measured_value is not null then fact end as fact,
  measured_value,
  case when measured_value is not null then measured_unit end as measured_unit,
  measured_how, measured_at, measured_source,
  case when claim_operator <> 'text' then difference end as difference,
  case when measured_value is not null and claim_operator <> 'text' then claim_tolerance end as claim_tolerance,
  likely_reason,
  case
    when likely_reason = 'window' and after_fits then 'the next value fits: ' || {{ amount('value_after', 'measured_unit') }}
    when likely_reason = 'window' and before_fits then 'the value before fits: ' || {{ amount('value_before', 'measured_unit') }}
    when likely_reason = 'sign' and negative_fits and measured_value <> 0 then 'the measured value has the other sign'
    when likely_reason = 'unit' and is_scaled then 'the measured value is a power of ten away'
    when likely_reason is not null then coalesce(text_given, 'not known')
  end as reason_text,
  case
    when verdict <> 'not_computable' then null
    when is_lower_bound and difference < 0 then 'the sum at hand is a floor; it takes ' || is_needed
    else is_needed
  end as missing,
  coalesce(is_lower_bound, false) as is_lower_bound,
  coalesce(is_simulated, false) as is_simulated
from reasoned
