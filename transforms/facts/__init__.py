"""Facts that SQL does badly: constant maturities, rolling hours, values as of an instant."""
