-- A source without a priority would be chosen last, and would count as a cluster of its own, without a word.
select distinct source
from (
  select source from {{ source('core', 'core_etf__flows') }}
  union all select source from {{ source('core', 'core_etf__totals') }}
  union all select source from {{ source('core', 'core_exchange__flows') }}
  union all select source from {{ source('core', 'core_liquidations__vendor_totals') }}
  union all select source from {{ source('core', 'core_stablecoins__supply') }}
  union all select source from {{ source('core', 'core_funding__settlements') }}
  union all select source from {{ source('core', 'core_open_interest__observations') }}
)
where source not in (select source from {{ ref('confidence_sources') }})
