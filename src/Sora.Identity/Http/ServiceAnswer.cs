using System.Net;

namespace Sora.Identity.Http;

/// <summary>What a service said.</summary>
/// <param name="Status">Its status; never one that means that it has failed.</param>
/// <param name="MediaType">The media type of the body, in lower case; empty when it has none.</param>
/// <param name="ETag">The validator of what was asked for (RFC 9110 section 8.8.3), as it came; null for none.</param>
internal sealed record ServiceAnswer(HttpStatusCode Status, string MediaType, string? ETag, byte[] Body);

/// <summary>What a service said is not what it is to say. The message is for logs.</summary>
internal sealed class MalformedAnswerException(string message) : Exception(message);

/// <summary>A service could not be asked, or its answer is none. The message is for logs: it has nothing of the answer in it.</summary>
internal sealed class ServiceException : Exception
{
    public ServiceException(string message)
        : base(message)
    {
    }

    public ServiceException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
