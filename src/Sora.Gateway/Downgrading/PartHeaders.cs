using Sora.Mime;

namespace Sora.Gateway.Downgrading;

/// <summary>Where the headers of a message's parts lie.</summary>
internal static class PartHeaders
{
    /// <summary>The header blocks behind an offset, in the order in which they come; nested messages have one too.</summary>
    public static List<(long Start, long Length)> Of(MimePart message, long from)
    {
        var found = new List<(long Start, long Length)>();
        var left = new Stack<MimePart>();
        left.Push(message);
        while (left.TryPop(out var part))
        {
            if (part.HeaderStart >= from && part.BodyStart > part.HeaderStart)
                found.Add((part.HeaderStart, part.BodyStart - part.HeaderStart));
            if (part.Message is { } nested)
                left.Push(nested);
            for (var i = part.Children.Count - 1; i >= 0; i--)
                left.Push(part.Children[i]);
        }

        return found;
    }
}
