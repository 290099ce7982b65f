"""What a person can say of a call (`sayable`), and what is said (`said`)."""
