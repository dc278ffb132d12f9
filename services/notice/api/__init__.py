"""What is done with notices and screens by REST, and where publicity stands."""
