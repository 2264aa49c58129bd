"""What becomes of a letter: what a mail server's reply means, when to try again, and which reminders are due."""
