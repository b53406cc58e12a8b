"""What two or more of Sikte's services truly share."""
