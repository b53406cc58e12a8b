"""Who may do what in the portal: actors, the one policy, scopes, sessions and the guard in front of every route."""
