"""Quality dialogues: rounds, slots, booking, invitations, preparation and minutes."""
