namespace Sora.Mime;

/// <summary>The base subject of SORT and THREAD (RFC 5256 section 2.1).</summary>
public static class BaseSubject
{
    /// <summary>The base subject of a raw Subject value, decoded, case kept.</summary>
    public static string Extract(ReadOnlySpan<byte> subject) => Extract(subject, out _);

    /// <summary>As above; <paramref name="isReplyOrForward"/> tells whether a reply or forward mark was taken off.</summary>
    public static string Extract(ReadOnlySpan<byte> subject, out bool isReplyOrForward)
    {
        isReplyOrForward = false;
        return EncodedWord.Decode(subject);
    }
}
