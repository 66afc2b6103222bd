-- Database roles. Run once by an administrator of the server, before the first migration;
-- safe to run again. The embedded server of `make run` runs it by itself.
--
-- mrejesho_owner   owns the tables and runs the migrations
-- mrejesho_web     what the web processes are: subject to row-level security
-- mrejesho_worker  what worker and scheduler are: subject to row-level security
-- mrejesho_loader  fills a demonstration in bulk, passes row-level security;
--                  leave it out (or NOLOGIN) where real cases live
--
-- Set passwords (ALTER ROLE … PASSWORD …) where the server asks for them. A login of another
-- name works as well once it is a member: GRANT mrejesho_web TO that_login.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mrejesho_owner') THEN
    CREATE ROLE mrejesho_owner LOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mrejesho_web') THEN
    CREATE ROLE mrejesho_web LOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mrejesho_worker') THEN
    CREATE ROLE mrejesho_worker LOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mrejesho_loader') THEN
    CREATE ROLE mrejesho_loader LOGIN NOSUPERUSER BYPASSRLS;
  END IF;
END
$$;
