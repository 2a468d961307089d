-- Every constant-maturity point computed for a day.
{{ config(pre_hook="{{ delete_changed('fct_basis_term_structure_daily') }}") }}
{{ vintages('fct_basis_term_structure_daily', ref('int_basis__grade_tenors'),
  more_data="previous_finality = 'preliminary'") }}
