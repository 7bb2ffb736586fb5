using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>The parts of a message as RFC 5703 goes through them: depth first, a part before what is in it; the message in a message/rfc822 part is in it.</summary>
internal static class MimeParts
{
    // Parsing bounds it already; no structure may overrun the stack
    private const int MaxDepth = 200;

    /// <summary>What is in the part, not the part itself.</summary>
    public static List<MimePart> Below(MimePart part)
    {
        var parts = new List<MimePart>();
        AddChildren(part, parts, MaxDepth);
        return parts;
    }

    private static void AddChildren(MimePart part, List<MimePart> parts, int depth)
    {
        if (depth == 0)
            return;
        if (part.Message is { } message)
            Add(message, parts, depth);
        foreach (var child in part.Children)
            Add(child, parts, depth);
    }

    private static void Add(MimePart part, List<MimePart> parts, int depth)
    {
        parts.Add(part);
        AddChildren(part, parts, depth - 1);
    }
}
