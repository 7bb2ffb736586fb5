using System.Net;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>What a request to S3 came to, when it is not what was asked for.</summary>
public enum S3Trouble
{
    /// <summary>No answer, half of one, or one that says that the server is in trouble (5xx, 429): later it may be better.</summary>
    Outage,

    /// <summary>Bytes were changed on the way; another try may fare better.</summary>
    Damaged,

    /// <summary>The server is left alone for a while, after it has failed too often.</summary>
    Paused,

    /// <summary>The server does not want to (4xx): the same again will fare the same.</summary>
    Refused,
}

/// <summary>A request to S3 failed. The message is one line for logs, without secrets.</summary>
public sealed class S3Exception : IOException
{
    public S3Exception(S3Trouble trouble, string message, Exception? inner = null)
        : base(message, inner)
    {
        Trouble = trouble;
    }

    public S3Trouble Trouble { get; }

    /// <summary>S3's word for it, such as "SlowDown"; null when there was no answer.</summary>
    public string? Code { get; init; }

    public HttpStatusCode? Status { get; init; }

    /// <summary>The object that was asked for is not there (and the bucket is).</summary>
    internal bool IsMissing => Status == HttpStatusCode.NotFound && Code is not "NoSuchBucket" and not "NoSuchUpload";
}

/// <summary>S3 cannot be used as it is configured. The message is one line that an operator can act on.</summary>
public sealed class S3SetupException(string message, Exception? inner = null) : Exception(message, inner);
