"""What people were told: notices in the portal, letters by e-mail, and the local catcher."""
