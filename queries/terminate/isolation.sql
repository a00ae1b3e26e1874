-- A standby refuses serializable, which may be the role's default.
SET default_transaction_isolation TO 'read committed'
