-- For the whole session, as signals go out outside any transaction. See audit/search_path.sql.
SET search_path TO pg_catalog, pg_temp
