-- A source without a priority would be chosen last, or left out by a staging model, without a word.
select distinct source
from (
  select source from {{ source('core', 'core_etf__flows') }}
  union all select source from {{ source('core', 'core_etf__totals') }}
  union all select source from {{ source('core', 'core_exchange__flows') }}
  union all select source from {{ source('core', 'core_liquidations__vendor_totals') }}
  union all select source from {{ source('core', 'core_stablecoins__supply') }}
)
where source not in (select source from {{ ref('source_priorities') }})
