-- What is remembered of a phone number is the worker's alone.
{secure:phone}
GRANT SELECT, INSERT, UPDATE, DELETE ON phone TO mrejesho_worker;
{job:phone}
