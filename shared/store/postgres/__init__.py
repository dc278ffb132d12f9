"""The event store on PostgreSQL (15 and later): the same store, a schema for each service, county and kind of data."""
