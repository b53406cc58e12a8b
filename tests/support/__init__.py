"""What tests share: throw-away servers, a browser, builders and factories."""
