namespace Sora.Testing.S3;

/// <summary>What a <see cref="S3FaultProxy"/> does to a request.</summary>
public enum S3Fault
{
    /// <summary>500 InternalError instead of the server's answer; the server does not see the request.</summary>
    InternalError,

    /// <summary>503 SlowDown; the server does not see the request.</summary>
    SlowDown,

    /// <summary>The connection is reset before the request has got anywhere.</summary>
    Reset,

    /// <summary>The connection is reset in the middle of the request's body.</summary>
    CutUpload,

    /// <summary>Nothing more is read of the request's body for a time.</summary>
    StallUpload,

    /// <summary>A byte of the request's body is changed.</summary>
    WrongUpload,

    /// <summary>The server does what was asked, but the connection is reset instead of its answer.</summary>
    LostAnswer,

    /// <summary>The answer does not begin for a time.</summary>
    Stall,

    /// <summary>The connection is reset in the middle of the answer's body.</summary>
    HalfAnswer,

    /// <summary>The answer's body stops in its middle for a time.</summary>
    StallAnswer,

    /// <summary>A byte of the answer's body is changed.</summary>
    WrongAnswer,

    /// <summary>The request arrives later.</summary>
    Delay,
}

/// <summary>The kinds of requests.</summary>
public enum S3Operation
{
    Get,
    Head,
    Put,
    Copy,
    List,
    Delete,
    BeginParts,
    PutPart,
    CompleteParts,
    AbortParts,
    ListParts,
    Bucket,
}

/// <summary>Requests and bytes of their bodies.</summary>
public sealed class S3Traffic
{
    private long _requests;
    private long _sent;
    private long _received;

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>To the server.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>From the server.</summary>
    public long Received => Interlocked.Read(ref _received);

    public override string ToString() => string.Create(null, $"{Requests} requests, {Sent} bytes out, {Received} bytes in");

    internal void Add(long requests, long sent, long received)
    {
        Interlocked.Add(ref _requests, requests);
        Interlocked.Add(ref _sent, sent);
        Interlocked.Add(ref _received, received);
    }
}
