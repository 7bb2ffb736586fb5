namespace Sora.Mime;

/// <summary>Stored MIME data (a serialized structure or envelope) is damaged. No mail content ever causes it.</summary>
public sealed class MimeFormatException : Exception
{
    /// <summary>Creates the exception.</summary>
    public MimeFormatException() { }

    /// <summary>Creates the exception with a message.</summary>
    public MimeFormatException(string message) : base(message) { }

    /// <summary>Creates the exception with a message and a cause.</summary>
    public MimeFormatException(string message, Exception innerException) : base(message, innerException) { }
}
