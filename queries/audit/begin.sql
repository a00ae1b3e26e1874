-- Every read of an audit happens in one read-only transaction: nothing set in it outlives it, not
-- even through a transaction pooler. The isolation level is named because a standby refuses
-- serializable, which may be the role's default.
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY
