-- Before anything else: the owner of a database can set its search_path, and put functions and
-- operators of his own before the built-in ones, which would then run with our rights. A SET looks
-- nothing up itself.
SET LOCAL search_path TO pg_catalog, pg_temp
