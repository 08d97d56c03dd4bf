"""What a sheet looks like before it is read: what is inspected, and the profile that is proposed."""
