"""The database: tables, queries, migrations. Nothing else but the SQL order gateway speaks SQL."""
