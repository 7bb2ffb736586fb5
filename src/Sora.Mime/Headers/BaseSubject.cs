using System.Text;

namespace Sora.Mime;

/// <summary>The base subject of SORT and THREAD (RFC 5256 section 2.1).</summary>
public static class BaseSubject
{
    /// <summary>The base subject of a raw Subject value, decoded, case kept (compare with i;unicode-casemap).</summary>
    public static string Extract(ReadOnlySpan<byte> subject) => Extract(subject, out _);

    /// <summary>As above; <paramref name="isReplyOrForward"/> tells whether a reply or forward mark was taken off.</summary>
    public static string Extract(ReadOnlySpan<byte> subject, out bool isReplyOrForward)
    {
        isReplyOrForward = false;
        var text = Collapse(EncodedWord.Decode(subject)).AsSpan();
        while (true)
        {
            text = RemoveTrailers(text, ref isReplyOrForward);
            text = RemoveLeaders(text, ref isReplyOrForward);
            // Step 6: "[fwd:" base "]"
            if (!text.StartsWith("[fwd:", StringComparison.OrdinalIgnoreCase) || !text.EndsWith("]"))
                return text.ToString();
            isReplyOrForward = true;
            text = text[5..^1];
        }
    }

    // Step 1: tabs and runs of white space become one space
    private static string Collapse(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is ' ' or '\t')
            {
                if (result.Length > 0 && result[^1] != ' ')
                    result.Append(' ');
            }
            else
            {
                result.Append(c);
            }
        }
        return result.ToString();
    }

    // Step 2: subj-trailer = "(fwd)" / WSP
    private static ReadOnlySpan<char> RemoveTrailers(ReadOnlySpan<char> text, scoped ref bool marked)
    {
        while (true)
        {
            text = text.TrimEnd(' ');
            if (!text.EndsWith("(fwd)", StringComparison.OrdinalIgnoreCase))
                return text;
            marked = true;
            text = text[..^5];
        }
    }

    // Steps 3 to 5: subj-leader = (*subj-blob subj-refwd) / WSP, and a blob in front of something
    private static ReadOnlySpan<char> RemoveLeaders(ReadOnlySpan<char> text, scoped ref bool marked)
    {
        while (true)
        {
            text = text.TrimStart(' ');
            var rest = text;
            int blob;
            while ((blob = BlobLength(rest)) > 0)
                rest = rest[blob..];
            int mark = MarkLength(rest);
            if (mark > 0)
            {
                marked = true;
                text = rest[mark..];
                continue;
            }
            // No mark behind this row of blobs, so none behind a shorter one: take them off one by one
            while ((blob = BlobLength(text)) > 0 && blob < text.Length)
                text = text[blob..];
            return text;
        }
    }

    // subj-blob = "[" *BLOBCHAR "]" *WSP
    private static int BlobLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '[')
            return 0;
        int end = text[1..].IndexOfAny('[', ']');
        if (end < 0 || text[end + 1] != ']')
            return 0;
        int length = end + 2;
        while (length < text.Length && text[length] == ' ')
            length++;
        return length;
    }

    // subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
    private static int MarkLength(ReadOnlySpan<char> text)
    {
        int length = text.StartsWith("re", StringComparison.OrdinalIgnoreCase) ? 2
            : text.StartsWith("fwd", StringComparison.OrdinalIgnoreCase) ? 3
            : text.StartsWith("fw", StringComparison.OrdinalIgnoreCase) ? 2 : 0;
        if (length == 0)
            return 0;
        while (length < text.Length && text[length] == ' ')
            length++;
        length += BlobLength(text[length..]);
        return length < text.Length && text[length] == ':' ? length + 1 : 0;
    }
}
