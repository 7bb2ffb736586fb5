namespace Sora.Mailstore.Bodies.Objects;

/// <summary>The object store keeps the objects of another database. The message is one line that an operator can act on.</summary>
public sealed class ObjectOwnerException(string message) : IOException(message);
