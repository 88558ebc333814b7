"""The area of who runs the platform: businesses and their state, helping in a member's place. No row of trade."""
