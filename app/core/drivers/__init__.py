"""What is asked of a database's driver past SQLAlchemy."""
