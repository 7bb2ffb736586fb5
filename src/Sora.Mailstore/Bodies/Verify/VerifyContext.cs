using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>What the parts of a comparison share.</summary>
internal sealed class VerifyContext
{
    public required VerifyStore Store { get; init; }

    /// <summary>What is stored, as it is stored.</summary>
    public required IObjectStore Raw { get; init; }

    public required BodyCodec Codec { get; init; }

    public required BodyReading Reading { get; init; }

    public required VerifyRepair Repair { get; init; }

    public required StagedCopies Staged { get; init; }

    public required VerifyRequest Request { get; init; }

    public required VerifyPace Pace { get; init; }

    public required VerifyProgress Progress { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>What was put before this may be left over.</summary>
    public DateTimeOffset Before => Time.GetUtcNow() - Request.Grace;
}

/// <summary>Merges two sequences that are in the order of hashes.</summary>
internal static class HashOrder
{
    /// <summary>The order of hexadecimal digits, which is that of bytes.</summary>
    public static int Compare(ContentHash left, ContentHash right)
    {
        var order = left.A.CompareTo(right.A);
        if (order == 0)
            order = left.B.CompareTo(right.B);
        if (order == 0)
            order = left.C.CompareTo(right.C);
        return order == 0 ? left.D.CompareTo(right.D) : order;
    }
}
