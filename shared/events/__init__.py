"""How deliveries reach their consumers: claims, the relay that rings, the broker that carries, and quarantine."""
