namespace Sora.Mailstore.Bodies.Verify;

/// <summary>A comparison cannot be begun or resumed; the message is one readable line.</summary>
public sealed class VerifyException(string message) : Exception(message);
